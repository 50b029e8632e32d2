/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "http/cgi_name.h"

/* clang-format off */
static const struct {
	const char *name;
	enum cgi_source source;
} rows[] = {
    {"REQUEST_METHOD", CGI_OF_REQUEST},
    {"QUERY_STRING", CGI_OF_REQUEST},
    {"REMOTE_USER", CGI_OF_REQUEST},
    {"HTTP_COOKIE", CGI_OF_REQUEST},
    {"HTTP_X_1", CGI_OF_REQUEST},
    {"HTTP_PROXY_CONNECTION", CGI_OF_REQUEST},
    {"HTTP_AUTHORIZATION", CGI_OF_CREDENTIALS},
    {"SSL_CLIENT_S_DN", CGI_OF_TLS},
    {"SSL_CLIENT_SAN_Email_0", CGI_OF_TLS},
    {"SCRIPT_FILENAME", CGI_OF_SERVER},
    {"PATH_TRANSLATED", CGI_OF_SERVER},
    {"DOCUMENT_ROOT", CGI_OF_SERVER},
    {"PATH_INFO", CGI_OF_SERVER},
    {"", CGI_OF_NOBODY},
    {"PATH", CGI_OF_NOBODY},
    {"path", CGI_OF_NOBODY},
    {"LD_PRELOAD", CGI_OF_NOBODY},
    {"BASH_ENV", CGI_OF_NOBODY},
    {"BASH_FUNC_x%%", CGI_OF_NOBODY},
    {"HTTP_PROXY", CGI_OF_NOBODY},
    {"HTTP_PROXY_AUTHORIZATION", CGI_OF_NOBODY},
    {"HTTP_CONTENT_LENGTH", CGI_OF_NOBODY},
    {"HTTP_A B", CGI_OF_NOBODY},
    {"HTTP_A\n", CGI_OF_NOBODY},
    {"http_proxy", CGI_OF_NOBODY},
    {"http_x", CGI_OF_NOBODY},
    {"SSLKEYLOGFILE", CGI_OF_NOBODY},
    {"REQUEST_METHOD ", CGI_OF_NOBODY},
    {"REQUEST_METHO", CGI_OF_NOBODY},
    {"PYTHONPATH", CGI_OF_NOBODY},
};
/* clang-format on */

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(rows[i].name, cgi_name_source(slice_of(rows[i].name)) ==
					rows[i].source);
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include "http/cgi_name.h"

static bool
is_any(struct slice name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (slice_equal(name, slice_of(*names)))
			return true;
	return false;
}

/* Letters, digits, '_': nothing that a shell might take for more. */
static bool
is_plain(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return name.len > 0;
}

enum cgi_source
cgi_name_source(struct slice name)
{
	static const char *const of_request[] = {
	    "REQUEST_METHOD",  "REQUEST_URI",
	    "QUERY_STRING",    "CONTENT_LENGTH",
	    "CONTENT_TYPE",    "SERVER_NAME",
	    "SERVER_PORT",     "SERVER_ADDR",
	    "SERVER_PROTOCOL", "HTTPS",
	    "REMOTE_ADDR",     "REMOTE_HOST",
	    "REMOTE_PORT",     "REMOTE_USER",
	    "AUTH_TYPE",       "WEBSOCKET_PROTOCOL",
	    "REQUEST_ID",      NULL};
	static const char *const of_server[] = {
	    "GATEWAY_INTERFACE", "SERVER_SOFTWARE",
	    "DOCUMENT_ROOT",     "SCRIPT_NAME",
	    "SCRIPT_FILENAME",   "PATH_INFO",
	    "PATH_TRANSLATED",   NULL};
	/* As fields they are left out: see http/cgi_meta. */
	static const char *const of_nobody[] = {"HTTP_PROXY",
						"HTTP_PROXY_AUTHORIZATION",
						"HTTP_CONTENT_LENGTH",
						"HTTP_CONTENT_TYPE",
						"HTTP_TRANSFER_ENCODING",
						NULL};

	if (is_any(name, of_request))
		return CGI_OF_REQUEST;
	if (is_any(name, of_server))
		return CGI_OF_SERVER;
	if (!is_plain(name) || is_any(name, of_nobody))
		return CGI_OF_NOBODY;
	if (slice_equal(name, SLICE("HTTP_AUTHORIZATION")))
		return CGI_OF_CREDENTIALS;
	if (slice_starts(name, SLICE("HTTP_")))
		return CGI_OF_REQUEST;
	return slice_starts(name, SLICE("SSL_")) ? CGI_OF_TLS : CGI_OF_NOBODY;
}

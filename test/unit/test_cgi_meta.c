/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/cgi_meta.h"

#define VARIABLES 64

static char path_storage[256], text[4096];
static char *variable[VARIABLES];
static struct field fields[32];
static struct cgi_meta meta;

static const struct head_limits limits = {4096, 4096, 32};

/* Parses a head, lines of which end in LF here, and makes of it meta. */
static bool
make(const char *head, struct cgi_facts *facts, size_t text_cap, size_t cap)
{
	static char bytes[4096];
	static struct request req;
	size_t len = 0;

	for (; *head != '\0'; head++) {
		if (*head == '\n')
			bytes[len++] = '\r';
		bytes[len++] = *head;
	}
	if (request_parse(&req, (struct slice){bytes, len}, &limits, fields,
			  path_storage))
		abort();
	facts->req = &req;
	facts->query = req.target.query;
	facts->method = "GET";
	meta = (struct cgi_meta){.text = {.data = text, .cap = text_cap},
				 .variable = variable,
				 .cap = cap};
	return cgi_meta_make(&meta, facts);
}

/* How often text is a whole variable, or the start of one before a '='. */
static size_t
count(const char *wanted)
{
	size_t len = strlen(wanted), n = 0;

	for (size_t i = 0; variable[i] != NULL; i++)
		if (strncmp(variable[i], wanted, len) == 0 &&
		    (variable[i][len] == '\0' || variable[i][len] == '='))
			n++;
	return n;
}

/* clang-format off */
/* One request, and what there is of it once or, behind a '-', never. */
static const struct {
	const char *head, *variables;
} rows[] = {
    {"GET /a/b?c=d HTTP/1.1\nHost: h:8\n\n",
     "REQUEST_URI=/a/b?c=d QUERY_STRING=c=d SERVER_NAME=h HTTP_HOST=h:8 "
     "SERVER_PROTOCOL=HTTP/1.1 GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET "
     "SERVER_PORT=80 SERVER_SOFTWARE=perch/" VERSION
     " -CONTENT_LENGTH -CONTENT_TYPE -HTTPS -AUTH_TYPE -REMOTE_USER"},
    {"GET /a HTTP/1.0\n\n",
     "QUERY_STRING= SERVER_NAME=localhost SERVER_PROTOCOL=HTTP/1.0 -HTTP_HOST"},
    {"GET /a HTTP/1.1\nHost: [::1]:80\n\n", "SERVER_NAME=[::1]"},
    /* RFC 9112, section 3.2.2 */
    {"GET http://x:1/a?b HTTP/1.1\nHost: y\n\n",
     "SERVER_NAME=x HTTP_HOST=x:1 REQUEST_URI=/a?b"},
    {"GET http://x HTTP/1.1\nHost: y\n\n", "REQUEST_URI=/"},
    {"GET http://x?q HTTP/1.1\nHost: y\n\n", "REQUEST_URI=/?q QUERY_STRING=q"},
    /* RFC 3875, section 4.1.18 */
    {"GET / HTTP/1.1\nHost: h\nX-A: 1\nx-b: 2\nX-a: 3\nX-1: \n\n",
     "HTTP_X_A=1,_3 HTTP_X_B=2 HTTP_X_1="},
    {"GET / HTTP/1.1\nHost: h\nCookie: a=1\nCookie: b=2; c=3\n\n",
     "HTTP_COOKIE=a=1;_b=2;_c=3"},
    /* What would become the same variable as another, or is no name. */
    {"GET / HTTP/1.1\nHost: h\nX_A: 1\nX.A: 2\nX-A: 3\nX!: 4\n\n",
     "HTTP_X_A=3 -HTTP_X.A -HTTP_X!"},
    {"GET / HTTP/1.1\nHost: h\nProxy: x\nPROXY: y\nAuthorization: z\n"
     "Proxy-Authorization: w\n\n",
     "-HTTP_PROXY -HTTP_AUTHORIZATION -HTTP_PROXY_AUTHORIZATION"},
    {"POST / HTTP/1.1\nHost: h\nContent-Length: 3\nContent-Type: a/b\n\n",
     "CONTENT_TYPE=a/b -HTTP_CONTENT_TYPE -HTTP_CONTENT_LENGTH"},
    {"POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n",
     "-HTTP_TRANSFER_ENCODING -CONTENT_LENGTH"},
};
/* clang-format on */

/* A blank in a variable is written '_'. */
static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = slice_of(rows[i].variables), word;
		struct cgi_facts facts = {.passes_authorization = false};

		CHECK(rows[i].head,
		      make(rows[i].head, &facts, sizeof(text), VARIABLES));
		while (slice_next_word(&rest, &word)) {
			char wanted[128];
			bool is_absent = word.ptr[0] == '-';
			bool is_value = false;

			word = slice_skip(word, is_absent);
			memcpy(wanted, word.ptr, word.len);
			wanted[word.len] = '\0';
			for (char *c = wanted; *c != '\0'; c++) {
				if (is_value && c[-1] != '=' && *c == '_')
					*c = ' ';
				is_value = is_value || *c == '=';
			}
			CHECK(wanted, count(wanted) == !is_absent);
		}
	}
}

static void
test_facts(void)
{
	static const char head[] =
	    "GET /a HTTP/1.1\nHost: h\nAuthorization: Basic x\nX-Y: z\n\n";
	static const char *const extra[] = {"PATH=/bin", "REMOTE_USER=me",
					    "HTTP_X_Y=mine"};
	struct cgi_facts facts = {
	    .script_name = SLICE("/a"),
	    .path_info = SLICE("/p q"),
	    .script_filename = SLICE("/srv/a"),
	    .document_root = SLICE("/srv"),
	    .has_content_length = true,
	    .content_length = 12,
	    .remote_address = SLICE("192.0.2.1"),
	    .remote_port = SLICE("7"),
	    .local_address = SLICE("192.0.2.2"),
	    .local_port = SLICE("8"),
	    .is_tls = true,
	    .request_id = SLICE("id"),
	    .auth_type = SLICE("Basic"),
	    .remote_user = SLICE("you"),
	    .passes_authorization = true,
	    .extra = extra,
	    .extra_count = 3,
	};
	static const char *const wanted[] = {
	    "SCRIPT_NAME=/a",
	    "PATH_INFO=/p q",
	    "PATH_TRANSLATED=/srv/p q",
	    "SCRIPT_FILENAME=/srv/a",
	    "DOCUMENT_ROOT=/srv",
	    "CONTENT_LENGTH=12",
	    "REMOTE_ADDR=192.0.2.1",
	    "REMOTE_PORT=7",
	    "SERVER_ADDR=192.0.2.2",
	    "SERVER_PORT=8",
	    "HTTPS=on",
	    "REQUEST_ID=id",
	    "AUTH_TYPE=Basic",
	    "HTTP_AUTHORIZATION=Basic x",
	    /* --env goes before what a request says. */
	    "PATH=/bin",
	    "REMOTE_USER=me",
	    "HTTP_X_Y=mine",
	};
	size_t needed, count_needed;

	CHECK("all the facts", make(head, &facts, sizeof(text), VARIABLES));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		CHECK(wanted[i], count(wanted[i]) == 1);
	CHECK("no variable is there twice",
	      count("REMOTE_USER") == 1 && count("HTTP_X_Y") == 1);
	/* A name is written before it is known to be given. */
	facts.extra_count = 2;
	make(head, &facts, sizeof(text), VARIABLES);
	needed = meta.text.len;
	count_needed = meta.count;
	CHECK("storage that is just enough",
	      make(head, &facts, needed, count_needed + 1));
	CHECK("text that is a byte too short",
	      !make(head, &facts, needed - 1, VARIABLES));
	CHECK("one pointer too few",
	      !make(head, &facts, sizeof(text), count_needed));
}

int
main(void)
{
	test_rows();
	test_facts();
	return check_done();
}

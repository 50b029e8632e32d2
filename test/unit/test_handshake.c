/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/handshake.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define BAD STATUS_BAD_REQUEST
#define FIELDS 16

/* clang-format off */
/* The parts of a handshake, for rows that lack one or have it another way. */
#define GET  "GET /chat HTTP/1.1\r\n"
#define HOST "Host: server.example.com\r\n"
#define UP   "Upgrade: websocket\r\n"
#define CON  "Connection: Upgrade\r\n"
#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13  "Sec-WebSocket-Version: 13\r\n"
#define ALL  GET HOST UP CON KEY V13

static const struct {
	const char *name;
	struct slice in;	/* without the last, empty line */
	int want;
} rows[] = {
    {IN(ALL), 0},
    /* the example of RFC 6455, section 1.2 */
    {IN("GET /chat HTTP/1.1\r\n"
	"Host: server.example.com\r\n"
	"Upgrade: websocket\r\n"
	"Connection: Upgrade\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Origin: http://server.example.com\r\n"
	"Sec-WebSocket-Protocol: chat, superchat\r\n"
	"Sec-WebSocket-Version: 13\r\n"), 0},

    /* "An HTTP/1.1 or higher GET request" (section 4.2.1, 1.) */
    {IN("GET http://server.example.com/chat HTTP/1.1\r\n" HOST UP CON KEY V13), 0},
    {IN("GET / HTTP/1.2\r\n" HOST UP CON KEY V13), 0},
    {IN("GET / HTTP/1.0\r\n" HOST UP CON KEY V13), 426},
    {IN("HEAD / HTTP/1.1\r\n" HOST UP CON KEY V13), 405},
    {IN("POST / HTTP/1.1\r\n" HOST UP CON KEY V13), 405},
    {IN("OPTIONS / HTTP/1.1\r\n" HOST UP CON KEY V13), 405},
    {IN("get / HTTP/1.1\r\n" HOST UP CON KEY V13), 405},
    {IN("POST / HTTP/1.1\r\n" HOST), 405},
    {IN(ALL "Content-Length: 0\r\n"), 0},
    {IN(ALL "Content-Length: 1\r\n"), BAD},
    {IN(ALL "Transfer-Encoding: chunked\r\n"), BAD},

    /* "An |Upgrade| header field containing the value "websocket", treated
     * as an ASCII case-insensitive value" (3.) */
    {IN(GET HOST), 426},
    {IN(GET HOST CON KEY V13), 426},
    {IN(GET HOST "Upgrade: WebSocket\r\n" CON KEY V13), 0},
    {IN(GET HOST "UPGRADE: WEBSOCKET\r\n" CON KEY V13), 0},
    {IN(GET HOST "Upgrade: h2c, websocket\r\n" CON KEY V13), 0},
    {IN(GET HOST "Upgrade: h2c\r\n" UP CON KEY V13), 0},
    {IN(GET HOST "Upgrade: ,websocket ,\r\n" CON KEY V13), 0},
    {IN(GET HOST "Upgrade: h2c\r\n" CON KEY V13), 426},
    {IN(GET HOST "Upgrade: \r\n" CON KEY V13), 426},
    {IN(GET HOST "Upgrade: websockets\r\n" CON KEY V13), 426},
    {IN(GET HOST "Upgrade: websocket/13\r\n" CON KEY V13), 426},
    {IN(GET HOST "Upgrade: web socket\r\n" CON KEY V13), 426},
    {IN(GET HOST "X-Upgrade: websocket\r\n" CON KEY V13), 426},

    /* "A |Connection| header field that includes the token "Upgrade",
     * treated as an ASCII case-insensitive value" (4.) */
    {IN(GET HOST UP KEY V13), BAD},
    {IN(GET HOST UP "Connection: upgrade\r\n" KEY V13), 0},
    {IN(GET HOST UP "Connection: keep-alive, Upgrade\r\n" KEY V13), 0},
    {IN(GET HOST UP "Connection: keep-alive\r\n" CON KEY V13), 0},
    {IN(GET HOST UP "Connection: close, UPGRADE\r\n" KEY V13), 0},
    {IN(GET HOST UP "Connection: keep-alive\r\n" KEY V13), BAD},
    {IN(GET HOST UP "Connection: upgraded\r\n" KEY V13), BAD},
    {IN(GET HOST UP "Connection: keep-alive Upgrade\r\n" KEY V13), BAD},

    /* "A |Sec-WebSocket-Key| header field with a base64-encoded [...]
     * value that, when decoded, is 16 bytes in length" (5.) */
    {IN(GET HOST UP CON V13), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n"), 0},
    {IN(GET HOST UP CON V13 "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), 0},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: \r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: 123\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE=\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBESEA==\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ= =\r\n"), BAD},
    {IN(GET HOST UP CON V13 "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n"), BAD},
    /* "MUST NOT appear more than once in an HTTP request" (11.3.1) */
    {IN(GET HOST UP CON V13 KEY KEY), BAD},

    /* "A |Sec-WebSocket-Version| header field, with a value of 13" (6.) */
    {IN(GET HOST UP CON KEY), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: \r\n"), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: 8\r\n"), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: 25\r\n"), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: 013\r\n"), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: 130\r\n"), 426},
    {IN(GET HOST UP CON KEY "Sec-WebSocket-Version: 13, 8\r\n"), 426},
    {IN(GET HOST UP CON "Sec-WebSocket-Version: 0\r\n"), 426},
    {IN(GET HOST UP CON KEY V13 V13), BAD},

    /* "If the server does not wish to accept this connection, it MUST
     * return an appropriate HTTP error code (e.g., 403 Forbidden)" */
    {IN(ALL "Origin: http://server.example.com\r\n"), 0},
    {IN(ALL "Origin: https://server.example.com\r\n"), 0},
    {IN(ALL "Origin: HTTP://Server.Example.COM\r\n"), 0},
    {IN(ALL "Origin: http://server.example.com:80\r\n"), 0},
    {IN(ALL "Origin: https://server.example.com:443\r\n"), 0},
    {IN(ALL "Origin: http://server.example.com:\r\n"), 0},
    {IN(ALL "Origin: http://server.example.com:443\r\n"), 403},
    {IN(ALL "Origin: https://server.example.com:80\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com:8080\r\n"), 403},
    {IN(ALL "Origin: http://example.com\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com.evil.test\r\n"), 403},
    {IN(ALL "Origin: http://evil.test/server.example.com\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com/\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com@evil.test\r\n"), 403},
    {IN(ALL "Origin: http://evil.test@server.example.com\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com http://evil.test\r\n"), 403},
    {IN(ALL "Origin: server.example.com\r\n"), 403},
    {IN(ALL "Origin: ws://server.example.com\r\n"), 403},
    {IN(ALL "Origin: http://\r\n"), 403},
    {IN(ALL "Origin: \r\n"), 403},
    {IN(ALL "Origin: null\r\n"), 403},
    {IN(ALL "Origin: *\r\n"), 403},
    {IN(ALL "Origin: http://server.example.com\r\n"
	"Origin: http://evil.test\r\n"), BAD},
    {IN(GET "Host: [::1]:8080\r\n" UP CON KEY V13
	"Origin: http://[::1]:8080\r\n"), 0},
    {IN(GET "Host: [::1]:8080\r\n" UP CON KEY V13
	"Origin: http://[::1]\r\n"), 403},
    {IN(GET "Host: a:80\r\n" UP CON KEY V13 "Origin: http://a\r\n"), 0},
    {IN(GET "Host: a:80\r\n" UP CON KEY V13 "Origin: https://a\r\n"), 403},
    {IN(GET "Host: a:443\r\n" UP CON KEY V13 "Origin: https://a\r\n"), 0},
    {IN("GET http://b/ HTTP/1.1\r\nHost: a\r\n" UP CON KEY V13
	"Origin: http://b\r\n"), 0},
    {IN("GET http://b/ HTTP/1.1\r\nHost: a\r\n" UP CON KEY V13
	"Origin: http://a\r\n"), 403},

    /* Sec-WebSocket-Protocol-Client = 1#token (4.3) */
    {IN(ALL "Sec-WebSocket-Protocol: chat\r\n"), 0},
    {IN(ALL "Sec-WebSocket-Protocol: chat, , v2.x\r\n"), 0},
    {IN(ALL "Sec-WebSocket-Protocol: \r\n"), BAD},
    {IN(ALL "Sec-WebSocket-Protocol: ,\r\n"), BAD},
    {IN(ALL "Sec-WebSocket-Protocol: chat/2\r\n"), BAD},
    {IN(ALL "Sec-WebSocket-Protocol: chat room\r\n"), BAD},
    {IN(ALL "Sec-WebSocket-Protocol: chat, \"x\"\r\n"), BAD},

    /* "If a value [...] does not conform to the ABNF [...] MUST
     * immediately _Fail the WebSocket Connection_" (9.1) */
    {IN(ALL "Sec-WebSocket-Extensions: foo\r\n"), 0},
    {IN(ALL "Sec-WebSocket-Extensions: ;\r\n"), BAD},
};

/* Which origins match a pattern, where the request went to "a". */
static const struct {
	const char *origin, *pattern;
	bool want;
} patterns[] = {
    {"http://b",		"http://b",		 true},
    {"http://b",		"HTTP://B",		 true},
    {"HTTP://B",		"http://b",		 true},
    {"https://b",		"http://b",		 false},
    {"http://b:8080",		"http://b",		 false},
    {"http://b",		"b",			 false},
    {"http://b",		"*",			 true},
    {"null",			"*",			 true},
    {"",			"*",			 true},
    {"chrome-extension://x/y",	"*",			 true},
    {"null",			"null",			 true},
    {"http://b.example",	"http://*.example",	 true},
    {"http://c.b.example",	"http://*.example",	 true},
    {"http://.example",		"http://*.example",	 true},
    {"http://example",		"http://*.example",	 false},
    {"http://b.example.test",	"http://*.example",	 false},
    {"http://evil/.example",	"http://*.example",	 false},
    {"http://b",		"*://b",		 true},
    {"https://b",		"*://b",		 true},
    {"x//http://b",		"*://b",		 false},
    {"http://b:1234",		"http://b:*",		 true},
    {"http://b",		"http://b:*",		 false},
    {"http://b",		"http://b*",		 true},
    {"http://b",		"http://**",		 true},
    {"http://abab",		"http://*ab",		 true},
    {"http://ababc",		"http://*abc",		 true},
    {"http://abab",		"http://*abc",		 false},
    {"http://a.b.c.d",		"http://*.*.d",		 true},
    {"http://a.d",		"http://*.*.d",		 false},
    {"http://a",		"",			 true}, /* our own */
    {"http://b",		"",			 false},
};

/* What is chosen of the client's list, where there are "chat" and "v2". */
static const struct {
	const char *offered, *want;
} protocols[] = {
    {"chat",			"chat"},
    {"v2",			"v2"},
    /* "ordered by preference" (section 4.2.1, 8.): the client's */
    {"v2, chat",		"v2"},
    {"chat, v2",		"chat"},
    {"soap, wamp,v2 , chat",	"v2"},
    {",, ,v2",			"v2"},
    /* "the only acceptable value is null" (section 4.2.2) */
    {"soap",			NULL},
    {"Chat",			NULL},
    {"chat2, cha, v",		NULL},
    {NULL,			NULL},
};
/* clang-format on */

static struct request
parse(const struct buf *text)
{
	static const struct head_limits limits = {
	    .request_line = 1000, .head = 4000, .fields = FIELDS};
	static struct field field[FIELDS];
	static char *block, path[1000];
	struct request req;

	/* In memory that ends with the head, for ASan. */
	free(block);
	block = malloc(text->len);
	if (block == NULL || text->overflow)
		abort();
	memcpy(block, text->data, text->len);
	if (request_parse(&req, (struct slice){block, text->len}, &limits,
			  field, path) != STATUS_NONE &&
	    req.method != METHOD_UNKNOWN)
		abort();
	return req;
}

/* Checks the request of these lines, and the empty one. */
static enum status
check(struct handshake *h, struct slice lines,
      const struct handshake_policy *policy)
{
	char storage[4000];
	struct buf text = BUF_OVER(storage);
	struct request req;

	buf_add(&text, lines);
	buf_add_str(&text, "\r\n");
	req = parse(&text);
	return handshake_check(h, &req, policy);
}

static void
check_rows(void)
{
	static const struct handshake_policy policy = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct handshake h;
		int status = (int)check(&h, rows[i].in, &policy);

		CHECK(rows[i].name, status == rows[i].want &&
					(status == 0) == (h.refusal == NULL));
	}
}

static void
check_patterns(void)
{
	for (size_t i = 0; i < COUNT(patterns); i++) {
		const struct slice pattern[] = {SLICE("http://elsewhere"),
						slice_of(patterns[i].pattern)};
		const struct handshake_policy policy = {.origin = pattern,
							.origin_count = 2};
		char storage[1000];
		struct buf lines = BUF_OVER(storage);
		struct handshake h;

		buf_add_str(&lines,
			    GET "Host: a\r\n" UP CON KEY V13 "Origin: ");
		buf_add_str(&lines, patterns[i].origin);
		buf_add_str(&lines, "\r\n");
		CHECK(patterns[i].origin,
		      check(&h, buf_slice(&lines), &policy) ==
			  (patterns[i].want ? STATUS_NONE : STATUS_FORBIDDEN));
	}
}

static void
check_protocols(void)
{
	static const struct slice protocol[] = {{"chat", 4}, {"v2", 2}};
	static const struct handshake_policy policy = {.protocol = protocol,
						       .protocol_count = 2};

	for (size_t i = 0; i < COUNT(protocols); i++) {
		const char *want = protocols[i].want;
		char storage[1000];
		struct buf lines = BUF_OVER(storage);
		struct handshake h;

		buf_add_str(&lines, ALL);
		if (protocols[i].offered != NULL) {
			buf_add_str(&lines, "Sec-WebSocket-Protocol: ");
			buf_add_str(&lines, protocols[i].offered);
			buf_add_str(&lines, "\r\n");
		}
		CHECK(protocols[i].offered != NULL ? protocols[i].offered
						   : "no list",
		      check(&h, buf_slice(&lines), &policy) == STATUS_NONE &&
			  (want == NULL
			       ? h.protocol.ptr == NULL
			       : slice_equal(h.protocol, slice_of(want))));
	}
}

/* The server's part in RFC 6455, section 1.2, and more. */
static void
check_fields(void)
{
	static const struct slice chat = {"chat", 4};
	struct handshake_policy policy = {.protocol = &chat,
					  .protocol_count = 1};
	char storage[1000];
	struct buf out = BUF_OVER(storage);
	struct handshake h;

	CHECK("the example is accepted",
	      check(&h, rows[1].in, &policy) == STATUS_NONE);
	handshake_add_fields(&out, &h);
	CHECK("its answer",
	      slice_equal(
		  buf_slice(&out),
		  SLICE("Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
			"Sec-WebSocket-Protocol: chat\r\n")));
	policy.deflate = (struct deflate_policy){
	    .is_on = true, .server_bits = 12, .client_bits = 15};
	CHECK("two lines of extensions are a list",
	      check(&h,
		    SLICE(ALL "Sec-WebSocket-Extensions: foo\r\n"
			      "Sec-WebSocket-Extensions: bar; baz=2, "
			      "permessage-deflate\r\n"),
		    &policy) == STATUS_NONE);
	buf_reset(&out);
	handshake_add_fields(&out, &h);
	CHECK("its answer",
	      slice_equal(
		  buf_slice(&out),
		  SLICE("Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
			"Sec-WebSocket-Extensions: permessage-deflate; "
			"server_max_window_bits=12\r\n")));
	buf_reset(&out);
	handshake_add_versions(&out);
	CHECK(
	    "the fields of 426",
	    slice_equal(
		buf_slice(&out),
		SLICE("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")));
}

int
main(void)
{
	check_rows();
	check_patterns();
	check_protocols();
	check_fields();
	return check_done();
}

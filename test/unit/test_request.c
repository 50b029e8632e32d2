/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "http/request.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define BAD STATUS_BAD_REQUEST
#define FIELDS 8

static const struct head_limits limits = {
    .request_line = 8000, .head = 16384, .fields = FIELDS};

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. It lives until the next call.
 */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	block = malloc(s.len + 1);
	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	return (struct slice){block + 1, s.len};
}

/* clang-format off */

/* method SP request-target SP HTTP-version, with a Host behind it */
static const struct {
	const char *name;
	struct slice in;
	int status;
	enum method method;
	int minor;
} lines[] = {
    /* HTTP-version = HTTP-name "/" DIGIT "." DIGIT, case-sensitive (RFC
     * 9112, section 2.3) */
    {IN("GET / HTTP/1.1"),	0,	METHOD_GET,	1},
    {IN("GET / HTTP/1.0"),	0,	METHOD_GET,	0},
    {IN("GET / http/1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / Http/1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/11"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1."),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1.10"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/01.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1,1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1.:"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/:.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1./"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/-1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/+.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP 1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP-1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTPS/1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1.1\t"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / \tHTTP/1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/1.\xb9"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/\xff.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / RTSP/1.0"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET / SIP/2.0"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET /"),		BAD,	METHOD_UNKNOWN,	0},
    /* "process the message as if it were in the highest minor version
     * [...] to which the recipient is conformant" (RFC 9110, section 2.5) */
    {IN("GET / HTTP/1.2"),	0,	METHOD_GET,	1},
    {IN("GET / HTTP/1.9"),	0,	METHOD_GET,	1},
    {IN("GET / HTTP/0.9"),	505,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/2.0"),	505,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/3.0"),	505,	METHOD_UNKNOWN,	0},
    {IN("GET / HTTP/9.9"),	505,	METHOD_UNKNOWN,	0},
    /* the preface of HTTP/2 (RFC 9113, section 3.4) */
    {IN("PRI * HTTP/2.0"),	BAD,	METHOD_UNKNOWN,	0},

    /* "The request method is case-sensitive" (RFC 9112, section 3.1) */
    {IN("HEAD / HTTP/1.1"),	0,	METHOD_HEAD,	1},
    {IN("POST / HTTP/1.1"),	0,	METHOD_POST,	1},
    {IN("PUT / HTTP/1.1"),	0,	METHOD_PUT,	1},
    {IN("DELETE / HTTP/1.1"),	0,	METHOD_DELETE,	1},
    {IN("PATCH / HTTP/1.1"),	0,	METHOD_PATCH,	1},
    {IN("OPTIONS / HTTP/1.1"),	0,	METHOD_OPTIONS,	1},
    {IN("OPTIONS * HTTP/1.1"),	0,	METHOD_OPTIONS,	1},
    {IN("TRACE / HTTP/1.1"),	0,	METHOD_TRACE,	1},
    {IN("CONNECT a:80 HTTP/1.1"), 0,	METHOD_CONNECT,	1},
    {IN("get / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},
    {IN("Get / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},
    {IN("GETS / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},
    {IN("GE / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},
    {IN("BREW / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},
    {IN("x-y.z / HTTP/1.1"),	0,	METHOD_UNKNOWN,	1},

    /* what http/head and http/target refuse is refused here */
    {IN("GET  / HTTP/1.1"),	BAD,	METHOD_UNKNOWN,	0},
    {IN("GET * HTTP/1.1"),	BAD,	METHOD_GET,	1},
    {IN("GET a:80 HTTP/1.1"),	BAD,	METHOD_GET,	1},
    {IN("GET /%00 HTTP/1.1"),	BAD,	METHOD_GET,	1},
    {IN("GET /\t HTTP/1.1"),	BAD,	METHOD_GET,	1},
    {IN("GET /# HTTP/1.0"),	BAD,	METHOD_GET,	0},
    {IN("CONNECT / HTTP/1.1"),	BAD,	METHOD_CONNECT,	1},
    {IN("CONNECT a HTTP/1.1"),	BAD,	METHOD_CONNECT,	1},
};

#define V1(target) "GET " target " HTTP/1.1\r\n"
#define V0(target) "GET " target " HTTP/1.0\r\n"

static const struct {
	const char *name;
	struct slice in;
	int status;
	const char *host;
} hosts[] = {
    /* Host = uri-host [ ":" port ] (RFC 9110, section 7.2) */
    {IN(V1("/") "Host: www.example.org\r\n"),	0,	"www.example.org"},
    {IN(V1("/") "HOST:\ta:8080 \r\n"),		0,	"a"},
    {IN(V1("/") "host: a:\r\n"),		0,	"a"},
    {IN(V1("/") "Host: 127.0.0.1:80\r\n"),	0,	"127.0.0.1"},
    {IN(V1("/") "Host: [::1]:80\r\n"),		0,	"[::1]"},
    {IN(V1("/") "Host: [::1]\r\n"),		0,	"[::1]"},
    {IN(V1("/") "x: y\r\nHost: a\r\nz: z\r\n"),	0,	"a"},
    {IN(V0("/") "Host: a\r\n"),			0,	"a"},
    /* "A server MUST respond with a 400 to any HTTP/1.1 request message
     * that lacks a Host header field" (RFC 9112, section 3.2) */
    {IN(V1("/")),				BAD,	""},
    {IN(V1("/") "Hos: a\r\n"),			BAD,	""},
    {IN(V1("/") "Hosts: a\r\n"),		BAD,	""},
    {IN(V1("/") "X-Host: a\r\n"),		BAD,	""},
    {IN("GET / HTTP/1.2\r\n"),			BAD,	""},
    {IN(V0("/")),				0,	""},
    /* "and to any request message that contains more than one Host header
     * field line" */
    {IN(V1("/") "Host: a\r\nHost: b\r\n"),	BAD,	""},
    {IN(V1("/") "Host: a\r\nHost: a\r\n"),	BAD,	""},
    {IN(V1("/") "Host: a\r\nx: y\r\nhOST: a\r\n"), BAD,	""},
    {IN(V1("/") "Host: a\r\nHost:\r\n"),	BAD,	""},
    {IN(V0("/") "Host: a\r\nHost: a\r\n"),	BAD,	""},
    /* "or a Host header field with an invalid field value" */
    {IN(V1("/") "Host:\r\n"),			BAD,	""},
    {IN(V1("/") "Host: \t\r\n"),		BAD,	""},
    {IN(V0("/") "Host:\r\n"),			BAD,	""},
    {IN(V1("/") "Host: a b\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a, b\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a/b\r\n"),		BAD,	""},
    {IN(V1("/") "Host: http://a\r\n"),		BAD,	""},
    {IN(V1("/") "Host: user@a\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a:b\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a:65536\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a:-1\r\n"),		BAD,	""},
    {IN(V1("/") "Host: :80\r\n"),		BAD,	""},
    {IN(V1("/") "Host: ::1\r\n"),		BAD,	""},
    {IN(V1("/") "Host: [::1\r\n"),		BAD,	""},
    {IN(V1("/") "Host: [::1]a\r\n"),		BAD,	""},
    {IN(V1("/") "Host: %zz\r\n"),		BAD,	""},
    {IN(V1("/") "Host: a\\b\r\n"),		BAD,	""},
    {IN(V1("/") "Host: \xe9\r\n"),		BAD,	""},
    {IN(V0("/") "Host: a b\r\n"),		BAD,	""},
    /* "the origin server MUST ignore the received Host [...] and instead
     * use the host information of the request-target" (RFC 9112, section
     * 3.2.2); it must be there and valid all the same. */
    {IN(V1("http://a/") "Host: b\r\n"),		0,	"a"},
    {IN(V1("http://a:80") "Host: b:81\r\n"),	0,	"a"},
    {IN(V1("https://[::1]:80/") "Host: b\r\n"),	0,	"[::1]"},
    {IN(V1("http://a/")),			BAD,	""},
    {IN(V1("http://a/") "Host:\r\n"),		BAD,	""},
    {IN(V1("http://a/") "Host: b c\r\n"),	BAD,	""},
    {IN(V1("http://a/") "Host: b\r\nHost: b\r\n"), BAD,	""},
    {IN(V1("http://a b/") "Host: a\r\n"),	BAD,	""},
    {IN(V1("http:///") "Host: a\r\n"),		BAD,	""},
    {IN(V0("http://a/")),			0,	"a"},
    {IN(V0("http://a/") "Host: b\r\n"),		0,	"a"},
    {IN("OPTIONS * HTTP/1.1\r\nHost: a\r\n"),	0,	"a"},
    {IN("OPTIONS * HTTP/1.1\r\n"),		BAD,	""},
};

/* How much content there is. The fields stand behind a valid Host. */
static const struct {
	const char *name;
	struct slice in;
	int status;
	enum framing framing;
	uint64_t length;
} framings[] = {
#define NO_CONTENT 0, FRAMING_NONE, 0
#define LENGTH(n) 0, FRAMING_LENGTH, n
#define CHUNKED 0, FRAMING_CHUNKED, 0
#define REFUSED BAD, FRAMING_NONE, 0
    /* "none of the above are true, then the message body length is zero"
     * (RFC 9112, section 6.3) */
    {IN(""),				NO_CONTENT},
    {IN("X-Content-Length: 5\r\n"),	NO_CONTENT},
    {IN("Content_Length: 5\r\n"),	NO_CONTENT},
    /* Content-Length = 1*DIGIT (RFC 9110, section 8.6) */
    {IN("Content-Length: 0\r\n"),	LENGTH(0)},
    {IN("Content-Length: 5\r\n"),	LENGTH(5)},
    {IN("CONTENT-length:5\t\r\n"),	LENGTH(5)},
    {IN("Content-Length: 005\r\n"),	LENGTH(5)},
    {IN("Content-Length: 9223372036854775807\r\n"), LENGTH(INT64_MAX)},
    {IN("Content-Length: 9223372036854775808\r\n"),
						LENGTH((uint64_t)1 << 63)},
    {IN("Content-Length: 9223372036854775809\r\n"), REFUSED},
    {IN("Content-Length: 18446744073709551615\r\n"), REFUSED},
    {IN("Content-Length: 18446744073709551616\r\n"), REFUSED},
    {IN("Content-Length: 18446744073709551621\r\n"), REFUSED},
    {IN("Content-Length: 99999999999999999999999999\r\n"), REFUSED},
    {IN("Content-Length:\r\n"),		REFUSED},
    {IN("Content-Length: \t\r\n"),	REFUSED},
    {IN("Content-Length: +5\r\n"),	REFUSED},
    {IN("Content-Length: -5\r\n"),	REFUSED},
    {IN("Content-Length: -0\r\n"),	REFUSED},
    {IN("Content-Length: 1 2\r\n"),	REFUSED},
    {IN("Content-Length: 5;\r\n"),	REFUSED},
    {IN("Content-Length: 5.0\r\n"),	REFUSED},
    {IN("Content-Length: 0x5\r\n"),	REFUSED},
    {IN("Content-Length: 5e1\r\n"),	REFUSED},
    {IN("Content-Length: a\r\n"),	REFUSED},
    {IN("Content-Length: :\r\n"),	REFUSED},
    {IN("Content-Length: \"5\"\r\n"),	REFUSED},
    {IN("Content-Length: \xb2\r\n"),	REFUSED},
    {IN("Content-Length: \xff\r\n"),	REFUSED},
    {IN("Content-Length: 5\0\r\n"),	REFUSED},
    {IN("Content-Length : 5\r\n"),	REFUSED},
    /* "unless the field value can be successfully parsed as a comma-
     * separated list, all values in the list are valid, and all values in
     * the list are the same" (RFC 9112, section 6.3) */
    {IN("Content-Length: 5, 5\r\n"),	LENGTH(5)},
    {IN("Content-Length: 5,5,\t5 ,5\r\n"), LENGTH(5)},
    {IN("Content-Length: 5\r\nContent-Length: 5\r\n"), LENGTH(5)},
    {IN("Content-Length: 5\r\nContent-Length: 5, 5\r\n"), LENGTH(5)},
    {IN("Content-Length: 5, 05\r\n"),	LENGTH(5)},
    {IN("Content-Length: 0, 0\r\n"),	LENGTH(0)},
    {IN("Content-Length: 5, 6\r\n"),	REFUSED},
    {IN("Content-Length: 5, 5, 6\r\n"),	REFUSED},
    {IN("Content-Length: 0, 5\r\n"),	REFUSED},
    {IN("Content-Length: 5, 0\r\n"),	REFUSED},
    {IN("Content-Length: 5, x\r\n"),	REFUSED},
    {IN("Content-Length: 5, +5\r\n"),	REFUSED},
    {IN("Content-Length: 5,\r\n"),	REFUSED},
    {IN("Content-Length: ,5\r\n"),	REFUSED},
    {IN("Content-Length: 5,,5\r\n"),	REFUSED},
    {IN("Content-Length: ,\r\n"),	REFUSED},
    {IN("Content-Length: 5\r\nContent-Length: 6\r\n"), REFUSED},
    {IN("Content-Length: 0\r\nContent-Length: 6\r\n"), REFUSED},
    {IN("Content-Length: 5\r\nContent-Length:\r\n"), REFUSED},
    {IN("Content-Length:\r\nContent-Length: 5\r\n"), REFUSED},
    {IN("Content-Length: 5\r\nContent-Length: 5\r\ncontent-length: 4\r\n"),
					REFUSED},
    {IN("Content-Length: 5, 18446744073709551621\r\n"), REFUSED},

    /* "All transfer-coding names are case-insensitive" (RFC 9112, 7) */
    {IN("Transfer-Encoding: chunked\r\n"), CHUNKED},
    {IN("transfer-ENCODING:\tCHUNKED \r\n"), CHUNKED},
    /* "Their presence [of parameters] SHOULD be treated as an error" (RFC
     * 9112, section 7.1) */
    {IN("Transfer-Encoding: chunked;a=b\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked;\r\n"), REFUSED},
    /* "A sender MUST NOT apply the chunked transfer coding more than once"
     * (RFC 9112, section 6.1) */
    {IN("Transfer-Encoding: chunked, chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
					REFUSED},
    /* "If [...] the chunked transfer coding is not the final encoding, [...]
     * the server MUST respond with the 400" (RFC 9112, section 6.3) */
    {IN("Transfer-Encoding: gzip\r\n"),	REFUSED},
    {IN("Transfer-Encoding: chunked, gzip\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"), REFUSED},
    {IN("Transfer-Encoding: gzip, chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: identity\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked, identity\r\n"), REFUSED},
    {IN("Transfer-Encoding:\r\n"),	REFUSED},
    {IN("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"), REFUSED},
    {IN("Transfer-Encoding: ,chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked,\r\n"), REFUSED},
    {IN("Transfer-Encoding: xchunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunke\r\n"), REFUSED},
    {IN("Transfer-Encoding: \"chunked\"\r\n"), REFUSED},
    {IN("Transfer-Encoding: chu nked\r\n"), REFUSED},
    {IN("Transfer-Encoding: \vchunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\0\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\xa0\r\n"), REFUSED},
    {IN("Transfer-Encoding : chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding:\r\n chunked\r\n"), REFUSED},
    {IN("X-Transfer-Encoding: chunked\r\n"), NO_CONTENT},
    {IN("Transfer-Encodings: chunked\r\n"), NO_CONTENT},
    /* "A server MAY reject a request that contains both Content-Length and
     * Transfer-Encoding" (RFC 9112, section 6.1) */
    {IN("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), REFUSED},
    {IN("Transfer-Encoding: chunked\r\nContent-Length: x\r\n"), REFUSED},
    {IN("Transfer-Encoding:\r\nContent-Length: 5\r\n"), REFUSED},
    {IN("Transfer-Encoding: identity\r\nContent-Length: 5\r\n"), REFUSED},
};

/* "an HTTP/1.0 message containing a Transfer-Encoding header field MUST
 * treat the message as if the framing is faulty" (RFC 9112, section 6.1) */
static const struct {
	const char *name;
	struct slice in;
	int status;
	enum framing framing;
	uint64_t length;
} framings_of_1_0[] = {
    {IN(""),				NO_CONTENT},
    {IN("Content-Length: 5\r\n"),	LENGTH(5)},
    {IN("Content-Length: 5, 6\r\n"),	REFUSED},
    {IN("Transfer-Encoding: chunked\r\n"), REFUSED},
    {IN("Transfer-Encoding: identity\r\n"), REFUSED},
    {IN("Transfer-Encoding:\r\n"),	REFUSED},
    {IN("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), REFUSED},
};

#define P1 "PUT / HTTP/1.1\r\nHost: a\r\n"
#define P0 "PUT / HTTP/1.0\r\n"
#define FIVE "Content-Length: 5\r\n"

static const struct {
	const char *name;
	struct slice in;
	int status;
	bool expects;
} expectations[] = {
    {IN(P1 FIVE),					0,	false},
    /* "The Expect field value is case-insensitive" (RFC 9110, 10.1.1) */
    {IN(P1 FIVE "Expect: 100-continue\r\n"),		0,	true},
    {IN(P1 FIVE "expect:100-CONTINUE \r\n"),		0,	true},
    {IN(P1 "Expect: 100-continue\r\n" FIVE),		0,	true},
    {IN(P1 "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"),
							0,	true},
    /* Expect = #expectation */
    {IN(P1 FIVE "Expect: 100-continue, 100-continue\r\n"), 0,	true},
    {IN(P1 FIVE "Expect: ,100-continue,\r\n"),		0,	true},
    {IN(P1 FIVE "Expect: 100-continue\r\nExpect: 100-continue\r\n"),
							0,	true},
    {IN(P1 FIVE "Expect:\r\n"),				0,	false},
    {IN(P1 FIVE "Expect: ,\r\n"),			0,	false},
    /* "a member other than 100-continue MAY respond with a 417" */
    {IN(P1 FIVE "Expect: 200-ok\r\n"),			417,	false},
    {IN(P1 FIVE "Expect: 100-continue, x\r\n"),		417,	false},
    {IN(P1 FIVE "Expect: x, 100-continue\r\n"),		417,	false},
    {IN(P1 FIVE "Expect: x\r\nExpect: 100-continue\r\n"), 417,	false},
    {IN(P1 FIVE "Expect: 100-continue;a=b\r\n"),	417,	false},
    {IN(P1 FIVE "Expect: 100-continue=1\r\n"),		417,	false},
    {IN(P1 FIVE "Expect: 100 continue\r\n"),		417,	false},
    {IN(P1 FIVE "Expect: 100-continued\r\n"),		417,	false},
    {IN(P1 FIVE "Expect: \"100-continue\"\r\n"),	417,	false},
    {IN(P1 "Expect: x\r\n"),				417,	false},
    {IN("GET / HTTP/1.2\r\nHost: a\r\nExpect: x\r\n"),	417,	false},
    /* "MAY omit sending a 100 response [...] if the framing indicates that
     * there is no content" */
    {IN(P1 "Expect: 100-continue\r\n"),			0,	false},
    {IN(P1 "Content-Length: 0\r\nExpect: 100-continue\r\n"), 0,	false},
    /* "a 100-continue expectation in an HTTP/1.0 request MUST ignore that
     * expectation" */
    {IN(P0 FIVE "Expect: 100-continue\r\n"),		0,	false},
    {IN(P0 FIVE "Expect: 200-ok\r\n"),			0,	false},
    {IN(P0 FIVE "Expect: 100-continue, x\r\n"),		0,	false},
    /* Framing is looked at first: it decides what is left to read. */
    {IN(P1 "Content-Length: x\r\nExpect: x\r\n"),	BAD,	false},
};

#define G1 "GET / HTTP/1.1\r\nHost: a\r\n"
#define G0 "GET / HTTP/1.0\r\n"

static const struct {
	const char *name;
	struct slice in;
	bool is_persistent;
} connections[] = {
    /* "If the received protocol is HTTP/1.1 (or later), the connection
     * will persist" (RFC 9112, section 9.3) */
    {IN(G1),						true},
    {IN("GET / HTTP/1.2\r\nHost: a\r\n"),		true},
    {IN(G1 "Connection:\r\n"),				true},
    {IN(G1 "Connection: keep-alive\r\n"),		true},
    {IN(G1 "Connection: Upgrade\r\n"),			true},
    /* "If the "close" connection option is present, the connection will
     * not persist": a list of tokens without case (RFC 9110, 7.6.1) */
    {IN(G1 "Connection: close\r\n"),			false},
    {IN(G1 "connection:CLOSE\r\n"),			false},
    {IN(G1 "Connection: keep-alive, close\r\n"),	false},
    {IN(G1 "Connection: close, keep-alive\r\n"),	false},
    {IN(G1 "Connection: te ,close,\tx\r\n"),		false},
    {IN(G1 "Connection: ,,close\r\n"),			false},
    {IN(G1 "Connection: x\r\nConnection: close\r\n"),	false},
    {IN(G1 "Connection: close\r\nConnection: keep-alive\r\n"), false},
    {IN(G1 "Connection: disclosed\r\n"),		true},
    {IN(G1 "Connection: closed\r\n"),			true},
    {IN(G1 "Connection: x-close\r\n"),			true},
    {IN(G1 "Connection: not close\r\n"),		true},
    {IN(G1 "Connection: \"close\"\r\n"),		true},
    {IN(G1 "Connection: close;q=1\r\n"),		true},
    {IN(G1 "X-Connection: close\r\n"),			true},
    {IN(G1 "Proxy-Connection: close\r\n"),		true},
    {IN(G1 "Close: Connection: close\r\n"),		true},
    /* "If the received protocol is HTTP/1.0, the "keep-alive" connection
     * option is present [...], the connection will persist" */
    {IN(G0 "Connection: keep-alive\r\n"),		true},
    {IN(G0 "Connection: Keep-Alive\r\n"),		true},
    {IN(G0 "Connection: te, keep-alive\r\n"),		true},
    {IN(G0 "Connection: keep-alive, close\r\n"),	false},
    {IN(G0 "Connection: close\r\n"),			false},
    {IN(G0 "Connection: keep-alives\r\n"),		false},
    {IN(G0 "Keep-Alive: timeout=5\r\n"),		false},
    /* "otherwise, the connection will close" */
    {IN(G0),						false},
    /* A tunnel that is not made must end. */
    {IN("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n"),	false},
};
/* clang-format on */

/* How a request came out. It lives until the next call of parse. */
struct parsed {
	struct request req;
	enum status status;
};

/*
 * Parses the head of these two parts and the empty line, with no more
 * room for its fields and its path than was promised.
 */
static struct parsed
parse(struct slice start, struct slice rest)
{
	static struct field *field;
	static char storage[32768], *path;
	struct buf head = BUF_OVER(storage);
	struct head_scan scan = {0};
	struct parsed p = {0};
	struct slice line, after;

	buf_add(&head, start);
	buf_add(&head, rest);
	buf_add(&head, SLICE("\r\n"));
	slice_cut(buf_slice(&head), '\n', &line, &after);
	free(field);
	free(path);
	field = malloc(FIELDS * sizeof(*field));
	path = malloc(line.len - 1 + 2);
	if (head.overflow || field == NULL || path == NULL)
		abort();
	p.status = head_find_end(&scan, exact(buf_slice(&head)), &limits);
	/* What is refused there is refused by the whole head too. */
	if (!p.status && scan.end != head.len)
		abort();
	p.status = request_parse(&p.req, exact(buf_slice(&head)), &limits,
				 field, path);
	/* Who refuses says why. */
	if ((p.status == STATUS_NONE) != (p.req.refusal == NULL))
		abort();
	return p;
}

static void
check_lines(void)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct parsed p = parse(lines[i].in, SLICE("\r\nHost: a\r\n"));

		CHECK(lines[i].name, (int)p.status == lines[i].status &&
					 p.req.method == lines[i].method &&
					 p.req.minor == lines[i].minor);
	}
}

static void
check_hosts(void)
{
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct parsed p = parse(hosts[i].in, SLICE(""));

		CHECK(hosts[i].name,
		      (int)p.status == hosts[i].status &&
			  (p.status ||
			   slice_equal(p.req.host, slice_of(hosts[i].host))));
	}
}

static bool
is_framed(const struct parsed *p, int status, enum framing framing,
	  uint64_t length)
{
	if (status)
		return (int)p->status == status;
	return p->status == STATUS_NONE && p->req.framing == framing &&
	       (framing != FRAMING_LENGTH || p->req.content_length == length) &&
	       request_has_content(&p->req) ==
		   (framing == FRAMING_CHUNKED || length > 0);
}

static void
check_framings(void)
{
	struct parsed p;

	for (size_t i = 0; i < COUNT(framings); i++) {
		p = parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\n"),
			  framings[i].in);
		CHECK(framings[i].name,
		      is_framed(&p, framings[i].status, framings[i].framing,
				framings[i].length));
	}
	for (size_t i = 0; i < COUNT(framings_of_1_0); i++) {
		p = parse(SLICE("POST / HTTP/1.0\r\n"), framings_of_1_0[i].in);
		CHECK(framings_of_1_0[i].name,
		      is_framed(&p, framings_of_1_0[i].status,
				framings_of_1_0[i].framing,
				framings_of_1_0[i].length));
	}
}

static void
check_options(void)
{
	struct parsed p;

	for (size_t i = 0; i < COUNT(expectations); i++) {
		p = parse(expectations[i].in, SLICE(""));
		CHECK(expectations[i].name,
		      (int)p.status == expectations[i].status &&
			  (p.status ||
			   p.req.expects_continue == expectations[i].expects));
	}
	for (size_t i = 0; i < COUNT(connections); i++) {
		p = parse(connections[i].in, SLICE(""));
		CHECK(connections[i].name,
		      p.status == STATUS_NONE &&
			  p.req.is_persistent == connections[i].is_persistent);
	}
}

static void
check_fields(void)
{
	struct parsed p = parse(SLICE("GET /a?b HTTP/1.1\r\nHost: a\r\n"),
				SLICE("X: 1\r\nx: 2\r\nY:\r\nXY: 3\r\n"));

	CHECK("a request with fields", p.status == STATUS_NONE);
	CHECK("its parts are as sent",
	      slice_equal(p.req.head.method, SLICE("GET")) &&
		  slice_equal(p.req.head.target, SLICE("/a?b")) &&
		  slice_equal(p.req.head.version, SLICE("HTTP/1.1")));
	CHECK("its target is parsed",
	      slice_equal(p.req.target.path, SLICE("/a")) &&
		  slice_equal(p.req.target.query, SLICE("b")));
	CHECK("the first field of a name",
	      slice_equal(request_field(&p.req, SLICE("x")), SLICE("1")));
	CHECK("a name has no case",
	      slice_equal(request_field(&p.req, SLICE("hOsT")), SLICE("a")));
	CHECK("a whole name",
	      slice_equal(request_field(&p.req, SLICE("xy")), SLICE("3")));
	CHECK("an empty field is there",
	      request_field(&p.req, SLICE("y")).ptr != NULL &&
		  request_field(&p.req, SLICE("y")).len == 0);
	CHECK("a field that is not there is NULL",
	      request_field(&p.req, SLICE("z")).ptr == NULL);
	p = parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\n"),
		  SLICE("2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n"));
	CHECK("as many fields as the limit",
	      p.status == STATUS_NONE && p.req.head.field_count == FIELDS);
	p = parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\n"),
		  SLICE("2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n9:\r\n"));
	CHECK("one field more is 431", (int)p.status == 431);
	/* What one request said must not be heard in the next. */
	p = parse(SLICE("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"),
		  SLICE("Expect: 100-continue\r\nConnection: close\r\n"));
	p = parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\n"), SLICE(""));
	CHECK("a request inherits nothing",
	      p.req.framing == FRAMING_NONE && !p.req.expects_continue &&
		  p.req.is_persistent && p.req.content_length == 0);
}

static void
check_long(void)
{
	static char storage[8192];
	struct buf line = BUF_OVER(storage);
	struct parsed p;

	/* "RECOMMENDED that all [...] support, at a minimum, request-line
	 * lengths of 8000 octets" (RFC 9112, section 3) */
	buf_add_str(&line, "GET /");
	while (line.len < 8000 - 9)
		buf_add_char(&line, 'a');
	buf_add_str(&line, " HTTP/1.1");
	p = parse(buf_slice(&line), SLICE("\r\nHost: a\r\n"));
	CHECK("a request line of 8000 bytes",
	      p.status == STATUS_NONE && p.req.target.path.len == 8000 - 13);
	/* As many elements as a head of this size holds. */
	buf_reset(&line);
	buf_add_str(&line, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5");
	while (line.len < sizeof(storage) - 4)
		buf_add_str(&line, ",5");
	p = parse(buf_slice(&line), SLICE("\r\n"));
	CHECK("a Content-Length of thousands of equal numbers",
	      is_framed(&p, 0, FRAMING_LENGTH, 5));
	p = parse(buf_slice(&line), SLICE(",6\r\n"));
	CHECK("a Content-Length whose last number differs",
	      (int)p.status == BAD);
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {404, "Not Found"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {505, "HTTP Version Not Supported"},
    /* no entry: the name of the class */
    {199, "Informational"},
    {299, "Success"},
    {399, "Redirection"},
    {499, "Client Error"},
    {599, "Server Error"},
    {600, "Unknown"},
    {99, "Unknown"},
    {0, "Unknown"},
    {-1, "Unknown"},
};

static void
check_reasons(void)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		CHECK(reasons[i].reason,
		      !strcmp(status_reason(reasons[i].status),
			      reasons[i].reason));
}

int
main(void)
{
	check_lines();
	check_hosts();
	check_framings();
	check_options();
	check_fields();
	check_long();
	check_reasons();
	return check_done();
}

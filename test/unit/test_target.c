/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/target.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

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

/* Paths that are served, as GET has them. */
static const struct {
	const char *name;
	struct slice in;
	const char *path;
	const char *query;	/* NULL: none */
	bool encoded_slash;
} paths[] = {
    /* origin-form = absolute-path [ "?" query ] (RFC 9112, section 3.2.1) */
    {IN("/"),			"/",		NULL,	false},
    {IN("/where?q=now"),	"/where",	"q=now", false},
    {IN("/a"),			"/a",		NULL,	false},
    {IN("/a/"),			"/a/",		NULL,	false},
    {IN("/a/b.c"),		"/a/b.c",	NULL,	false},
    {IN("/?"),			"/",		"",	false},
    {IN("/a??b"),		"/a",		"?b",	false},
    {IN("/a?b/../c"),		"/a",		"b/../c", false},
    {IN("/a?http://b/"),	"/a",		"http://b/", false},
    {IN("/a?%00%2F%ff"),	"/a",		"%00%2F%ff", false},
    /* pchar = unreserved / pct-encoded / sub-delims / ":" / "@" (RFC 3986,
     * section 3.3) */
    {IN("/-._~!$&'()*+,;=:@"),	"/-._~!$&'()*+,;=:@", NULL, false},
    {IN("/a:80"),		"/a:80",	NULL,	false},
    {IN("/*"),			"/*",		NULL,	false},
    {IN("/http://a/"),		"/http:/a/",	NULL,	false},
    /* what browsers leave alone in a query (the URL Standard) */
    {IN("/?[]{}|\\^`"),		"/",	"[]{}|\\^`",	false},

    /* "the normal form is to not encode them" (RFC 9110, section 4.2.3); the
     * digits have no case (RFC 3986, section 2.1). */
    {IN("/%7Esmith/home.html"),	"/~smith/home.html", NULL, false},
    {IN("/%7esmith/home.html"),	"/~smith/home.html", NULL, false},
    {IN("/%41%6a%4A"),		"/AjJ",		NULL,	false},
    {IN("/a%20b"),		"/a b",		NULL,	false},
    {IN("/%3f"),		"/?",		NULL,	false},
    {IN("/%3F?%3F"),		"/?",		"%3F",	false},
    {IN("/%23"),		"/#",		NULL,	false},
    {IN("/%5c"),		"/\\",		NULL,	false},
    {IN("/%01%7f%80%ff"),	"/\x01\x7f\x80\xff", NULL, false},
    {IN("/%0d%0a"),		"/\r\n",	NULL,	false},
    /* "Implementations must not percent-encode or decode the same string
     * more than once" (RFC 3986, section 2.4) */
    {IN("/%25"),		"/%",		NULL,	false},
    {IN("/%2541"),		"/%41",		NULL,	false},
    {IN("/%252e%252e/a"),	"/%2e%2e/a",	NULL,	false},
    {IN("/%252f"),		"/%2f",		NULL,	false},
    {IN("/%2500"),		"/%00",		NULL,	false},
    {IN("/%25zz"),		"/%zz",		NULL,	false},

    /* An encoded slash parts no segments. */
    {IN("/a%2fb"),		"/a%2Fb",	NULL,	true},
    {IN("/a%2Fb"),		"/a%2Fb",	NULL,	true},
    {IN("/%2f"),		"/%2F",		NULL,	true},
    {IN("/%2f/"),		"/%2F/",	NULL,	true},
    {IN("/a/..%2f..%2fb"),	"/a/..%2F..%2Fb", NULL,	true},
    {IN("/a/%2e%2e%2fb"),	"/a/..%2Fb",	NULL,	true},
    {IN("/a/.%2f./b"),		"/a/.%2F./b",	NULL,	true},
    {IN("/a?%2f"),		"/a",		"%2f",	false},

    /* Dot segments go (RFC 3986, section 5.2.4): the examples of that
     * section and of 5.4, and more of the kind. */
    {IN("/a/b/c/./../../g"),	"/a/g",		NULL,	false},
    {IN("/b/c/d;p/../g"),	"/b/c/g",	NULL,	false},
    {IN("/b/c/."),		"/b/c/",	NULL,	false},
    {IN("/b/c/./"),		"/b/c/",	NULL,	false},
    {IN("/b/c/.."),		"/b/",		NULL,	false},
    {IN("/b/c/../"),		"/b/",		NULL,	false},
    {IN("/b/c/../.."),		"/",		NULL,	false},
    {IN("/b/c/../../"),		"/",		NULL,	false},
    {IN("/b/c/../../g"),	"/g",		NULL,	false},
    {IN("/b/c/../../../g"),	"/g",		NULL,	false},
    {IN("/b/c/../../../../g"),	"/g",		NULL,	false},
    {IN("/./g"),		"/g",		NULL,	false},
    {IN("/../g"),		"/g",		NULL,	false},
    {IN("/b/c/g."),		"/b/c/g.",	NULL,	false},
    {IN("/b/c/.g"),		"/b/c/.g",	NULL,	false},
    {IN("/b/c/g.."),		"/b/c/g..",	NULL,	false},
    {IN("/b/c/..g"),		"/b/c/..g",	NULL,	false},
    {IN("/b/c/./g/."),		"/b/c/g/",	NULL,	false},
    {IN("/b/c/g/./h"),		"/b/c/g/h",	NULL,	false},
    {IN("/b/c/g/../h"),		"/b/c/h",	NULL,	false},
    {IN("/b/c/g;x=1/./y"),	"/b/c/g;x=1/y",	NULL,	false},
    {IN("/b/c/g;x=1/../y"),	"/b/c/y",	NULL,	false},
    {IN("/b/c/g?y/./x"),	"/b/c/g",	"y/./x", false},
    {IN("/b/c/g?y/../x"),	"/b/c/g",	"y/../x", false},
    {IN("/.."),			"/",		NULL,	false},
    {IN("/."),			"/",		NULL,	false},
    {IN("/../../../../etc/passwd"), "/etc/passwd", NULL, false},
    {IN("/a/../../b"),		"/b",		NULL,	false},
    {IN("/..."),		"/...",		NULL,	false},
    {IN("/.../"),		"/.../",	NULL,	false},
    {IN("/a/..?b"),		"/",		"b",	false},
    {IN("/..;/a"),		"/..;/a",	NULL,	false},
    /* "." is unreserved: an encoded dot is a dot */
    {IN("/a/%2e%2e/b"),		"/b",		NULL,	false},
    {IN("/a/%2E./b"),		"/b",		NULL,	false},
    {IN("/a/.%2e"),		"/",		NULL,	false},
    {IN("/a/%2e/b"),		"/a/b",		NULL,	false},
    {IN("/%2e%2e/%2e%2e/etc"),	"/etc",		NULL,	false},

    /* Empty segments go, so that a rule for /a/ holds for them too. */
    {IN("//"),			"/",		NULL,	false},
    {IN("//a"),			"/a",		NULL,	false},
    {IN("/a//b"),		"/a/b",		NULL,	false},
    {IN("/a///"),		"/a/",		NULL,	false},
    {IN("/a//../b"),		"/b",		NULL,	false},
    {IN("//../a"),		"/a",		NULL,	false},
    {IN("//example.com/a"),	"/example.com/a", NULL,	false},
};

/* Targets that are refused, whatever GET or HEAD wants of them. */
static const struct {
	const char *name;
	struct slice in;
} refused[] = {
    {IN("")},
    /* not one of the four forms (RFC 9112, section 3.2) */
    {IN("a")},
    {IN("index.html")},
    {IN("../a")},
    {IN("?a")},
    {IN("#")},
    {IN("\\a")},
    {IN("%2fa")},
    {IN("**")},
    {IN("*/")},
    {IN("\0")},
    {IN("\xff")},
    /* "authority-form of request-target is only used for CONNECT", and
     * asterisk-form for OPTIONS (RFC 9112, sections 3.2.3 and 3.2.4) */
    {IN("example.com:80")},
    {IN("example.com")},
    {IN("[::1]:80")},
    {IN("*")},
    /* pct-encoded = "%" HEXDIG HEXDIG (RFC 3986, section 2.1) */
    {IN("/%")},
    {IN("/%4")},
    {IN("/%zz")},
    {IN("/%4g")},
    {IN("/%g4")},
    {IN("/%%41")},
    {IN("/% 41")},
    {IN("/%-1")},
    {IN("/%0x41")},
    {IN("/%u0041")},
    {IN("/%4\0")},
    {IN("/a%")},
    {IN("/a%4")},
    {IN("/%41%")},
    {IN("/a?%")},
    {IN("/a?%4")},
    {IN("/a?%zz")},
    {IN("/a?b%g4")},
    {IN("/%00")},
    {IN("/a%00.html")},
    {IN("/a/%00/../b")},
    {IN("/..%00/")},
    /* Neither of these may stand in a path unencoded. */
    {IN("/a b")},
    {IN("/a\tb")},
    {IN("/\"")},
    {IN("/<a>")},
    {IN("/a\\b")},
    {IN("/..\\..\\a")},
    {IN("/^")},
    {IN("/`")},
    {IN("/{a}")},
    {IN("/|")},
    {IN("/[a]")},
    {IN("/a\0")},
    {IN("/\0/../a")},
    {IN("/a\r")},
    {IN("/a\n")},
    {IN("/\x01")},
    {IN("/\x7f")},
    {IN("/\x80")},
    {IN("/caf\xc3\xa9")},
    {IN("/\xff")},
    /* overlong encodings of "/" and "." */
    {IN("/\xc0\xaf")},
    {IN("/\xc0\xae\xc0\xae/")},
    /* "the fragment identifier [...] is not part of" what is sent (RFC
     * 9110, section 4.2.5) */
    {IN("/a#b")},
    {IN("/a?b#c")},
    {IN("/#")},
    {IN("/a?b c")},
    {IN("/a?\"")},
    {IN("/a?<")},
    {IN("/a?\0")},
    {IN("/a?b\0" "c")},
    {IN("/a?\r")},
    {IN("/a?\x7f")},
    {IN("/a?\x80")},
    {IN("/a?\xff")},
    /* absolute-form = absolute-URI (RFC 9112, section 3.2.2) */
    {IN("http:")},
    {IN("http:/")},
    {IN("http:/a")},
    {IN("http:a")},
    {IN("htt")},
    {IN("://a/")},
    {IN(" http://a/")},
    {IN("ftp://a/")},
    {IN("ws://a/")},
    {IN("file:///etc/passwd")},
    {IN("httpx://a/")},
    {IN("javascript:alert(1)")},
    /* "an "http" URI with an empty host identifier. A recipient [...] MUST
     * reject it as invalid" (RFC 9110, section 4.2.1) */
    {IN("http://")},
    {IN("https://")},
    {IN("http:///")},
    {IN("http:///a")},
    {IN("http://?a")},
    {IN("http://:80/")},
    /* userinfo: "treat its presence as an error" (RFC 9110, section 4.2.4) */
    {IN("http://user@a/")},
    {IN("http://user:password@a/")},
    {IN("http://@a/")},
    {IN("http://a:b/")},
    {IN("http://a:65536/")},
    {IN("http://a:-1/")},
    {IN("http://a:8:0/")},
    {IN("http://a b/")},
    {IN("http://a\\b/")},
    {IN("http://a#b")},
    {IN("http://a/#b")},
    {IN("http://a/b#c")},
    {IN("http://a?b#c")},
    {IN("http://[::1/")},
    {IN("http://[]/")},
    {IN("http://a/%00")},
    {IN("http://a/%")},
    {IN("http://a/ ")},
    {IN("http://a?%")},
    {IN("http://a? ")},
    {IN("http://\0/")},
    {IN("http://\xff/")},
};

static const struct {
	const char *name;
	struct slice in;
	const char *authority, *path, *query;
} absolutes[] = {
    /* "A server MUST accept the absolute-form" (RFC 9112, section 3.2.2) */
    {IN("http://www.example.org/pub/WWW/TheProject.html"),
			"www.example.org", "/pub/WWW/TheProject.html", NULL},
    {IN("https://a/b?c"),		"a",		"/b",	"c"},
    {IN("http://a:8080/"),		"a:8080",	"/",	NULL},
    {IN("http://a:/"),			"a:",		"/",	NULL},
    {IN("http://127.0.0.1/"),		"127.0.0.1",	"/",	NULL},
    {IN("http://[::1]:80/b"),		"[::1]:80",	"/b",	NULL},
    {IN("http://a/b/../%63"),		"a",		"/c",	NULL},
    {IN("http://a//b"),			"a",		"/b",	NULL},
    {IN("http://a/?"),			"a",		"/",	""},
    {IN("http://a/http://b/"),		"a",		"/http:/b/", NULL},
    /* "an empty path component is equivalent to an absolute path of "/"",
     * and the scheme has no case (RFC 9110, section 4.2.3) */
    {IN("http://a"),			"a",		"/",	NULL},
    {IN("http://a:80"),			"a:80",		"/",	NULL},
    {IN("http://a?"),			"a",		"/",	""},
    {IN("http://a?b"),			"a",		"/",	"b"},
    {IN("http://a?b/c"),		"a",		"/",	"b/c"},
    {IN("HTTP://A/"),			"A",		"/",	NULL},
    {IN("hTTpS://a/B"),			"a",		"/B",	NULL},
};

static const struct {
	const char *name;
	struct slice in;
	enum method method;
	enum status status;
	enum target_form form;
} forms[] = {
#define BAD STATUS_BAD_REQUEST
    {IN("*"),		METHOD_OPTIONS, 0,	TARGET_ASTERISK},
    {IN("*"),		METHOD_GET,	BAD,	TARGET_ASTERISK},
    {IN("*"),		METHOD_HEAD,	BAD,	TARGET_ASTERISK},
    {IN("*"),		METHOD_TRACE,	BAD,	TARGET_ASTERISK},
    {IN("*"),		METHOD_UNKNOWN, BAD,	TARGET_ASTERISK},
    {IN("*"),		METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("**"),		METHOD_OPTIONS, BAD,	TARGET_ORIGIN},
    {IN("*?"),		METHOD_OPTIONS, BAD,	TARGET_ORIGIN},
    {IN("/a"),		METHOD_OPTIONS, 0,	TARGET_ORIGIN},
    {IN("/*"),		METHOD_OPTIONS, 0,	TARGET_ORIGIN},
    {IN("http://www.example.org:8001"), METHOD_OPTIONS, 0, TARGET_ABSOLUTE},
    {IN(""),		METHOD_OPTIONS, BAD,	TARGET_ORIGIN},
    /* "It consists of only the uri-host and port number" (RFC 9112,
     * section 3.2.3) */
    {IN("www.example.com:80"), METHOD_CONNECT, 0, TARGET_AUTHORITY},
    {IN("127.0.0.1:80"), METHOD_CONNECT, 0,	TARGET_AUTHORITY},
    {IN("[::1]:80"),	METHOD_CONNECT, 0,	TARGET_AUTHORITY},
    {IN("www.example.com"), METHOD_CONNECT, BAD, TARGET_AUTHORITY},
    {IN("www.example.com:"), METHOD_CONNECT, BAD, TARGET_AUTHORITY},
    {IN("[::1]"),	METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("[::1]:"),	METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN(":80"),		METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("a:b"),		METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("a:80/"),	METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("/"),		METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("http://a/"),	METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN(""),		METHOD_CONNECT, BAD,	TARGET_AUTHORITY},
    {IN("a:80"),	METHOD_UNKNOWN, BAD,	TARGET_ORIGIN},
    {IN("/connect"),	METHOD_UNKNOWN, 0,	TARGET_ORIGIN},
};

/* uri-host [ ":" port ] (RFC 9110, section 7.2) */
static const struct {
	const char *name;
	struct slice in;
	const char *host;	/* NULL: refused */
	const char *port;
} authorities[] = {
    /* reg-name = *( unreserved / pct-encoded / sub-delims ) (RFC 3986,
     * section 3.2.2), not empty in http (RFC 9110, section 4.2.1) */
    {IN("www.example.org"),	"www.example.org",	""},
    {IN("www.example.org."),	"www.example.org.",	""},
    {IN("localhost"),		"localhost",		""},
    {IN("A-b_c~d.E"),		"A-b_c~d.E",		""},
    {IN("!$&'()*+,;="),		"!$&'()*+,;=",		""},
    {IN("xn--bcher-kva"),	"xn--bcher-kva",	""},
    {IN("b%C3%BCcher"),		"b%C3%BCcher",		""},
    {IN("%41"),			"%41",			""},
    {IN(""),			NULL,			""},
    {IN("%"),			NULL,			""},
    {IN("a%4"),			NULL,			""},
    {IN("a%zz"),		NULL,			""},
    {IN("a b"),			NULL,			""},
    {IN(" a"),			NULL,			""},
    {IN("a\t"),			NULL,			""},
    {IN("a/b"),			NULL,			""},
    {IN("a?b"),			NULL,			""},
    {IN("a#b"),			NULL,			""},
    {IN("a@b"),			NULL,			""},
    {IN("a\\b"),		NULL,			""},
    {IN("a\"b"),		NULL,			""},
    {IN("<a>"),			NULL,			""},
    {IN("a\0"),			NULL,			""},
    {IN("\0"),			NULL,			""},
    {IN("b\xfc" "cher"),	NULL,			""},
    {IN("http://a"),		NULL,			""},
    {IN("a]"),			NULL,			""},
    {IN("a["),			NULL,			""},
    /* IPv4address */
    {IN("127.0.0.1"),		"127.0.0.1",		""},
    {IN("127.0.0.1:80"),	"127.0.0.1",		"80"},
    /* What is no address may still be a name. */
    {IN("1.2.3.456"),		"1.2.3.456",		""},
    /* port = *DIGIT (RFC 3986, section 3.2.3), and 16 bits of it */
    {IN("a:80"),		"a",			"80"},
    {IN("a:"),			"a",			""},
    {IN("a:0"),			"a",			"0"},
    {IN("a:00080"),		"a",			"00080"},
    {IN("a:65535"),		"a",			"65535"},
    {IN("a:65536"),		NULL,			""},
    {IN("a:18446744073709551616"), NULL,		""},
    {IN("a:18446744073709551696"), NULL,		""},
    {IN("a:+80"),		NULL,			""},
    {IN("a:-80"),		NULL,			""},
    {IN("a: 80"),		NULL,			""},
    {IN("a:80 "),		NULL,			""},
    {IN("a:8:0"),		NULL,			""},
    {IN("a::80"),		NULL,			""},
    {IN("a:0x50"),		NULL,			""},
    {IN("a:http"),		NULL,			""},
    {IN("a:\0"),		NULL,			""},
    {IN(":80"),			NULL,			""},
    {IN(":"),			NULL,			""},
    {IN("::1"),			NULL,			""},
    {IN("user:80@a"),		NULL,			""},
    /* IP-literal = "[" IPv6address "]" */
    {IN("[::1]"),		"[::1]",		""},
    {IN("[::]"),		"[::]",			""},
    {IN("[::1]:8080"),		"[::1]",		"8080"},
    {IN("[::1]:"),		"[::1]",		""},
    {IN("[2001:DB8::a]"),	"[2001:DB8::a]",	""},
    {IN("[::ffff:192.0.2.1]"),	"[::ffff:192.0.2.1]",	""},
    {IN("[1:2:3:4:5:6:7:8]"),	"[1:2:3:4:5:6:7:8]",	""},
    {IN("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]"),
		"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", ""},
    {IN("[00ff:ffff:ffff:ffff:ffff:ffff:255.255.255.2551]"), NULL, ""},
    {IN("[1:2:3:4:5:6:7:8:9]"),	NULL,			""},
    {IN("[1:2:3]"),		NULL,			""},
    {IN("[1::2::3]"),		NULL,			""},
    {IN("[::12345]"),		NULL,			""},
    {IN("[::g]"),		NULL,			""},
    {IN("[:1]"),		NULL,			""},
    {IN("[]"),			NULL,			""},
    {IN("[]:80"),		NULL,			""},
    {IN("["),			NULL,			""},
    {IN("[::1"),		NULL,			""},
    {IN("[::1:80"),		NULL,			""},
    {IN("[::1]a"),		NULL,			""},
    {IN("[::1]80"),		NULL,			""},
    {IN("[::1]:a"),		NULL,			""},
    {IN("[::1]:65536"),		NULL,			""},
    {IN("[::1]:80:80"),		NULL,			""},
    {IN("[::1]]"),		NULL,			""},
    {IN("[[::1]]"),		NULL,			""},
    {IN("a[::1]"),		NULL,			""},
    {IN("[127.0.0.1]"),		NULL,			""},
    {IN("[a]"),			NULL,			""},
    {IN("[ ::1]"),		NULL,			""},
    {IN("[::1 ]"),		NULL,			""},
    {IN("[::1\0]"),		NULL,			""},
    {IN("[\0]"),		NULL,			""},
    {IN("[::1%25eth0]"),	NULL,			""},
    {IN("[::1%eth0]"),		NULL,			""},
};

static const struct {
	const char *name;
	struct slice in;
	const char *want;
} encodings[] = {
    {IN(""),			""},
    {IN("/"),			"/"},
    {IN("/a/b.c"),		"/a/b.c"},
    {IN("/-._~!$&'()*+,;=:@"),	"/-._~!$&'()*+,;=:@"},
    {IN("/a b"),		"/a%20b"},
    {IN("/50%"),		"/50%25"},
    {IN("/%2F"),		"/%252F"},
    {IN("/a?b#c"),		"/a%3Fb%23c"},
    {IN("/\"<>\\^`{|}[]"),	"/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"},
    {IN("/\r\n"),		"/%0D%0A"},
    {IN("/\0"),			"/%00"},
    {IN("/\x7f\x80\xc3\xa9\xff"), "/%7F%80%C3%A9%FF"},
};
/* clang-format on */

/*
 * Parses a copy of raw, with no more room for the path than was promised.
 * The result lives until the next call.
 */
static enum status
parse(struct target *target, enum method method, struct slice raw)
{
	static char *storage;

	free(storage);
	storage = malloc(raw.len + 2);
	if (storage == NULL)
		abort();
	return target_parse(target, method, exact(raw), storage);
}

static bool
query_is(const struct target *target, const char *query)
{
	return query == NULL ? !target->has_query && target->query.len == 0
			     : target->has_query &&
				   slice_equal(target->query, slice_of(query));
}

static bool
path_is(const struct target *target, const char *path)
{
	return slice_equal(target->path, slice_of(path)) &&
	       target->path.ptr[target->path.len] == '\0';
}

static void
check_paths(void)
{
	struct target t;

	for (size_t i = 0; i < COUNT(paths); i++) {
		enum status status = parse(&t, METHOD_GET, paths[i].in);

		CHECK(paths[i].name,
		      status == STATUS_NONE && t.form == TARGET_ORIGIN &&
			  path_is(&t, paths[i].path) &&
			  query_is(&t, paths[i].query) &&
			  t.encoded_slash == paths[i].encoded_slash &&
			  t.authority.len == 0 && t.refusal == NULL);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		enum status get = parse(&t, METHOD_GET, refused[i].in);
		bool has_reason = t.refusal != NULL;

		CHECK(refused[i].name,
		      get == BAD && has_reason &&
			  parse(&t, METHOD_HEAD, refused[i].in) == BAD);
	}
}

static void
check_forms(void)
{
	struct target t;

	for (size_t i = 0; i < COUNT(absolutes); i++) {
		enum status status = parse(&t, METHOD_GET, absolutes[i].in);

		CHECK(absolutes[i].name,
		      status == STATUS_NONE && t.form == TARGET_ABSOLUTE &&
			  slice_equal(t.authority,
				      slice_of(absolutes[i].authority)) &&
			  path_is(&t, absolutes[i].path) &&
			  query_is(&t, absolutes[i].query));
	}
	for (size_t i = 0; i < COUNT(forms); i++) {
		enum status status = parse(&t, forms[i].method, forms[i].in);

		CHECK(forms[i].name, status == forms[i].status &&
					 t.form == forms[i].form &&
					 (status == 0) == (t.refusal == NULL));
	}
}

static void
check_authorities(void)
{
	for (size_t i = 0; i < COUNT(authorities); i++) {
		struct slice host, port;
		bool ok =
		    authority_parse(exact(authorities[i].in), &host, &port);

		CHECK(
		    authorities[i].name,
		    ok ? authorities[i].host != NULL &&
			     slice_equal(host, slice_of(authorities[i].host)) &&
			     slice_equal(port, slice_of(authorities[i].port))
		       : authorities[i].host == NULL);
	}
}

static void
check_encoding(void)
{
	char storage[64], every[256];
	struct buf out = BUF_OVER(storage);
	struct buf encoded = {.data = malloc(800), .cap = 800};
	struct target t;
	size_t n = 0;

	for (size_t i = 0; i < COUNT(encodings); i++) {
		buf_reset(&out);
		target_encode_path(&out, exact(encodings[i].in));
		CHECK(
		    encodings[i].name,
		    slice_equal(buf_slice(&out), slice_of(encodings[i].want)));
	}
	every[n++] = '/';
	for (int i = 1; i < 256; i++)
		if (i != '/')
			every[n++] = (char)i;
	target_encode_path(&encoded, exact((struct slice){every, n}));
	CHECK("every byte encoded is a path that decodes to it",
	      !encoded.overflow &&
		  parse(&t, METHOD_GET, buf_slice(&encoded)) == 0 &&
		  slice_equal(t.path, (struct slice){every, n}) &&
		  !t.encoded_slash);
	free(encoded.data);
}

static bool
is_pchar_by_the_book(int i)
{
	return i > 0 && i < 128 &&
	       (isalnum(i) || strchr("-._~!$&'()*+,;=:@", i) != NULL);
}

static void
check_every_byte(void)
{
	bool in_path = true, in_query = true, lower = true, upper = true;
	bool in_host = true;
	struct target t;

	for (int i = 0; i < 256; i++) {
		char c = (char)i, raw[16];
		bool is_pchar = is_pchar_by_the_book(i);
		bool is_query =
		    is_pchar || (i > 0 && strchr("/?[]{}|\\^`", i) != NULL);
		bool is_name = is_pchar && c != '@' && c != ':';

		memcpy(raw, "/abc", 4);
		raw[2] = c;
		if ((parse(&t, METHOD_GET, (struct slice){raw, 4}) == 0) !=
		    (is_pchar || c == '/' || c == '?'))
			in_path = false;
		memcpy(raw, "/?bc", 4);
		raw[2] = c;
		if ((parse(&t, METHOD_GET, (struct slice){raw, 4}) == 0) !=
		    is_query)
			in_query = false;
		memcpy(raw, "a?c", 3);
		raw[1] = c;
		if (authority_parse(exact((struct slice){raw, 3}), &t.path,
				    &t.query) != is_name)
			in_host = false;
		snprintf(raw, sizeof(raw), "/a%%%02xb", (unsigned)i);
		if ((parse(&t, METHOD_GET, slice_of(raw)) == 0) != (i > 0) ||
		    (i > 0 && i != '/' && t.path.ptr[2] != c))
			lower = false;
		snprintf(raw, sizeof(raw), "/a%%%02Xb", (unsigned)i);
		if ((parse(&t, METHOD_GET, slice_of(raw)) == 0) != (i > 0) ||
		    (i > 0 && i != '/' && t.path.ptr[2] != c))
			upper = false;
	}
	CHECK("all 256 bytes in a path (RFC 3986, 3.3)", in_path);
	CHECK("all 256 bytes in a query", in_query);
	CHECK("all 256 bytes in a host (RFC 3986, 3.2.2)", in_host);
	CHECK("all 256 bytes encoded in lower case", lower);
	CHECK("all 256 bytes encoded in upper case", upper);
}

/* The unit repeated until it fills a target of about 256 KiB, after start. */
static struct slice
repeat(const char *start, const char *unit)
{
	static char storage[256 * 1024];
	struct buf out = BUF_OVER(storage);

	buf_add_str(&out, start);
	while (!out.overflow)
		buf_add_str(&out, unit);
	return buf_slice(&out);
}

static void
check_long(void)
{
	struct slice raw = repeat("/", "a");
	struct target t;

	CHECK("256 KiB of one segment",
	      parse(&t, METHOD_GET, raw) == 0 && slice_equal(t.path, raw));
	raw = repeat("/", "a/");
	CHECK("256 KiB of short segments",
	      parse(&t, METHOD_GET, raw) == 0 && slice_equal(t.path, raw));
	CHECK("256 KiB of slashes",
	      parse(&t, METHOD_GET, repeat("/", "/")) == 0 && path_is(&t, "/"));
	CHECK("256 KiB of dots up",
	      parse(&t, METHOD_GET, repeat("/a/", "../")) == 0 &&
		  path_is(&t, "/"));
	CHECK("256 KiB of encoded dots up",
	      parse(&t, METHOD_GET, repeat("/a/", "%2e%2E/")) == 0 &&
		  path_is(&t, "/"));
	CHECK("256 KiB down and up again",
	      parse(&t, METHOD_GET, repeat("/", "a/../")) == 0 &&
		  path_is(&t, "/"));
	CHECK("256 KiB of encoded slashes",
	      parse(&t, METHOD_GET, repeat("/", "%2f")) == 0 &&
		  t.encoded_slash && t.path.len > 250000);
	raw = repeat("/?", "a");
	CHECK("256 KiB of query",
	      parse(&t, METHOD_GET, raw) == 0 && t.query.len == raw.len - 2);
	raw = repeat("http://", "a");
	CHECK("256 KiB of host", parse(&t, METHOD_GET, raw) == 0 &&
				     t.authority.len == raw.len - 7 &&
				     path_is(&t, "/"));
	CHECK("256 KiB of IPv6 address",
	      parse(&t, METHOD_GET, repeat("http://[", "1:")) == BAD);
	CHECK("256 KiB of port",
	      parse(&t, METHOD_GET, repeat("http://a:", "9")) == BAD);
}

int
main(void)
{
	check_paths();
	check_forms();
	check_authorities();
	check_encoding();
	check_every_byte();
	check_long();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check.h"
#include "http/forwarded.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define X "X-Forwarded-For: "
#define F "Forwarded: "

/*
 * Lines of a head, and who is the client where 10.0.0.0/8 and 2001:db8::/32
 * are trusted: "address port", or NULL if it is not known.
 */
static const struct {
	const char *fields, *want;
} rows[] = {
    {"", NULL},
    {X "192.0.2.1\r\n", "192.0.2.1 0"},
    {"x-forwarded-FOR: 192.0.2.1\r\n", "192.0.2.1 0"},
    {"X-Forwarded-Fo: 192.0.2.1\r\n", NULL},
    {"X-Forwarded-For-: 192.0.2.1\r\n", NULL},
    /* Who trusted proxies name is the client, whatever it says itself. */
    {X "192.0.2.9, 192.0.2.1\r\n", "192.0.2.1 0"},
    {X "192.0.2.1, 10.0.0.1\r\n", "192.0.2.1 0"},
    {X "192.0.2.1, 10.0.0.2, 10.0.0.1\r\n", "192.0.2.1 0"},
    {X "10.0.0.3, 192.0.2.1, 10.0.0.2\r\n", "192.0.2.1 0"},
    {X "x, \", [, 192.0.2.1 , 10.0.0.2\r\n", "192.0.2.1 0"},
    /* Lines are one list (RFC 9110, section 5.3). */
    {X "192.0.2.1\r\n" X "10.0.0.1\r\n", "192.0.2.1 0"},
    {X "192.0.2.1\r\n" X "192.0.2.2\r\n", "192.0.2.2 0"},
    {X "192.0.2.1,,\t,\r\n" X "\r\n", "192.0.2.1 0"},
    /* All are ours: so is the client. */
    {X "10.0.0.1\r\n", "10.0.0.1 0"},
    {X "10.0.0.3, 10.0.0.2, 10.0.0.1\r\n", "10.0.0.3 0"},
    /* Behind who is not named nobody can be believed. */
    {X "unknown\r\n", NULL},
    {X "192.0.2.1, unknown\r\n", NULL},
    {X "192.0.2.1, unknown, 10.0.0.1\r\n", "10.0.0.1 0"},
    {X "192.0.2.1, unknown, 10.0.0.2, 10.0.0.1\r\n", "10.0.0.2 0"},
    {X "unknown, 192.0.2.1\r\n", "192.0.2.1 0"},
    {X "\r\n", NULL},
    {X "-\r\n", NULL},
    /* IPv6, brackets and ports, as they are met */
    {X "2001:db9::1\r\n", "2001:db9::1 0"},
    {X "2001:db9::1, 2001:db8::7\r\n", "2001:db9::1 0"},
    {X "[2001:db9::1]\r\n", "2001:db9::1 0"},
    {X "[2001:db9::1]:4711\r\n", "2001:db9::1 4711"},
    {X "192.0.2.1:4711\r\n", "192.0.2.1 4711"},
    {X "::ffff:192.0.2.1\r\n", "192.0.2.1 0"},
    {X "192.0.2.1, ::ffff:10.0.0.1\r\n", "192.0.2.1 0"},
    {X "[192.0.2.1]\r\n", NULL},
    {X "192.0.2.1:\r\n", NULL},
    {X "192.0.2.1:65536\r\n", NULL},
    {X "192.0.2.1:x\r\n", NULL},
    {X "[2001:db9::1\r\n", NULL},
    {X "[2001:db9::1]4711\r\n", NULL},
    {X "2001:db9::1%eth0\r\n", NULL},
    {X "192.0.2\r\n", NULL},
    {X "192.0.2.1 10.0.0.1\r\n", NULL},
    {X "\"192.0.2.1\"\r\n", NULL},
    {X "for=192.0.2.1\r\n", NULL},

    /* RFC 7239, section 4: the examples */
    {F "for=\"_gazonk\"\r\n", NULL},
    {F "For=\"[2001:db9:cafe::17]:4711\"\r\n", "2001:db9:cafe::17 4711"},
    {F "for=192.0.2.60;proto=http;by=203.0.113.43\r\n", "192.0.2.60 0"},
    {F "for=192.0.2.43, for=198.51.100.17\r\n", "198.51.100.17 0"},
    {F "for=192.0.2.43, for=\"[2001:db8:cafe::17]\"\r\n", "192.0.2.43 0"},
    {F "for=192.0.2.43\r\n" F "for=10.0.0.1\r\n", "192.0.2.43 0"},
    /* Section 6: nodes */
    {F "for=\"192.0.2.43:47011\"\r\n", "192.0.2.43 47011"},
    {F "for=\"192.0.2.43:_port\"\r\n", "192.0.2.43 0"},
    {F "for=\"192.0.2.43:_po rt\"\r\n", NULL},
    {F "for=\"[2001:db9::1]:_port\"\r\n", "2001:db9::1 0"},
    {F "for=\"192.0.2.43:_\"\r\n", NULL},
    {F "for=\"192.0.2.43:123456\"\r\n", NULL},
    {F "for=unknown\r\n", NULL},
    {F "for=_hidden, for=_SEVKISEK\r\n", NULL},
    {F "for=192.0.2.1, for=_hidden, for=10.0.0.1\r\n", "10.0.0.1 0"},
    /* "IPv6 addresses must be quoted and enclosed in brackets" */
    {F "for=\"2001:db9::1\"\r\n", NULL},
    {F "for=[2001:db9::1]\r\n", NULL},
    {F "for=2001:db9::1\r\n", NULL},
    {F "for=\"[192.0.2.1]\"\r\n", NULL},
    {F "for=192.0.2.1:80\r\n", NULL},
    /* The grammar: pairs in any order, some missing */
    {F "proto=https;for=192.0.2.1;host=\"a, b; for=1\"\r\n", "192.0.2.1 0"},
    {F "proto=https ; for=192.0.2.1 ;\t;\r\n", "192.0.2.1 0"},
    {F ";;for=192.0.2.1;;\r\n", "192.0.2.1 0"},
    {F ", ,for=192.0.2.1,\r\n", "192.0.2.1 0"},
    {F "for=192.0.2.1, proto=https\r\n", NULL},
    {F "for=192.0.2.1, by=_x, for=10.0.0.1\r\n", "10.0.0.1 0"},
    {F "secret=\"\\\"for=1.2.3.4\";for=192.0.2.1\r\n", "192.0.2.1 0"},
    {F "for=\"192.0.2\\.1\"\r\n", NULL},
    {F "for=192.0.2.1;for=192.0.2.2\r\n", NULL},
    {F "for=\"\"\r\n", NULL},
    /* What is malformed is not known; what is behind it is. */
    {F "for=\"x, for=192.0.2.1\r\n", "192.0.2.1 0"},
    {F "for=\"x, for=\"192.0.2.1\"\r\n", "192.0.2.1 0"},
    {F "for=\"x\\\", for=192.0.2.1\r\n", "192.0.2.1 0"},
    {F "for=\\, for=\"192.0.2.1\", for=10.0.0.1\r\n", "192.0.2.1 0"},
    {F "for=, for=192.0.2.1\r\n", "192.0.2.1 0"},
    {F "for=192.0.2.1, for\r\n", NULL},
    {F "for 192.0.2.1\r\n", NULL},
    {F "for = 192.0.2.1\r\n", NULL},
    {F "for= 192.0.2.1\r\n", NULL},
    {F "=192.0.2.1\r\n", NULL},
    {F "for=\"192.0.2.1\"x\r\n", NULL},
    {F "for=\"192.0.2.1\r\n", NULL},
    {F "for=192.0.2.1\"\r\n", NULL},
    {F "192.0.2.1\r\n", NULL},
    {F "for=\"x\r\n" F "for=192.0.2.1\r\n", "192.0.2.1 0"},
    {F "for=192.0.2.1\r\n" F "for=\"x\r\n", NULL},

    /* Both: only what they agree on */
    {X "192.0.2.1\r\n" F "for=192.0.2.1\r\n", "192.0.2.1 0"},
    {X "192.0.2.1:80\r\n" F "for=\"192.0.2.1:81\"\r\n", "192.0.2.1 80"},
    {X "192.0.2.1\r\n" F "for=192.0.2.2\r\n", NULL},
    {X "192.0.2.1\r\n" F "for=unknown\r\n", NULL},
    {X "unknown\r\n" F "for=192.0.2.1\r\n", NULL},
    {X "192.0.2.1\r\n" F "\r\n", NULL},
};

static bool
is_found(const char *fields, const char *want, const struct networks *trusted)
{
	static const struct head_limits limits = {1000, 4000, 20};
	struct field field[20];
	char head[1024], path[1000], text[64];
	struct buf bytes = BUF_OVER(head), out = BUF_OVER(text);
	struct request req = {0};
	struct forwarded found;

	buf_add_str(&bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
	buf_add_str(&bytes, fields);
	buf_add_str(&bytes, "\r\n");
	if (request_parse(&req, buf_slice(&bytes), &limits, field, path))
		return false;
	found = forwarded_find(&req, trusted);
	if (!found.is_known || want == NULL)
		return !found.is_known && want == NULL;
	ip_format(&found.address, &out);
	buf_add_char(&out, ' ');
	buf_add_u64(&out, found.port);
	return slice_equal(buf_slice(&out), slice_of(want));
}

int
main(void)
{
	static struct networks trusted;

	if (networks_add(&trusted, SLICE("10.0.0.0/8")) != NULL ||
	    networks_add(&trusted, SLICE("2001:db8::/32")) != NULL)
		return 1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[128];
		struct buf out = {.data = name, .cap = sizeof(name) - 1};
		const char *c = rows[i].fields;

		for (; *c != '\0'; c++)
			if (*c != '\r')
				buf_add_char(&out, *c == '\n' ? '|' : *c);
		name[out.len] = '\0';
		CHECK(name, is_found(rows[i].fields, rows[i].want, &trusted));
	}
	return check_done();
}

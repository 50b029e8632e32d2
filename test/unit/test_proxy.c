/* SPDX-License-Identifier: ISC */
/*
 * Section numbers are those of "The PROXY protocol, versions 1 & 2", as it
 * comes with HAProxy.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/proxy.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define MAX 4096

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define ENDS4 "\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb"
#define ENDS6                                                                  \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"                               \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdc\4\1\xbb"
#define ZEROES27 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ENDS_UNIX                                                              \
	"/source\0" ZEROES27 ZEROES27 ZEROES27 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0"  \
	"\0\0\0\0\0"                                                           \
	"/target\0" ZEROES27 ZEROES27 ZEROES27                                 \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
/* clang-format off */
#define BYTES(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */

/* What is taken: all of it, or all but what the row says comes behind. */
static const struct {
	const char *name;
	struct slice bytes;
	size_t behind;
	const char *ends; /* source port destination port; NULL: none */
	bool is_tls;
} taken[] = {
    /* 2.1: the examples and their grammar */
    {"TCP4", BYTES("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"TCP4 with a request behind it",
     BYTES("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n"),
     16, "192.0.2.1 56324 198.51.100.1 443", false},
    {"TCP4, the longest",
     BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), 0,
     "255.255.255.255 65535 255.255.255.255 65535", false},
    {"TCP6, the longest",
     BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     0,
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535",
     false},
    {"TCP6, in letters of either case",
     BYTES("PROXY TCP6 2001:DB8::A 2001:db8::b 1 0\r\n"), 0,
     "2001:db8::a 1 2001:db8::b 0", false},
    /* As inet_ntop writes what came to a socket of both families. */
    {"TCP6 that is IPv4",
     BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n"), 0,
     "192.0.2.1 1 192.0.2.2 2", false},
    {"UNKNOWN", BYTES("PROXY UNKNOWN\r\n"), 0, NULL, false},
    {"UNKNOWN, the longest",
     BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     0, NULL, false},
    /* "must ignore anything presented before the CRLF" */
    {"UNKNOWN and anything", BYTES("PROXY UNKNOWN \0 x  y\r\nGET"), 3, NULL,
     false},

    /* 2.2 */
    {"LOCAL", BYTES(V2 "\x20\0\0\0GET"), 3, NULL, false},
    /* "must discard the protocol block including the family" */
    {"LOCAL with addresses", BYTES(V2 "\x20\x11\0\x0c" ENDS4), 0, NULL, false},
    {"LOCAL of no known family", BYTES(V2 "\x20\xff\0\1x"), 0, NULL, false},
    /* "must not assume zero is presented for LOCAL connections" */
    {"LOCAL with a length", BYTES(V2 "\x20\0\0\5abcdeGET"), 3, NULL, false},
    {"TCP over IPv4", BYTES(V2 "\x21\x11\0\x0c" ENDS4 "GET"), 3,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"UDP over IPv4", BYTES(V2 "\x21\x12\0\x0c" ENDS4), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"TCP over IPv6", BYTES(V2 "\x21\x21\0\x24" ENDS6), 0,
     "2001:db8::1 56324 2001:db8::2 443", false},
    {"UNIX", BYTES(V2 "\x21\x31\0\xd8" ENDS_UNIX "GET"), 3, NULL, false},
    {"UNIX datagram", BYTES(V2 "\x21\x32\0\xd8" ENDS_UNIX), 0, NULL, false},
    {"UNSPEC", BYTES(V2 "\x21\0\0\0"), 0, NULL, false},
    {"UNSPEC with a block", BYTES(V2 "\x21\0\0\5abcdeGET"), 3, NULL, false},
    {"IPv4 over no known transport", BYTES(V2 "\x21\x10\0\x0c" ENDS4), 0, NULL,
     false},

    /* 2.2: TLVs */
    {"an unknown TLV", BYTES(V2 "\x21\x11\0\x11" ENDS4 "\xee\0\2xy"), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"an empty TLV", BYTES(V2 "\x21\x11\0\x0f" ENDS4 "\4\0\0"), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"ALPN, authority, no-op",
     BYTES(V2 "\x21\x11\0\x25" ENDS4 "\1\0\x08http/1.1\2\0\5a.b.c\4\0\3abc"), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
    {"TLVs behind IPv6", BYTES(V2 "\x21\x21\0\x28" ENDS6 "\4\0\1a"), 0,
     "2001:db8::1 56324 2001:db8::2 443", false},
    /* PP2_CLIENT_SSL: "the client connected over SSL/TLS" */
    {"SSL", BYTES(V2 "\x21\x11\0\x14" ENDS4 "\x20\0\5\1\0\0\0\0"), 0,
     "192.0.2.1 56324 198.51.100.1 443", true},
    {"SSL with its version",
     BYTES(V2 "\x21\x11\0\x1e" ENDS4 "\x20\0\x0f\7\0\0\0\0\x21\0\7TLSv1.3"), 0,
     "192.0.2.1 56324 198.51.100.1 443", true},
    {"SSL that is none", BYTES(V2 "\x21\x11\0\x14" ENDS4 "\x20\0\5\6\0\0\0\0"),
     0, "192.0.2.1 56324 198.51.100.1 443", false},
    {"SSL over a UNIX socket",
     BYTES(V2 "\x21\x31\0\xe0" ENDS_UNIX "\x20\0\5\1\0\0\0\0"), 0, NULL, true},
    /* PP2_TYPE_CRC32C, as HAProxy and our own sum it up */
    {"a checksum", BYTES(V2 "\x21\x11\0\x13" ENDS4 "\3\0\4\x73\x7e\xe9\x19"), 0,
     "192.0.2.1 56324 198.51.100.1 443", false},
};

static const struct {
	struct slice bytes;
	const char *refusal;
} malformed[] = {
    {BYTES("PROXY \r\n"), "a PROXY line of an unknown family"},
    {BYTES("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n"),
     "a PROXY line of an unknown family"},
    {BYTES("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n"),
     "a PROXY line of an unknown family"},
    {BYTES("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n"),
     "a PROXY line of an unknown family"},
    {BYTES("PROXY UNKNOWNx\r\n"), "a PROXY line of an unknown family"},
    {BYTES("PROXY TCP4\r\n"), "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 \r\n"), "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4\r\n"), "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"),
     "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"),
     "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n"),
     "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"),
     "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 a.b 1.2.3.4 1 2\r\n"),
     "a malformed address in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 02\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 00 2\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"),
     "a malformed port in a PROXY line"},
    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"),
     "a PROXY line ends in a bare LF"},
    {BYTES("PROXY UNKNOWN\nGET"), "a PROXY line ends in a bare LF"},
    {BYTES("PROXY UNKNOWN\rGET"), "a bare CR in a PROXY line"},
    {BYTES("PROXY UNKNOWN\n\r\n"), "a bare LF in a PROXY line"},
    /* 2.1: 107 bytes with CRLF are the most. */
    {BYTES("PROXY UNKNOWN fffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     "a PROXY line over 107 bytes"},
    {BYTES("PROXY UNKNOWN fffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655356"),
     "a PROXY line over 107 bytes"},

    {BYTES(V2 "\x11"), "a PROXY header of another version"},
    {BYTES(V2 "\x31\x11\0\x0c" ENDS4), "a PROXY header of another version"},
    {BYTES(V2 "\x22\x11\0\x0c" ENDS4), "an unknown command in a PROXY header"},
    {BYTES(V2 "\x2f\x11\0\x0c" ENDS4), "an unknown command in a PROXY header"},
    {BYTES(V2 "\x21\x41\0\x0c" ENDS4), "an unknown family in a PROXY header"},
    {BYTES(V2 "\x21\x13\0\x0c" ENDS4), "an unknown family in a PROXY header"},
    {BYTES(V2 "\x21\x03\0\0"), "an unknown family in a PROXY header"},
    {BYTES(V2 "\x21\x11\0\0"), "a PROXY header shorter than its addresses"},
    {BYTES(V2 "\x21\x11\0\x0b" ENDS4),
     "a PROXY header shorter than its addresses"},
    {BYTES(V2 "\x21\x21\0\x0c" ENDS4),
     "a PROXY header shorter than its addresses"},
    {BYTES(V2 "\x21\x31\0\x24" ENDS6),
     "a PROXY header shorter than its addresses"},
    {BYTES(V2 "\x21\x11\x0f\xf1" ENDS4), "a PROXY header over the limit"},
    {BYTES(V2 "\x20\x00\xff\xff"), "a PROXY header over the limit"},
    {BYTES(V2 "\x21\x11\0\x0d" ENDS4 "\4"), "half a TLV in a PROXY header"},
    {BYTES(V2 "\x21\x11\0\x0e" ENDS4 "\4\0"), "half a TLV in a PROXY header"},
    {BYTES(V2 "\x21\x11\0\x0f" ENDS4 "\4\0\1"),
     "a TLV longer than its PROXY header"},
    {BYTES(V2 "\x21\x11\0\x0f" ENDS4 "\4\xff\xff"),
     "a TLV longer than its PROXY header"},
    {BYTES(V2 "\x21\x11\0\x13" ENDS4 "\x20\0\4\1\0\0\0"),
     "half an SSL TLV in a PROXY header"},
    {BYTES(V2 "\x21\x11\0\x13" ENDS4 "\3\0\4\x73\x7e\xe9\x18"),
     "a wrong checksum in a PROXY header"},
    {BYTES(V2 "\x21\x11\0\x12" ENDS4 "\3\0\3\x73\x7e\xe9"),
     "a wrong checksum in a PROXY header"},
};

/* Something else, which no more bytes would change. */
static const struct slice absent[] = {
    BYTES("GET / HTTP/1.1\r\n"),
    BYTES("POST / HTTP/1.1\r\n"),
    BYTES("PROPFIND / HTTP/1.1\r\n"),
    BYTES("PROXY/"),
    BYTES("PROXY\r\n"),
    BYTES("proxy TCP4"),
    BYTES(" PROXY TCP4"),
    BYTES("\r\nGET"),
    BYTES("\r\n\r\n\r\n"),
    BYTES("\r\n\r\n\0\r\nQUIT\r"),
    BYTES("\x16\3\1"),
};

/* A copy that ends where its block of memory ends; until the next call. */
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

static bool
has_ends(const struct proxy_header *header, const char *want)
{
	char storage[256];
	struct buf out = BUF_OVER(storage);

	if (want == NULL || !header->has_ends)
		return want == NULL && !header->has_ends;
	ip_format(&header->source, &out);
	buf_add_char(&out, ' ');
	buf_add_u64(&out, header->source_port);
	buf_add_char(&out, ' ');
	ip_format(&header->destination, &out);
	buf_add_char(&out, ' ');
	buf_add_u64(&out, header->destination_port);
	return slice_equal(buf_slice(&out), slice_of(want));
}

/* However few bytes have come, it is the start of a header. */
static bool
every_start_needs_more(struct slice bytes)
{
	struct proxy_header header;

	for (size_t len = 0; len < bytes.len; len++)
		if (proxy_parse(&header, exact((struct slice){bytes.ptr, len}),
				MAX) != PROXY_NEEDS_MORE)
			return false;
	return true;
}

static void
check_taken(void)
{
	for (size_t i = 0; i < COUNT(taken); i++) {
		struct proxy_header header;
		struct slice bytes = taken[i].bytes;

		CHECK(taken[i].name,
		      proxy_parse(&header, exact(bytes), MAX) == PROXY_TAKEN &&
			  header.len == bytes.len - taken[i].behind &&
			  header.is_tls == taken[i].is_tls &&
			  header.refusal == NULL &&
			  has_ends(&header, taken[i].ends));
		bytes.len -= taken[i].behind;
		CHECK("so far", every_start_needs_more(bytes));
	}
}

static void
check_malformed(void)
{
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct proxy_header header;

		CHECK(malformed[i].refusal,
		      proxy_parse(&header, exact(malformed[i].bytes), MAX) ==
			      PROXY_MALFORMED &&
			  !header.has_ends && header.refusal != NULL &&
			  strcmp(header.refusal, malformed[i].refusal) == 0);
		if (header.refusal != NULL &&
		    strcmp(header.refusal, malformed[i].refusal) != 0)
			printf("# it is: %s\n", header.refusal);
	}
}

static void
check_absent(void)
{
	for (size_t i = 0; i < COUNT(absent); i++) {
		struct proxy_header header;

		CHECK("something else", proxy_parse(&header, exact(absent[i]),
						    MAX) == PROXY_ABSENT);
	}
}

/* The largest that version 2 can say, of which the last byte counts. */
static void
check_largest(void)
{
	char *bytes = calloc(1, PROXY_V2_MAX);
	struct slice all = {bytes, PROXY_V2_MAX};
	struct proxy_header header;

	if (bytes == NULL)
		abort();
	memcpy(bytes, V2 "\x21\x11\xff\xff" ENDS4 "\4\xff\xf0", 31);
	CHECK("the largest header",
	      proxy_parse(&header, all, PROXY_V2_MAX) == PROXY_TAKEN &&
		  header.len == PROXY_V2_MAX);
	all.len--;
	CHECK("but for a byte",
	      proxy_parse(&header, all, PROXY_V2_MAX) == PROXY_NEEDS_MORE);
	CHECK("a limit below",
	      proxy_parse(&header, all, PROXY_V2_MAX - 1) == PROXY_MALFORMED);
	free(bytes);
}

int
main(void)
{
	check_taken();
	check_malformed();
	check_absent();
	check_largest();
	return check_done();
}

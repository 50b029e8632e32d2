/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/close.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	bool want;
	unsigned code;
	const char *reason;
} rows[] = {
    /* "The Close frame MAY contain a body" (RFC 6455, section 5.5.1);
     * without one "the code is considered to be 1005" (section 7.1.5) */
    {IN(""),			true,	1005,	""},
    /* "If there is a body, the first two bytes of the body MUST be a
     * 2-byte unsigned integer" */
    {IN("\x03"),		false,	1002,	""},
    {IN("\x03\xe8"),		true,	1000,	""},
    {IN("\x0f\xa1"),		true,	4001,	""},
    /* "Following the 2-byte integer, the body MAY contain UTF-8-encoded
     * data" */
    {IN("\x03\xe8""bye"),	true,	1000,	"bye"},
    {IN("\x03\xe9\xc3\xa9"),	true,	1001,	"\xc3\xa9"},
    {IN("\x03\xe8\xff"),	false,	1007,	""},
    {IN("\x03\xe8""bye\x80"),	false,	1007,	""},
    {IN("\x03\xe8\xed\xa0\x80"), false,	1007,	""},
    /* cut in a character: it will not go on */
    {IN("\x03\xe8\xc3"),	false,	1007,	""},
    {IN("\x03\xe8\xf0\x9f\x98"), false,	1007,	""},
    /* the code comes first */
    {IN("\x03\xed\xff"),	false,	1002,	""},
};

static const struct {
	unsigned first, last;
	bool want;
	const char *name;
} codes[] = {
    /* "0-999: Status codes in the range 0-999 are not used" (7.4.2) */
    {0,	   999,	  false, "0 to 999 are not used"},
    /* section 7.4.1 */
    {1000, 1003,  true,	 "1000 to 1003 are defined"},
    {1004, 1004,  false, "1004 is reserved"},
    {1005, 1006,  false, "1005 and 1006 \"MUST NOT be set [...] by an endpoint\""},
    {1007, 1011,  true,	 "1007 to 1011 are defined"},
    {1012, 1014,  true,	 "1012 to 1014 are registered"},
    {1015, 1015,  false, "1015 \"MUST NOT be set [...] by an endpoint\""},
    /* "1000-2999: [...] reserved for definition by this protocol, its
     * future revisions, and extensions" */
    {1016, 2999,  false, "1016 to 2999 are not defined"},
    {3000, 3999,  true,	 "3000 to 3999 are for libraries"},
    {4000, 4999,  true,	 "4000 to 4999 are private"},
    {5000, 65535, false, "5000 and above do not exist"},
};
/* clang-format on */

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

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct close c;

		CHECK(rows[i].name,
		      close_parse(&c, exact(rows[i].in)) == rows[i].want &&
			  c.code == rows[i].code &&
			  slice_equal(c.reason, slice_of(rows[i].reason)) &&
			  (c.refusal == NULL) == rows[i].want);
	}
}

static void
check_codes(void)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		bool right = true;

		for (unsigned n = codes[i].first; n <= codes[i].last; n++) {
			char payload[] = {(char)(n >> 8), (char)n, 'x'};
			struct close c;
			bool got = close_parse(&c, (struct slice){payload, 3});

			right = right && got == codes[i].want &&
				close_code_is_valid(n) == got &&
				c.code == (got ? n : CLOSE_PROTOCOL_ERROR);
		}
		CHECK(codes[i].name, right);
	}
}

int
main(void)
{
	check_rows();
	check_codes();
	return check_done();
}

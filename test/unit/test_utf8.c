/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "utf8_reference.h"
#include "ws/utf8.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define WHOLE SIZE_MAX     /* valid */
#define CUT (SIZE_MAX - 1) /* what is missing may still come */

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	size_t want;	/* WHOLE, CUT, or the index of the first bad byte */
} rows[] = {
    {IN(""),				WHOLE},
    /* the examples of RFC 3629, section 7 */
    {IN("A\xe2\x89\xa2\xce\x91."),	WHOLE},
    {IN("\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4"), WHOLE},
    {IN("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"), WHOLE},
    {IN("\xef\xbb\xbf\xf0\xa3\x8e\xb4"), WHOLE},

    /* UTF8-1 = %x00-7F (section 4) */
    {IN("\0"),				WHOLE},
    {IN("\x7f"),			WHOLE},
    {IN("\x80"),			0},
    {IN("a\xbf"),			1},
    /* UTF8-2 = %xC2-DF UTF8-tail; tail = %x80-BF */
    {IN("\xc0"),			0},
    {IN("\xc0\x80"),			0},
    {IN("\xc0\xaf"),			0},
    {IN("\xc1\xbf"),			0},
    {IN("\xc2"),			CUT},
    {IN("\xc2\x7f"),			1},
    {IN("\xc2\x80"),			WHOLE},
    {IN("\xc2\xbf"),			WHOLE},
    {IN("\xc2\xc0"),			1},
    {IN("\xc2\xc2\x80"),		1},
    {IN("\xc2\x80\x80"),		2},
    {IN("\xdf\x80"),			WHOLE},
    {IN("\xdf\xbf"),			WHOLE},
    {IN("\xdf\xff"),			1},
    /* UTF8-3 = %xE0 %xA0-BF UTF8-tail */
    {IN("\xe0"),			CUT},
    {IN("\xe0\x80"),			1},
    {IN("\xe0\x80\xaf"),		1},
    {IN("\xe0\x9f"),			1},
    {IN("\xe0\x9f\xbf"),		1},
    {IN("\xe0\xa0"),			CUT},
    {IN("\xe0\xa0\x7f"),		2},
    {IN("\xe0\xa0\x80"),		WHOLE},
    {IN("\xe0\xbf\xbf"),		WHOLE},
    {IN("\xe0\xc0"),			1},
    /* / %xE1-EC 2( UTF8-tail ) */
    {IN("\xe1\x7f"),			1},
    {IN("\xe1\x80\x80"),		WHOLE},
    {IN("\xe1\x80\xc0"),		2},
    {IN("\xec\xbf\xbf"),		WHOLE},
    {IN("\xec\xc0"),			1},
    /* / %xED %x80-9F UTF8-tail: "prohibits encoding character numbers
     * between U+D800 and U+DFFF" (section 3) */
    {IN("\xed\x7f"),			1},
    {IN("\xed\x80\x80"),		WHOLE},
    {IN("\xed\x9f\xbf"),		WHOLE},
    {IN("\xed\xa0"),			1},
    {IN("\xed\xa0\x80"),		1},
    {IN("\xed\xbf\xbf"),		1},
    {IN("\xed\xa0\x80\xed\xb0\x80"),	1},
    /* / %xEE-EF 2( UTF8-tail ) */
    {IN("\xee\x7f"),			1},
    {IN("\xee\x80\x80"),		WHOLE},
    {IN("\xef\xbf\xbd"),		WHOLE},
    {IN("\xef\xbf\xbe"),		WHOLE},
    {IN("\xef\xbf\xbf"),		WHOLE},
    {IN("\xef\xbf"),			CUT},
    {IN("\xef\xbf\xc0"),		2},
    /* UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) */
    {IN("\xf0"),			CUT},
    {IN("\xf0\x80\x80\xaf"),		1},
    {IN("\xf0\x8f"),			1},
    {IN("\xf0\x8f\xbf\xbf"),		1},
    {IN("\xf0\x90"),			CUT},
    {IN("\xf0\x90\x80"),		CUT},
    {IN("\xf0\x90\x80\x80"),		WHOLE},
    {IN("\xf0\xbf\xbf\xbf"),		WHOLE},
    {IN("\xf0\xc0"),			1},
    /* / %xF1-F3 3( UTF8-tail ) */
    {IN("\xf1\x7f"),			1},
    {IN("\xf1\x80\x80\x80"),		WHOLE},
    {IN("\xf1\x80\x7f"),		2},
    {IN("\xf1\x80\x80\x7f"),		3},
    {IN("\xf1\x80\x80\xc0"),		3},
    {IN("\xf3\xbf\xbf\xbf"),		WHOLE},
    {IN("\xf3\xbf\xbf\xbf\xbf"),	4},
    /* / %xF4 %x80-8F 2( UTF8-tail ) */
    {IN("\xf4\x7f"),			1},
    {IN("\xf4\x80\x80\x80"),		WHOLE},
    {IN("\xf4\x8f\xbf\xbf"),		WHOLE},
    {IN("\xf4\x90"),			1},
    {IN("\xf4\x90\x80\x80"),		1},
    {IN("\xf4\xbf"),			1},
    /* "The octet values C0, C1, F5 to FF never appear." (section 1) */
    {IN("\xf5\x80\x80\x80"),		0},
    {IN("\xf8\x88\x80\x80\x80"),	0},
    {IN("\xfc\x84\x80\x80\x80\x80"),	0},
    {IN("a\xfe"),			1},
    {IN("ab\xff"),			2},

    /* on both sides of the blocks that are looked at together */
    {IN("0123456789abcdef0123456789abcde\xc3\xa9"), WHOLE},
    {IN("0123456789abcdef0123456789abcde\xc3"), CUT},
    {IN("0123456789abcdef0123456789abcde\xc3z"), 32},
    {IN("0123456789abcdef0123456789abcdef\x80"), 32},
    {IN("0123456789abcdef0123456789abcde\x80" "0123456789"), 31},
    {IN("0123456789abcdef0123456789abcde\xf0\x9f\x98\x80"
	"0123456789abcdef0123456789abc\xf0\x9f\x98\x80"), WHOLE},
    {IN("0123456789abcdef0123456789abcde\xf0\x9f\x98\x80"
	"0123456789abcdef0123456789abc\xf0\x9f\x98z"), 67},
};
/* clang-format on */

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

/* What a row wants, of text in pieces of step. */
static size_t
take(struct slice text, size_t step)
{
	struct utf8 u = {0};
	size_t at = 0;

	while (at < text.len) {
		struct slice piece = slice_skip(text, at);
		size_t n;

		if (piece.len > step)
			piece.len = step;
		n = utf8_take(&u, exact(piece));
		at += n;
		if (n < piece.len)
			return utf8_take(&u, SLICE("a")) == 0 &&
				       !utf8_is_whole(&u)
				   ? at
				   : SIZE_MAX - 2;
	}
	return utf8_is_whole(&u) ? WHOLE : CUT;
}

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice in = rows[i].in;
		bool same = true;

		for (size_t step = 1; step <= in.len + 1; step++)
			same = same && take(in, step) == rows[i].want;
		CHECK(rows[i].name, same);
		CHECK(rows[i].name,
		      utf8_is_valid(exact(in)) == (rows[i].want == WHOLE));
	}
}

/* True if all goes as the reference has it, at once and byte by byte. */
static bool
agrees(const char *bytes, size_t len)
{
	struct utf8 u = {0}, slow = {0};
	bool is_whole;
	size_t want = utf8_reference(bytes, len, &is_whole), n = 0;

	while (n < len && utf8_take(&slow, (struct slice){bytes + n, 1}) == 1)
		n++;
	if (utf8_take(&u, (struct slice){bytes, len}) != want || n != want)
		return false;
	return want < len || (utf8_is_whole(&u) == is_whole &&
			      utf8_is_whole(&slow) == is_whole);
}

static void
check_all(void)
{
	bool two = true, three = true, four = true;
	char bytes[4];

	for (uint32_t i = 0; i < 1 << 24; i++) {
		bytes[0] = (char)(i >> 16);
		bytes[1] = (char)(i >> 8);
		bytes[2] = (char)i;
		/* ASCII in front changes nothing: 0 stands for it. */
		if (i >> 16 > 0 && i >> 16 < 0x80)
			continue;
		three = three && agrees(bytes, 3);
		if (bytes[2] == 0)
			two = two && agrees(bytes, 2);
	}
	CHECK("every two bytes", two);
	CHECK("every three bytes", three);
	bytes[3] = 0;
	/* Every four that begin as four may, with few of the last. */
	for (uint32_t i = 0xe00000; i < 1 << 24; i++) {
		static const char last[] = {0, 0x7f, (char)0x80, (char)0xbf,
					    (char)0xc0};

		bytes[0] = (char)(i >> 16);
		bytes[1] = (char)(i >> 8);
		bytes[2] = (char)i;
		for (size_t k = 0; k < sizeof(last); k++) {
			bytes[3] = last[k];
			four = four && agrees(bytes, 4);
		}
	}
	CHECK("every three bytes from E0 and the ends of a fourth", four);
}

int
main(void)
{
	check_rows();
	check_all();
	return check_done();
}

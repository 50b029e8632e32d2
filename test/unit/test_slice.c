/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"
#include "check.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. It lives until the fourth call after this one.
 */
static struct slice
exact(struct slice s)
{
	static char *blocks[4];
	static size_t next;
	char *block = malloc(s.len + 1);

	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	free(blocks[next]);
	blocks[next] = block;
	next = (next + 1) % 4;
	return (struct slice){block + 1, s.len};
}

/* clang-format off */
static const struct {
	const char *name;
	struct slice a, b;
	bool equal, nocase, starts;	/* starts: a begins with b */
} pairs[] = {
    {IN(""),		{"", 0},		true,  true,  true},
    {IN("a"),		{"", 0},		false, false, true},
    {IN(""),		{"a", 1},		false, false, false},
    {IN("close"),	{"close", 5},		true,  true,  true},
    {IN("Close"),	{"cLOSE", 5},		false, true,  false},
    {IN("closed"),	{"close", 5},		false, false, true},
    {IN("close"),	{"closed", 6},		false, false, false},
    {IN("close"),	{"claps", 5},		false, false, false},
    {IN("a\0b"),	{"a\0b", 3},		true,  true,  true},
    {IN("a\0b"),	{"a\0c", 3},		false, false, false},
    /* 0x20 apart, and no letters */
    {IN("@"),		{"`", 1},		false, false, false},
    {IN("["),		{"{", 1},		false, false, false},
    {IN("\xc0"),	{"\xe0", 1},		false, false, false},
    {IN("az"),		{"AZ", 2},		false, true,  false},
};

static const struct {
	const char *name;
	struct slice in, want;
} trims[] = {
    /* "OWS occurring before the first non-whitespace octet [...] or after
     * the last [...] is excluded" (RFC 9112, section 5.1) */
    {IN(""),		{"", 0}},
    {IN(" "),		{"", 0}},
    {IN(" \t \t"),	{"", 0}},
    {IN("a"),		{"a", 1}},
    {IN(" a"),		{"a", 1}},
    {IN("a "),		{"a", 1}},
    {IN("\t a b \t"),	{"a b", 3}},
    /* OWS is SP and HTAB (RFC 9110, section 5.6.3), not isspace() */
    {IN("\ra\n"),	{"\ra\n", 3}},
    {IN("\va\f"),	{"\va\f", 3}},
    {IN("\0a\0"),	{"\0a\0", 3}},
    {IN("\xa0" "a\xa0"), {"\xa0" "a\xa0", 3}},
};

static const struct {
	const char *name;
	struct slice in;
	size_t n;
	struct slice want;
} skips[] = {
    {IN(""),	0,		{"", 0}},
    {IN(""),	1,		{"", 0}},
    {IN("abc"),	0,		{"abc", 3}},
    {IN("abc"),	1,		{"bc", 2}},
    {IN("abc"),	3,		{"", 0}},
    {IN("abc"),	4,		{"", 0}},
    {IN("abc"),	SIZE_MAX,	{"", 0}},
};

static const struct {
	const char *name;
	struct slice in;
	char sep;
	bool found;
	struct slice before, after;
} cuts[] = {
    {IN(""),		'=',	false,	{"", 0},	{"", 0}},
    {IN("a"),		'=',	false,	{"a", 1},	{"", 0}},
    {IN("="),		'=',	true,	{"", 0},	{"", 0}},
    {IN("a=b"),		'=',	true,	{"a", 1},	{"b", 1}},
    {IN("=b"),		'=',	true,	{"", 0},	{"b", 1}},
    {IN("a="),		'=',	true,	{"a", 1},	{"", 0}},
    {IN("a=b=c"),	'=',	true,	{"a", 1},	{"b=c", 3}},
    {IN("a\0b"),	'\0',	true,	{"a", 1},	{"b", 1}},
    {IN("a"),		'\0',	false,	{"a", 1},	{"", 0}},
    {IN("a\xff" "b"),	'\xff',	true,	{"a", 1},	{"b", 1}},
};

static const struct {
	const char *name;
	struct slice in;
	const char *want;	/* each element in angle brackets */
} lists[] = {
    /* the examples of RFC 9110, section 5.6.1.2 */
    {IN("foo,bar"),		"<foo><bar>"},
    {IN("foo ,bar,"),		"<foo><bar>"},
    {IN("foo , ,bar,charlie"),	"<foo><bar><charlie>"},
    {IN(""),			""},
    {IN(","),			""},
    {IN(",   ,"),		""},
    /* [ element ] *( OWS "," OWS [ element ] ) */
    {IN("foo"),			"<foo>"},
    {IN(",foo"),		"<foo>"},
    {IN("foo\t,\tbar"),		"<foo><bar>"},
    {IN(" foo "),		"<foo>"},
    {IN(",,,,,,,,,,,foo"),	"<foo>"},
    {IN("a b,c"),		"<a b><c>"},
    /* It knows nothing of quoted strings. */
    {IN("\"a,b\""),		"<\"a><b\">"},
};

static const struct {
	const char *name;
	struct slice in;
	const char *want;
} words[] = {
    {IN(""),			""},
    {IN(" \t"),			""},
    {IN("a"),			"<a>"},
    {IN("/a /b"),		"</a></b>"},
    {IN("  /a\t \t/b c  "),	"</a></b><c>"},
    {IN("a,b\r c"),		"<a,b\r><c>"},
};

static const struct {
	const char *name;
	struct slice in;
	bool ok;
	uint64_t want;
} numbers[] = {
    {IN("0"),				true,	0},
    {IN("9"),				true,	9},
    {IN("10"),				true,	10},
    {IN("007"),				true,	7},
    {IN("00000000000000000000000000000000000001"), true, 1},
    {IN("9223372036854775807"),		true,	INT64_MAX},
    {IN("9223372036854775808"),		true,	(uint64_t)1 << 63},
    {IN("9223372036854775809"),		true,	((uint64_t)1 << 63) + 1},
    {IN("18446744073709551609"),	true,	UINT64_MAX - 6},
    {IN("18446744073709551615"),	true,	UINT64_MAX},
    /* 2^64 and beyond */
    {IN("18446744073709551616"),	false,	0},
    {IN("18446744073709551620"),	false,	0},
    {IN("99999999999999999999"),	false,	0},
    {IN("184467440737095516150"),	false,	0},
    {IN("340282366920938463463374607431768211456"), false, 0},
    /* no digits, or not only digits */
    {IN(""),				false,	0},
    {IN("/"),				false,	0},
    {IN(":"),				false,	0},
    {IN("1:"),				false,	0},
    {IN("+1"),				false,	0},
    {IN("-1"),				false,	0},
    {IN("-0"),				false,	0},
    {IN(" 1"),				false,	0},
    {IN("1 "),				false,	0},
    {IN("1 2"),				false,	0},
    {IN("1,2"),				false,	0},
    {IN("1."),				false,	0},
    {IN("1e3"),				false,	0},
    {IN("0x10"),			false,	0},
    {IN("a"),				false,	0},
    {IN("1\0"),				false,	0},
    {IN("\0" "1"),			false,	0},
    {IN("1\n"),				false,	0},
    {IN("\x80"),			false,	0},
    {IN("1\xb2"),			false,	0},
    {IN("\xff\xff"),			false,	0},
};

static const struct {
	const char *name;
	uint64_t n;
	size_t width;
	const char *want;
} paddings[] = {
    {"0, no width",		0,	0,	"0"},
    {"0, width 1",		0,	1,	"0"},
    {"0, width 4",		0,	4,	"0000"},
    {"7, width 2",		7,	2,	"07"},
    {"10, width 2",		10,	2,	"10"},
    {"123, width 2",		123,	2,	"123"},
    {"2^64-1, width 4",	UINT64_MAX, 4,	"18446744073709551615"},
    {"2^64-1, width 24",	UINT64_MAX, 24,	"000018446744073709551615"},
};

static const struct {
	const char *name;
	uint64_t n;
	const char *want;
} hexes[] = {
    {"0 in hexadecimal",	0,			"0"},
    {"9 in hexadecimal",	9,			"9"},
    {"10 in hexadecimal",	10,			"a"},
    {"16 in hexadecimal",	16,			"10"},
    {"0xdeadbeef",		0xdeadbeef,		"deadbeef"},
    {"2^63 in hexadecimal",	(uint64_t)1 << 63,	"8000000000000000"},
    {"2^64-1 in hexadecimal",	UINT64_MAX,		"ffffffffffffffff"},
};
/* clang-format on */

static void
check_slices(void)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct slice a = exact(pairs[i].a), b = exact(pairs[i].b);

		CHECK(pairs[i].name,
		      slice_equal(a, b) == pairs[i].equal &&
			  slice_equal(b, a) == pairs[i].equal &&
			  bytes_equal_constant_time(a, b) == pairs[i].equal &&
			  slice_equal_nocase(a, b) == pairs[i].nocase &&
			  slice_equal_nocase(b, a) == pairs[i].nocase &&
			  slice_starts(a, b) == pairs[i].starts);
	}
	for (size_t i = 0; i < COUNT(trims); i++)
		CHECK(trims[i].name, slice_equal(slice_trim(exact(trims[i].in)),
						 trims[i].want));
	for (size_t i = 0; i < COUNT(skips); i++)
		CHECK(skips[i].name,
		      slice_equal(slice_skip(exact(skips[i].in), skips[i].n),
				  skips[i].want));
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct slice in = exact(cuts[i].in), before, after;
		bool found = slice_cut(in, cuts[i].sep, &before, &after);

		CHECK(cuts[i].name, found == cuts[i].found &&
					slice_equal(before, cuts[i].before) &&
					slice_equal(after, cuts[i].after));
	}
}

/* What take yields of s, each in angle brackets. */
static struct slice
all_of(bool (*take)(struct slice *, struct slice *), struct slice s)
{
	static char storage[256];
	struct buf out = BUF_OVER(storage);
	struct slice one;

	while (take(&s, &one)) {
		buf_add_char(&out, '<');
		buf_add(&out, one);
		buf_add_char(&out, '>');
	}
	return s.len == 0 ? buf_slice(&out) : SLICE("something is left");
}

static void
check_lists(void)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		CHECK(lists[i].name, slice_equal(all_of(slice_next_element,
							exact(lists[i].in)),
						 slice_of(lists[i].want)));
	for (size_t i = 0; i < COUNT(words); i++)
		CHECK(words[i].name,
		      slice_equal(all_of(slice_next_word, exact(words[i].in)),
				  slice_of(words[i].want)));
}

static void
check_numbers(void)
{
	char many[1000];
	uint64_t n = 42;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		bool ok;

		n = 42;
		ok = slice_to_u64(exact(numbers[i].in), &n);
		/* Results are written only on success. */
		CHECK(numbers[i].name,
		      ok == numbers[i].ok && n == (ok ? numbers[i].want : 42));
	}
	memset(many, '9', sizeof(many));
	CHECK("a thousand digits are too many",
	      !slice_to_u64(exact((struct slice){many, sizeof(many)}), &n));
	memset(many, '0', sizeof(many));
	CHECK("a thousand zeros are 0",
	      slice_to_u64(exact((struct slice){many, sizeof(many)}), &n) &&
		  n == 0);
}

static void
check_every_byte(void)
{
	bool hex = true, lower = true, digits = true, blanks = true;

	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		struct slice s = exact((struct slice){&c, 1});
		bool is_ascii = i < 128;
		char text[2] = {c, '\0'};
		uint64_t n;

		if (hex_digit(c) != (is_ascii && isxdigit(i)
					 ? (int)strtol(text, NULL, 16)
					 : -1))
			hex = false;
		if (ascii_lower(c) != (is_ascii ? (char)tolower(i) : c))
			lower = false;
		if (slice_to_u64(s, &n) != (is_ascii && isdigit(i)))
			digits = false;
		if ((slice_trim(s).len == 0) != (c == ' ' || c == '\t'))
			blanks = false;
	}
	CHECK("hex_digit of all 256 bytes", hex);
	CHECK("ascii_lower of all 256 bytes", lower);
	CHECK("slice_to_u64 of all 256 bytes", digits);
	CHECK("slice_trim of all 256 bytes", blanks);
}

/* "The empty slice has len 0 and any ptr, NULL included." */
static void
check_null(void)
{
	struct slice null = {0}, a, b;
	uint64_t n;

	CHECK("NULL equals an empty slice",
	      slice_equal(null, SLICE("")) && slice_equal_nocase(null, null));
	CHECK("NULL is the start of all", slice_starts(SLICE("a"), null) &&
					      slice_starts(null, null) &&
					      !slice_starts(null, SLICE("a")));
	CHECK("NULL skipped and trimmed",
	      slice_skip(null, 1).len == 0 && slice_trim(null).len == 0);
	CHECK("NULL cut", !slice_cut(null, ',', &a, &b) && a.len == 0 &&
			      b.len == 0 && !slice_next_element(&null, &a) &&
			      !slice_next_word(&null, &a));
	CHECK("NULL is no number", !slice_to_u64(null, &n));
	CHECK("slice_of an empty string", slice_of("").len == 0);
	CHECK("slice_of a string stops at its NUL",
	      slice_equal(slice_of("ab\0c"), SLICE("ab")));
}

static void
check_buf(void)
{
	/* As an object of its own, so that ASan guards its end. */
	char *storage = malloc(8);
	struct buf b = {.data = storage, .cap = 8};

	CHECK("an empty buf", buf_room(&b) == 8 && buf_slice(&b).len == 0 &&
				  buf_end(&b) == storage);
	buf_add(&b, SLICE("abc"));
	buf_add_str(&b, "de");
	buf_add_char(&b, '\0');
	CHECK("appends follow one another",
	      slice_equal(buf_slice(&b), SLICE("abcde\0")));
	CHECK("room and end move along",
	      buf_room(&b) == 2 && buf_end(&b) == storage + 6);
	buf_add_u64(&b, 42);
	CHECK("a full buf has not overflowed",
	      !b.overflow && buf_room(&b) == 0 &&
		  slice_equal(buf_slice(&b), SLICE("abcde\0"
						   "42")));
	buf_add(&b, (struct slice){0});
	buf_add(&b, SLICE(""));
	CHECK("nothing fits in a full buf", !b.overflow);
	buf_add_char(&b, 'x');
	CHECK("one byte more overflows, and changes nothing",
	      b.overflow && slice_equal(buf_slice(&b), SLICE("abcde\0"
							     "42")));
	buf_reset(&b);
	CHECK("a reset buf is empty",
	      !b.overflow && b.len == 0 && buf_room(&b) == 8);
	buf_add(&b, SLICE("123456789"));
	CHECK("what does not fit is not added in part",
	      b.overflow && b.len == 0 && buf_room(&b) == 0);
	buf_add_char(&b, 'x');
	CHECK("overflow is sticky, though there is room",
	      b.overflow && b.len == 0);
	buf_reset(&b);
	buf_add_u64(&b, 123456789);
	CHECK("a number does not fit in part", b.overflow && b.len == 0);
	free(storage);

	b = (struct buf){0};
	buf_add(&b, SLICE(""));
	CHECK("a buf over nothing takes nothing",
	      !b.overflow && buf_room(&b) == 0 && buf_slice(&b).len == 0);
	buf_add_char(&b, 'x');
	CHECK("and overflows with anything", b.overflow);
}

static void
check_buf_numbers(void)
{
	char storage[32];
	struct buf b = BUF_OVER(storage);

	for (size_t i = 0; i < COUNT(paddings); i++) {
		buf_reset(&b);
		buf_add_padded(&b, paddings[i].n, paddings[i].width);
		CHECK(paddings[i].name,
		      slice_equal(buf_slice(&b), slice_of(paddings[i].want)));
	}
	for (size_t i = 0; i < COUNT(hexes); i++) {
		buf_reset(&b);
		buf_add_hex(&b, hexes[i].n);
		CHECK(hexes[i].name,
		      slice_equal(buf_slice(&b), slice_of(hexes[i].want)));
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t n;

		if (!numbers[i].ok)
			continue;
		buf_reset(&b);
		buf_add_u64(&b, numbers[i].want);
		CHECK(numbers[i].name, slice_to_u64(exact(buf_slice(&b)), &n) &&
					   n == numbers[i].want);
	}
}

/* At every length up to some vectors, at every place, in a block of that size.
 */
static void
check_find(void)
{
	bool is_right = true;

	for (size_t len = 0; len < 70; len++) {
		char *block = malloc(len > 0 ? len : 1);
		struct slice s = {block, len};

		if (block == NULL)
			abort();
		memset(block, 'a', len);
		is_right = is_right && slice_find(s, 'b') == NULL;
		for (size_t at = len; at-- > 0;) {
			/* Those behind it stay: the first one counts. */
			block[at] = 'b';
			is_right = is_right && slice_find(s, 'b') == block + at;
		}
		free(block);
	}
	CHECK("the first byte is found", is_right);
	CHECK("a byte over 127 is found",
	      slice_find(SLICE("abcdefghijklmnopqrstuvw\xff"), '\xff') != NULL);
}

int
main(void)
{
	check_find();
	check_slices();
	check_lists();
	check_numbers();
	check_every_byte();
	check_null();
	check_buf();
	check_buf_numbers();
	return check_done();
}

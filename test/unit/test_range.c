/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fields.h"
#include "http/range.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define WHOLE "whole"
#define NOTHING "nothing"

/* Lives until the next call. */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	return fields_exact(s, &block);
}

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	uint64_t size;
	const char *want;
} rows[] = {
    /* the examples of RFC 9110, section 14.1.2 */
    {IN("bytes=0-499"),			10000,	"0-499"},
    {IN("bytes=500-999"),		10000,	"500-999"},
    {IN("bytes=-500"),			10000,	"9500-9999"},
    {IN("bytes=9500-"),			10000,	"9500-9999"},
    {IN("bytes=0-0,-1"),		10000,	"0-0 9999-9999"},
    {IN("bytes= 0-999, 4500-5499, -1000"), 10000,
					"0-999 4500-5499 9000-9999"},
    {IN("bytes=500-600,601-999"),	10000,	"500-999"},
    {IN("bytes=500-700,601-999"),	10000,	"500-999"},

    /* "the byte positions specified are inclusive. Byte offsets start at
     * zero." */
    {IN("bytes=0-0"),			100,	"0-0"},
    {IN("bytes=99-99"),			100,	"99-99"},
    {IN("bytes=0-99"),			100,	"0-99"},
    {IN("bytes=0-"),			100,	"0-99"},
    {IN("bytes=0-0"),			1,	"0-0"},
    {IN("bytes=0-"),			1,	"0-0"},
    {IN("bytes=-1"),			1,	"0-0"},
    {IN("bytes=007-0008"),		100,	"7-8"},

    /* "If the last-pos value is absent, or if the value is greater than or
     * equal to the current length of the representation data, the byte
     * range is interpreted as the remainder of the representation" */
    {IN("bytes=10-"),			100,	"10-99"},
    {IN("bytes=50-99"),			100,	"50-99"},
    {IN("bytes=50-100"),		100,	"50-99"},
    {IN("bytes=50-500"),		100,	"50-99"},
    {IN("bytes=0-99999"),		100,	"0-99"},
    {IN("bytes=99-"),			100,	"99-99"},

    /* "If the selected representation is shorter than the specified
     * suffix-length, the entire representation is used." */
    {IN("bytes=-99"),			100,	"1-99"},
    {IN("bytes=-100"),			100,	"0-99"},
    {IN("bytes=-101"),			100,	"0-99"},
    {IN("bytes=-500"),			100,	"0-99"},
    {IN("bytes=-99999"),		100,	"0-99"},

    /* "a valid bytes range-spec is satisfiable if it is either: an
     * int-range with a first-pos that is less than the current length [...]
     * or a suffix-range with a non-zero suffix-length" */
    {IN("bytes=100-"),			100,	NOTHING},
    {IN("bytes=100-200"),		100,	NOTHING},
    {IN("bytes=100-100"),		100,	NOTHING},
    {IN("bytes=1-"),			1,	NOTHING},
    {IN("bytes=-0"),			100,	NOTHING},
    {IN("bytes=-00"),			100,	NOTHING},
    {IN("bytes=100-, 200-, -0"),	100,	NOTHING},
    /* "A valid ranges-specifier is "satisfiable" if it contains at least
     * one range-spec that is satisfiable" (section 14.1.1) */
    {IN("bytes=100-,0-9"),		100,	"0-9"},
    {IN("bytes=0-9,100-"),		100,	"0-9"},
    {IN("bytes=-0,5-5,200-300,7-7"),	100,	"5-5 7-7"},

    /* "When a selected representation has zero length, the only satisfiable
     * form [...] is a suffix-range with a non-zero suffix-length"; but "MAY
     * ignore a Range header field when the selected representation has no
     * content" (section 14.2) */
    {IN("bytes=-1"),			0,	WHOLE},
    {IN("bytes=0-"),			0,	WHOLE},
    {IN("bytes=0-0"),			0,	WHOLE},
    {IN("bytes=-0"),			0,	WHOLE},
    {IN("bytes=x"),			0,	WHOLE},

    /* "All range unit names are case-insensitive" (section 14.1) */
    {IN("BYTES=1-2"),			100,	"1-2"},
    {IN("Bytes=1-2"),			100,	"1-2"},
    /* "MUST ignore a Range header field that contains a range unit it does
     * not understand" (section 14.2) */
    {IN("lines=1-2"),			100,	WHOLE},
    {IN("byte=1-2"),			100,	WHOLE},
    {IN("bytess=1-2"),			100,	WHOLE},
    {IN("none=1-2"),			100,	WHOLE},
    {IN("seconds=100-"),		100,	WHOLE},
    {IN("=1-2"),			100,	WHOLE},

    /* "An int-range is invalid if the last-pos value is present and less
     * than the first-pos." (section 14.1.1) */
    {IN("bytes=2-1"),			100,	WHOLE},
    {IN("bytes=99-0"),			100,	WHOLE},
    {IN("bytes=500-499"),		100,	WHOLE},
    {IN("bytes=10-9"),			100,	WHOLE},
    {IN("bytes=10-09"),			100,	WHOLE},
    {IN("bytes=10-009"),		100,	WHOLE},
    {IN("bytes=200-0100"),		100,	WHOLE},
    {IN("bytes=010-9"),			100,	WHOLE},
    {IN("bytes=9-10"),			100,	"9-10"},
    {IN("bytes=09-010"),		100,	"9-10"},
    /* "A ranges-specifier is invalid if it contains any range-spec that is
     * invalid or undefined for the indicated range-unit" */
    {IN("bytes=0-1,3-2"),		100,	WHOLE},
    {IN("bytes=3-2,0-1"),		100,	WHOLE},
    {IN("bytes=0-1,x"),			100,	WHOLE},
    {IN("bytes=0-1,5"),			100,	WHOLE},
    {IN("bytes=200-,x"),		100,	WHOLE},
    {IN("bytes=x,200-"),		100,	WHOLE},
    /* "Byte ranges do not use the other-range specifier." */
    {IN("bytes=a-z"),			100,	WHOLE},
    {IN("bytes=1.2-4.3"),		100,	WHOLE},
    {IN("bytes=*"),			100,	WHOLE},
    {IN("bytes=*/100"),			100,	WHOLE},
    {IN("bytes=0-9/100"),		100,	WHOLE},

    /* int-range = first-pos "-" [ last-pos ], first-pos = 1*DIGIT */
    {IN(""),				100,	WHOLE},
    {IN("bytes"),			100,	WHOLE},
    {IN("bytes="),			100,	WHOLE},
    {IN("bytes=-"),			100,	WHOLE},
    {IN("bytes=--"),			100,	WHOLE},
    {IN("bytes=--1"),			100,	WHOLE},
    {IN("bytes=-1-"),			100,	WHOLE},
    {IN("bytes=1--2"),			100,	WHOLE},
    {IN("bytes=1-2-3"),			100,	WHOLE},
    {IN("bytes=1-2-"),			100,	WHOLE},
    {IN("bytes=5"),			100,	WHOLE},
    {IN("bytes=:-"),			100,	WHOLE},
    {IN("bytes=0-:"),			100,	WHOLE},
    {IN("bytes=0-9:"),			100,	WHOLE},
    {IN("bytes=/-9"),			100,	WHOLE},
    {IN("bytes=-:"),			100,	WHOLE},
    {IN("bytes=+1-2"),			100,	WHOLE},
    {IN("bytes=1-+2"),			100,	WHOLE},
    {IN("bytes=-+2"),			100,	WHOLE},
    {IN("bytes=0x1-2"),			100,	WHOLE},
    {IN("bytes=1e1-99"),		100,	WHOLE},
    {IN("bytes=1 -2"),			100,	WHOLE},
    {IN("bytes=1- 2"),			100,	WHOLE},
    {IN("bytes=- 2"),			100,	WHOLE},
    {IN("bytes=1-2;3-4"),		100,	WHOLE},
    {IN("bytes=1-2 3-4"),		100,	WHOLE},
    {IN("bytes =1-2"),			100,	WHOLE},
    {IN(" bytes=1-2"),			100,	WHOLE},
    {IN("bytes:1-2"),			100,	WHOLE},
    {IN("bytes 1-2"),			100,	WHOLE},
    {IN("bytes 1-2/100"),		100,	WHOLE},
    {IN("bytes==1-2"),			100,	WHOLE},
    {IN("bytes=bytes=1-2"),		100,	WHOLE},
    {IN("bytes=0-1,bytes=3-4"),		100,	WHOLE},
    {IN("bytes=\"1-2\""),		100,	WHOLE},
    {IN("bytes=1-2\0"),			100,	WHOLE},
    {IN("bytes=\0" "1-2"),		100,	WHOLE},
    {IN("bytes=1\0-2"),			100,	WHOLE},
    {IN("bytes=1-2\n"),			100,	WHOLE},
    {IN("bytes=\xb1-2"),		100,	WHOLE},
    {IN("bytes=1-\xff"),		100,	WHOLE},
    {IN("bytes=1\xe2\x80\x93" "2"),	100,	WHOLE},

    /* range-set = 1#range-spec: "MUST parse and ignore a reasonable number
     * of empty list elements", and at least one that is not */
    {IN("bytes=,"),			100,	WHOLE},
    {IN("bytes= , ,"),			100,	WHOLE},
    {IN("bytes= "),			100,	WHOLE},
    {IN("bytes=,1-2"),			100,	"1-2"},
    {IN("bytes=1-2,"),			100,	"1-2"},
    {IN("bytes=,,1-2, ,\t,4-5,,"),	100,	"1-2 4-5"},
    {IN("bytes= 1-2 "),			100,	"1-2"},
    {IN("bytes=\t1-2\t,\t4-5"),		100,	"1-2 4-5"},

    /* "recipients MUST anticipate potentially large decimal numerals and
     * prevent parsing errors due to integer conversion overflows" */
    {IN("bytes=0-2147483648"),		100,	"0-99"},
    {IN("bytes=0-4294967296"),		100,	"0-99"},
    {IN("bytes=0-9223372036854775808"),	100,	"0-99"},
    {IN("bytes=0-18446744073709551615"), 100,	"0-99"},
    {IN("bytes=0-18446744073709551616"), 100,	"0-99"},
    {IN("bytes=0-18446744073709551617"), 100,	"0-99"},
    {IN("bytes=0-99999999999999999999999999999999999999"), 100, "0-99"},
    {IN("bytes=0-00000000000000000000000000000000000009"), 100, "0-9"},
    {IN("bytes=-18446744073709551615"),	100,	"0-99"},
    {IN("bytes=-18446744073709551616"),	100,	"0-99"},
    {IN("bytes=-18446744073709551617"),	100,	"0-99"},
    {IN("bytes=-99999999999999999999999999"), 100, "0-99"},
    {IN("bytes=18446744073709551615-"),	100,	NOTHING},
    {IN("bytes=18446744073709551616-"),	100,	NOTHING},
    {IN("bytes=18446744073709551617-"),	100,	NOTHING},
    {IN("bytes=18446744073709551617-18446744073709551618"), 100, NOTHING},
    {IN("bytes=18446744073709551617-18446744073709551617"), 100, NOTHING},
    /* less than the first position, though both are beyond 64 bits */
    {IN("bytes=18446744073709551618-18446744073709551617"), 100, WHOLE},
    {IN("bytes=18446744073709551616-18446744073709551615"), 100, WHOLE},
    {IN("bytes=18446744073709551616-1"), 100,	WHOLE},
    {IN("bytes=100000000000000000000-99999999999999999999"), 100, WHOLE},
    {IN("bytes=00018446744073709551616-18446744073709551616"), 100, NOTHING},
    {IN("bytes=18446744073709551616x-"), 100,	WHOLE},
    {IN("bytes=0-18446744073709551616x"), 100,	WHOLE},
    /* where 32, 63 and 64 bits end in the size */
    {IN("bytes=2147483647-2147483648"),	5368709120, "2147483647-2147483648"},
    {IN("bytes=4294967295-4294967296"),	5368709120, "4294967295-4294967296"},
    {IN("bytes=-1"),			5368709120, "5368709119-5368709119"},
    {IN("bytes=9223372036854775807-"),	(uint64_t)1 << 63,
				"9223372036854775807-9223372036854775807"},
    {IN("bytes=0-"),			UINT64_MAX, "0-18446744073709551614"},
    {IN("bytes=-1"),			UINT64_MAX,
				"18446744073709551614-18446744073709551614"},
    {IN("bytes=18446744073709551614-"),	UINT64_MAX,
				"18446744073709551614-18446744073709551614"},
    {IN("bytes=18446744073709551615-"),	UINT64_MAX, NOTHING},
    {IN("bytes=18446744073709551616-"),	UINT64_MAX, NOTHING},
    {IN("bytes=0-18446744073709551616"), UINT64_MAX, "0-18446744073709551614"},
    {IN("bytes=-18446744073709551616"),	UINT64_MAX, "0-18446744073709551614"},
    {IN("bytes=0-0,-1"),		UINT64_MAX,
				"0-0 18446744073709551614-18446744073709551614"},
    {IN("bytes=0-,-1"),			UINT64_MAX, WHOLE},

    /* "a server MAY coalesce any of the ranges that overlap, or that are
     * separated by a gap [...] regardless of the order" (section 15.3.7.2):
     * where there is no gap */
    {IN("bytes=0-1,2-3"),		100,	"0-3"},
    {IN("bytes=2-3,0-1"),		100,	"0-3"},
    {IN("bytes=0-1,3-4"),		100,	"0-1 3-4"},
    {IN("bytes=0-4,2-6"),		100,	"0-6"},
    {IN("bytes=2-6,0-4"),		100,	"0-6"},
    {IN("bytes=0-9,2-3"),		100,	"0-9"},
    {IN("bytes=2-3,0-9"),		100,	"0-9"},
    {IN("bytes=2-3,2-3"),		100,	"2-3"},
    {IN("bytes=0-9,90-99,-5"),		100,	"0-9 90-99"},
    {IN("bytes=0-1,4-5,2-3"),		100,	"0-5"},
    {IN("bytes=0-1,3-4,6-7,9-10,1-9"),	100,	"0-10"},
    {IN("bytes=98-99,0-1,2-97"),	100,	"0-99"},
    {IN("bytes=90-,80-95"),		100,	"80-99"},
    /* "SHOULD send the parts in the same order that the corresponding
     * range-spec appeared" */
    {IN("bytes=-1,0-0"),		100,	"99-99 0-0"},
    {IN("bytes=50-59,0-9,20-29"),	100,	"50-59 0-9 20-29"},
    {IN("bytes=50-59,0-9,20-29,8-20"),	100,	"50-59 0-29"},
    {IN("bytes=20-29,50-59,0-9,8-20"),	100,	"0-29 50-59"},
    {IN("bytes=0-0,10-10,20-20,30-30,11-19"), 100, "0-0 10-20 30-30"},

    /* "indications of either a broken client or a deliberate
     * denial-of-service attack" (section 14.2): more than there is */
    {IN("bytes=0-,0-"),			100,	WHOLE},
    {IN("bytes=0-99,0-0"),		100,	WHOLE},
    {IN("bytes=0-49,50-99"),		100,	"0-99"},
    {IN("bytes=0-49,50-99,0-0"),	100,	WHOLE},
    {IN("bytes=0-60,40-99"),		100,	WHOLE},
    {IN("bytes=-50,-51"),		100,	WHOLE},
    {IN("bytes=-50,-50"),		100,	"50-99"},
    {IN("bytes=0-,100-"),		100,	"0-99"},
};
/* clang-format on */

static struct slice
describe(const struct ranges *r)
{
	static char storage[1024];
	struct buf out = BUF_OVER(storage);

	if (r->kind == RANGE_WHOLE)
		return SLICE(WHOLE);
	if (r->kind == RANGE_UNSATISFIABLE)
		return SLICE(NOTHING);
	for (size_t i = 0; i < r->count; i++) {
		if (i > 0)
			buf_add_char(&out, ' ');
		buf_add_u64(&out, r->part[i].first);
		buf_add_char(&out, '-');
		buf_add_u64(&out, r->part[i].last);
	}
	return buf_slice(&out);
}

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ranges got =
		    range_parse(exact(rows[i].in), rows[i].size);

		CHECK(rows[i].name,
		      slice_equal(describe(&got), slice_of(rows[i].want)) &&
			  (got.count > 0) == (got.kind == RANGE_PARTS));
	}
}

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	enum method method;
	const char *want;
} selections[] = {
    {IN("Range: bytes=1-2\n"),		METHOD_GET,	"1-2"},
    {IN("Host: a\nrange: bytes=1-2\n"),	METHOD_GET,	"1-2"},
    {IN("Range: bytes=100-\n"),		METHOD_GET,	NOTHING},
    {IN(""),				METHOD_GET,	WHOLE},
    {IN("Range:\n"),			METHOD_GET,	WHOLE},
    {IN("X-Range: bytes=1-2\n"),	METHOD_GET,	WHOLE},
    {IN("Range-X: bytes=1-2\n"),	METHOD_GET,	WHOLE},
    {IN("Content-Range: bytes 1-2/3\n"), METHOD_GET,	WHOLE},
    /* "A server MUST ignore a Range header field received with a request
     * method that is unrecognized or for which range handling is not
     * defined. For this specification, GET is the only method" */
    {IN("Range: bytes=1-2\n"),		METHOD_HEAD,	WHOLE},
    {IN("Range: bytes=100-\n"),		METHOD_HEAD,	WHOLE},
    {IN("Range: bytes=1-2\n"),		METHOD_POST,	WHOLE},
    {IN("Range: bytes=1-2\n"),		METHOD_PUT,	WHOLE},
    {IN("Range: bytes=1-2\n"),		METHOD_OPTIONS,	WHOLE},
    {IN("Range: bytes=1-2\n"),		METHOD_UNKNOWN,	WHOLE},
    /* Range = ranges-specifier, which is no list. */
    {IN("Range: bytes=1-2\nRange: bytes=1-2\n"), METHOD_GET, WHOLE},
    {IN("Range: bytes=1-2\nRange: 4-5\n"), METHOD_GET,	WHOLE},
    {IN("Range: bytes=1-2\nRange:\n"),	METHOD_GET,	WHOLE},
};
/* clang-format on */

static void
check_selections(void)
{
	for (size_t i = 0; i < COUNT(selections); i++) {
		const struct fields *f = fields_of(selections[i].in);
		struct ranges got =
		    range_select(f->field, f->count, selections[i].method, 100);

		CHECK(
		    selections[i].name,
		    slice_equal(describe(&got), slice_of(selections[i].want)));
	}
}

/* count ranges of a byte each, every one step bytes behind the last. */
static struct ranges
many(size_t count, int64_t start, int64_t step, const char *more)
{
	static char storage[1 << 18];
	struct buf out = BUF_OVER(storage);

	buf_add_str(&out, "bytes=");
	for (size_t i = 0; i < count; i++) {
		uint64_t at = (uint64_t)(start + (int64_t)i * step);

		buf_add_u64(&out, at);
		buf_add_char(&out, '-');
		buf_add_u64(&out, at);
		buf_add_char(&out, ',');
	}
	buf_add_str(&out, more);
	return range_parse(exact(buf_slice(&out)), 100000);
}

/* "a set of many small ranges that are not listed in ascending order" (RFC
 * 9110, section 14.2) */
static void
check_many(void)
{
	struct ranges r = many(RANGE_PARTS_MAX, 0, 2, "");

	CHECK("as many parts as the limit",
	      r.kind == RANGE_PARTS && r.count == RANGE_PARTS_MAX &&
		  r.part[RANGE_PARTS_MAX - 1].first ==
		      2 * (RANGE_PARTS_MAX - 1));
	r = many(RANGE_PARTS_MAX, 1000, -2, "");
	CHECK("as many parts as the limit, in descending order",
	      r.kind == RANGE_PARTS && r.count == RANGE_PARTS_MAX &&
		  r.part[0].first == 1000 && r.part[1].first == 998);
	r = many(RANGE_PARTS_MAX, 0, 2, "100000-,-0");
	CHECK("what is not satisfiable does not count",
	      r.kind == RANGE_PARTS && r.count == RANGE_PARTS_MAX);
	r = many(RANGE_PARTS_MAX + 1, 0, 2, "");
	CHECK("one part more than the limit", r.kind == RANGE_WHOLE);
	r = many(10000, 0, 1, "");
	CHECK("ten thousand ranges that are one",
	      r.kind == RANGE_PARTS && r.count == 1 && r.part[0].first == 0 &&
		  r.part[0].last == 9999);
	r = many(10000, 9999, -1, "");
	CHECK("ten thousand ranges that are one, from its end",
	      r.kind == RANGE_PARTS && r.count == 1 && r.part[0].first == 0 &&
		  r.part[0].last == 9999);
	r = many(10000, 0, 2, "");
	CHECK("ten thousand ranges", r.kind == RANGE_WHOLE);
	r = many(10000, 5, 0, "");
	CHECK("ten thousand times the same byte",
	      r.kind == RANGE_PARTS && r.count == 1 && r.part[0].first == 5 &&
		  r.part[0].last == 5);
	r = many(RANGE_PARTS_MAX, 0, 2, "1-30");
	CHECK("a last range that makes one of them all",
	      r.kind == RANGE_PARTS && r.count == RANGE_PARTS_MAX - 15 &&
		  r.part[0].first == 0 && r.part[0].last == 30);
	r = many(RANGE_PARTS_MAX, 0, 2, "x");
	CHECK("a last range that is malformed", r.kind == RANGE_WHOLE);
}

static void
check_content_ranges(void)
{
	static const struct range_part all = {0, UINT64_MAX - 1};
	static const struct range_part some = {42, 1233};
	char storage[128];
	struct buf out = BUF_OVER(storage);

	/* the examples of RFC 9110, section 14.4 */
	range_add_content_range(&out, &some, 1234);
	CHECK("bytes 42-1233/1234",
	      slice_equal(buf_slice(&out), SLICE("bytes 42-1233/1234")));
	buf_reset(&out);
	range_add_unsatisfied(&out, 1234);
	CHECK("bytes */1234",
	      slice_equal(buf_slice(&out), SLICE("bytes */1234")));
	buf_reset(&out);
	range_add_content_range(&out, &all, UINT64_MAX);
	CHECK("the longest Content-Range",
	      slice_equal(buf_slice(&out), SLICE("bytes 0-18446744073709551614/"
						 "18446744073709551615")));
}

/* The example of RFC 9110, section 15.3.7.2. */
static void
check_multipart(void)
{
	static const char want[] = "\r\n--THISSTRINGSEPARATES\r\n"
				   "Content-Type: application/pdf\r\n"
				   "Content-Range: bytes 500-999/8000\r\n"
				   "\r\n"
				   "(500)"
				   "\r\n--THISSTRINGSEPARATES\r\n"
				   "Content-Type: application/pdf\r\n"
				   "Content-Range: bytes 7000-7999/8000\r\n"
				   "\r\n"
				   "(1000)"
				   "\r\n--THISSTRINGSEPARATES--\r\n";
	struct multipart m = {SLICE("THISSTRINGSEPARATES"),
			      SLICE("application/pdf"), 8000};
	struct ranges r = range_parse(SLICE("bytes=500-999,7000-"), m.size);
	char storage[1024];
	struct buf out = BUF_OVER(storage);
	uint64_t length = 0;

	multipart_add_type(&out, &m);
	CHECK("the Content-Type of all",
	      slice_equal(buf_slice(&out),
			  SLICE("multipart/byteranges; "
				"boundary=THISSTRINGSEPARATES")));
	buf_reset(&out);
	for (size_t i = 0; i < r.count; i++) {
		multipart_add_head(&out, &m, &r.part[i]);
		buf_add_char(&out, '(');
		buf_add_u64(&out, r.part[i].last - r.part[i].first + 1);
		buf_add_char(&out, ')');
	}
	multipart_add_end(&out, &m);
	CHECK("two parts", slice_equal(buf_slice(&out), slice_of(want)));
	CHECK("the length of two parts",
	      multipart_length(&m, &r, &length) &&
		  length == sizeof(want) - 1 - sizeof("(500)(1000)") + 1 + 500 +
				1000);

	/* "If the selected representation would have had a Content-Type" */
	m.type = (struct slice){0};
	buf_reset(&out);
	multipart_add_head(&out, &m, &r.part[0]);
	CHECK("a part without a type",
	      slice_equal(buf_slice(&out),
			  SLICE("\r\n--THISSTRINGSEPARATES\r\n"
				"Content-Range: bytes 500-999/8000\r\n"
				"\r\n")));
}

static bool
has_length(struct slice boundary, size_t type_len)
{
	static char type[MULTIPART_HEAD_MAX];
	struct multipart m = {boundary, {type, type_len}, 100};
	struct ranges r = range_parse(SLICE("bytes=0-0,2-2"), m.size);
	uint64_t length = 42;
	bool ok = multipart_length(&m, &r, &length);

	/* Results are written only on success. */
	return ok && length != 42;
}

static void
check_multipart_limits(void)
{
	static const char b[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "01234567";
	struct multipart m = {SLICE("b"), SLICE("text/plain"), UINT64_MAX};
	struct ranges r = range_parse(SLICE("bytes=0-0,2-"), UINT64_MAX);
	uint64_t length = 42;

	CHECK("a length over 2^64", r.kind == RANGE_PARTS && r.count == 2 &&
					!multipart_length(&m, &r, &length) &&
					length == 42);
	m.size = UINT64_MAX / 2;
	r = range_parse(SLICE("bytes=0-0,2-"), m.size);
	CHECK("a length under 2^64", multipart_length(&m, &r, &length) &&
					 length > UINT64_MAX / 2 &&
					 length < UINT64_MAX / 2 + 300);
	/* The parts alone fit, the heads do not. */
	m.size = UINT64_MAX - 50;
	r = range_parse(SLICE("bytes=0-"), m.size);
	CHECK("a head too much for 2^64", !multipart_length(&m, &r, &length));

	/* boundary := 0*69<bchars> bcharsnospace (RFC 2046, section 5.1.1) */
	CHECK("a boundary of 70", sizeof(b) - 1 == BOUNDARY_MAX &&
				      has_length(slice_of(b), 255 + 15));
	CHECK("a boundary of 71", !has_length(SLICE("0123456789012345678901234"
						    "5678901234567890123456789"
						    "012345678901234567890"),
					      10));
	CHECK("a boundary of 0", !has_length(SLICE(""), 10));
	CHECK("a boundary of 1", has_length(SLICE("x"), 10));
	CHECK("a boundary with a blank", !has_length(SLICE("a b"), 10));
	CHECK("a boundary with a quote", !has_length(SLICE("a\"b"), 10));
	CHECK("a boundary with a line end", !has_length(SLICE("a\r\nb"), 10));
	CHECK("no type", has_length(SLICE("x"), 0));
	CHECK("a type that is too long",
	      !has_length(SLICE("x"), MULTIPART_HEAD_MAX));
}

int
main(void)
{
	check_rows();
	check_selections();
	check_many();
	check_content_ranges();
	check_multipart();
	check_multipart_limits();
	return check_done();
}

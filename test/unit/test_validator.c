/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fields.h"
#include "http/date.h"
#include "http/validator.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* 2024-06-15 12:00:00 */
#define NOW INT64_C(1718452800)

/* the first second of year 0, and the last of 9999 */
#define FIRST INT64_C(-62167219200)
#define LAST INT64_C(253402300799)

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
	bool ok;
} tags[] = {
    /* the examples of RFC 9110, section 8.8.3 */
    {IN("\"xyzzy\""),			true},
    {IN("W/\"xyzzy\""),			true},
    {IN("\"\""),			true},
    /* etagc = %x21 / %x23-7E / obs-text */
    {IN("W/\"\""),			true},
    {IN("\"!#[]~\""),			true},
    {IN("\"a,b\""),			true},
    {IN("\",\""),			true},
    {IN("\"W/\""),			true},
    {IN("\"*\""),			true},
    {IN("\"\x80\xff\""),		true},
    {IN("\" \""),			false},
    {IN("\"a b\""),			false},
    {IN("\"a\tb\""),			false},
    {IN("\"a\0b\""),			false},
    {IN("\"a\x1f\""),			false},
    {IN("\"a\x7f\""),			false},
    {IN("\"a\r\n\""),			false},
    /* "Previously, opaque-tag was defined to be a quoted-string [...]; thus,
     * some recipients might perform backslash unescaping": not we. */
    {IN("\"a\\b\""),			true},
    {IN("\"a\\\""),			true},
    {IN("\"a\\\"b\""),			false},
    /* weak = %s"W/", which is case-sensitive */
    {IN("w/\"a\""),			false},
    {IN("W\"a\""),			false},
    {IN("W/a"),				false},
    {IN("W/"),				false},
    {IN("W"),				false},
    {IN("W/ \"a\""),			false},
    {IN("W/W/\"a\""),			false},
    {IN("\\W/\"a\""),			false},
    /* opaque-tag = DQUOTE *etagc DQUOTE, and nothing around it */
    {IN(""),				false},
    {IN("\""),				false},
    {IN("\"a"),				false},
    {IN("a\""),				false},
    {IN("a"),				false},
    {IN("*"),				false},
    {IN("'a'"),				false},
    {IN("\"\"\""),			false},
    {IN("\"a\"b"),			false},
    {IN("\"a\" "),			false},
    {IN(" \"a\""),			false},
    {IN("\"a\","),			false},
    {IN("\"a\", \"b\""),		false},
    {IN("\"a\"\"b\""),			false},
    {IN("\"a\"\0"),			false},
    {IN("\0"),				false},
    {IN("\xff"),			false},
};

static const struct {
	const char *name;
	struct slice in;
	const char *want;	/* "!": malformed from there on */
} lists[] = {
    /* the examples of RFC 9110, section 13.1.2 */
    {IN("\"xyzzy\""),			"<\"xyzzy\">"},
    {IN("W/\"xyzzy\""),			"<W/\"xyzzy\">"},
    {IN("\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\""),
				"<\"xyzzy\"><\"r2d2xxxx\"><\"c3piozzzz\">"},
    {IN("W/\"xyzzy\", W/\"r2d2xxxx\", W/\"c3piozzzz\""),
			"<W/\"xyzzy\"><W/\"r2d2xxxx\"><W/\"c3piozzzz\">"},
    /* [ element ] *( OWS "," OWS [ element ] ) (section 5.6.1.2) */
    {IN(""),				""},
    {IN(","),				""},
    {IN(" \t, ,,\t"),			""},
    {IN(",\"a\""),			"<\"a\">"},
    {IN("\"a\","),			"<\"a\">"},
    {IN(" \"a\" "),			"<\"a\">"},
    {IN("\"a\",\"b\""),			"<\"a\"><\"b\">"},
    {IN("\"a\"\t ,\t \"b\""),		"<\"a\"><\"b\">"},
    {IN("\"a\",,,W/\"b\",,"),		"<\"a\"><W/\"b\">"},
    /* Commas are etagc. */
    {IN("\"a,b\""),			"<\"a,b\">"},
    {IN("\",\",\",\""),			"<\",\"><\",\">"},
    {IN("\"a\",W/\",\",\"b\""),		"<\"a\"><W/\",\"><\"b\">"},
    {IN("\"\",\"\""),			"<\"\"><\"\">"},
    /* malformed */
    {IN("a"),				"!"},
    {IN("*"),				"!"},
    {IN("\"a\", *"),			"<\"a\">!"},
    {IN("\"a\" \"b\""),			"!"},
    {IN("\"a\"\"b\""),			"!"},
    {IN("\"a\";\"b\""),			"!"},
    {IN("\"a\", b, \"c\""),		"<\"a\">!"},
    {IN("\"a\", w/\"b\""),		"<\"a\">!"},
    {IN("\"a\", \"b"),			"<\"a\">!"},
    {IN("\"a, \"b\""),			"!"},
    {IN("\"a\", \""),			"<\"a\">!"},
    {IN("\"a\", W/"),			"<\"a\">!"},
    {IN("\"a\",\0"),			"<\"a\">!"},
    {IN("\"a\"\r\n"),			"!"},
};

static const struct {
	const char *name;
	struct slice a, b;
	bool strong, weak;
} comparisons[] = {
    /* the table of RFC 9110, section 8.8.3.2 */
    {IN("W/\"1\""),	{"W/\"1\"", 5},		false,	true},
    {IN("W/\"1\""),	{"W/\"2\"", 5},		false,	false},
    {IN("W/\"1\""),	{"\"1\"", 3},		false,	true},
    {IN("\"1\""),	{"\"1\"", 3},		true,	true},
    /* "character-by-character" */
    {IN("\"1\""),	{"\"2\"", 3},		false,	false},
    {IN("\"a\""),	{"\"A\"", 3},		false,	false},
    {IN("\"1\""),	{"\"11\"", 4},		false,	false},
    {IN("\"1\""),	{"\"\"", 2},		false,	false},
    {IN("\"\""),	{"\"\"", 2},		true,	true},
    {IN("\"W/1\""),	{"W/\"1\"", 5},		false,	false},
    {IN("\"\\1\""),	{"\"1\"", 3},		false,	false},
};

static const struct {
	const char *name;
	struct validator_facts facts;
	const char *etag, *last_modified;
	bool is_date_strong;
} makings[] = {
    {"a file of 10 bytes",
	{.inode = 0xabc, .size = 10, .seconds = 1700000000, .now = NOW},
	"\"abc-a-17979cfe362a0000\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},
    {"a fraction of a second",
	{.inode = 0xabc, .size = 10, .seconds = 1700000000,
	 .nanoseconds = 999999999, .now = NOW},
	"\"abc-a-17979cfe71c4c9ff\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},
    {"an empty file",
	{.inode = 1, .seconds = 1700000000, .now = NOW},
	"\"1-0-17979cfe362a0000\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},

    /* "a strong entity tag for a content-encoded representation has to be
     * distinct from the entity tag of an unencoded representation" (RFC
     * 9110, section 8.8.3.3) */
    {"gzip",
	{.inode = 1, .size = 1, .seconds = 1700000000, .now = NOW,
	 .coding = CODING_GZIP},
	"\"1-1-17979cfe362a0000-gz\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},
    {"br",
	{.inode = 1, .size = 1, .seconds = 1700000000, .now = NOW,
	 .coding = CODING_BR},
	"\"1-1-17979cfe362a0000-br\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},
    {"zstd",
	{.inode = 1, .size = 1, .seconds = 1700000000, .now = NOW,
	 .coding = CODING_ZSTD},
	"\"1-1-17979cfe362a0000-zst\"", "Tue, 14 Nov 2023 22:13:20 GMT", true},
    /* "MUST mark the entity tag as weak" what is not strong in each way
     * (section 8.8.3) */
    {"gzip on the fly",
	{.inode = 1, .size = 1, .seconds = 1700000000, .now = NOW,
	 .coding = CODING_GZIP, .is_live = true},
	"W/\"1-1-17979cfe362a0000-gz-live\"",
	"Tue, 14 Nov 2023 22:13:20 GMT", false},
    /* "a validator is weak if it is shared by two or more representations
     * of a given resource at the same time" (section 8.8.1) */
    {"identity, beside a file in gzip of the same time",
	{.inode = 1, .size = 1, .seconds = 1700000000, .now = NOW,
	 .is_negotiated = true},
	"\"1-1-17979cfe362a0000\"", "Tue, 14 Nov 2023 22:13:20 GMT", false},

    /* "a representation's modification time, if defined with only
     * one-second resolution, might be a weak validator if it is possible
     * for the representation to be modified twice during a single second"
     * (section 8.8.1). A Date "at least one second after the Last-Modified
     * value" makes the date strong (section 8.8.2.2). */
    {"modified this second",
	{.inode = 1, .size = 1, .seconds = NOW, .now = NOW},
	"W/\"1-1-17d92bb783468000\"", "Sat, 15 Jun 2024 12:00:00 GMT", false},
    {"modified a second ago",
	{.inode = 1, .size = 1, .seconds = NOW - 1, .now = NOW},
	"\"1-1-17d92bb747abb600\"", "Sat, 15 Jun 2024 11:59:59 GMT", true},
    {"modified almost a second ago",
	{.inode = 1, .size = 1, .seconds = NOW - 1, .nanoseconds = 1,
	 .now = NOW},
	"W/\"1-1-17d92bb747abb601\"", "Sat, 15 Jun 2024 11:59:59 GMT", true},
    {"modified a little more than a second ago",
	{.inode = 1, .size = 1, .seconds = NOW - 2, .nanoseconds = 999999999,
	 .now = NOW},
	"\"1-1-17d92bb747abb5ff\"", "Sat, 15 Jun 2024 11:59:58 GMT", true},

    /* "MUST NOT generate a Last-Modified date that is later than the
     * server's time of message origination [...] MUST replace that value
     * with the message origination date" (section 8.8.2.1) */
    {"modified a second from now",
	{.inode = 1, .size = 1, .seconds = NOW + 1, .now = NOW},
	"W/\"1-1-17d92bb7bee14a00\"", "Sat, 15 Jun 2024 12:00:00 GMT", false},
    {"modified in the year 9999",
	{.inode = 1, .size = 1, .seconds = LAST, .now = NOW},
	"W/\"1-1-bca9d1fe67143600\"", "Sat, 15 Jun 2024 12:00:00 GMT", false},
    {"modified at the end of time",
	{.inode = 1, .size = 1, .seconds = INT64_MAX, .nanoseconds = 999999999,
	 .now = NOW},
	"W/\"1-1-ffffffffffffffff\"", "Sat, 15 Jun 2024 12:00:00 GMT", false},

    /* before 1970, and outside the years that there are dates for */
    {"modified in 1970",
	{.inode = 1, .size = 1, .now = NOW},
	"\"1-1-0\"", "Thu, 01 Jan 1970 00:00:00 GMT", true},
    {"modified in 1969",
	{.inode = 1, .size = 1, .seconds = -1, .nanoseconds = 5, .now = NOW},
	"\"1-1-ffffffffc4653605\"", "Wed, 31 Dec 1969 23:59:59 GMT", true},
    {"modified in the year 0",
	{.inode = 1, .size = 1, .seconds = FIRST, .now = NOW},
	"\"1-1-a141ab837e280000\"", "Sat, 01 Jan 0000 00:00:00 GMT", true},
    {"modified before",
	{.inode = 1, .size = 1, .seconds = FIRST - 1, .now = NOW},
	"\"1-1-a141ab83428d3600\"", "Sat, 01 Jan 0000 00:00:00 GMT", false},
    {"modified at the beginning of time",
	{.inode = 1, .size = 1, .seconds = INT64_MIN, .now = NOW},
	"\"1-1-0\"", "Sat, 01 Jan 0000 00:00:00 GMT", false},
    {"modified at the beginning of time, and now at its end",
	{.inode = 1, .size = 1, .seconds = INT64_MIN, .now = INT64_MAX},
	"\"1-1-0\"", "Sat, 01 Jan 0000 00:00:00 GMT", false},
    {"modified before, and now is then too",
	{.inode = 1, .size = 1, .seconds = FIRST - 9, .now = FIRST - 5},
	"\"1-1-a141ab8165b6e600\"", "Sat, 01 Jan 0000 00:00:00 GMT", false},
    {"modified after, and now is then too",
	{.inode = 1, .size = 1, .seconds = LAST + 5, .now = LAST + 9},
	"\"1-1-bca9d1ff911a2800\"", "Fri, 31 Dec 9999 23:59:59 GMT", false},
    {"now before, modified now",
	{.inode = 1, .size = 1, .seconds = 0, .now = INT64_MIN},
	"W/\"1-1-0\"", "Sat, 01 Jan 0000 00:00:00 GMT", false},

    {"as long as a tag can be",
	{.inode = UINT64_MAX, .size = UINT64_MAX, .seconds = INT64_MAX,
	 .nanoseconds = 999999999, .coding = CODING_ZSTD, .is_live = true,
	 .now = NOW},
	"W/\"ffffffffffffffff-ffffffffffffffff-ffffffffffffffff-zst-live\"",
	"Sat, 15 Jun 2024 12:00:00 GMT", false},
};
/* clang-format on */

static void
check_tags(void)
{
	for (size_t i = 0; i < COUNT(tags); i++) {
		struct slice in = exact(tags[i].in);
		struct etag tag = {SLICE("kept"), true};
		bool ok = etag_parse(in, &tag);
		size_t skipped = tag.is_weak ? 2 : 0;

		/* Results are written only on success. */
		CHECK(tags[i].name,
		      ok == tags[i].ok &&
			  (ok ? tag.is_weak == (in.ptr[0] == 'W') &&
				    tag.opaque.ptr == in.ptr + skipped &&
				    tag.opaque.len == in.len - skipped
			      : slice_equal(tag.opaque, SLICE("kept"))));
	}
}

static void
check_lists(void)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct slice list = exact(lists[i].in);
		char storage[128];
		struct buf out = BUF_OVER(storage);
		enum etag_step step;
		struct etag tag;

		while ((step = etag_next(&list, &tag)) == ETAG_TAKEN) {
			buf_add_str(&out, tag.is_weak ? "<W/" : "<");
			buf_add(&out, tag.opaque);
			buf_add_char(&out, '>');
		}
		if (step == ETAG_MALFORMED)
			buf_add_char(&out, '!');
		CHECK(lists[i].name,
		      slice_equal(buf_slice(&out), slice_of(lists[i].want)));
	}
}

static void
check_comparisons(void)
{
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		struct etag a, b;

		CHECK(comparisons[i].name,
		      etag_parse(comparisons[i].a, &a) &&
			  etag_parse(comparisons[i].b, &b) &&
			  etag_match_strong(&a, &b) == comparisons[i].strong &&
			  etag_match_strong(&b, &a) == comparisons[i].strong &&
			  etag_match_weak(&a, &b) == comparisons[i].weak &&
			  etag_match_weak(&b, &a) == comparisons[i].weak);
	}
}

static void
check_makings(void)
{
	for (size_t i = 0; i < COUNT(makings); i++) {
		struct validators v;
		char storage[128], wanted[128];
		struct buf out = BUF_OVER(storage), want = BUF_OVER(wanted);
		struct etag tag;
		bool ok;

		validator_make(&v, &makings[i].facts);
		validator_add(&out, &v);
		buf_add_str(&want, "ETag: ");
		buf_add_str(&want, makings[i].etag);
		buf_add_str(&want, "\r\nLast-Modified: ");
		buf_add_str(&want, makings[i].last_modified);
		buf_add_str(&want, "\r\n");
		ok = slice_equal(buf_slice(&out), buf_slice(&want)) &&
		     slice_equal(validator_etag(&v),
				 slice_of(makings[i].etag)) &&
		     etag_parse(validator_etag(&v), &tag) &&
		     v.is_date_strong == makings[i].is_date_strong &&
		     v.now == makings[i].facts.now && v.has_last_modified;
		if (!ok)
			printf("# %.*s", (int)out.len, out.data);
		CHECK(makings[i].name, ok);
	}
}

/* Everything that a tag is made of makes it another one. */
static void
check_differences(void)
{
	static const struct validator_facts same = {
	    .inode = 1, .size = 1, .seconds = 1, .nanoseconds = 1, .now = NOW};
	struct validator_facts facts[8];
	struct validators v[COUNT(facts)];
	bool ok = true;

	for (size_t i = 0; i < COUNT(facts); i++)
		facts[i] = same;
	facts[1].inode = 2;
	facts[2].size = 2;
	facts[3].seconds = 2;
	facts[4].nanoseconds = 2;
	facts[5].coding = CODING_GZIP;
	facts[6].coding = CODING_BR;
	facts[7].coding = CODING_ZSTD;
	for (size_t i = 0; i < COUNT(facts); i++)
		validator_make(&v[i], &facts[i]);
	for (size_t i = 0; i < COUNT(facts); i++)
		for (size_t j = 0; j < i; j++)
			ok &= !slice_equal(validator_etag(&v[i]),
					   validator_etag(&v[j]));
	CHECK("each fact makes another tag", ok);

	ok = true;
	for (enum coding c = CODING_GZIP; c < CODINGS; c++) {
		struct validator_facts live = same;
		struct etag stored, sent;

		live.coding = c;
		validator_make(&v[0], &live);
		live.is_live = true;
		validator_make(&v[1], &live);
		ok &= etag_parse(validator_etag(&v[0]), &stored) &&
		      etag_parse(validator_etag(&v[1]), &sent) &&
		      !stored.is_weak && sent.is_weak &&
		      !etag_match_weak(&stored, &sent);
	}
	CHECK("a coding on the fly is not the stored one", ok);

	facts[0].now = facts[0].seconds;
	facts[1] = facts[0];
	facts[1].now += 2;
	validator_make(&v[0], &facts[0]);
	validator_make(&v[1], &facts[1]);
	ok = validator_etag(&v[0]).ptr[0] == 'W' &&
	     slice_equal(slice_skip(validator_etag(&v[0]), 2),
			 validator_etag(&v[1]));
	CHECK("a weak tag becomes strong as it is, with time", ok);
}

static void
check_none(void)
{
	struct validators none = {0};
	char storage[8];
	struct buf out = BUF_OVER(storage);

	validator_add(&out, &none);
	CHECK("no validators, no fields",
	      out.len == 0 && !out.overflow && validator_etag(&none).len == 0);
}

int
main(void)
{
	check_tags();
	check_lists();
	check_comparisons();
	check_makings();
	check_differences();
	check_none();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "check.h"
#include "fields.h"
#include "http/accept.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
#define AE(value) IN("Accept-Encoding: " value "\n")
#define ACCEPT(value) IN("Accept: " value "\n")
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	struct accept want;	/* identity, gzip, br, zstd */
} codings[] = {
    /* "If no Accept-Encoding header field is in the request, any content
     * coding is considered acceptable" (RFC 9110, section 12.5.3) */
    {IN(""),				{{1000, 1,    1,    1}}},
    {IN("Accept: gzip\n"),		{{1000, 1,    1,    1}}},
    {IN("Accept-Encodings: gzip\n"),	{{1000, 1,    1,    1}}},
    {IN("X-Accept-Encoding: gzip\n"),	{{1000, 1,    1,    1}}},

    /* "An Accept-Encoding header field with a field value that is empty
     * implies that the user agent does not want any content coding" */
    {AE(""),				{{1,    0,    0,    0}}},
    {AE(","),				{{1,    0,    0,    0}}},
    {AE(" , ,"),			{{1,    0,    0,    0}}},

    /* its examples */
    {AE("compress, gzip"),		{{1,    1000, 0,    0}}},
    {AE("*"),				{{1000, 1000, 1000, 1000}}},
    {AE("compress;q=0.5, gzip;q=1.0"),	{{1,    1000, 0,    0}}},
    {AE("gzip;q=1.0, identity; q=0.5, *;q=0"), {{500, 1000, 0,  0}}},

    /* what is sent: curl, Firefox, Chrome, wget, apt, Go, nothing at all */
    {AE("deflate, gzip, br, zstd"),	{{1,    1000, 1000, 1000}}},
    {AE("gzip, deflate, br, zstd"),	{{1,    1000, 1000, 1000}}},
    {AE("gzip"),			{{1,    1000, 0,    0}}},
    {AE("identity"),			{{1000, 0,    0,    0}}},
    {AE("gzip;q=1.0,deflate;q=0.6,identity;q=0.3"), {{300, 1000, 0, 0}}},

    /* "If the representation has no content coding, then it is acceptable
     * by default unless specifically excluded by [...] "identity;q=0" or
     * "*;q=0" without a more specific entry for "identity"" */
    {AE("identity;q=0"),		{{0,    0,    0,    0}}},
    {AE("*;q=0"),			{{0,    0,    0,    0}}},
    {AE("*;q=0, identity"),		{{1000, 0,    0,    0}}},
    {AE("identity;q=0.001, *;q=0"),	{{1,    0,    0,    0}}},
    {AE("identity;q=0, *"),		{{0,    1000, 1000, 1000}}},
    {AE("gzip, identity;q=0"),		{{0,    1000, 0,    0}}},
    {AE("gzip, *;q=0"),			{{0,    1000, 0,    0}}},

    /* "one of the content codings listed [...] is acceptable unless it is
     * accompanied by a qvalue of 0" */
    {AE("gzip;q=0"),			{{1,    0,    0,    0}}},
    {AE("gzip;q=0.0"),			{{1,    0,    0,    0}}},
    {AE("gzip;q=0.000"),		{{1,    0,    0,    0}}},
    {AE("gzip;q=0."),			{{1,    0,    0,    0}}},
    {AE("gzip;q=0, br"),		{{1,    0,    1000, 0}}},
    {AE("*, gzip;q=0"),			{{1000, 0,    1000, 1000}}},

    /* "matches any available content coding not explicitly listed" */
    {AE("*;q=0.5"),			{{500,  500,  500,  500}}},
    {AE("*;q=0.5, br;q=0.1"),		{{500,  500,  100,  500}}},
    {AE("br;q=0.1, *;q=0.5"),		{{500,  500,  100,  500}}},
    {AE("deflate, *;q=0.2"),		{{200,  200,  200,  200}}},

    /* "All content codings are case-insensitive" (section 8.4.1) */
    {AE("GZIP, Br, zStD, IDENTITY"),	{{1000, 1000, 1000, 1000}}},
    /* "consider "x-gzip" to be equivalent to "gzip"" (section 8.4.1.3) */
    {AE("x-gzip"),			{{1,    1000, 0,    0}}},
    {AE("X-GZip;q=0.5"),		{{1,    500,  0,    0}}},
    {AE("x-gzip;q=0, *"),		{{1000, 0,    1000, 1000}}},
    /* unknown, and no part of a known one */
    {AE("deflate, compress, x-compress, dcb, aes128gcm"), {{1, 0, 0, 0}}},
    {AE("notgzip, gzipped, gzi, bro, x-br, x-zstd"), {{1, 0, 0, 0}}},
    {AE("**"),				{{1,    0,    0,    0}}},
    {AE("*/*"),				{{1,    0,    0,    0}}},

    /* weight = OWS ";" OWS "q=" qvalue (section 12.4.2), where "q" is
     * case-insensitive */
    {AE("gzip;Q=0.5"),			{{1,    500,  0,    0}}},
    {AE("gzip ; q=0.5"),		{{1,    500,  0,    0}}},
    {AE("gzip\t;\tq=0.5\t,\tbr"),	{{1,    500,  1000, 0}}},
    {AE("gzip;q=1"),			{{1,    1000, 0,    0}}},
    {AE("gzip;q=1."),			{{1,    1000, 0,    0}}},
    {AE("gzip;q=1.0"),			{{1,    1000, 0,    0}}},
    {AE("gzip;q=1.00"),			{{1,    1000, 0,    0}}},
    {AE("gzip;q=1.000"),		{{1,    1000, 0,    0}}},
    {AE("gzip;q=0.001"),		{{1,    1,    0,    0}}},
    {AE("gzip;q=0.01"),			{{1,    10,   0,    0}}},
    {AE("gzip;q=0.1"),			{{1,    100,  0,    0}}},
    {AE("gzip;q=0.999"),		{{1,    999,  0,    0}}},
    {AE("gzip;q=0.5, br;q=0.25"),	{{1,    500,  250,  0}}},

    /* malformed: it is as if they were not there */
    {AE("gzip;q=1.001, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=1.5, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=2, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=10, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0.0000, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0.1234, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=1.0000, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=00.5, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=.5, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=-1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=+1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0.:, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0./, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0:5, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=0 .5, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=1e0, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=\"1\", br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip;q, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip;, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip;=1, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip;q =1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q= 1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;qq=1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;level=9, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;q=1;level=9, br"),	{{1,    0,    1000, 0}}},
    {AE("gzip;q=1;q=1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip;;q=1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip q=1, br"),		{{1,    0,    1000, 0}}},
    {AE("gzip deflate, br"),		{{1,    0,    1000, 0}}},
    {AE("\"gzip\", br"),		{{1,    0,    1000, 0}}},
    {AE(";q=1, br"),			{{1,    0,    1000, 0}}},
    {AE("gz\0ip, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip\0, br"),			{{1,    0,    1000, 0}}},
    {AE("gzip;q=0.5\0, br"),		{{1,    0,    1000, 0}}},
    {AE("\xff, br"),			{{1,    0,    1000, 0}}},
    {AE("*;q=x"),			{{1,    0,    0,    0}}},
    {AE("identity;q=x"),		{{1,    0,    0,    0}}},

    /* "A recipient MUST parse and ignore a reasonable number of empty list
     * elements" (section 5.6.1.2) */
    {AE(",gzip,,br,"),			{{1,    1000, 1000, 0}}},

    /* named again: no exclusion is lost */
    {AE("gzip, gzip;q=0"),		{{1,    0,    0,    0}}},
    {AE("gzip;q=0, gzip"),		{{1,    0,    0,    0}}},
    {AE("gzip;q=0.5, x-gzip;q=0.2"),	{{1,    200,  0,    0}}},
    {AE("*;q=0, *"),			{{0,    0,    0,    0}}},

    /* "A recipient MAY combine multiple field lines within a field section
     * that have the same field name into one field line" (section 5.3) */
    {IN("Accept-Encoding: gzip\nAccept-Encoding: br;q=0.5\n"),
					{{1,    1000, 500,  0}}},
    {IN("Accept-Encoding: *;q=0\nHost: a\naccept-encoding: br\n"),
					{{0,    0,    1000, 0}}},
    {IN("Accept-Encoding:\nAccept-Encoding: gzip\n"),
					{{1,    1000, 0,    0}}},
    {IN("Accept-Encoding: gzip;\nAccept-Encoding: q=0.5\n"),
					{{1,    0,    0,    0}}},
};

#define NONE CODING_ABSENT

static const struct {
	const char *name;
	struct slice in;
	uint64_t size[CODINGS];
	enum coding want;
} choices[] = {
    /* "the acceptable content coding with the highest non-zero qvalue is
     * preferred" (section 12.5.3) */
    {AE("gzip, br;q=0.9"),	{100, 50, 40, NONE},	CODING_GZIP},
    {AE("gzip;q=0.9, br"),	{100, 50, 40, NONE},	CODING_BR},
    {AE("gzip;q=0.001"),	{100, 50, 40, 30},	CODING_GZIP},
    {AE("identity, gzip;q=0.5"), {100, 50, 40, 30},	CODING_IDENTITY},
    {AE("zstd;q=0.2, *;q=0.1"),	{100, 50, 40, NONE},	CODING_BR},
    /* of equals the smallest */
    {AE("gzip, br, zstd"),	{100, 50, 40, 45},	CODING_BR},
    {AE("gzip, br, zstd"),	{100, 50, 60, 45},	CODING_ZSTD},
    {AE("gzip, br, zstd"),	{100, 40, 60, 45},	CODING_GZIP},
    {AE("*"),			{10,  40, 60, 45},	CODING_IDENTITY},
    {AE("*"),			{100, 40, NONE, NONE},	CODING_GZIP},
    {AE("gzip, identity"),	{20,  41, NONE, NONE},	CODING_IDENTITY},
    {AE("gzip, br"),		{0,   0,  0, 0},	CODING_GZIP},
    {AE("*"),			{7,   7,  7, 7},	CODING_IDENTITY},
    {AE("gzip"),		{100, UINT64_MAX - 1, NONE, NONE}, CODING_GZIP},
    /* only what there is */
    {AE("gzip, br, zstd"),	{100, NONE, NONE, NONE}, CODING_IDENTITY},
    {AE("gzip;q=0.1, br"),	{100, 50, NONE, NONE},	CODING_GZIP},
    {AE("gzip;q=0, br"),	{100, 50, NONE, NONE},	CODING_IDENTITY},
    {AE("gzip"),		{NONE, 50, 40, 30},	CODING_GZIP},
    /* "SHOULD send a response without any content coding unless the
     * identity coding is indicated as unacceptable" */
    {AE(""),			{100, 50, 40, 30},	CODING_IDENTITY},
    {AE("deflate"),		{100, 50, 40, 30},	CODING_IDENTITY},
    {AE("identity;q=0, gzip;q=0.1"), {100, 50, 40, 30},	CODING_GZIP},
    {AE("identity;q=0, *;q=0.1"), {10, 50, 40, 30},	CODING_ZSTD},
    /* "disregard the header field by treating the response as if it is not
     * subject to content negotiation" (section 12.4.1) */
    {AE("identity;q=0"),	{100, 50, 40, 30},	CODING_IDENTITY},
    {AE("*;q=0"),		{100, 50, 40, 30},	CODING_IDENTITY},
    {AE("identity;q=0, zstd"),	{100, 50, 40, NONE},	CODING_IDENTITY},
    {AE("identity;q=0"),	{NONE, 50, NONE, NONE},	CODING_IDENTITY},
    /* no field: what anyone can read, and else what there is */
    {IN(""),			{100, 50, 40, 30},	CODING_IDENTITY},
    {IN(""),			{NONE, 50, NONE, NONE},	CODING_GZIP},
};

static const struct {
	const char *name;
	struct slice in;
	bool want;
} listings[] = {
    /* "a request that does not contain the field implies that the sender
     * has no preference" (section 12.4.1): HTML */
    {IN(""),					false},
    {IN("Accept-Encoding: application/json\n"),	false},
    {ACCEPT(""),				false},
    {ACCEPT("*/*"),				false},
    {ACCEPT("image/png"),			false},
    {ACCEPT("text/html"),			false},
    {ACCEPT("application/json"),		true},
    {ACCEPT("APPLICATION/Json"),		true},
    {ACCEPT("application/*"),			true},
    {ACCEPT("text/*"),				false},

    /* what is sent: Firefox, Chrome, jQuery, axios, fetch */
    {ACCEPT("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
						false},
    {ACCEPT("text/html,application/xhtml+xml,application/xml;q=0.9,"
	    "image/avif,image/webp,image/apng,*/*;q=0.8,"
	    "application/signed-exchange;v=b3;q=0.7"), false},
    {ACCEPT("application/json, text/javascript, */*; q=0.01"), true},
    {ACCEPT("application/json, text/plain, */*"), true},

    /* weights */
    {ACCEPT("text/html, application/json"),	false},
    {ACCEPT("application/json, text/html"),	false},
    {ACCEPT("application/json, text/html;q=0.9"), true},
    {ACCEPT("application/json;q=0.9, text/html"), false},
    {ACCEPT("application/json;q=0.001"),	true},
    {ACCEPT("application/json;q=0"),		false},
    {ACCEPT("application/json;q=0, text/html;q=0"), false},
    {ACCEPT("text/html;q=0, */*"),		true},
    {ACCEPT("text/html;q=0"),			false},
    {ACCEPT("*/*;q=0"),				false},
    {ACCEPT("application/json;q=0.5, */*;q=0.5"), true},
    {ACCEPT("application/*;q=0.5, */*;q=0.5"),	true},
    {ACCEPT("application/json;q=0.4, */*;q=0.5"), false},
    {ACCEPT("application/*, text/*"),		false},

    /* "Media ranges can be overridden by more specific media ranges [...]
     * the most specific reference has precedence" (section 12.5.1) */
    {ACCEPT("application/*, application/json;q=0.1, text/html;q=0.5"), false},
    {ACCEPT("application/json;q=0.1, application/*, text/html;q=0.5"), false},
    {ACCEPT("*/*, text/*;q=0.3, application/*;q=0.2"), false},
    {ACCEPT("*/*, text/*;q=0.2, application/*;q=0.3"), true},
    {ACCEPT("text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
	    "text/plain;format=fixed;q=0.4, */*;q=0.5"), true},
    {ACCEPT("text/html, text/*;q=0.1, application/json;q=0.5"), false},
    /* Ours has no level. */
    {ACCEPT("text/html;level=1, application/json;q=0.1"), true},
    {ACCEPT("text/html;level=1;q=0.1, text/*;q=0.9, application/json;q=0.5"),
						false},
    {ACCEPT("text/html;level=1;q=0, */*"),	false},
    {ACCEPT("*/*;level=1, application/json;q=0.1"), true},
    {ACCEPT("*/*;level=1, text/html;q=0.1"),	false},
    {ACCEPT("application/*;v=1, text/html;q=0.1"), false},
    /* It has a charset. */
    {ACCEPT("text/html;charset=utf-8, application/json;q=0.1"), false},
    {ACCEPT("text/html;charset=\"UTF-8\", application/json;q=0.1"), false},
    {ACCEPT("text/html;charset=latin1, application/json;q=0.1"), true},
    /* JSON has no parameters. */
    {ACCEPT("application/json;charset=utf-8"),	true},
    {ACCEPT("application/json;indent=4, text/html;q=0.1"), true},
    {ACCEPT("application/json; odata=verbose, */*"), true},
    {ACCEPT("application/ld+json"),		false},
    {ACCEPT("text/json"),			false},
    {ACCEPT("application/jsonp"),		false},

    /* "SHOULD process any parameter named "q" as weight, regardless of
     * parameter ordering" */
    {ACCEPT("application/json;q=0.1;a=b, text/html;q=0.2"), false},
    {ACCEPT("application/json;a=b;Q=0.1, text/html;q=0.2"), false},
    {ACCEPT("application/json ; a=b ; q=0.1 , text/html;q=0.2"), false},

    /* "A parameter value [...] can be transmitted either as a token or
     * within a quoted-string" (section 5.6.6): with commas and more */
    {ACCEPT("application/json;a=\"b, text/html\""), true},
    {ACCEPT("application/json;a=\"b;q=0\", text/html;q=0.5"), true},
    {ACCEPT("application/json;a=\"\\\", text/html\""), true},
    {ACCEPT("application/json;a=\"\\\\\", text/html"), false},
    {ACCEPT("application/json;a=\"\""),		true},
    {ACCEPT("text/html;q=0.5;a=\",\", application/json"), true},
    /* parameters = *( OWS ";" OWS [ parameter ] ) */
    {ACCEPT("application/json;"),		true},
    {ACCEPT("application/json;;;q=1"),		true},
    {ACCEPT("application/json; ;"),		true},

    /* malformed: it is as if they were not there */
    {ACCEPT("application/json;q=2"),		false},
    {ACCEPT("application/json;q=0.0001"),	false},
    {ACCEPT("application/json;q=\"1\""),	false},
    {ACCEPT("application/json;q"),		false},
    {ACCEPT("application/json;q=1;q=1"),	false},
    {ACCEPT("application/json;a"),		false},
    {ACCEPT("application/json;a="),		false},
    {ACCEPT("application/json;=b"),		false},
    {ACCEPT("application/json;a =b"),		false},
    {ACCEPT("application/json;a= b"),		false},
    {ACCEPT("application/json;a=b c"),		false},
    {ACCEPT("application/json;a=\"b"),		false},
    {ACCEPT("application/json;a=\"b\\\""),	false},
    {ACCEPT("application/json;a=b\""),		false},
    {ACCEPT("application/json;a=\"b\"c"),	false},
    {ACCEPT("application/json;a=\"b\"\"c\""),	false},
    {ACCEPT("application/json;a=\""),		false},
    {ACCEPT("application/json x"),		false},
    {ACCEPT("application /json"),		false},
    {ACCEPT("application/ json"),		false},
    {ACCEPT("application//json"),		false},
    {ACCEPT("/json"),				false},
    {ACCEPT("application/"),			false},
    {ACCEPT("application"),			false},
    {ACCEPT("json"),				false},
    {ACCEPT("*/json"),				false},
    {ACCEPT("text/html;q=0, */json"),		false},
    {ACCEPT("*"),				false},
    {ACCEPT("/"),				false},
    {ACCEPT("\""),				false},
    {ACCEPT("\\"),				false},
    {ACCEPT("application/json\0"),		false},
    {ACCEPT("\xff/\xff"),			false},
    {ACCEPT("\", application/json"),		false},
    {ACCEPT("text/html;q=x, application/json;q=0.1"), true},

    /* several lines, and empty elements */
    {IN("Accept: text/html;q=0.5\nAccept: application/json\n"), true},
    {IN("Accept: application/json;q=0.5\nHost: a\naccept: text/html\n"),
						false},
    {ACCEPT(",,application/json,,"),		true},
    {ACCEPT("application/json;q=0.2, application/json, text/html;q=0.5"),
						true},
};
/* clang-format on */

static bool
is_same(struct accept a, struct accept b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Each comma of the values begins a line of the same name instead. */
static struct slice
split_at_commas(struct slice in)
{
	static char storage[1024];
	struct buf out = BUF_OVER(storage);
	struct slice line, name, value, element;
	bool is_more;

	while (in.len > 0) {
		slice_cut(in, '\n', &line, &in);
		slice_cut(line, ':', &name, &value);
		do {
			is_more = slice_cut(value, ',', &element, &value);
			buf_add(&out, name);
			buf_add(&out, SLICE(":"));
			buf_add(&out, element);
			buf_add(&out, SLICE("\n"));
		} while (is_more);
	}
	return out.overflow ? SLICE("overflow") : buf_slice(&out);
}

static struct accept
parse(struct slice in)
{
	const struct fields *f = fields_of(in);

	return accept_parse(f->field, f->count);
}

static void
check_codings(void)
{
	for (size_t i = 0; i < COUNT(codings); i++) {
		struct accept got = parse(codings[i].in);
		bool ok = is_same(got, codings[i].want);

		for (enum coding c = 0; c < CODINGS; c++)
			ok &= accept_q(&got, c) == codings[i].want.q[c];
		CHECK(codings[i].name, ok);
		CHECK(codings[i].name,
		      is_same(got, parse(split_at_commas(codings[i].in))));
	}
}

static void
check_choices(void)
{
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct accept accept = parse(choices[i].in);

		CHECK(choices[i].name,
		      accept_choose(&accept, choices[i].size) ==
			  choices[i].want);
	}
}

static void
check_listings(void)
{
	for (size_t i = 0; i < COUNT(listings); i++) {
		const struct fields *f = fields_of(listings[i].in);

		CHECK(listings[i].name,
		      accept_prefers_json(f->field, f->count) ==
			  listings[i].want);
	}
}

/* Every weight with up to five characters of those that weights have. */
static void
check_weights(void)
{
	static const char alphabet[] = "01259.";
	const size_t base = sizeof(alphabet) - 1;
	size_t valid = 0;
	bool ok = true;

	for (size_t n = 0; n < base * base * base * base * base; n++) {
		char text[] = "Accept-Encoding: gzip;q=.....\n";
		size_t rest = n, want = 0, scale = 100;
		bool is_valid = true;
		struct accept accept;

		for (size_t i = 0; i < 5; i++, rest /= base)
			text[24 + i] = alphabet[rest % base];
		is_valid = (text[24] == '0' || text[24] == '1') &&
			   text[25] == '.' && text[26] != '.' &&
			   text[27] != '.' && text[28] != '.';
		want = text[24] == '1' ? 1000 : 0;
		for (size_t i = 26; i < 29; i++, scale /= 10)
			want += scale * (size_t)(text[i] - '0');
		is_valid = is_valid && want <= 1000;
		accept = parse(slice_of(text));
		ok &= accept.q[CODING_GZIP] == (is_valid ? want : 0);
		valid += is_valid;
	}
	/* 0.000 to 0.999 of five digits, and 1.000 */
	CHECK("weights of five characters", ok && valid == 5 * 5 * 5 + 1);
}

static void
check_names(void)
{
	CHECK("the names of the codings",
	      slice_equal(coding_name(CODING_IDENTITY), SLICE("identity")) &&
		  slice_equal(coding_name(CODING_GZIP), SLICE("gzip")) &&
		  slice_equal(coding_name(CODING_BR), SLICE("br")) &&
		  slice_equal(coding_name(CODING_ZSTD), SLICE("zstd")));
}

int
main(void)
{
	check_codings();
	check_choices();
	check_listings();
	check_weights();
	check_names();
	return check_done();
}

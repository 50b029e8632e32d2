/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/accept: four bytes of sizes, then lines, which are taken for
 * those of Accept-Encoding and for those of Accept. Whatever comes in,
 * - the coding chosen is there and acceptable, or else identity, and
 *   nothing that is there is more acceptable, or as much and smaller;
 * - lines that are joined by commas, split at them, or turned around, and
 *   letters of the other case, make no difference;
 * - what is excluded once stays excluded, and what is unknown or malformed
 *   changes nothing;
 * - JSON is preferred only where something asks for it.
 */
#include "base/buf.h"
#include "fields.h"
#include "hold.h"
#include "http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Values of one field, each in memory of its own. */
static struct fields
lines_of(struct slice name, struct slice text, char sep)
{
	struct fields f = {.count = 0};
	struct slice line;
	bool is_more = text.len > 0;

	while (is_more) {
		is_more = slice_cut(text, sep, &line, &text);
		fields_add(&f, name, line);
	}
	return f;
}

static struct accept
parse_and_free(struct fields f)
{
	struct accept accept = accept_parse(f.field, f.count);

	fields_free(&f);
	return accept;
}

static bool
is_same(struct accept a, struct accept b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static char
other_case(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return ascii_lower(c);
}

static void
check_choice(const struct accept *accept, const uint64_t size[CODINGS])
{
	enum coding best = accept_choose(accept, size);
	unsigned q = accept_q(accept, best);
	bool is_there = size[best] != CODING_ABSENT;

	hold(best < CODINGS && q <= 1000);
	hold((is_there && q > 0) || best == CODING_IDENTITY);
	for (enum coding c = 0; c < CODINGS; c++) {
		unsigned other = accept_q(accept, c);

		if (c == best || size[c] == CODING_ABSENT || other == 0)
			continue;
		hold(is_there && q > 0 && other <= q);
		hold(other < q || size[c] >= size[best]);
	}
}

static void
check_codings(struct slice text, const uint64_t size[CODINGS])
{
	const struct slice name = SLICE("Accept-Encoding");
	struct fields f = lines_of(name, text, '\n'), changed;
	struct accept whole = accept_parse(f.field, f.count), again;
	char *storage = malloc(text.len + 1);

	check_choice(&whole, size);

	/* turned around */
	changed = (struct fields){.count = f.count};
	for (size_t i = 0; i < f.count; i++)
		changed.field[i] = f.field[f.count - 1 - i];
	hold(is_same(whole, accept_parse(changed.field, f.count)));

	/* joined, and then split */
	for (size_t i = 0; i < text.len; i++)
		storage[i] = text.ptr[i] == '\n' ? ',' : text.ptr[i];
	again = parse_and_free(
	    lines_of(name, (struct slice){storage, text.len}, '\n'));
	hold(f.count == 64 || is_same(whole, again));
	changed = lines_of(name, (struct slice){storage, text.len}, ',');
	hold(changed.count == 64 ||
	     is_same(again, accept_parse(changed.field, changed.count)));
	fields_free(&changed);

	/* the other case */
	for (size_t i = 0; i < text.len; i++)
		storage[i] = other_case(text.ptr[i]);
	hold(is_same(whole,
		     parse_and_free(lines_of(
			 name, (struct slice){storage, text.len}, '\n'))));
	free(storage);

	if (f.count > 0 && f.count < 62) {
		fields_add(&f, name, SLICE("x-unknown;q=0.7, gzip;q=x, ;"));
		hold(is_same(whole, accept_parse(f.field, f.count)));
		fields_add(&f, name, SLICE("gzip;q=0, zstd;q=0"));
		again = accept_parse(f.field, f.count);
		hold(again.q[CODING_GZIP] == 0 && again.q[CODING_ZSTD] == 0 &&
		     again.q[CODING_BR] == whole.q[CODING_BR] &&
		     again.q[CODING_IDENTITY] == whole.q[CODING_IDENTITY]);
		check_choice(&again, size);
	}
	fields_free(&f);
}

static bool
contains_nocase(struct slice s, struct slice part)
{
	for (; s.len >= part.len; s = slice_skip(s, 1))
		if (slice_equal_nocase((struct slice){s.ptr, part.len}, part))
			return true;
	return false;
}

static void
check_listing(struct slice text)
{
	const struct slice name = SLICE("Accept");
	struct fields f = lines_of(name, text, '\n'), split;
	bool wants_json = accept_prefers_json(f.field, f.count);

	hold(!wants_json || contains_nocase(text, SLICE("application/json")) ||
	     contains_nocase(text, SLICE("application/*")) ||
	     contains_nocase(text, SLICE("*/*")));
	if (f.count == 1 && memchr(text.ptr, '"', text.len) == NULL) {
		split = lines_of(name, text, ',');
		hold(split.count == 64 ||
		     wants_json ==
			 accept_prefers_json(split.field, split.count));
		fields_free(&split);
	}
	if (f.count < 64) {
		fields_add(&f, name, SLICE("text/html"));
		hold(!accept_prefers_json(f.field, f.count));
	}
	fields_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t size[CODINGS];
	struct slice text;

	if (len < CODINGS)
		return 0;
	text = (struct slice){(const char *)data + CODINGS, len - CODINGS};
	for (size_t i = 0; i < CODINGS; i++)
		size[i] = data[i] < 0xf0 ? data[i] : CODING_ABSENT;
	check_codings(text, size);
	check_listing(text);
	return 0;
}

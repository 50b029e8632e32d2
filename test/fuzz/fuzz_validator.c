/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/validator: the facts of a file, then a list of entity tags.
 * Whatever comes in,
 * - the file's tag is an entity tag, differs from those that it has in
 *   other codings, and is strong only if the file is old enough;
 * - its date is written as one, read again as the same, and not later than
 *   now;
 * - what is taken off a list lies inside it, in order, and parses alone; a
 *   strong match is a weak one, and every match is mutual;
 * - a list that is written out again is read as the same.
 */
#include "fields.h"
#include "hold.h"
#include "http/date.h"
#include "http/validator.h"

#define TAGS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Takes the next size bytes of data, or zeroes. */
static void
take(struct slice *data, void *value, size_t size)
{
	memset(value, 0, size);
	if (data->len >= size)
		memcpy(value, data->ptr, size);
	*data = slice_skip(*data, size);
}

static struct validator_facts
take_facts(struct slice *data)
{
	struct validator_facts f;
	unsigned char how;
	signed char age;

	take(data, &f.inode, sizeof(f.inode));
	take(data, &f.size, sizeof(f.size));
	take(data, &f.seconds, sizeof(f.seconds));
	take(data, &f.nanoseconds, sizeof(f.nanoseconds));
	take(data, &how, sizeof(how));
	take(data, &age, sizeof(age));
	take(data, &f.now, sizeof(f.now));
	f.nanoseconds %= 1000000000;
	f.coding = how % CODINGS;
	f.is_live = how & 4;
	f.is_negotiated = how & 8;
	/* Near to each other is where it matters. */
	if (how & 16) {
		f.seconds %= INT64_C(1) << 40;
		f.now = f.seconds + age;
	}
	return f;
}

static void
check_made(const struct validator_facts *facts)
{
	struct validators v, other;
	struct etag tag, other_tag;
	struct validator_facts changed = *facts;
	char storage[256];
	struct buf out = BUF_OVER(storage);
	struct slice line, lines;
	int64_t date;

	validator_make(&v, facts);
	hold(v.etag_len <= ETAG_MAX);
	hold(etag_parse(validator_etag(&v), &tag));
	if (!tag.is_weak)
		hold(!facts->is_live && facts->seconds < facts->now &&
		     (facts->seconds < facts->now - 1 ||
		      facts->nanoseconds == 0));
	for (enum coding c = 0; c < CODINGS; c++) {
		changed.coding = c;
		changed.is_live =
		    c == facts->coding ? !facts->is_live : facts->is_live;
		validator_make(&other, &changed);
		hold(etag_parse(validator_etag(&other), &other_tag));
		hold(!etag_match_weak(&tag, &other_tag));
	}

	validator_add(&out, &v);
	hold(!out.overflow);
	lines = buf_slice(&out);
	hold(slice_cut(lines, '\n', &line, &lines));
	hold(slice_starts(line, SLICE("ETag: ")));
	hold(slice_cut(lines, '\r', &line, &lines));
	hold(slice_starts(line, SLICE("Last-Modified: ")));
	hold(date_parse(slice_skip(line, 15), facts->now, &date));
	hold(date == v.last_modified);
	hold(slice_equal(lines, SLICE("\n")));
	/* Before year 0, now is not a date either. */
	hold(date <= facts->now || facts->now < INT64_C(-62167219200));
	if (v.is_date_strong)
		hold(date == facts->seconds && date < facts->now);
}

static bool
is_inside(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	       (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

static void
write_tag(struct buf *out, const struct etag *tag)
{
	buf_add_str(out, out->len > 0 ? " , ," : "");
	buf_add_str(out, tag->is_weak ? "W/" : "");
	buf_add(out, tag->opaque);
}

static void
check_pair(const struct etag *a, const struct etag *b)
{
	hold(etag_match_weak(a, b) == etag_match_weak(b, a));
	hold(etag_match_strong(a, b) == etag_match_strong(b, a));
	hold(!etag_match_strong(a, b) || etag_match_weak(a, b));
	hold(!etag_match_strong(a, b) || !(a->is_weak || b->is_weak));
}

static void
check_list(struct slice whole)
{
	size_t cap = whole.len * 4 + 16, count = 0;
	struct buf out = {.data = malloc(cap), .cap = cap};
	struct slice list = whole, again;
	struct etag tags[TAGS], tag;

	while (count < TAGS && etag_next(&list, &tags[count]) == ETAG_TAKEN) {
		tag = tags[count];
		hold(is_inside(tag.opaque, whole));
		hold(tag.opaque.len >= 2);
		hold(memchr(tag.opaque.ptr + 1, '"', tag.opaque.len - 2) ==
		     NULL);
		if (count > 0)
			hold(tag.opaque.ptr > tags[count - 1].opaque.ptr);
		write_tag(&out, &tag);
		for (size_t i = 0; i <= count; i++)
			check_pair(&tag, &tags[i]);
		count++;
	}
	hold(!out.overflow);
	again = buf_slice(&out);
	for (size_t i = 0; i < count; i++) {
		hold(etag_next(&again, &tag) == ETAG_TAKEN);
		hold(tag.is_weak == tags[i].is_weak &&
		     etag_match_weak(&tag, &tags[i]));
	}
	hold(etag_next(&again, &tag) == ETAG_END);
	if (etag_parse(whole, &tag))
		hold(count == 1 && etag_match_weak(&tag, &tags[0]));
	free(out.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice rest = {(const char *)data, len}, list;
	struct validator_facts facts = take_facts(&rest);
	char *block;

	check_made(&facts);
	list = fields_exact(rest, &block);
	check_list(list);
	free(block);
	return 0;
}

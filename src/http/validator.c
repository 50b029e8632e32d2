/* SPDX-License-Identifier: ISC */
#include <assert.h>

#include "http/date.h"
#include "http/validator.h"

/* The first second of year 0 and the last of 9999: see date_add. */
#define DATE_FIRST INT64_C(-62167219200)
#define DATE_LAST INT64_C(253402300799)

/* etagc = %x21 / %x23-7E / obs-text (RFC 9110, section 8.8.3) */
static bool
is_etagc(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x21 && byte != '"' && byte != 0x7f;
}

/* entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE */
static bool
take_etag(struct slice *s, struct etag *tag)
{
	bool is_weak = slice_starts(*s, SLICE("W/"));
	struct slice rest = is_weak ? slice_skip(*s, 2) : *s;
	size_t n = 1;

	if (rest.len == 0 || rest.ptr[0] != '"')
		return false;
	while (n < rest.len && is_etagc(rest.ptr[n]))
		n++;
	if (n == rest.len || rest.ptr[n] != '"')
		return false;
	tag->opaque = (struct slice){rest.ptr, n + 1};
	tag->is_weak = is_weak;
	*s = slice_skip(rest, n + 1);
	return true;
}

bool
etag_parse(struct slice s, struct etag *tag)
{
	struct etag found;

	if (!take_etag(&s, &found) || s.len > 0)
		return false;
	*tag = found;
	return true;
}

enum etag_step
etag_next(struct slice *list, struct etag *tag)
{
	*list = slice_trim(*list);
	while (list->len > 0 && list->ptr[0] == ',')
		*list = slice_trim(slice_skip(*list, 1));
	if (list->len == 0)
		return ETAG_END;
	if (!take_etag(list, tag))
		return ETAG_MALFORMED;
	*list = slice_trim(*list);
	if (list->len > 0 && list->ptr[0] != ',')
		return ETAG_MALFORMED;
	return ETAG_TAKEN;
}

bool
etag_match_strong(const struct etag *a, const struct etag *b)
{
	return !a->is_weak && !b->is_weak && etag_match_weak(a, b);
}

bool
etag_match_weak(const struct etag *a, const struct etag *b)
{
	return slice_equal(a->opaque, b->opaque);
}

/*
 * now has no fraction, so a file is at least as old as this says. The
 * difference of two int64_t, of which the first is the larger, fits into
 * uint64_t.
 */
static bool
is_second_old(const struct validator_facts *facts)
{
	uint64_t age;

	if (facts->seconds >= facts->now)
		return false;
	age = (uint64_t)facts->now - (uint64_t)facts->seconds;
	return age > 1 || facts->nanoseconds == 0;
}

static void
add_etag(struct buf *out, const struct validator_facts *facts)
{
	static const struct slice marks[CODINGS] = {
	    [CODING_IDENTITY] = {"", 0},
	    [CODING_GZIP] = {"-gz", 3},
	    [CODING_BR] = {"-br", 3},
	    [CODING_ZSTD] = {"-zst", 4},
	};

	if (facts->is_live || !is_second_old(facts))
		buf_add(out, SLICE("W/"));
	buf_add_char(out, '"');
	buf_add_hex(out, facts->inode);
	buf_add_char(out, '-');
	buf_add_hex(out, facts->size);
	buf_add_char(out, '-');
	/* Wraps after 584 years, and may: it is no time any more. */
	buf_add_hex(out,
		    (uint64_t)facts->seconds * 1000000000 + facts->nanoseconds);
	buf_add(out, marks[facts->coding]);
	if (facts->is_live)
		buf_add(out, SLICE("-live"));
	buf_add_char(out, '"');
}

static int64_t
clamp(int64_t seconds)
{
	if (seconds < DATE_FIRST)
		return DATE_FIRST;
	return seconds > DATE_LAST ? DATE_LAST : seconds;
}

void
validator_make(struct validators *v, const struct validator_facts *facts)
{
	struct buf out = BUF_OVER(v->etag);

	*v = (struct validators){.now = facts->now};
	add_etag(&out, facts);
	assert(!out.overflow);
	v->etag_len = out.len;
	/* "the origin server MUST replace that value with the message
	 * origination date" (RFC 9110, section 8.8.2.1). */
	v->last_modified =
	    clamp(facts->seconds < facts->now ? facts->seconds : facts->now);
	v->has_last_modified = true;
	v->is_date_strong = facts->seconds < facts->now &&
			    facts->seconds == v->last_modified &&
			    !facts->is_live && !facts->is_negotiated;
}

struct slice
validator_etag(const struct validators *v)
{
	return (struct slice){v->etag, v->etag_len};
}

void
validator_add(struct buf *out, const struct validators *v)
{
	if (v->etag_len > 0) {
		buf_add(out, SLICE("ETag: "));
		buf_add(out, validator_etag(v));
		buf_add(out, SLICE("\r\n"));
	}
	if (v->has_last_modified) {
		buf_add(out, SLICE("Last-Modified: "));
		date_add(out, v->last_modified);
		buf_add(out, SLICE("\r\n"));
	}
}

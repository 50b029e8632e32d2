/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/field.h"
#include "http/range.h"

/* One range-spec, not yet held against a size. */
struct spec {
	bool is_suffix;
	uint64_t first, last; /* UINT64_MAX where last is not given */
	uint64_t suffix;
};

static struct slice
without_zeros(struct slice digits)
{
	while (digits.len > 1 && digits.ptr[0] == '0')
		digits = slice_skip(digits, 1);
	return digits;
}

/*
 * Reads 1*DIGIT. "recipients MUST anticipate potentially large decimal
 * numerals" (RFC 9110, section 14.1.2): what does not fit is as good as
 * the largest number that does, for no size is larger.
 */
static bool
parse_position(struct slice digits, uint64_t *position)
{
	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
	if (!slice_to_u64(digits, position))
		*position = UINT64_MAX;
	return true;
}

/* True if the number a is less than b, however long they are. */
static bool
is_less(struct slice a, struct slice b)
{
	a = without_zeros(a);
	b = without_zeros(b);
	return a.len != b.len ? a.len < b.len : memcmp(a.ptr, b.ptr, a.len) < 0;
}

/* int-range / suffix-range (RFC 9110, section 14.1.1) */
static bool
parse_spec(struct slice s, struct spec *spec)
{
	struct slice first, last;

	*spec = (struct spec){.last = UINT64_MAX};
	if (!slice_cut(s, '-', &first, &last))
		return false;
	if (first.len == 0) {
		spec->is_suffix = true;
		return parse_position(last, &spec->suffix);
	}
	if (!parse_position(first, &spec->first))
		return false;
	if (last.len == 0)
		return true;
	/* "An int-range is invalid if the last-pos value is present and less
	 * than the first-pos" (RFC 9110, section 14.1.1). */
	return parse_position(last, &spec->last) && !is_less(last, first);
}

/* What spec means for a size over 0. False if it is not satisfiable. */
static bool
satisfy(const struct spec *spec, uint64_t size, struct range_part *part)
{
	if (spec->is_suffix) {
		if (spec->suffix == 0)
			return false;
		part->first = spec->suffix < size ? size - spec->suffix : 0;
		part->last = size - 1;
		return true;
	}
	if (spec->first >= size)
		return false;
	part->first = spec->first;
	part->last = spec->last < size ? spec->last : size - 1;
	return true;
}

/* True if no byte lies between the two. No last is UINT64_MAX. */
static bool
do_touch(const struct range_part *a, const struct range_part *b)
{
	return a->first <= b->last + 1 && b->first <= a->last + 1;
}

static void
widen(struct range_part *part, const struct range_part *by)
{
	if (by->first < part->first)
		part->first = by->first;
	if (by->last > part->last)
		part->last = by->last;
}

static void
remove_part(struct ranges *r, size_t at)
{
	r->count--;
	memmove(&r->part[at], &r->part[at + 1],
		(r->count - at) * sizeof(r->part[0]));
}

/*
 * Adds a part: to the first that it touches, and then to that all the
 * others which it now touches too. False if there is no room.
 */
static bool
add_part(struct ranges *r, const struct range_part *part)
{
	size_t at = 0;

	while (at < r->count && !do_touch(&r->part[at], part))
		at++;
	if (at == r->count) {
		if (r->count == RANGE_PARTS_MAX)
			return false;
		r->part[r->count++] = *part;
		return true;
	}
	widen(&r->part[at], part);
	for (size_t i = at + 1; i < r->count;) {
		if (do_touch(&r->part[at], &r->part[i])) {
			widen(&r->part[at], &r->part[i]);
			remove_part(r, i);
		} else {
			i++;
		}
	}
	return true;
}

struct ranges
range_parse(struct slice value, uint64_t size)
{
	const struct ranges whole = {.kind = RANGE_WHOLE};
	struct ranges r = {.kind = RANGE_UNSATISFIABLE};
	struct slice unit, set, element;
	uint64_t left = size; /* of what may be asked for */
	bool is_empty = true;

	if (!slice_cut(value, '=', &unit, &set) ||
	    !slice_equal_nocase(unit, SLICE("bytes")) || size == 0)
		return whole;
	while (slice_next_element(&set, &element)) {
		struct range_part part;
		struct spec spec;

		/* "A ranges-specifier is invalid if it contains any range-spec
		 * that is invalid" (RFC 9110, section 14.1.1). */
		if (!parse_spec(element, &spec))
			return whole;
		is_empty = false;
		if (!satisfy(&spec, size, &part))
			continue;
		if (part.last - part.first >= left)
			return whole;
		left -= part.last - part.first + 1;
		if (!add_part(&r, &part))
			return whole;
		r.kind = RANGE_PARTS;
	}
	/* range-set = 1#range-spec */
	return is_empty ? whole : r;
}

struct ranges
range_select(const struct field *field, size_t count, enum method method,
	     uint64_t size)
{
	struct slice value;

	/* "GET is the only method for which range handling is defined" (RFC
	 * 9110, section 14.2) */
	if (method != METHOD_GET ||
	    field_find(field, count, SLICE("Range"), &value) != 1)
		return (struct ranges){.kind = RANGE_WHOLE};
	return range_parse(value, size);
}

void
range_add_content_range(struct buf *out, const struct range_part *part,
			uint64_t size)
{
	buf_add(out, SLICE("bytes "));
	buf_add_u64(out, part->first);
	buf_add_char(out, '-');
	buf_add_u64(out, part->last);
	buf_add_char(out, '/');
	buf_add_u64(out, size);
}

void
range_add_unsatisfied(struct buf *out, uint64_t size)
{
	buf_add(out, SLICE("bytes */"));
	buf_add_u64(out, size);
}

void
multipart_add_type(struct buf *out, const struct multipart *m)
{
	buf_add(out, SLICE("multipart/byteranges; boundary="));
	buf_add(out, m->boundary);
}

void
multipart_add_head(struct buf *out, const struct multipart *m,
		   const struct range_part *part)
{
	buf_add(out, SLICE("\r\n--"));
	buf_add(out, m->boundary);
	if (m->type.len > 0) {
		buf_add(out, SLICE("\r\nContent-Type: "));
		buf_add(out, m->type);
	}
	buf_add(out, SLICE("\r\nContent-Range: "));
	range_add_content_range(out, part, m->size);
	buf_add(out, SLICE("\r\n\r\n"));
}

void
multipart_add_end(struct buf *out, const struct multipart *m)
{
	buf_add(out, SLICE("\r\n--"));
	buf_add(out, m->boundary);
	buf_add(out, SLICE("--\r\n"));
}

static bool
is_boundary(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return s.len > 0 && s.len <= BOUNDARY_MAX;
}

static bool
add_up(uint64_t *sum, uint64_t n)
{
	if (n > UINT64_MAX - *sum)
		return false;
	*sum += n;
	return true;
}

bool
multipart_length(const struct multipart *m, const struct ranges *ranges,
		 uint64_t *length)
{
	char storage[MULTIPART_HEAD_MAX];
	struct buf out = BUF_OVER(storage);
	uint64_t sum = 0;

	if (!is_boundary(m->boundary))
		return false;
	/* What is sent is measured, so that it cannot differ. */
	for (size_t i = 0; i < ranges->count; i++) {
		const struct range_part *part = &ranges->part[i];

		buf_reset(&out);
		multipart_add_head(&out, m, part);
		if (out.overflow || !add_up(&sum, out.len) ||
		    !add_up(&sum, part->last - part->first) || !add_up(&sum, 1))
			return false;
	}
	buf_reset(&out);
	multipart_add_end(&out, m);
	if (out.overflow || !add_up(&sum, out.len))
		return false;
	*length = sum;
	return true;
}

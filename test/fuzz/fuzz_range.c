/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/range: eight bytes of size, of which the last may make it
 * small, then the value of a Range. Whatever comes in,
 * - each part lies inside the representation, no two overlap or touch, and
 *   together they are not longer than it is;
 * - of a small representation, they are the bytes that were asked for, as
 *   counted one by one, and where they are none, none was satisfiable;
 * - an empty element more makes no difference, and another range that is
 *   malformed makes the whole of it;
 * - the multipart/byteranges that is written is as long as was said.
 */
#include "fields.h"
#include "hold.h"
#include "http/range.h"

#define SMALL 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_parts(const struct ranges *r, uint64_t size)
{
	uint64_t sum = 0;

	hold((r->kind == RANGE_PARTS) == (r->count > 0));
	hold(r->count <= RANGE_PARTS_MAX);
	for (size_t i = 0; i < r->count; i++) {
		struct range_part a = r->part[i];

		hold(a.first <= a.last && a.last < size);
		hold(a.last - a.first < size - sum);
		sum += a.last - a.first + 1;
		for (size_t j = 0; j < i; j++) {
			struct range_part b = r->part[j];

			hold(a.last + 1 < b.first || b.last + 1 < a.first);
		}
	}
}

/* A number, or what is more than any small one. */
static uint64_t
number_of(struct slice digits)
{
	uint64_t n = 0;

	hold(digits.len > 0);
	for (size_t i = 0; i < digits.len; i++) {
		hold(digits.ptr[i] >= '0' && digits.ptr[i] <= '9');
		if (n < 1000000)
			n = n * 10 + (uint64_t)(digits.ptr[i] - '0');
	}
	return n;
}

/*
 * Marks what is asked for, given that all of value is well-formed, and
 * returns how many bytes that is, those counted twice that come twice.
 */
static uint64_t
mark(struct slice value, uint64_t size, bool marked[SMALL])
{
	struct slice unit, set, element, first, last;
	uint64_t asked = 0;

	hold(slice_cut(value, '=', &unit, &set));
	while (slice_next_element(&set, &element)) {
		hold(slice_cut(element, '-', &first, &last));
		for (uint64_t i = 0; i < size; i++) {
			bool is_in =
			    first.len == 0
				? size - i <= number_of(last)
				: i >= number_of(first) &&
				      (last.len == 0 || i <= number_of(last));

			marked[i] |= is_in;
			asked += is_in;
		}
	}
	return asked;
}

static void
check_bytes(const struct ranges *r, struct slice value, uint64_t size)
{
	bool marked[SMALL] = {false};
	uint64_t asked = mark(value, size, marked), sent = 0;

	hold((r->kind == RANGE_UNSATISFIABLE) == (asked == 0));
	hold(asked <= size);
	for (size_t i = 0; i < r->count; i++)
		for (uint64_t at = r->part[i].first; at <= r->part[i].last;
		     at++, sent++)
			hold(marked[at]);
	for (uint64_t i = 0; i < size; i++)
		sent -= marked[i];
	hold(sent == 0);
}

/* value with more behind it. Its ptr is the caller's to free. */
static struct slice
with(struct slice value, struct slice more)
{
	char *text = malloc(value.len + more.len);

	memcpy(text, value.ptr, value.len);
	memcpy(text + value.len, more.ptr, more.len);
	return (struct slice){text, value.len + more.len};
}

static void
check_more(const struct ranges *r, struct slice value, uint64_t size)
{
	struct slice longer = with(value, SLICE(", ,"));
	struct ranges again = range_parse(longer, size);

	hold(again.kind == r->kind && again.count == r->count &&
	     memcmp(again.part, r->part, r->count * sizeof(r->part[0])) == 0);
	free((char *)longer.ptr);
	longer = with(value, SLICE(",1"));
	hold(range_parse(longer, size).kind == RANGE_WHOLE);
	free((char *)longer.ptr);
}

static void
check_multipart(const struct ranges *r, uint64_t size)
{
	static char storage[(RANGE_PARTS_MAX + 1) * MULTIPART_HEAD_MAX + SMALL];
	struct buf out = BUF_OVER(storage);
	const struct multipart m = {SLICE("0123456789abcdef"),
				    SLICE("text/html; charset=utf-8"), size};
	uint64_t length, sent = 0;
	bool is_small = size <= SMALL;
	bool ok = multipart_length(&m, r, &length);

	/* No body is so long that it does not fit, but almost. */
	hold(ok || size > UINT64_MAX - sizeof(storage));
	for (size_t i = 0; i < r->count; i++) {
		uint64_t n = r->part[i].last - r->part[i].first + 1;

		multipart_add_head(&out, &m, &r->part[i]);
		if (is_small)
			for (; n > 0; n--)
				buf_add_char(&out, 'x');
		else
			sent += n;
	}
	multipart_add_end(&out, &m);
	hold(!out.overflow);
	hold(!ok || length == sent + out.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice value;
	struct ranges r;
	uint64_t size;
	char *block;

	if (len < sizeof(size))
		return 0;
	memcpy(&size, data, sizeof(size));
	if (data[7] & 1)
		size %= SMALL;
	value = fields_exact((struct slice){(const char *)data + 8, len - 8},
			     &block);
	r = range_parse(value, size);
	check_parts(&r, size);
	if (r.kind != RANGE_WHOLE) {
		if (size < SMALL)
			check_bytes(&r, value, size);
		check_more(&r, value, size);
	}
	if (r.kind == RANGE_PARTS)
		check_multipart(&r, size);
	free(block);
	return 0;
}

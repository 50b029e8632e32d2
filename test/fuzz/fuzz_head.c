/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/head: any bytes. Whatever comes in,
 * - the end of the head is found, not yet found, or the head is refused,
 *   and the same when the bytes come one by one or in two halves;
 * - of an accepted head, every slice lies inside it, methods and names are
 *   tokens, values are trimmed and hold no CR, LF or NUL;
 * - an accepted head that is written out again is parsed to the same.
 */
#include <string.h>

#include "base/buf.h"
#include "hold.h"
#include "http/head.h"

#define FIELDS 16

/* Small, so that inputs of the usual size come to them. */
static const struct head_limits limits = {
    .request_line = 256, .head = 2048, .fields = FIELDS};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum status
find_in_steps(struct head_scan *scan, struct slice bytes, size_t step)
{
	*scan = (struct head_scan){0};
	for (size_t len = 0;; len += step) {
		enum status status;

		if (len > bytes.len)
			len = bytes.len;
		status = head_find_end(scan, (struct slice){bytes.ptr, len},
				       &limits);
		hold((status != 0) == (scan->refusal != NULL));
		if (status || scan->end > 0 || len == bytes.len)
			return status;
	}
}

/*
 * Which refusal comes first may depend on the pieces: a line too long is
 * seen before its end, a line that ends wrongly is not.
 */
static void
check_steps(struct slice bytes, const struct head_scan *whole,
	    enum status status, size_t step)
{
	struct head_scan scan;
	enum status pieces = find_in_steps(&scan, bytes, step);

	hold((pieces != 0) == (status != 0));
	hold(status || scan.end == whole->end);
	hold(status || whole->end == 0 || scan.first == whole->first);
}

static bool
is_inside(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	       (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

static bool
holds(struct slice s, char c)
{
	return s.len > 0 && memchr(s.ptr, c, s.len) != NULL;
}

static void
check_head(const struct head *head, struct slice bytes)
{
	hold(head->field_count <= FIELDS);
	hold(is_inside(head->method, bytes) && is_token(head->method));
	hold(is_inside(head->target, bytes) && head->target.len > 0);
	hold(is_inside(head->version, bytes) && head->version.len > 0);
	hold(!holds(head->target, ' ') && !holds(head->version, ' '));
	for (size_t i = 0; i < head->field_count; i++) {
		struct field f = head->field[i];

		hold(is_inside(f.name, bytes) && is_token(f.name));
		hold(f.value.len == 0 || is_inside(f.value, bytes));
		hold(!holds(f.value, '\r') && !holds(f.value, '\n') &&
		     !holds(f.value, '\0'));
		hold(slice_equal(slice_trim(f.value), f.value));
	}
}

static void
write_head(struct buf *out, const struct head *head)
{
	buf_add(out, head->method);
	buf_add_char(out, ' ');
	buf_add(out, head->target);
	buf_add_char(out, ' ');
	buf_add(out, head->version);
	buf_add_str(out, "\r\n");
	for (size_t i = 0; i < head->field_count; i++) {
		buf_add(out, head->field[i].name);
		buf_add_str(out, ": ");
		buf_add(out, head->field[i].value);
		buf_add_str(out, "\r\n");
	}
	buf_add_str(out, "\r\n");
}

static void
check_same(const struct head *a, const struct head *b)
{
	hold(slice_equal(a->method, b->method));
	hold(slice_equal(a->target, b->target));
	hold(slice_equal(a->version, b->version));
	hold(a->field_count == b->field_count);
	for (size_t i = 0; i < a->field_count; i++) {
		hold(slice_equal(a->field[i].name, b->field[i].name));
		hold(slice_equal(a->field[i].value, b->field[i].value));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* One blank more in each field than a head of that size has. */
	static char storage[2048 + FIELDS];
	/* The blanks must not make it longer than the limit. */
	const struct head_limits wide = {256, sizeof(storage), FIELDS};
	struct slice bytes = {(const char *)data, len};
	struct buf out = BUF_OVER(storage);
	struct field fields[FIELDS], again_fields[FIELDS];
	struct head head = {.field = fields};
	struct head again = {.field = again_fields};
	struct head_scan scan = {0}, again_scan = {0};
	enum status status = head_find_end(&scan, bytes, &limits);

	check_steps(bytes, &scan, status, 1);
	check_steps(bytes, &scan, status, len / 2 + 1);
	if (status || scan.end == 0)
		return 0;
	hold(scan.first < scan.end && scan.end <= len &&
	     scan.end - scan.first <= limits.head);
	bytes = (struct slice){bytes.ptr + scan.first, scan.end - scan.first};
	status = head_parse(&head, bytes, &limits);
	hold((status != 0) == (head.refusal != NULL));
	if (status)
		return 0;
	check_head(&head, bytes);
	write_head(&out, &head);
	hold(!out.overflow);
	hold(head_find_end(&again_scan, buf_slice(&out), &wide) == 0);
	hold(again_scan.first == 0 && again_scan.end == out.len);
	hold(head_parse(&again, buf_slice(&out), &wide) == 0);
	check_same(&head, &again);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <string.h>

#include "conn/reader.h"

/*
 * One read. A page that is never written to costs an idle process
 * nothing, so the whole buffer is not offered at once.
 */
#define READ_MAX (16 * 1024)

void
reader_init(struct reader *r, struct stream *stream, char *data, size_t cap)
{
	*r = (struct reader){.stream = stream, .data = data, .cap = cap};
}

struct slice
reader_bytes(const struct reader *r)
{
	return (struct slice){r->data + r->start, r->end - r->start};
}

void
reader_take(struct reader *r, size_t n)
{
	assert(n <= r->end - r->start);
	r->start += n;
}

static void
move_down(struct reader *r)
{
	size_t len = r->end - r->start;

	if (len > 0 && r->start > r->floor)
		memmove(r->data + r->floor, r->data + r->start, len);
	r->start = r->floor;
	r->end = r->floor + len;
}

struct slice
reader_hold(struct reader *r, size_t n)
{
	struct slice held;

	assert(r->floor == 0 && n <= r->end - r->start);
	/* What is held cannot be moved, so there must be room behind it. */
	if (r->start + n > HEAD_CAP)
		move_down(r);
	held = (struct slice){r->data + r->start, n};
	r->start += n;
	r->floor = r->start;
	return held;
}

void
reader_release(struct reader *r)
{
	r->floor = 0;
}

ssize_t
reader_fill(struct reader *r, int64_t deadline)
{
	size_t room;
	ssize_t n;

	if (r->start == r->end || r->cap - r->end < READ_MAX)
		move_down(r);
	room = r->cap - r->end;
	assert(room > 0);
	n = stream_read(r->stream, r->data + r->end,
			room < READ_MAX ? room : READ_MAX, deadline);
	if (n > 0)
		r->end += (size_t)n;
	return n;
}

/* SPDX-License-Identifier: ISC */
#include "conn/stream.h"
#include "base/clock.h"

static int
note_error(struct stream *s, int error)
{
	if (error && !s->error) {
		s->error = error;
		buf_reset(&s->out);
	}
	return s->error;
}

ssize_t
stream_read(struct stream *s, void *dst, size_t cap, int64_t deadline)
{
	int error = deadline == IMMEDIATELY ? s->error : stream_flush(s);

	return error ? error : s->ops->read(s, dst, cap, deadline);
}

int
stream_send(struct stream *s, enum stream_more more)
{
	struct slice bytes = buf_slice(&s->out);

	if (s->error || bytes.len == 0)
		return s->error;
	if (note_error(s, s->ops->write(s, bytes, more)))
		return s->error;
	buf_reset(&s->out);
	return 0;
}

int
stream_flush(struct stream *s)
{
	return stream_send(s, STREAM_LAST);
}

int
stream_finish(struct stream *s)
{
	return s->ops->finish != NULL ? s->ops->finish(s) : stream_flush(s);
}

int
stream_reserve(struct stream *s, size_t room)
{
	if (s->out.cap - s->out.len >= room)
		return s->error;
	return stream_send(s, STREAM_MORE);
}

int
stream_write(struct stream *s, struct slice bytes)
{
	while (bytes.len > 0 && !s->error) {
		struct slice part = bytes;
		size_t room = buf_room(&s->out);

		if (part.len > room)
			part.len = room;
		buf_add(&s->out, part);
		bytes = slice_skip(bytes, part.len);
		if (bytes.len > 0)
			stream_send(s, STREAM_MORE);
	}
	return s->error;
}

int
stream_send_file(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	if (stream_send(s, len > 0 ? STREAM_MORE : STREAM_LAST) || len == 0)
		return s->error;
	return note_error(s, s->ops->send_file(s, fd, offset, len));
}

void
stream_linger(struct stream *s, uint64_t max, int64_t deadline)
{
	char scratch[4096];

	if (stream_flush(s))
		return;
	s->ops->end_output(s);
	while (max > 0) {
		ssize_t n = s->ops->read(s, scratch, sizeof(scratch), deadline);

		if (n <= 0)
			return;
		max -= (uint64_t)n < max ? (uint64_t)n : max;
	}
}

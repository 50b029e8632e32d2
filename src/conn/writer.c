/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/fields.h"
#include "conn/writer.h"
#include "http/date.h"

/* What a head needs beside the response's own fields and those of rules. */
#define HEAD_ROOM 512

void
writer_init(struct writer *w, struct stream *stream, const struct rules *rules,
	    struct gzip *gzip, char *block)
{
	*w = (struct writer){.stream = stream,
			     .rules = rules,
			     .gzip = gzip,
			     .block = block,
			     .date_second = INT64_MIN};
}

/* RFC 9112, section 6.3, number 1; RFC 9110, section 8.6. */
static bool
allows_content(int status)
{
	return status >= 200 && status != STATUS_NO_CONTENT &&
	       status != STATUS_NOT_MODIFIED;
}

static void
add_status_line(struct buf *out, int status)
{
	buf_add(out, SLICE("HTTP/1.1 "));
	buf_add_u64(out, (uint64_t)status);
	buf_add_char(out, ' ');
	buf_add_str(out, status_reason(status));
	buf_add(out, SLICE("\r\n"));
}

static struct slice
date_of_now(struct writer *w)
{
	int64_t now = clock_seconds();

	if (now != w->date_second) {
		struct buf date = BUF_OVER(w->date);

		date_add(&date, now);
		w->date_second = now;
	}
	return (struct slice){w->date, sizeof(w->date)};
}

static void
add_date(struct writer *w, struct buf *out, size_t before)
{
	buf_add(out, SLICE("Date: "));
	w->date_at = out->len - before;
	buf_add(out, date_of_now(w));
	buf_add(out, SLICE("\r\n"));
}

/* The lines that nearly every head begins with. */
static void
add_opening(struct writer *w, struct buf *out, const struct response *res,
	    const struct fields *fields)
{
	size_t before = out->len;

	add_status_line(out, res->status);
	if (!res->has_date)
		add_date(w, out, before);
	if (!res->has_server)
		fields_add(out, fields, SLICE("Server: perch\r\n"));
}

static void
add_opening_again(struct writer *w, struct buf *out, const struct response *res,
		  const struct fields *fields)
{
	struct buf opening = BUF_OVER(w->opening);

	/* For the second that it is. */
	date_of_now(w);
	if (w->opening_second != w->date_second ||
	    w->opening_status != res->status) {
		add_opening(w, &opening, res, fields);
		w->opening_len = opening.overflow ? 0 : opening.len;
		w->opening_second = w->date_second;
		w->opening_status = res->status;
		w->opening_date_at = w->date_at;
	}
	w->date_at = w->opening_date_at;
	if (w->opening_len > 0)
		buf_add(out, (struct slice){w->opening, w->opening_len});
	else
		add_opening(w, out, res, fields);
}

static void
add_framing(struct buf *out, const struct response *res, bool is_chunked)
{
	if (!allows_content(res->status))
		return;
	if (is_chunked) {
		fields_add_one(out, SLICE("Transfer-Encoding"),
			       SLICE("chunked"));
	} else if (res->length != LENGTH_UNKNOWN) {
		buf_add(out, SLICE("Content-Length: "));
		buf_add_u64(out, res->length);
		buf_add(out, SLICE("\r\n"));
	}
}

static int
add_head(struct writer *w, const struct writer_request *req,
	 const struct response *res, bool is_chunked)
{
	struct fields fields = {.rules = w->rules,
				.site = res->site_fields,
				.path = req->path,
				.content_path = req->content_path,
				.is_not_modified =
				    res->status == STATUS_NOT_MODIFIED};
	struct buf *out = &w->stream->out;
	size_t ruled = w->rules != NULL ? w->rules->header_len : 0;
	size_t before;

	if (stream_reserve(w->stream, HEAD_ROOM + res->fields.len +
					  res->site_fields.len + ruled))
		return w->stream->error;
	before = out->len;
	if (res->has_date || res->has_server || fields_are_ruled(&fields))
		add_opening(w, out, res, &fields);
	else
		add_opening_again(w, out, res, &fields);
	fields_add(out, &fields, buf_slice(&res->fields));
	fields_add_ruled(out, &fields);
	add_framing(out, res, is_chunked);
	if (res->close)
		fields_add_one(out, SLICE("Connection"), SLICE("close"));
	else if (req->minor == 0)
		fields_add_one(out, SLICE("Connection"), SLICE("keep-alive"));
	buf_add(out, SLICE("\r\n"));
	if (!out->overflow && !res->fields.overflow) {
		w->head = (struct slice){out->data + before, out->len - before};
		return 0;
	}
	out->len = before;
	out->overflow = false;
	return IO_INVALID;
}

/*
 * A small file is read right behind its head, so that both leave in one
 * write, and with those of other requests of a pipelined burst.
 */
static int
add_small_file(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	if (stream_reserve(s, (size_t)len))
		return s->error;
	while (len > 0) {
		ssize_t n =
		    pread(fd, buf_end(&s->out), (size_t)len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? IO_EOF : IO_FAILED;
		s->out.len += (size_t)n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int
send_part(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	return len <= SMALL_FILE_MAX ? add_small_file(s, fd, offset, len)
				     : stream_send_file(s, fd, offset, len);
}

/* multipart/byteranges (RFC 9110, section 14.6) */
static int
send_parts(struct stream *s, const struct response *res)
{
	for (size_t i = 0; i < res->ranges->count; i++) {
		const struct range_part *part = &res->ranges->part[i];
		int error = stream_reserve(s, MULTIPART_HEAD_MAX);

		if (error)
			return error;
		multipart_add_head(&s->out, res->multipart, part);
		error = send_part(s, res->file_fd, part->first,
				  part->last - part->first + 1);
		if (error)
			return error;
	}
	if (stream_reserve(s, MULTIPART_HEAD_MAX))
		return s->error;
	multipart_add_end(&s->out, res->multipart);
	return 0;
}

static int
add_chunk(struct stream *s, struct slice data)
{
	char storage[24];
	struct buf size = BUF_OVER(storage);

	buf_add_hex(&size, data.len);
	buf_add(&size, SLICE("\r\n"));
	stream_write(s, buf_slice(&size));
	stream_write(s, data);
	return stream_write(s, SLICE("\r\n"));
}

/*
 * Passes a source on; *first is its first block, if that was taken
 * already.
 */
static int
send_source(struct writer *w, const struct response *res,
	    const struct slice *first, bool is_chunked, uint64_t *content_sent)
{
	struct stream *s = w->stream;

	for (;;) {
		struct slice data;
		ssize_t n;

		if (first != NULL) {
			data = *first;
			first = NULL;
		} else {
			n = res->source->read(res->source, w->block,
					      WRITER_BLOCK);
			if (n < 0)
				return (int)n;
			data = (struct slice){w->block, (size_t)n};
		}
		if (data.len == 0)
			break;
		if (is_chunked ? add_chunk(s, data) : stream_write(s, data))
			return s->error;
		*content_sent += data.len;
	}
	return is_chunked ? stream_write(s, SLICE("0\r\n\r\n")) : 0;
}

static int
send_content(struct writer *w, const struct response *res,
	     const struct slice *first, bool is_chunked, uint64_t *content_sent)
{
	struct stream *s = w->stream;
	uint64_t before = s->sent + s->out.len;
	int error = 0;

	switch (res->content) {
	case CONTENT_NONE:
	case CONTENT_PROGRAM:
	case CONTENT_WEBSOCKET:
		return 0;
	case CONTENT_BYTES:
		error = stream_write(s, res->bytes);
		break;
	case CONTENT_FILE:
		error =
		    send_part(s, res->file_fd, res->file_offset, res->length);
		break;
	case CONTENT_PARTS:
		error = send_parts(s, res);
		break;
	case CONTENT_SOURCE:
		return send_source(w, res, first, is_chunked, content_sent);
	}
	*content_sent = s->sent + s->out.len - before;
	return error;
}

/* Puts the encoder between the content and the client. */
static int
put_encoder(struct writer *w, struct response *res)
{
	struct source *from = res->source;

	if (res->content == CONTENT_FILE) {
		file_source_init(&w->file, res->file_fd, res->file_offset,
				 res->length);
		from = &w->file.source;
	}
	if (!gzip_begin(w->gzip, from, res->length, res->gzip_level))
		return IO_FAILED;
	res->content = CONTENT_SOURCE;
	res->source = &w->gzip->source;
	res->length = LENGTH_UNKNOWN;
	return 0;
}

/* What a source has at once; our head need not wait for what comes later. */
static ssize_t
take_first(struct writer *w, const struct response *res, bool *is_taken)
{
	struct source *source = res->source;

	if (!res->is_raw && source->would_wait != NULL &&
	    source->would_wait(source))
		return 0;
	*is_taken = true;
	return source->read(source, w->block, WRITER_BLOCK);
}

int
writer_send(struct writer *w, const struct writer_request *req,
	    struct response *res, bool *head_sent, uint64_t *content_sent)
{
	bool has_content = allows_content(res->status) && !req->is_head;
	bool is_unknown, is_chunked, is_taken = false;
	struct slice first = {0};
	int error;

	if (res->gzip_level > 0 && (error = put_encoder(w, res)))
		return error;
	is_unknown =
	    res->content == CONTENT_SOURCE && res->length == LENGTH_UNKNOWN;
	is_chunked = is_unknown && req->minor >= 1 && !res->is_raw;

	/* Its first block before the head: if there is none, because the
	 * request's content is malformed, the answer is another one. */
	if (has_content && res->content == CONTENT_SOURCE) {
		ssize_t n = take_first(w, res, &is_taken);

		if (n < 0)
			return (int)n;
		first = (struct slice){w->block, (size_t)n};
	}
	if (!req->is_persistent || (is_unknown && !is_chunked))
		res->close = true;
	if (!res->is_raw && (error = add_head(w, req, res, is_chunked)))
		return error;
	*head_sent = true;
	if (!has_content)
		return 0;
	return send_content(w, res, is_taken ? &first : NULL, is_chunked,
			    content_sent);
}

int
writer_repeat(struct writer *w, struct slice answer, size_t date_at)
{
	struct slice date = date_of_now(w);
	struct buf *out = &w->stream->out;

	if (stream_reserve(w->stream, answer.len))
		return w->stream->error;
	buf_add(out, answer);
	memcpy(buf_end(out) - answer.len + date_at, date.ptr, date.len);
	return 0;
}

void
writer_interim(struct stream *stream, int status, struct slice fields)
{
	if (!stream_reserve(stream, 64 + fields.len)) {
		add_status_line(&stream->out, status);
		buf_add(&stream->out, fields);
		buf_add(&stream->out, SLICE("\r\n"));
	}
}

void
writer_continue(struct stream *stream)
{
	writer_interim(stream, STATUS_CONTINUE, SLICE(""));
}

void
writer_add_unavailable(struct buf *out, int64_t now, uint64_t retry_after)
{
	struct slice text = SLICE("503: too many connections, try later\n");

	add_status_line(out, STATUS_SERVICE_UNAVAILABLE);
	buf_add(out, SLICE("Date: "));
	date_add(out, now);
	buf_add(out, SLICE("\r\nServer: perch\r\nRetry-After: "));
	buf_add_u64(out, retry_after);
	buf_add(out, SLICE("\r\nContent-Type: text/plain; charset=utf-8\r\n"
			   "Content-Length: "));
	buf_add_u64(out, text.len);
	buf_add(out, SLICE("\r\nConnection: close\r\n\r\n"));
	buf_add(out, text);
}

/* SPDX-License-Identifier: ISC */
#ifndef MEMORY_STREAM_H
#define MEMORY_STREAM_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn/stream.h"
#include "http/http.h"

/* Bytes that grow. */
struct memory {
	char *ptr;
	size_t len, cap;
};

static inline void
memory_add(struct memory *m, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (m->len + len > m->cap) {
		m->cap = (m->len + len) * 2;
		m->ptr = realloc(m->ptr, m->cap);
		if (m->ptr == NULL)
			abort();
	}
	memcpy(m->ptr + m->len, bytes, len);
	m->len += len;
}

static inline struct slice
memory_slice(const struct memory *m)
{
	return (struct slice){m->ptr, m->len};
}

enum memory_kind { MEMORY_READ, MEMORY_WRITE, MEMORY_SEND_FILE, MEMORY_END };

/* One operation of a stream, and how things stood after it. */
struct memory_event {
	enum memory_kind kind;
	ssize_t result; /* as the operation's */
	size_t input_at, output_len;
};

/* More than any connection needs to notice that its input is over. */
#define READS_AT_END_MAX 16

/*
 * A stream whose client is memory: it sends input, in pieces as small as
 * is wished for, and output is what it was sent. Time does not pass: what
 * does not come now is the end, whatever the deadline. Set the fields in
 * the second part between memory_stream_init and the first operation.
 */
struct memory_stream {
	struct stream stream;
	struct slice input;
	size_t input_at;
	struct memory output;
	struct memory_event *event;
	size_t event_count, event_cap;
	unsigned reads, writes, sends, operations, reads_at_end;
	bool has_ended; /* end_output was called */
	int input_error;
	const char *breach; /* what the user of the stream did wrong, or NULL */

	size_t step;       /* one read yields so many bytes at most, 0: any */
	const size_t *cut; /* and never bytes from both sides of these */
	size_t cut_count;  /* offsets, which ascend */
	int at_end;        /* what reads return at the end: 0 or an io_error */
	unsigned fail_at;  /* this operation, from 1, fails; 0: none */
	int fail_with;     /* with this io_error; so do all later reads */
};

static inline void
memory_breach(struct memory_stream *m, bool is_breach, const char *what)
{
	if (is_breach && m->breach == NULL)
		m->breach = what;
}

/* Appends an event, and returns its result. */
static inline ssize_t
memory_note(struct memory_stream *m, enum memory_kind kind, ssize_t result)
{
	if (m->event_count == m->event_cap) {
		m->event_cap = m->event_cap * 2 + 16;
		m->event = realloc(m->event, m->event_cap * sizeof(*m->event));
		if (m->event == NULL)
			abort();
	}
	m->event[m->event_count++] =
	    (struct memory_event){kind, result, m->input_at, m->output.len};
	return result;
}

static inline bool
memory_fails(struct memory_stream *m)
{
	return ++m->operations == m->fail_at;
}

/* How much of the rest comes in one piece, cap at most. */
static inline size_t
memory_piece(const struct memory_stream *m, size_t cap)
{
	size_t n = m->input.len - m->input_at;

	for (size_t i = 0; i < m->cut_count; i++)
		if (m->cut[i] > m->input_at && m->cut[i] - m->input_at < n)
			n = m->cut[i] - m->input_at;
	if (m->step > 0 && n > m->step)
		n = m->step;
	return n < cap ? n : cap;
}

static inline ssize_t
memory_read(struct stream *s, void *dst, size_t cap, int64_t deadline)
{
	struct memory_stream *m = (struct memory_stream *)s;
	size_t n = memory_piece(m, cap);

	m->reads++;
	memory_breach(m, cap == 0, "a read of no bytes");
	memory_breach(m, s->out.len > 0 && deadline != IMMEDIATELY,
		      "a wait while output was pending");
	memory_breach(m, s->error != 0, "a read after the output failed");
	if (memory_fails(m))
		m->input_error = m->fail_with;
	if (n == 0 || m->input_error) {
		/* Nobody would ever come out of such a loop. */
		if (++m->reads_at_end > READS_AT_END_MAX)
			abort();
		return memory_note(m, MEMORY_READ,
				   m->input_error ? m->input_error : m->at_end);
	}
	memcpy(dst, m->input.ptr + m->input_at, n);
	m->input_at += n;
	return memory_note(m, MEMORY_READ, (ssize_t)n);
}

static inline void
memory_check_output(struct memory_stream *m)
{
	memory_breach(m, m->stream.error != 0, "output after an error");
	memory_breach(m, m->has_ended, "output after its end");
}

static inline int
memory_write(struct stream *s, struct slice bytes, enum stream_more more)
{
	struct memory_stream *m = (struct memory_stream *)s;

	(void)more;
	m->writes++;
	memory_check_output(m);
	memory_breach(m, bytes.len == 0, "a write of no bytes");
	if (memory_fails(m))
		return (int)memory_note(m, MEMORY_WRITE, m->fail_with);
	memory_add(&m->output, bytes.ptr, bytes.len);
	s->sent += bytes.len;
	return (int)memory_note(m, MEMORY_WRITE, 0);
}

static inline int
memory_send_file(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	struct memory_stream *m = (struct memory_stream *)s;

	m->sends++;
	memory_check_output(m);
	memory_breach(m, s->out.len > 0, "a file sent before what is pending");
	if (memory_fails(m))
		return (int)memory_note(m, MEMORY_SEND_FILE, m->fail_with);
	while (len > 0) {
		char block[16384];
		size_t want = len < sizeof(block) ? (size_t)len : sizeof(block);
		ssize_t n = pread(fd, block, want, (off_t)offset);

		if (n <= 0)
			return (int)memory_note(m, MEMORY_SEND_FILE,
						n == 0 ? IO_EOF : IO_FAILED);
		memory_add(&m->output, block, (size_t)n);
		s->sent += (uint64_t)n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return (int)memory_note(m, MEMORY_SEND_FILE, 0);
}

static inline void
memory_end_output(struct stream *s)
{
	struct memory_stream *m = (struct memory_stream *)s;

	memory_check_output(m);
	m->has_ended = true;
	memory_note(m, MEMORY_END, 0);
}

static inline bool
memory_has_input(struct stream *s)
{
	struct memory_stream *m = (struct memory_stream *)s;

	return m->input_at < m->input.len;
}

/* Sets m up with out_storage of OUT_CAP bytes for pending output. */
static inline void
memory_stream_init(struct memory_stream *m, struct slice input,
		   char *out_storage)
{
	static const struct stream_ops ops = {
	    memory_read,       memory_write,     memory_send_file,
	    memory_end_output, memory_has_input, NULL};

	*m = (struct memory_stream){
	    .stream = {.ops = &ops,
		       .in_fd = -1,
		       .out_fd = -1,
		       .out = {.data = out_storage, .cap = OUT_CAP}},
	    .input = input};
}

static inline void
memory_stream_free(struct memory_stream *m)
{
	free(m->output.ptr);
	free(m->event);
	m->output = (struct memory){0};
	m->event = NULL;
	m->event_count = m->event_cap = 0;
}

/* One response, as a client reads it that trusts the server in nothing. */
struct answer {
	int status;
	struct slice head;   /* from the status line to the empty line */
	struct slice framed; /* the content as it came, framing included */
	bool is_chunked, has_length, closes;
	uint64_t length;
	bool is_cut; /* the output ended before the content did */
};

static inline bool
answer_allows_content(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* HTTP-version SP 3DIGIT SP reason-phrase, at most as this server does. */
static inline const char *
answer_take_status(struct answer *a, struct slice line)
{
	uint64_t status;

	if (line.len < 14 || !slice_starts(line, SLICE("HTTP/1.1 ")) ||
	    line.ptr[12] != ' ' ||
	    !slice_to_u64((struct slice){line.ptr + 9, 3}, &status) ||
	    status < 100 || status > 599)
		return "a malformed status line";
	for (size_t i = 13; i < line.len; i++)
		if (line.ptr[i] < ' ' || line.ptr[i] > '~')
			return "a control character in a reason";
	a->status = (int)status;
	return NULL;
}

static inline const char *
answer_take_field(struct answer *a, struct slice line)
{
	struct slice name, value;

	if (!slice_cut(line, ':', &name, &value) || !is_token(name))
		return "a field without a name";
	if (value.len == 0 || value.ptr[0] != ' ')
		return "a field without a blank behind its colon";
	value = slice_skip(value, 1);
	for (size_t i = 0; i < value.len; i++)
		if (!is_field_char(value.ptr[i]))
			return "a control character in a field";
	if (slice_equal_nocase(name, SLICE("Content-Length"))) {
		if (a->has_length || !slice_to_u64(value, &a->length))
			return "a bad Content-Length";
		a->has_length = true;
	} else if (slice_equal_nocase(name, SLICE("Transfer-Encoding"))) {
		if (a->is_chunked || !slice_equal(value, SLICE("chunked")))
			return "a bad Transfer-Encoding";
		a->is_chunked = true;
	} else if (slice_equal_nocase(name, SLICE("Connection"))) {
		if (slice_equal(value, SLICE("close")))
			a->closes = true;
		else if (!slice_equal(value, SLICE("keep-alive")))
			return "a bad Connection";
	}
	return NULL;
}

static inline const char *
answer_take_head(struct answer *a, struct slice *rest)
{
	const char *end =
	    rest->len > 0 ? memmem(rest->ptr, rest->len, "\r\n\r\n", 4) : NULL;
	struct slice lines, line;
	const char *wrong;

	if (end == NULL)
		return "a head without an end";
	a->head = (struct slice){rest->ptr, (size_t)(end - rest->ptr) + 4};
	*rest = slice_skip(*rest, a->head.len);
	lines = (struct slice){a->head.ptr, a->head.len - 2};
	for (size_t i = 0; slice_cut(lines, '\n', &line, &lines); i++) {
		if (line.len == 0 || line.ptr[line.len - 1] != '\r')
			return "a line that ends in a bare LF";
		line.len--;
		wrong = i == 0 ? answer_take_status(a, line)
			       : answer_take_field(a, line);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

/*
 * Takes one chunk off rest. False if rest ends before it does; then data is
 * what there is of it.
 */
static inline bool
answer_next_chunk(struct slice *rest, struct slice *data, const char **wrong)
{
	struct slice line, behind;
	size_t size = 0;

	*data = (struct slice){0};
	if (!slice_cut(*rest, '\n', &line, &behind))
		return false;
	if (line.len < 2 || line.len > 8 || line.ptr[line.len - 1] != '\r' ||
	    (line.ptr[0] == '0' && line.len > 2)) {
		*wrong = "a malformed chunk size";
		return false;
	}
	for (size_t i = 0; i + 1 < line.len; i++) {
		int digit = hex_digit(line.ptr[i]);

		if (digit < 0) {
			*wrong = "a malformed chunk size";
			return false;
		}
		size = size * 16 + (size_t)digit;
	}
	*data =
	    (struct slice){behind.ptr, size < behind.len ? size : behind.len};
	behind = slice_skip(behind, data->len);
	if (behind.len < 2)
		return false;
	if (!slice_starts(behind, SLICE("\r\n"))) {
		*wrong = "a chunk longer than its size";
		return false;
	}
	*rest = slice_skip(behind, 2);
	return true;
}

static inline const char *
answer_take_chunks(struct answer *a, struct slice *rest)
{
	const char *start = rest->ptr, *wrong = NULL;
	struct slice data;

	for (;;) {
		if (!answer_next_chunk(rest, &data, &wrong)) {
			a->is_cut = true;
			*rest = slice_skip(*rest, rest->len);
			break;
		}
		if (data.len == 0)
			break;
	}
	a->framed = (struct slice){start, (size_t)(rest->ptr - start)};
	return wrong;
}

/*
 * Takes the first response off rest, interim ones being responses of their
 * own. Returns NULL, or what is wrong with it.
 */
static inline const char *
answer_next(struct slice *rest, bool is_head, struct answer *a)
{
	const char *wrong;

	*a = (struct answer){0};
	wrong = answer_take_head(a, rest);
	if (wrong != NULL)
		return wrong;
	if (a->has_length && a->is_chunked)
		return "both Content-Length and Transfer-Encoding";
	if (!answer_allows_content(a->status))
		return a->has_length || a->is_chunked
			   ? "framing where there is no content"
			   : NULL;
	if (!a->has_length && !a->is_chunked && !a->closes)
		return "content without an end";
	if (is_head)
		return NULL;
	if (a->is_chunked)
		return answer_take_chunks(a, rest);
	a->framed = *rest;
	if (a->has_length && a->length < rest->len)
		a->framed.len = (size_t)a->length;
	a->is_cut = a->has_length && a->framed.len < a->length;
	*rest = slice_skip(*rest, a->framed.len);
	return NULL;
}

/* Appends the content, without its framing. */
static inline void
answer_add_content(const struct answer *a, struct memory *out)
{
	struct slice rest = a->framed, data;
	const char *wrong = NULL;
	bool is_more = true;

	if (!a->is_chunked) {
		memory_add(out, rest.ptr, rest.len);
		return;
	}
	while (is_more && wrong == NULL) {
		is_more = answer_next_chunk(&rest, &data, &wrong);
		memory_add(out, data.ptr, data.len);
		is_more = is_more && data.len > 0;
	}
}

#endif

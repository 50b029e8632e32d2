/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "conn/body.h"
#include "conn/writer.h"

static ssize_t
fail(struct body *b, int error, const char *why)
{
	b->error = error;
	b->refusal = why;
	return error;
}

/* A client that sends a drop now and then must not stay for ever. */
static bool
is_too_slow(struct body *b, int64_t waited_ms)
{
	int64_t window = b->limits->timeout_ms;

	b->waited_ms += waited_ms;
	if (window == 0 || b->waited_ms < window)
		return false;
	if (b->received - b->received_before <
	    b->limits->min_rate * (uint64_t)window / 1000)
		return true;
	b->waited_ms = 0;
	b->received_before = b->received;
	return false;
}

static int64_t
next_deadline(const struct body *b)
{
	return b->is_tried            ? IMMEDIATELY
	       : b->deadline != NEVER ? b->deadline
				      : clock_deadline(b->limits->timeout_ms);
}

/* What a read of the stream came to. Returns n, or the io_error. */
static ssize_t
note_read(struct body *b, ssize_t n, int64_t started)
{
	if (n == IO_LATER)
		return n;
	if (n < 0)
		return fail(b, (int)n, NULL);
	if (n == 0)
		return fail(b, IO_EOF, NULL);
	b->received += (uint64_t)n;
	if (is_too_slow(b, clock_ms() - started))
		return fail(b, IO_TIMEOUT, NULL);
	return n;
}

static ssize_t
fill(struct body *b)
{
	int64_t started = clock_ms();

	return note_read(b, reader_fill(b->reader, next_deadline(b)), started);
}

/* Reads content past the reader, which is empty, straight into dst. */
static ssize_t
read_directly(struct body *b, void *dst, size_t cap, uint64_t left)
{
	int64_t started = clock_ms();

	if (cap > left)
		cap = (size_t)left;
	return note_read(
	    b, stream_read(b->reader->stream, dst, cap, next_deadline(b)),
	    started);
}

static ssize_t
take_buffered(struct body *b, void *dst, struct slice bytes)
{
	memcpy(dst, bytes.ptr, bytes.len);
	reader_take(b->reader, bytes.len);
	return (ssize_t)bytes.len;
}

static ssize_t
read_length(struct body *b, void *dst, size_t cap)
{
	struct slice bytes = reader_bytes(b->reader);
	ssize_t n;

	if (b->left == 0)
		return 0;
	if (bytes.len > b->left)
		bytes.len = (size_t)b->left;
	if (bytes.len > cap)
		bytes.len = cap;
	n = bytes.len > 0 ? take_buffered(b, dst, bytes)
			  : read_directly(b, dst, cap, b->left);
	if (n > 0)
		b->left -= (uint64_t)n;
	return n;
}

static ssize_t
read_chunked(struct body *b, void *dst, size_t cap)
{
	for (;;) {
		struct slice bytes = reader_bytes(b->reader);
		struct slice rest = bytes, data;
		uint64_t left = chunked_data_left(&b->chunked);
		ssize_t n;

		if (bytes.len == 0 && left > 0) {
			n = read_directly(b, dst, cap, left);
			if (n > 0)
				chunked_took(&b->chunked, (uint64_t)n);
			return n;
		}
		if (rest.len > cap)
			rest.len = bytes.len = cap;
		switch (chunked_next(&b->chunked, &rest, &data)) {
		case CHUNKED_HAS_DATA:
			memcpy(dst, data.ptr, data.len);
			reader_take(b->reader, bytes.len - rest.len);
			return (ssize_t)data.len;
		case CHUNKED_IS_DONE:
			reader_take(b->reader, bytes.len - rest.len);
			return 0;
		case CHUNKED_IS_INVALID:
			return fail(b, IO_INVALID, b->chunked.refusal);
		case CHUNKED_WANTS_MORE:
			reader_take(b->reader, bytes.len);
			if (reader_bytes(b->reader).len == 0 &&
			    (n = fill(b)) < 0)
				return n;
		}
	}
}

void
body_ask(struct body *b)
{
	if (b->expects_continue) {
		b->expects_continue = false;
		writer_continue(b->reader->stream);
	}
}

static ssize_t
body_read(struct source *self, void *dst, size_t cap)
{
	struct body *b = (struct body *)self;
	ssize_t n;

	if (b->error)
		return b->error;
	if (b->is_done)
		return 0;
	body_ask(b);
	n = b->framing == FRAMING_CHUNKED  ? read_chunked(b, dst, cap)
	    : b->framing == FRAMING_LENGTH ? read_length(b, dst, cap)
					   : 0;
	if (n > 0) {
		b->passed += (uint64_t)n;
		/* A length was held against the limit before it came here. A
		 * chunk is held against it whole, however little is there:
		 * the answer must not hang on how the bytes arrive. */
		if (b->framing == FRAMING_CHUNKED && b->limits->content > 0 &&
		    b->passed + chunked_data_left(&b->chunked) >
			b->limits->content)
			return fail(b, IO_TOO_LARGE,
				    "chunked content larger than the limit");
	}
	/* Nobody should have to ask once more to learn that. */
	b->is_done = n == 0 || (b->framing == FRAMING_LENGTH && b->left == 0);
	return n;
}

static ssize_t
read_nothing(struct source *self, void *dst, size_t cap)
{
	(void)self;
	(void)dst;
	(void)cap;
	return 0;
}

struct source *
body_none(void)
{
	static struct source none = {.read = read_nothing};

	return &none;
}

ssize_t
body_try(struct body *b, void *dst, size_t cap)
{
	ssize_t n;

	b->is_tried = true;
	n = body_read(&b->source, dst, cap);
	b->is_tried = false;
	return n;
}

bool
body_has_bytes(const struct body *b)
{
	return reader_bytes(b->reader).len > 0;
}

int
body_wait(struct body *b, int64_t ms, int64_t idle_ms)
{
	int64_t timeout = b->limits->timeout_ms;

	return (timeout > 0 && idle_ms >= timeout) || is_too_slow(b, ms)
		   ? (int)fail(b, IO_TIMEOUT, NULL)
		   : 0;
}

enum status
body_status(const struct body *b, const char **why)
{
	*why = b->refusal;
	switch (b->error) {
	case IO_INVALID:
		return STATUS_BAD_REQUEST;
	case IO_TOO_LARGE:
		return STATUS_CONTENT_TOO_LARGE;
	case IO_TIMEOUT:
		*why = "the content came too slowly";
		return STATUS_REQUEST_TIMEOUT;
	case IO_EOF:
		*why = "the connection ended inside the content";
		return STATUS_BAD_REQUEST;
	default:
		return STATUS_NONE;
	}
}

void
body_init(struct body *b, const struct request *req, struct reader *reader,
	  const struct body_limits *limits)
{
	*b = (struct body){.source.read = body_read,
			   .reader = reader,
			   .limits = limits,
			   .framing = req->framing,
			   .left = req->content_length,
			   .expects_continue = req->expects_continue,
			   .is_done = !request_has_content(req),
			   .deadline = NEVER,
			   .chunked = {.extension_max = limits->chunk_extension,
				       .trailer_max = limits->trailer}};
}

bool
body_is_withheld(const struct body *b)
{
	return b->expects_continue;
}

bool
body_drain(struct body *b)
{
	uint64_t before = b->passed;

	if (b->is_done)
		return true;
	if (b->error || b->expects_continue ||
	    (b->framing == FRAMING_LENGTH && b->left > b->limits->drain))
		return false;
	b->deadline = clock_deadline(b->limits->drain_ms);
	while (b->passed - before <= b->limits->drain) {
		char scratch[4096];
		ssize_t n = body_read(&b->source, scratch, sizeof(scratch));

		if (n <= 0)
			return n == 0;
	}
	return false;
}

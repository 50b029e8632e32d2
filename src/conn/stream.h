/* SPDX-License-Identifier: ISC */
#ifndef CONN_STREAM_H
#define CONN_STREAM_H

#include <poll.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"

/*
 * The client's connection: bytes in, bytes out, deadlines. What lies
 * behind it (a socket, two pipes, two files, memory in a test) is known
 * to its operations alone.
 *
 * Output is collected and sent in as few writes as possible. One rule
 * makes that safe: stream_read sends what is pending before it waits, so
 * a client never waits for bytes that are held back while we wait for
 * its own. The first error of the output sticks; later output is dropped
 * and returns it again.
 */
struct stream;

/* Whether more output follows at once: then TCP need not send a rest yet. */
enum stream_more { STREAM_LAST, STREAM_MORE };

struct stream_ops {
	/*
	 * Reads up to cap bytes, waiting until the deadline (clock_ms) at
	 * most. Returns how many, 0 at the end of input, or an io_error:
	 * IO_LATER only if the deadline is IMMEDIATELY.
	 */
	ssize_t (*read)(struct stream *s, void *dst, size_t cap,
			int64_t deadline);
	/* Writes all bytes. Returns 0 or an io_error. */
	int (*write)(struct stream *s, struct slice bytes,
		     enum stream_more more);
	/*
	 * Sends len bytes of a regular file from offset. Returns 0, IO_EOF
	 * if the file ended before that, or another io_error.
	 */
	int (*send_file)(struct stream *s, int fd, uint64_t offset,
			 uint64_t len);
	/*
	 * Tells the client that no more output comes; reading goes on. A
	 * pipe can only be told so by closing it.
	 */
	void (*end_output)(struct stream *s);
	/* True if there is input that was not read. */
	bool (*has_input)(struct stream *s);
	/*
	 * Sends what is pending, and whatever tells the client, in the bytes
	 * themselves, that it was all. NULL: nothing does.
	 */
	int (*finish)(struct stream *s);
};

/*
 * Who has more to look after while a stream waits for its client to take
 * output: wait is called in the place of poll, with what is waited for,
 * and does the same for it. It must not use the stream.
 */
struct stream_waiter {
	int (*wait)(struct stream_waiter *self, struct pollfd *p,
		    int timeout_ms);
};

struct stream {
	const struct stream_ops *ops;
	struct stream_waiter *waiter; /* or NULL */
	int in_fd, out_fd;            /* for poll, where there are any; or -1 */
	struct buf out; /* pending output, over the owner's OUT_CAP bytes */
	int error;      /* the first io_error of the output, or 0 */
	/* A read at once may yield something of which poll of in_fd says
	 * nothing. False again after one that has yielded nothing. */
	bool is_ready;
	/* Set by who has not sent all: the end of output must not look like
	 * that of something whole, where the two can be told apart. */
	bool breaks_off;
	uint64_t sent; /* bytes that operations have sent so far */
};

/* As ops->read; what is pending is sent first, if it may wait. */
ssize_t stream_read(struct stream *s, void *dst, size_t cap,
		    int64_t deadline) MUST_CHECK;

/* Appends bytes to the pending output; sends when it is full. */
int stream_write(struct stream *s, struct slice bytes);

/*
 * Makes sure that at least room bytes (OUT_CAP at most) can be appended to
 * s->out directly, by sending what is pending if they cannot.
 */
int stream_reserve(struct stream *s, size_t room) MUST_CHECK;

/* Sends what is pending, to be followed by more at once or not. */
int stream_send(struct stream *s, enum stream_more more);

/* Sends what is pending, to be followed by nothing. */
int stream_flush(struct stream *s);

/* Sends what is pending, the last there is: as ops->finish. */
int stream_finish(struct stream *s);

/* Sends what is pending, then len bytes of the file from offset. */
int stream_send_file(struct stream *s, int fd, uint64_t offset,
		     uint64_t len) MUST_CHECK;

/*
 * Ends a connection so that the client can read what it was sent. A
 * socket that is closed while input is unread sends a reset, and that
 * takes along what the client has not read yet. Hence this sends what is
 * pending, ends the output, and reads the input, max bytes of it at most,
 * until the client ends it too or the deadline comes (RFC 9112, section
 * 9.6).
 */
void stream_linger(struct stream *s, uint64_t max, int64_t deadline);

/* How fast a client must read (RFC 9110 has no word on it; a server must). */
struct stream_pace {
	int64_t timeout_ms; /* the longest wait without progress, 0: for ever */
	uint64_t min_rate;  /* bytes a second while we wait, 0: any */
};

#endif

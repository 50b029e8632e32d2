/* SPDX-License-Identifier: ISC */
#ifndef CONN_STREAM_H
#define CONN_STREAM_H

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
	 * most. Returns how many, 0 at the end of input, or an io_error.
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
};

struct stream {
	const struct stream_ops *ops;
	struct buf out; /* pending output, over the owner's OUT_CAP bytes */
	int error;      /* the first io_error of the output, or 0 */
	uint64_t sent;  /* bytes that operations have sent so far */
};

ssize_t stream_read(struct stream *s, void *dst, size_t cap,
		    int64_t deadline) MUST_CHECK;

/* Appends bytes to the pending output; sends when it is full. */
int stream_write(struct stream *s, struct slice bytes);

/*
 * Makes sure that at least room bytes (OUT_CAP at most) can be appended to
 * s->out directly, by sending what is pending if they cannot.
 */
int stream_reserve(struct stream *s, size_t room) MUST_CHECK;

/* Sends what is pending. */
int stream_flush(struct stream *s);

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

/*
 * A stream over two descriptors, which stay the caller's. They may be one
 * socket, two pipes, two files, or any of these.
 *
 * Waiting for input costs no system call of its own where it can be left
 * to SO_RCVTIMEO, which is set once. Where a deadline is nearer than that
 * time-out, or the input is no socket, it is poll. Output never blocks:
 * it is tried, and poll waits if it would.
 */
struct fd_stream {
	struct stream stream;
	int in_fd, out_fd;
	enum fd_kind {
		FD_UNKNOWN,
		FD_SOCKET,
		FD_PIPE,
		FD_FILE
	} in_kind,
	    out_kind;
	int out_flags;    /* of out_fd as it was given; -1: not asked yet */
	int64_t armed_ms; /* SO_RCVTIMEO of in_fd; 0: none */
	struct stream_pace pace;

	/* The window in which the pace of the output is measured. */
	int64_t waited_ms;
	uint64_t taken_before;
};

/*
 * Sets f up over the descriptors, with out_storage of OUT_CAP bytes for
 * pending output. read_timeout_ms is the shortest time-out for reading
 * that will be usual; 0 if there is none.
 */
void fd_stream_init(struct fd_stream *f, int in_fd, int out_fd,
		    char *out_storage, struct stream_pace pace,
		    int64_t read_timeout_ms);

/*
 * The same over one connected socket whose options are already set, as
 * those of an accepted socket are that inherits its listener's:
 * SO_RCVTIMEO to read_timeout_ms, TCP_NODELAY. Makes no system call.
 */
void fd_stream_init_socket(struct fd_stream *f, int fd, char *out_storage,
			   struct stream_pace pace, int64_t read_timeout_ms);

/* Sets these options on a socket: a connected one, or a listener. */
void stream_set_options(int fd, int64_t read_timeout_ms);

#endif

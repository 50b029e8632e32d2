/* SPDX-License-Identifier: ISC */
#ifndef CONN_RELAY_H
#define CONN_RELAY_H

#include "conn/body.h"
#include "conn/complaint.h"
#include "http/cgi_head.h"
#include "serve/cgi.h"
#include "serve/process.h"

/* Limits of a program; a time of 0 is none. */
struct relay_limits {
	int64_t timeout_ms;    /* without a byte from or to it: 504 */
	int64_t continue_ms;   /* for its head, before 100 (Continue) */
	int64_t half_close_ms; /* its silence, once the client has ended */
	int64_t grace_ms;      /* between SIGTERM and SIGKILL */
	size_t head;           /* bytes; longer: 502 */
	uint64_t complaints;   /* bytes that are logged */
};

/*
 * What passes between a client and the program that answers it, both ways
 * at once. This is the only place where several descriptors are polled:
 * whenever somebody waits for the program's output, or the stream for its
 * client to take some, the request's content goes on to the program, what
 * the program says on its standard error goes to the log, and it is seen
 * when the program ends or the client leaves. Each direction has a buffer
 * of its own and stops where that is full; neither waits for the other.
 *
 *	client -> reader -> body -> content -> program's stdin
 *	client <- stream <- writer <- [gzip] <- output <- program's stdout
 */
struct relay {
	struct stream_waiter waiter;
	struct stream *stream;
	struct body *body;
	const struct relay_limits *limits;
	struct process process;
	int in, out, errors; /* the program's; -1: closed */

	/* Why it came to an end before the program's output did. */
	int error;           /* an io_error, or 0 */
	enum status status;  /* for who can still be told */
	const char *refusal; /* NULL: the client is gone */

	bool is_wanting;   /* content: the program could take more */
	bool is_blocked;   /* the client takes no output for now */
	bool has_left;     /* the client has ended its side */
	int64_t left_at;   /* clock_ms: when it did that */
	int64_t active_at; /* when the program last took or gave a byte */
	int64_t client_at; /* when content last came, or was first wanted */

	uint64_t dropped; /* bytes of content that the program did not take */
	size_t content_start, content_end; /* what is unwritten of content */
	struct complaint complaint;
	char content[CGI_CONTENT_MAX];
};

/*
 * Takes over the program that was started, with its descriptors. body is
 * the request's content. Until relay_end the stream may be written to,
 * and must not be read.
 */
void relay_begin(struct relay *r, const struct cgi_program *program,
		 struct stream *stream, struct body *body,
		 const struct relay_limits *limits,
		 struct slice (*remote)(void));

/*
 * Waits for *own until the deadline, or until something else has
 * happened, and looks after that. Returns true if *own is ready. r->error
 * may be set then.
 */
bool relay_step(struct relay *r, struct pollfd *own, int64_t deadline);

/*
 * Notes what went wrong, if nothing did before, and has the program
 * ended. Returns r->error.
 */
int relay_fail(struct relay *r, int error, enum status status, const char *why);

/* Closes a descriptor of the program, if it is open. */
void relay_close(int *fd);

/* Forgets a program that has ended or was killed. */
void relay_end(struct relay *r);

#endif

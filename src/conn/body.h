/* SPDX-License-Identifier: ISC */
#ifndef CONN_BODY_H
#define CONN_BODY_H

#include "conn/reader.h"
#include "http/chunked.h"
#include "http/request.h"

struct body_limits {
	uint64_t content;       /* bytes of content; more: 413 */
	size_t chunk_extension; /* bytes, over all chunks of one request */
	size_t trailer;         /* bytes */
	uint64_t drain;         /* unread bytes that are worth reading on */
	int64_t drain_ms;       /* and the time for it */
	int64_t timeout_ms;     /* without progress: 408 */
	uint64_t min_rate;      /* bytes a second while we wait; 0: any */
};

/*
 * The content of one request as a source, whatever its framing (RFC 9112,
 * sections 6 and 7): what arrives is passed on as it arrives. The first
 * read asks the client for it if it waits to be asked (RFC 9110, section
 * 10.1.1).
 */
struct body {
	struct source source;
	struct reader *reader;
	const struct body_limits *limits;
	enum framing framing;
	uint64_t left;   /* FRAMING_LENGTH: bytes to come */
	uint64_t passed; /* bytes of content that were read */
	struct chunked chunked;
	bool expects_continue; /* and it was not sent yet */
	bool is_done, is_tried;
	int error; /* the io_error that ended it, or 0 */

	int64_t deadline; /* absolute, while it is drained */
	int64_t waited_ms;
	/* Bytes that came in, now and when waited_ms was last 0. */
	uint64_t received, received_before;

	const char *refusal; /* why error is IO_INVALID or IO_TOO_LARGE */
};

/* Sets b up for a request, which it does not keep. */
void body_init(struct body *b, const struct request *req, struct reader *reader,
	       const struct body_limits *limits);

/* True if the client waits for 100 (Continue), and may send nothing. */
bool body_is_withheld(const struct body *b);

/* Content that is empty. */
struct source *body_none(void);

/*
 * Reads as the source does, but what is there: IO_LATER if that is
 * nothing. The client must not be waiting to be asked.
 */
ssize_t body_try(struct body *b, void *dst, size_t cap) MUST_CHECK;

/* Asks the client for the content, if it waits for that. */
void body_ask(struct body *b);

/* True if some content may be had without the stream's being read. */
bool body_has_bytes(const struct body *b);

/*
 * Notes that somebody has waited ms milliseconds for content, of which
 * the last idle_ms were without any. Returns 0, or IO_TIMEOUT if that is
 * too slow: then the content has ended.
 */
int body_wait(struct body *b, int64_t ms, int64_t idle_ms) MUST_CHECK;

/* The status for the error that content has ended with, and why. */
enum status body_status(const struct body *b, const char **why);

/*
 * Reads what is left, so that the next request can be read. False if it
 * is too much, comes too slowly or not at all, or is malformed: then the
 * connection cannot go on.
 */
bool body_drain(struct body *b);

#endif

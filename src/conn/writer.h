/* SPDX-License-Identifier: ISC */
#ifndef CONN_WRITER_H
#define CONN_WRITER_H

#include "conn/gzip.h"
#include "conn/stream.h"
#include "http/request.h"
#include "http/response.h"
#include "serve/rules.h"

/*
 * The one place that turns a response into bytes: status line, framing
 * (RFC 9112, section 6), what HEAD, 204 and 304 leave out, content.
 */
struct writer {
	struct stream *stream;
	const struct rules *rules; /* for the fields they set; may be NULL */
	struct gzip *gzip;
	struct file_source file; /* that is compressed */
	char *block;             /* WRITER_BLOCK bytes, the owner's */

	/* The Date of the second in which the last response was made. */
	int64_t date_second;
	char date[29];
	size_t date_at; /* where that is in head */
	/* How the last head began, if as those of most: the same again for
	 * the same status in the same second. */
	int64_t opening_second;
	int opening_status;
	size_t opening_len, opening_date_at;
	char opening[128];
	/* The last head, where it lies in the stream's storage: until more is
	 * added there. */
	struct slice head;
};

/* Content from a source passes in blocks of this many bytes at most. */
#define WRITER_BLOCK (32 * 1024)

void writer_init(struct writer *w, struct stream *stream,
		 const struct rules *rules, struct gzip *gzip, char *block);

/* What a request lets the writer do; for one that has none, all zeroes. */
struct writer_request {
	int minor;          /* of its HTTP version */
	bool is_head;       /* send no content */
	bool is_persistent; /* it offered to keep the connection */
	/* What rules go by: the request's path, and for fields about the
	 * content that of what is sent. Either may be empty. */
	struct slice path, content_path;
};

/*
 * Sends res, or adds it to what is pending. Sets res->close if the
 * response ends with the connection, and content_sent to the bytes of
 * content that were passed on. Returns 0, an io_error of the stream or of
 * reading the content. IO_INVALID, IO_TOO_LARGE, IO_TIMEOUT or IO_EOF
 * with content_sent 0 and *head_sent false say that a source failed
 * before anything of the response was sent: then another can be.
 */
int writer_send(struct writer *w, const struct writer_request *req,
		struct response *res, bool *head_sent,
		uint64_t *content_sent) MUST_CHECK;

/*
 * Adds an answer to what is pending that was sent before, or its head, with
 * the Date of now at that place. It has OUT_CAP bytes at most.
 */
int writer_repeat(struct writer *w, struct slice answer, size_t date_at);

/* Adds an interim response with these fields to what is pending. */
void writer_interim(struct stream *stream, int status, struct slice fields);

/* Sends an interim 100 (Continue) (RFC 9110, section 15.2.1). */
void writer_continue(struct stream *stream);

/*
 * Appends a complete answer that ends the connection, for a launcher that
 * has no process left to serve: status 503, Retry-After of so many
 * seconds, a short text.
 */
void writer_add_unavailable(struct buf *out, int64_t now, uint64_t retry_after);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_STREAM_H
#define CONN_TLS_STREAM_H

#include "conn/stream.h"
#include "conn/tls.h"

/*
 * A stream that is TLS over another one. The other waits, keeps deadlines
 * and the client's pace, and collects output: what a handshake says last
 * goes out with the first response, or before we wait for a request; if it
 * is tickets alone, after a moment of waiting.
 *
 * An end of input without a close_notify is IO_FAILED and not the end: a
 * request that was cut off is not taken for a whole one (RFC 8446, section
 * 6.1).
 */
struct tls_stream {
	struct stream stream;
	struct stream *under;
	void *ssl;
	struct slice early; /* was read from under before we had it */
	int64_t deadline;   /* for reading from under */
	enum stream_more more;
	int error;       /* the io_error of under that ended a call, or 0 */
	bool has_begun;  /* the client has sent something */
	bool is_cut;     /* the input has ended, without a word or with one */
	bool is_broken;  /* nothing more can be sent or read */
	bool has_closed; /* we have sent close_notify */
	bool holds_tickets; /* they are pending, and nothing else is */

	/* Where the kernel encrypts what is written to under. */
	void *socket; /* BIO; NULL: it cannot */
	bool is_offloaded;
	unsigned char record_type; /* of what is written next; 0: data */

	char out[4096]; /* of under, while TLS is spoken over it */
	char block[16384];
};

enum tls_start {
	TLS_STARTED,
	TLS_SAID_NOTHING, /* the client, before it ended or for too long */
	TLS_IS_HTTP,      /* a request came, and no TLS */
	TLS_FAILED,
};

/*
 * Shakes hands over under, whose output must be empty and which t owns
 * from then on, until the deadline; early is what was read from it too
 * much. If TLS_FAILED, *why tells what the log should say.
 */
enum tls_start tls_stream_start(struct tls_stream *t, struct tls *tls,
				struct stream *under, struct slice early,
				int64_t deadline, const char **why);

/*
 * Sends all that is pending, and close_notify, if that was not done. Without
 * it a client sees that a response was cut off which only the end of the
 * connection ends (RFC 9112, section 9.8): so none is sent if t->stream
 * breaks off.
 */
void tls_stream_close(struct tls_stream *t);

/* Prepares tls for streams. False if there is no memory. */
bool tls_stream_init(struct tls *tls);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_RECEIVER_H
#define CONN_RECEIVER_H

#include "conn/inbox.h"
#include "conn/reader.h"
#include "ws/deflate.h"

/* Answers to pings that may wait while other output is under way. */
#define RECEIVER_PONGS 2048

/*
 * What a WebSocket's client sends: frames, of which it makes messages in
 * the inbox. What else they say, and what is wrong with them, is noted for
 * whoever looks after the connection.
 */
struct receiver {
	struct reader *reader;
	struct frame_reader frames;
	struct inflater inflater;
	struct inbox inbox;
	bool is_deaf;       /* messages are dropped: nobody takes them */
	bool is_in_message; /* one was begun in the inbox */

	/* A piece that waits for room in the inbox. */
	struct frame_piece piece;
	bool has_piece;

	/* The answers to pings, as frames, for the owner to send and to
	 * empty; while they have no room nothing more is taken. */
	struct buf pongs;

	bool has_close; /* the client's close frame has come */
	unsigned close_code;
	size_t reason_len;
	char reason[CLOSE_REASON_MAX];

	bool has_ended;  /* the client sends no more */
	bool has_failed; /* the connection broke */

	enum close_code code; /* to fail the connection with, and why */
	const char *refusal;

	char pong_storage[RECEIVER_PONGS];
};

/* Sets r up; its reader, inbox and inflater are the caller's to set. */
void receiver_init(struct receiver *r, uint64_t message_max, bool has_deflate);

/*
 * Takes what was read already, as far as the inbox has room. Returns true
 * if all of it is taken, and more may be read.
 */
bool receiver_take(struct receiver *r);

/*
 * Reads once what is there, without waiting, if all was taken before.
 * Returns true if something came, or the end.
 */
bool receiver_read(struct receiver *r);

/* True if it makes sense to read. */
bool receiver_is_open(const struct receiver *r);

#endif

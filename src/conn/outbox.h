/* SPDX-License-Identifier: ISC */
#ifndef CONN_OUTBOX_H
#define CONN_OUTBOX_H

#include "conn/stream.h"
#include "ws/deflate.h"
#include "ws/frame.h"

/* Compressed bytes of one fragment. */
#define OUTBOX_BLOCK (16 * 1024)

/*
 * Messages to a WebSocket's client, as frames: each a single one, or, if it
 * is compressed, which makes its length known only at its end, as many
 * fragments as it takes. They collect in the stream's pending output.
 */
struct outbox {
	struct stream *stream;
	struct deflater deflater;
	bool has_deflate;
	uint64_t compressed_min; /* shorter messages are sent as they are */

	uint64_t sent; /* bytes of messages, before they are compressed */
	enum opcode opcode;
	bool is_compressed, is_begun;
	size_t len; /* of block */
	char *block;
};

/*
 * Sets o up; block has OUTBOX_BLOCK bytes if has_deflate, and the stream and
 * the deflater are the caller's to set.
 */
void outbox_init(struct outbox *o, bool has_deflate, uint64_t compressed_min,
		 char *block);

/*
 * Sends a message of len bytes, in any number of pieces. What is wrong with
 * the stream is seen there.
 */
void outbox_begin(struct outbox *o, enum opcode opcode, uint64_t len);
void outbox_add(struct outbox *o, struct slice bytes);
void outbox_end(struct outbox *o);

/* Sends a control frame; of a close, its payload is made of code. */
void outbox_control(struct outbox *o, enum opcode opcode, struct slice payload);
void outbox_close(struct outbox *o, unsigned code, struct slice reason);

#endif

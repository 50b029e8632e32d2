/* SPDX-License-Identifier: ISC */
#ifndef WS_FRAME_H
#define WS_FRAME_H

#include "base/buf.h"
#include "ws/close.h"
#include "ws/mask.h"

/* What a frame is (RFC 6455, section 5.2). */
enum opcode {
	OPCODE_CONTINUATION = 0x0,
	OPCODE_TEXT = 0x1,
	OPCODE_BINARY = 0x2,
	OPCODE_CLOSE = 0x8,
	OPCODE_PING = 0x9,
	OPCODE_PONG = 0xa,
};

/* The payload of a control frame in bytes at most (section 5.5). */
#define CONTROL_MAX 125

/* Two bytes, eight of length, the key; a server's frames have no key. */
#define CLIENT_HEAD_MAX 14
#define SERVER_HEAD_MAX 10

/* Bytes that someone else owns, and that may be changed in place. */
struct span {
	char *ptr;
	size_t len;
};

/*
 * Reader of a client's frames (RFC 6455, sections 5 and 7): a state
 * machine that may be given the bytes in pieces of any size. All zeroes
 * but for what the caller sets is the start of a connection.
 */
struct frame_reader {
	/*
	 * Set by the caller. A message whose frames announce more bytes
	 * than message_max is refused when they do, before its payload has
	 * come. That does not count for compressed messages: how large
	 * they are only inflating them tells, piece by piece.
	 */
	uint64_t message_max;
	bool has_deflate; /* permessage-deflate was agreed on */

	unsigned char head[CLIENT_HEAD_MAX];
	unsigned head_len;
	bool in_payload; /* of the frame that head begins */
	uint64_t left;   /* of this payload */
	uint64_t offset; /* in this payload */
	char control[CONTROL_MAX];

	/* The message that is open, between its frames too. */
	enum opcode message; /* OPCODE_CONTINUATION: none is */
	bool is_compressed;
	bool is_begun; /* a piece of it was handed out */
	uint64_t message_len;

	bool is_closed;
	enum close_code code; /* to fail the connection with, and why */
	const char *refusal;
};

enum frame_event {
	FRAME_WANTS_MORE,  /* all of in is consumed */
	FRAME_HAS_DATA,    /* the next piece of a message */
	FRAME_HAS_CONTROL, /* a whole ping, pong or close */
	FRAME_IS_CLOSED,   /* a close came before; discard all that follows */
	FRAME_IS_INVALID,  /* code and refusal say why; so does what follows */
};

/*
 * A piece of a message, or the whole payload of a control frame. Fragments
 * are not told apart: is_first is set on one piece of a message, is_last
 * on one, and a message in one frame that came in one read is one piece.
 * Only the last piece may be empty. Control frames may come between.
 */
struct frame_piece {
	enum opcode opcode; /* of the message or the control frame */
	bool is_compressed; /* the message is */
	bool is_first, is_last;
	struct slice bytes; /* unmasked */
};

/*
 * Consumes bytes from the front of in up to and with the next piece, which
 * is unmasked in place: its bytes lie inside what in was. Those of a
 * control frame lie in the reader, until the next call. What is wrong with
 * a head is found with the first byte that tells.
 */
enum frame_event frame_next(struct frame_reader *r, struct span *in,
			    struct frame_piece *piece);

/*
 * How many bytes of a message's payload come next without any framing
 * between: so many may be read to where the message is put together, and
 * are then given to frame_next there.
 */
uint64_t frame_data_left(const struct frame_reader *r);

/* Bits of a frame's first byte, to be combined. */
#define FRAME_FIN 0x80u        /* the last of its message */
#define FRAME_COMPRESSED 0x40u /* RSV1 (RFC 7692); on the first only */

/*
 * Appends the head of a server's frame with len bytes of payload, 2 to
 * SERVER_HEAD_MAX bytes, not masked. Several frames are built one behind
 * the other in out and leave in one write.
 */
void frame_add_head(struct buf *out, enum opcode opcode, unsigned bits,
		    uint64_t len);

/*
 * Appends a whole frame that is not compressed: pings, pongs, small texts.
 * Of one that does not fit nothing is appended, and out->overflow is set.
 */
void frame_add(struct buf *out, enum opcode opcode, struct slice payload);

/*
 * Appends a close frame like that, without a payload if code is
 * CLOSE_NO_STATUS. reason is UTF-8; of a longer one than CLOSE_REASON_MAX the
 * characters that fit are sent.
 */
void frame_add_close(struct buf *out, unsigned code, struct slice reason);

#endif

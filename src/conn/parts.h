/* SPDX-License-Identifier: ISC */
#ifndef CONN_PARTS_H
#define CONN_PARTS_H

#include "conn/outbox.h"
#include "ws/packet.h"
#include "ws/utf8.h"

/* Senders that may have sent some parts of a message and not the last. */
#define PARTS_SENDERS 256

#define PARTS_BLOCK (16 * 1024)
struct parts_block {
	uint32_t next; /* the block that follows it, or that is free too */
	uint32_t len;
	char bytes[PARTS_BLOCK - 8];
};

/*
 * Messages that a program sends in parts, each put together until it is
 * whole: between the parts of one may come those of others, and whole
 * messages, but no frame of a message may be sent within another.
 */
struct parts {
	struct parts_block *block; /* the owner's; touched as it is needed */
	uint32_t count, fresh;     /* blocks, and those never used begin here */
	uint32_t free;             /* the first that was used before */
	uint64_t message_max;
	const char *refusal;

	struct assembly {
		uint32_t sender;
		uint32_t first, last; /* blocks */
		uint64_t len;
		enum opcode opcode; /* OPCODE_CONTINUATION: not in use */
		struct utf8 utf8;
	} assembly[PARTS_SENDERS];
};

/* Sets p, which is all zeroes, up over bytes bytes at block. */
void parts_init(struct parts *p, void *block, uint64_t bytes,
		uint64_t message_max);

/*
 * Takes a part; if it is the last of its message, sends that. False if it
 * cannot be, and refusal says why.
 */
MUST_CHECK bool parts_take(struct parts *p, const struct packet *packet,
			   struct outbox *outbox);

#endif

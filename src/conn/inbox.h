/* SPDX-License-Identifier: ISC */
#ifndef CONN_INBOX_H
#define CONN_INBOX_H

#include "base/io.h"
#include "ws/close.h"
#include "ws/frame.h"
#include "ws/packet.h"
#include "ws/utf8.h"

/* Bytes of whole messages that may wait beside the one that comes. */
#define INBOX_QUEUE (128 * 1024)

/*
 * The messages of a WebSocket's client on their way to the program: those
 * that are whole wait to be sent, and behind them lies what has come of the
 * next one. The program sees none of a message before it is whole and
 * valid.
 *
 *	| sent | whole messages | the one that comes | free |
 *	0      start            ready                end    cap
 *
 * In lines a message waits as its line. In packets it waits as a record:
 * four bytes of length, kind, payload.
 */
struct inbox {
	bool is_packets, escapes;
	char *data; /* the owner's */
	size_t cap, start, ready, end;
	size_t high; /* end has been here */

	enum opcode opcode; /* of what comes */
	struct utf8 utf8;

	size_t in_parts;            /* of the first record, so much is sent */
	char ping[1 + CONTROL_MAX]; /* a packet that waits; one is enough */
	size_t ping_len;

	const char *refusal;
};

/* What data must hold for messages of max bytes. */
#define INBOX_CAP(max, escapes) ((max) * ((escapes) ? 2 : 1) + INBOX_QUEUE)

/* Sets in up over data. */
void inbox_init(struct inbox *in, bool is_packets, bool escapes, char *data,
		size_t cap);

/* Begins a message. Returns 0, or the code to fail with, and refusal. */
enum close_code inbox_begin(struct inbox *in, enum opcode opcode) MUST_CHECK;

/*
 * How many bytes may be written to inbox_end. If wanted are not, they will
 * be when what waits has been sent.
 */
size_t inbox_room(struct inbox *in, size_t wanted);
char *inbox_end(struct inbox *in);

/*
 * Takes n bytes that were written to inbox_end as the message's next.
 * Returns 0, or the code to fail with, and refusal.
 */
enum close_code inbox_take(struct inbox *in, size_t n) MUST_CHECK;

/* Ends the message, likewise. */
enum close_code inbox_finish(struct inbox *in) MUST_CHECK;

/* Tells the program of a ping, in packets; of several, the last. */
void inbox_add_ping(struct inbox *in, struct slice payload);

/* Drops what has come of a message that will not be finished. */
void inbox_drop_rest(struct inbox *in);

/* Drops all that waits. */
void inbox_drop(struct inbox *in);

/* True if there is something to be sent. */
bool inbox_is_waiting(const struct inbox *in);

enum inbox_result {
	INBOX_EMPTY, /* all of it is sent */
	INBOX_FULL,  /* the program takes no more for now */
	INBOX_GONE,  /* nor ever again */
};

/* Sends to fd, which does not block, as much as it takes. */
enum inbox_result inbox_send(struct inbox *in, int fd);

/*
 * Tells a program of packets, when all is sent, that no more comes, and
 * with what code and reason.
 */
enum inbox_result inbox_send_close(int fd, unsigned code, struct slice reason);

#endif

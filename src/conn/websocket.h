/* SPDX-License-Identifier: ISC */
#ifndef CONN_WEBSOCKET_H
#define CONN_WEBSOCKET_H

#include "conn/complaint.h"
#include "conn/receiver.h"
#include "conn/speech.h"
#include "serve/cgi.h"
#include "serve/process.h"

/* Limits and time-outs of a WebSocket; a time of 0 is none. */
struct websocket_limits {
	uint64_t message_max; /* bytes of one, either way */
	uint64_t parts;       /* bytes of the program's messages in parts */
	int64_t ping_ms;      /* of the client's silence, then it is pinged */
	int64_t pong_ms;      /* and when it is given up */
	int64_t grace_ms; /* for the program to end; then SIGTERM; SIGKILL */
	int64_t close_ms; /* for the client's close frame */
	bool escapes;     /* lines hold newlines and binary messages */
	bool has_no_deflate;
	uint64_t deflate_min; /* bytes; shorter messages are not compressed */
	uint64_t deflate_level, deflate_memory;  /* zlib's: 1 to 9 */
	uint64_t deflate_window, inflate_window; /* bits */
};

/*
 * A WebSocket, after its handshake: one client, one program, both
 * directions at once (RFC 6455). All its memory is mapped when it begins;
 * what the messages do not need is never touched:
 *
 *	client -> reader -> receiver -> inbox -> program
 *	client <- stream <- outbox <- speech <- program
 *
 * Each direction is bounded, and stops where that is full: a client that
 * does not read stops the program's writes, a program that does not read
 * stops our reads. While one is stopped the other goes on.
 */
struct websocket {
	struct stream_waiter waiter;
	const struct websocket_limits *limits;
	struct stream *stream;
	struct slice (*remote)(void);
	size_t mapped; /* bytes, with what lies behind this structure */

	struct process process;
	/* The program's; -1: closed. In packets in and out are one. */
	int in, out, errors;
	bool is_packets;

	enum phase {
		TALKING,
		PARTING, /* the program knows that it ends: last messages */
		CLOSED,  /* nothing more is sent: our close frame was */
	} phase;
	bool is_lost;      /* the client can be sent nothing */
	bool is_hung;      /* nor sends it any more than what is there */
	bool is_stuck;     /* what the client sends has no room */
	bool is_blocked;   /* the client takes nothing for now */
	bool has_said_all; /* the program */
	bool was_killed;   /* with its group */
	bool output_is_ended;
	bool client_is_ready, program_is_ready; /* poll says so */

	unsigned code;               /* of PARTING, for who is still there */
	int64_t heard_at, pinged_at; /* the client; 0: not since */
	int64_t term_at;             /* when the program is told by SIGTERM */
	int64_t conclude_at;         /* when it is not waited for further */
	int64_t closed_at;

	/* What few connections need is at the end of each, and on pages of
	 * its own. */
	struct outbox outbox;
	struct receiver receiver;
	struct speech speech;
	struct complaint complaint;
};

/*
 * Makes the WebSocket of a program that was started, which is its own from
 * here on; what it was started with is given back; remote and complaints are as
 * for complaint_init. NULL if there is no memory: then the program was killed.
 */
struct websocket *websocket_open(const struct websocket_limits *limits,
				 struct cgi_program *program,
				 struct slice (*remote)(void),
				 uint64_t complaints);

/*
 * Hands the program what waits for it, and at last, unless they are TALKING,
 * that it ends, which closes its input.
 */
void websocket_feed(struct websocket *w);

/* True if something waits for the program, or its end does. */
bool websocket_is_feeding(const struct websocket *w);

/* Notes that the program has closed its output. */
void websocket_end_output(struct websocket *w);

/* Gives the program its grace from now on, if that was not done before. */
void websocket_begin_end(struct websocket *w);

/*
 * Ends the program if that time is over, and once it has ended and nothing
 * more is sent, what it has left behind in its group.
 */
void websocket_press(struct websocket *w);

/* True if of the program nothing is left that could be waited for. */
bool websocket_is_program_done(const struct websocket *w);

/* Gives back the memory that large messages have needed. */
void websocket_shrink(struct websocket *w);

/* Forgets the program, which has ended or was killed, and frees w. */
void websocket_release(struct websocket *w);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_SPEECH_H
#define CONN_SPEECH_H

#include "conn/outbox.h"
#include "conn/parts.h"

/* Packets that are taken at once. */
#define SPEECH_PACKETS 8

/* Read from a program's output at once. */
#define SPEECH_READ (64 * 1024)

/* What data must hold for lines of max bytes. */
#define SPEECH_CAP(max, escapes) ((max) * ((escapes) ? 2 : 1) + SPEECH_READ)

/*
 * What a program says to a WebSocket's client: lines on its standard output,
 * or packets, of which messages are made.
 */
struct speech {
	struct outbox *outbox;
	bool is_packets, escapes;
	uint64_t message_max;

	/* Of lines, what has no end yet. */
	char *data;
	size_t cap, start, scanned, end, high;

	char *packets;    /* SPEECH_PACKETS times PACKET_MAX + 1 bytes */
	bool wants_close; /* the program has asked for it */
	unsigned close_code;
	size_t reason_len;
	char reason[CLOSE_REASON_MAX];

	const char *refusal;

	struct parts parts;
};

enum speech_result {
	SPEECH_GOES_ON, /* something came */
	SPEECH_PAUSES,  /* nothing, for now */
	SPEECH_ENDS,    /* nothing, nor ever again */
	SPEECH_IS_BAD,  /* refusal says why */
};

/*
 * Takes once what the program has said on fd, and sends what messages that
 * makes.
 */
enum speech_result speech_take(struct speech *s, int fd);

/* Sends a last line that has no end. False if it is bad. */
MUST_CHECK bool speech_finish(struct speech *s);

/* Takes once what there is, and drops it. */
enum speech_result speech_drop(struct speech *s, int fd);

#endif

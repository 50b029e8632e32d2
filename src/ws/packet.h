/* SPDX-License-Identifier: ISC */
#ifndef WS_PACKET_H
#define WS_PACKET_H

#include "base/io.h"
#include "ws/close.h"

/*
 * What passes between us and a program over a socket that keeps packets
 * apart (SOCK_SEQPACKET), both ways: perch-websocket(7). The first byte
 * says what a packet is:
 *
 *	't' 'b'   payload                   a text or binary message
 *	'T' 'B'   number(4) last(1) payload a part of one, by a sender
 *	'p'       payload                   a ping was seen
 *	'c'       code(2) reason            a close; or nothing behind 'c'
 *
 * Numbers are unsigned, the most significant byte first. So many senders
 * may use one socket: the kernel never mixes packets, and the parts of a
 * message are told from those of others by the sender's number.
 */
enum packet_kind {
	PACKET_TEXT = 't',
	PACKET_BINARY = 'b',
	PACKET_TEXT_PART = 'T',
	PACKET_BINARY_PART = 'B',
	PACKET_PING = 'p',
	PACKET_CLOSE = 'c',
};

/* Bytes of a packet's payload, of what stands before it, and together. */
#define PACKET_PAYLOAD_MAX 65536
#define PACKET_HEAD_MAX 6
#define PACKET_MAX (PACKET_HEAD_MAX + PACKET_PAYLOAD_MAX)

struct packet {
	enum packet_kind kind;
	uint32_t sender;      /* of a part */
	bool is_last;         /* part of its message; true of whole ones */
	struct slice payload; /* inside the packet */
	struct close close;   /* of PACKET_CLOSE */

	const char *refusal;
};

/*
 * Parses a packet that a program has sent. False if it is malformed, and
 * refusal says why: a ping is nothing that a program sends, either.
 */
MUST_CHECK bool packet_parse(struct packet *p, struct slice bytes);

/*
 * Writes what stands before the payload of a packet to head, and returns how
 * many bytes that is. Sender and is_last are of parts only.
 */
size_t packet_head(char head[PACKET_HEAD_MAX], enum packet_kind kind,
		   uint32_t sender, bool is_last);

#endif

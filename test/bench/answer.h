/* SPDX-License-Identifier: ISC */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that the head of a response may have, with a zero byte. */
#define ANSWER_HEAD_MAX 8192

/*
 * What is being read from a server: a response of HTTP/1, or the frames of a
 * WebSocket's message. It begins as zeros, and when an answer is whole it is
 * ready for the next.
 */
struct answer {
	bool in_body;
	bool is_last;    /* no other answer comes on this connection */
	bool is_chunked; /* then `tail` is the last of what has come */
	bool is_control; /* a frame that is no part of the message */
	char tail[7];
	uint64_t left;      /* bytes of the body, or of this frame */
	uint64_t len;       /* of the body, or of the message so far */
	uint64_t whole_len; /* of the last answer that was whole */
	size_t head_len;
	char head[ANSWER_HEAD_MAX];
};

enum answer_state {
	ANSWER_MORE,
	ANSWER_WHOLE,
	ANSWER_WRONG, /* answer->head is what was read */
};

/*
 * Reads of the `len` bytes what belongs to one response that must have this
 * `status`, and returns how many it took.
 */
size_t answer_read_response(struct answer *answer, int status,
			    const char *bytes, size_t len,
			    enum answer_state *state);

/* The same for a message that a server sends, in one frame or several. */
size_t answer_read_message(struct answer *answer, const char *bytes, size_t len,
			   enum answer_state *state);

#endif

/* SPDX-License-Identifier: ISC */
/* What a client gets, cut into responses, and whether it may be that. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
	char *ptr;
	size_t len, cap;
};

void append(struct bytes *b, const void *ptr, size_t len);

#define ANSWERS_MAX 32

struct answer {
	int status;
	const char *head;
	size_t head_len;
	struct bytes content; /* without chunks' framing */
	bool is_whole, is_last;
};

struct answers {
	struct answer answer[ANSWERS_MAX];
	size_t count;
};

/*
 * Cuts bytes, which stay, into responses to requests, of which the bits of
 * heads say which have method HEAD. What follows on a 101 is its content.
 */
void answers_read(struct answers *a, const struct bytes *bytes,
		  unsigned long heads);
void answers_free(struct answers *a);

/*
 * NULL, or what is wrong with a, where right[0] would be right, or one of the
 * count - 1 others. must_be_same: it must be right[0], and else each may be
 * one of them, or an error of the server's, or be missing or cut so that this
 * can be seen; a WebSocket may be closed early.
 */
const char *answers_check(const struct answers *a, const struct answers *right,
			  size_t count, bool must_be_same);

#endif

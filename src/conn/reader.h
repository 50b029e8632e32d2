/* SPDX-License-Identifier: ISC */
#ifndef CONN_READER_H
#define CONN_READER_H

#include "conn/stream.h"

/*
 * What has been read from the client and not been used yet. A head is
 * held in it while its request is served, since slices point there;
 * content behind it, and pipelined requests behind that, wait in it until
 * they are asked for. Nothing that was read is ever lost.
 *
 *	| held head | used | unread bytes | free |
 *	0           floor  start          end    cap
 */
struct reader {
	struct stream *stream;
	char *data; /* the owner's */
	size_t floor, start, end, cap;
};

/* What data must have room for: the largest head, and the next read. */
#define READER_CAP (HEAD_CAP + READ_AHEAD)

/* Sets r up over cap bytes at data, READER_CAP at least. */
void reader_init(struct reader *r, struct stream *stream, char *data,
		 size_t cap);

/* The unread bytes. */
struct slice reader_bytes(const struct reader *r);

/* Uses up the first n of them. */
void reader_take(struct reader *r, size_t n);

/*
 * Uses up the first n (HEAD_CAP at most), but keeps them in place until
 * reader_release. Nothing may be held before.
 */
struct slice reader_hold(struct reader *r, size_t n);
void reader_release(struct reader *r);

/*
 * Reads more, which may move the unread bytes. Returns how many came, 0
 * at the end of input, or an io_error.
 */
ssize_t reader_fill(struct reader *r, int64_t deadline) MUST_CHECK;

#endif

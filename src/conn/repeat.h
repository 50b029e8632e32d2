/* SPDX-License-Identifier: ISC */
#ifndef CONN_REPEAT_H
#define CONN_REPEAT_H

#include <sys/stat.h>

#include "conn/conn.h"

/*
 * What is asked for again on a connection, as polls and reloads do: the
 * answer is given again without being decided again, as long as
 * --file-cache-valid says. What it depends on in the file system may be
 * that much older than the answer, and nothing else may: the file, those
 * beside it, the rules of the site.
 *
 * A large file is not kept, but stays open, and is looked at before each
 * answer: where it has changed since the head was made, its name and its
 * permissions included, the answer is decided anew at once.
 */

/* A request that is being answered, whose answer may be worth to be kept. */
struct repeat {
	bool is_wanted;
	int64_t decided_ms; /* before anything was looked at */
	struct stat st;     /* of the file that was opened; zeroes: none */
	uint64_t sent;      /* what the stream had sent before */
	size_t pending;     /* and what it had still to send */
};

enum repeat_result {
	REPEAT_NONE, /* the answer must be decided */
	REPEAT_DONE,
	REPEAT_CUT /* the connection must end, the answer is not whole */
};

/*
 * Answers the request that is next in the reader, if it is one that was
 * answered before, whole.
 */
enum repeat_result repeat_answer(struct conn *c);

/* Before the answer to c's current request is decided. */
void repeat_begin(struct repeat *repeat, struct conn *c, struct exchange *x);

/*
 * When it was sent, or added to what is pending, and before its file is
 * closed. Keeps it if it is of one file that has not changed since it was
 * opened, and is short enough.
 */
void repeat_end(const struct repeat *repeat, struct conn *c,
		const struct exchange *x);

#endif

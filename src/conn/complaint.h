/* SPDX-License-Identifier: ISC */
#ifndef CONN_COMPLAINT_H
#define CONN_COMPLAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* A line of a program is cut behind so many bytes. */
#define COMPLAINT_MAX 1024

/*
 * What a program says on its standard error, on its way to the log: line
 * by line, each with the client and the request's id in front. However
 * much it is, all is taken and a bounded part of it written.
 */
struct complaint {
	struct slice (*remote)(void);
	struct slice id;
	uint64_t left; /* bytes that may still be written */
	size_t len;    /* of the line that has no end yet */
	bool is_cut;   /* the rest of that line is dropped */
	char line[COMPLAINT_MAX];
};

/* max is the most bytes of one program that are written. */
void complaint_init(struct complaint *c, struct slice (*remote)(void),
		    struct slice id, uint64_t max);

/* Takes what the program has said. */
void complaint_take(struct complaint *c, struct slice bytes);

/*
 * Takes what there is to be read from *fd, the other end of which is its
 * standard error, and which does not block; closes it at its end. False if
 * there is nothing, for now or at all.
 */
bool complaint_read(struct complaint *c, int *fd);

/* Writes a last line that has no end. */
void complaint_end(struct complaint *c);

#endif

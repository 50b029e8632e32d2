/* SPDX-License-Identifier: ISC */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * A file, read line by line through a small block, so that no more of it
 * is in memory than that. Block and descriptor are the caller's; all that
 * stands behind max starts as zero.
 *
 *	struct lines lines = {.fd = fd, .block = block, .cap = sizeof(block),
 *			      .max = 1024 * 1024};
 *
 *	while (lines_next(&lines, &line))
 *		...
 *	if (lines.error)
 *		...
 */
struct lines {
	int fd;
	char *block;
	size_t cap; /* a line and its LF fit, or the line is cut */
	size_t max; /* bytes of the whole file */

	size_t number;    /* of the line that was given last, from 1 */
	bool is_cut;      /* of that line only the begin was given */
	int error;        /* errno of read, or EFBIG for more than max */
	size_t len, used; /* bytes in the block, and of them given */
	size_t total;     /* bytes that were read */
	bool at_end;
};

/*
 * The next line, without its LF or CRLF; the last may have neither. It is
 * valid until the next call. False at the end of the file, or if it
 * cannot be read on.
 */
bool lines_next(struct lines *lines, struct slice *line);

#endif

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"

/* Moves what is left of the block to its begin, and reads more behind it. */
static void
fill(struct lines *lines)
{
	ssize_t n;

	memmove(lines->block, lines->block + lines->used,
		lines->len - lines->used);
	lines->len -= lines->used;
	lines->used = 0;
	do
		n = read(lines->fd, lines->block + lines->len,
			 lines->cap - lines->len);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		lines->error = errno;
		return;
	}
	lines->at_end = n == 0;
	lines->len += (size_t)n;
	lines->total += (size_t)n;
	/* It may have grown since somebody looked at its size. */
	if (lines->total > lines->max)
		lines->error = EFBIG;
}

/* The next line, or a piece of one that is longer than the block. */
static bool
next_piece(struct lines *lines, struct slice *piece, bool *is_last)
{
	while (!lines->error) {
		struct slice rest = {lines->block + lines->used,
				     lines->len - lines->used};
		bool has_lf = slice_cut(rest, '\n', piece, &rest);

		if (has_lf || lines->at_end || piece->len == lines->cap) {
			lines->used += piece->len + has_lf;
			*is_last = has_lf || lines->at_end;
			return has_lf || piece->len > 0;
		}
		fill(lines);
	}
	return false;
}

bool
lines_next(struct lines *lines, struct slice *line)
{
	bool is_last = !lines->is_cut;

	/* The caller is done with its begin; now the rest can go. */
	while (!is_last)
		if (!next_piece(lines, line, &is_last))
			return false;
	if (!next_piece(lines, line, &is_last))
		return false;
	lines->number++;
	lines->is_cut = !is_last;
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

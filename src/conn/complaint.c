/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conn/complaint.h"

void
complaint_init(struct complaint *c, struct slice (*remote)(void),
	       struct slice id, uint64_t max)
{
	c->remote = remote;
	c->id = id;
	c->left = max;
	c->len = 0;
	c->is_cut = false;
}

static void
write_line(struct complaint *c, struct slice text, bool is_cut)
{
	struct log_line line;

	log_begin(&line);
	buf_add(&line.text, c->remote());
	buf_add_str(&line.text, ": program ");
	buf_add(&line.text, c->id);
	buf_add_str(&line.text, ": ");
	buf_add(&line.text, text);
	if (is_cut)
		buf_add_str(&line.text, "...");
	log_end(&line, LOG_LEVEL_NOTICE);
}

/* The line is whole. Even an empty one has its price. */
static void
end_line(struct complaint *c)
{
	if (c->len < c->left) {
		c->left -= c->len + 1;
		write_line(c, (struct slice){c->line, c->len}, c->is_cut);
	} else {
		c->left = 0;
		write_line(c, SLICE("what it says further is dropped"), false);
	}
	c->len = 0;
	c->is_cut = false;
}

void
complaint_take(struct complaint *c, struct slice bytes)
{
	while (bytes.len > 0 && c->left > 0) {
		struct slice line, rest;
		bool is_whole = slice_cut(bytes, '\n', &line, &rest);

		if (line.len > sizeof(c->line) - c->len) {
			line.len = sizeof(c->line) - c->len;
			c->is_cut = true;
		}
		if (line.len > 0)
			memcpy(c->line + c->len, line.ptr, line.len);
		c->len += line.len;
		if (is_whole)
			end_line(c);
		bytes = rest;
	}
}

bool
complaint_read(struct complaint *c, int *fd)
{
	char block[4096];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, block, sizeof(block));
	if (n > 0) {
		complaint_take(c, (struct slice){block, (size_t)n});
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		/* What cannot be read would have poll spin. */
		close(*fd);
		*fd = -1;
	}
	return n > 0;
}

void
complaint_end(struct complaint *c)
{
	if (c->len > 0 && c->left > 0)
		end_line(c);
}

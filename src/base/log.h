/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/limits.h"

/*
 * The log: whole lines to stderr, each in one write. Where stderr is the
 * connection itself, as under every inetd, a line there would be read by
 * the client as part of the response; then lines go to /dev/log, and
 * nowhere if there is none. No byte below 0x20 or above 0x7e is ever
 * written raw: log_end escapes it as \xHH.
 *
 *	struct log_line line;
 *
 *	log_begin(&line);
 *	buf_add_str(&line.text, "cannot open ");
 *	buf_add(&line.text, path);
 *	log_end(&line, LOG_LEVEL_ERROR);
 */
enum log_level {
	LOG_LEVEL_ERROR = 3, /* syslog(3)'s numbers */
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

struct log_line {
	struct buf text;
	char storage[LOG_LINE_MAX];
};

/*
 * Names the program for its messages, and the connection's descriptors,
 * or -1. To be called once, before the first line; makes no system call:
 * where lines go is found out when there is one.
 */
void log_open(const char *program, int in_fd, int out_fd);

/*
 * Where stderr is the file "device:inode", as $JOURNAL_STREAM names the
 * journal of systemd, messages have their level in front: "<3>". NULL, or
 * another: they have none.
 */
void log_expect_journal(const char *stream);

/* Finds out where lines go now: for who cannot open anything later. */
void log_settle(void);

/* The descriptor that they go to, once that is found out; or -1. */
int log_descriptor(void);

/*
 * True if lines are datagrams, as syslog's are, or if standard error is a
 * socket for such: it could send to any other socket that has a name.
 */
bool log_has_datagrams(void);

/* Starts a message with the program's name. */
void log_begin(struct log_line *line);

/* Starts a line of the access log: nothing in front. */
void log_begin_access(struct log_line *line);

/* Writes the line; one that did not fit ends in "...". */
void log_end(struct log_line *line, enum log_level level);

/* A whole message: text, and if it is not NULL, ": " and detail. */
void log_message(enum log_level level, const char *text, const char *detail);

#endif

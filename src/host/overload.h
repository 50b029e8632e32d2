/* SPDX-License-Identifier: ISC */
#ifndef HOST_OVERLOAD_H
#define HOST_OVERLOAD_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/slice.h"

/*
 * What becomes of a connection that gets no process: it is told so with
 * a 503, as cheaply as can be, and the log is told once a second at most.
 *
 * A socket that is closed while input is unread sends a reset, and that
 * may take the 503 along. Hence refused sockets linger: their output is
 * ended, their input read and dropped until the client is done, or for a
 * short while. There is a ring of them; the oldest has to go when it is
 * full. They are looked at now and then: to poll so many would cost each
 * refusal more than all else.
 */
#define LINGER_MAX 64
#define LINGER_MS 2000
#define LINGER_LOOK_MS 20

struct overload {
	bool answers; /* or just closes: we do not know what is spoken */
	uint64_t retry_after;

	char page[512]; /* the 503, with the Date of page_second */
	size_t page_len;
	int64_t page_second;

	struct lingering {
		int fd; /* -1: none */
		int64_t deadline;
	} ring[LINGER_MAX];
	size_t next;  /* the oldest: the next to be overwritten */
	size_t count; /* that are not -1 */
	int64_t looked_at;

	/* What the log has not been told yet. */
	uint64_t refused;
	const char *reason, *detail;
	struct sockaddr_storage last;
	int64_t told_at;

	int64_t complained_at;
};

void overload_init(struct overload *o, bool answers, uint64_t retry_after);

/*
 * Gets rid of the connection fd, of peer, for that reason; detail may be
 * NULL. Both texts must stay.
 */
void overload_refuse(struct overload *o, int fd,
		     const struct sockaddr_storage *peer, const char *reason,
		     const char *detail);

/* Logs trouble that may come again and again: a line a second. */
void overload_complain(struct overload *o, const char *what,
		       const char *detail);

/* True if more are refused than can linger. */
bool overload_is_flood(const struct overload *o);

/* When overload_tend has something to do: clock_ms, or NEVER. */
int64_t overload_due(const struct overload *o);

/* Does what is due. */
void overload_tend(struct overload *o);

/* Closes all that linger. */
void overload_release(struct overload *o);

#endif

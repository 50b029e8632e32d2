/* SPDX-License-Identifier: ISC */
#ifndef HOST_REAPER_H
#define HOST_REAPER_H

#include "host/children.h"

/*
 * Who of a launcher's children has ended. Asked for any, the kernel looks
 * at each child, at those that serve idle connections too; asked for one,
 * at that alone. So each end sends a signal, which is blocked, and read
 * with the number of the process.
 *
 * Who was forked (host/fork.h) sends a real-time signal: they queue. A
 * program, or a fork of the image before, sends SIGCHLD, of which the
 * kernel keeps the first until it is read. Then others may have ended, and
 * each child is asked; the more there are the less often, so that it takes
 * a share of the time that has a bound. A signal can be lost altogether,
 * where RLIMIT_SIGPENDING is used up: hence all are asked once in a while
 * anyway.
 */
struct reaper {
	int fd;         /* signalfd */
	bool is_unsure; /* others than those who were read may have ended */
	int64_t asked_at;
};

/* The longest that an end may stay unknown, while reaper_reap is called. */
#define REAPER_MS 1000

/*
 * Blocks the signals for this thread and all that it starts from here on.
 * Returns 0 or an errno value.
 */
int reaper_init(struct reaper *r);

/*
 * Waits for all that have ended, as far as is known or it is time to ask,
 * and tells take of each. That must remove it from children, if it is
 * there.
 */
void reaper_reap(struct reaper *r, const struct children *children,
		 void (*take)(void *argument, pid_t pid, int status),
		 void *argument);

/* When (clock_ms) reaper_reap has to ask all of them; or NEVER. */
int64_t reaper_due(const struct reaper *r, const struct children *children);

#endif

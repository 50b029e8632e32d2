/* SPDX-License-Identifier: ISC */
#ifndef HOST_CRASH_H
#define HOST_CRASH_H

#include "host/children.h"
#include "host/overload.h"

/*
 * Clients whose processes have crashed. Forks share what an attacker has to
 * guess at, each wrong guess is a crash, and a search takes thousands: so
 * who has crashed some gets no further connection for a while, which
 * doubles with each crash. Other clients are not concerned.
 *
 * There is a fixed number of them; who has not crashed for longest is
 * forgotten first. Starts as all zeroes but for pause_ms.
 */
#define CRASHES_KEPT 256

/* Crashes that have no consequence: those of a fault that a client hit. */
#define CRASHES_FREE 3

/* Pauses do not grow beyond that, and who crashes none for twice as long
 * begins anew. */
#define CRASH_PAUSE_MAX_MS ((int64_t)3600 * 1000)

struct crashes {
	int64_t pause_ms; /* the first; 0: none */
	int64_t told_at;
	size_t count;
	struct crasher {
		uint64_t key; /* children_key */
		unsigned count;
		int64_t at, until; /* the last one, and its pause */
	} client[CRASHES_KEPT];
};

/*
 * Counts a crash at time now (clock_ms). Returns for how many milliseconds
 * the client of that key is to be refused from now on.
 */
int64_t crash_count(struct crashes *c, uint64_t key, int64_t now);

/* Why the client of that key is to be refused at time now; or NULL. */
const char *crash_why(const struct crashes *c, uint64_t key, int64_t now);

/*
 * Says by o that a child was killed by a signal, as status has it, and
 * counts it if it was a crash: not if it was told to end. Logs a pause, a
 * line a second at most.
 */
void crash_take(struct crashes *c, struct overload *o, pid_t pid, uint64_t key,
		int status);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_LAUNCHER_H
#define HOST_LAUNCHER_H

#include "host/children.h"
#include "host/crash.h"
#include "host/overload.h"
#include "host/reaper.h"
#include "host/reload.h"
#include "host/socket.h"

/* What is done for each connection, and for all of them. */
struct service {
	/* Serves the accepted socket, in a forked child. */
	void (*serve)(int fd);
	/* Looks after what is kept for all connections, and returns when
	 * (clock_ms) it is to be called again; or NULL. */
	int64_t (*tend)(void);
	/* Returns a memfd of the keys of tickets, for the next image, or
	 * -1; or NULL. */
	int (*store_tickets)(void);
};

/*
 * The process that accepts connections and gives each a process of its
 * own: one fork, one wait, and one look into the table of children for
 * each. It reads nothing that a client has sent, unless to drop it.
 */
struct launcher {
	const struct config *config;
	const struct service *service;
	int64_t tend_at;
	/* What is executed instead, if its path is not empty. */
	struct image program;

	struct listener listener[LISTENERS_MAX];
	size_t listener_count;
	struct children *children; /* in memory that a fork leaves out */
	struct crashes *crashes;   /* beside it */
	const uint64_t *pass;      /* beside it: for fork_with */
	struct reaper reaper;
	struct overload overload;
	struct reload reload;

	int64_t paused_until; /* accepting: the system has run out; or 0 */
	unsigned lively;      /* short waits that are left before long ones */
	bool is_stopping;
};

/* Accepts until it is told to stop, and ends the children. */
void launcher_run(struct launcher *l);

#endif

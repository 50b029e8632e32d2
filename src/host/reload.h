/* SPDX-License-Identifier: ISC */
#ifndef HOST_RELOAD_H
#define HOST_RELOAD_H

#include "host/image.h"

/*
 * How the launcher takes new options and a new binary, at SIGHUP: it lets
 * a child read them, with --check, and when they are good it executes
 * itself again. Until then, and if they are not, it goes on with the old.
 * Accepting never waits for the check.
 */
struct reload {
	struct image self;    /* path and arguments of the next image */
	struct image checker; /* the same with --check */
	pid_t pid;            /* of the check that is under way, or 0 */
	bool is_wanted;       /* since the check began, or before any */
	bool is_good;         /* the check has said so */
};

/* Returns NULL, or what went wrong. */
const char *reload_init(struct reload *r, char **argv);

/*
 * Begins a check if one is wanted and none is under way. Returns true
 * when it is time to execute r->self; reload_fail says that it failed.
 */
bool reload_is_due(struct reload *r);
void reload_fail(struct reload *r, const char *why);

/* Takes the end of a child. False if it was not the check. */
bool reload_take_end(struct reload *r, pid_t pid, int status);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_PRIVILEGE_H
#define HOST_PRIVILEGE_H

#include "base/user.h"
#include "host/config.h"

/*
 * The capabilities that a launcher needs still when it has become --user: for
 * --chroot, and to start programs that are yet another user's.
 */
uint32_t privilege_needed(const struct config *config);

/* Returns NULL, or why these cannot be had with that user. */
const char *privilege_check(const struct config *config,
			    const struct user *user);

/*
 * Becomes user, with its groups and for good, and makes sure of it. Of
 * root's capabilities it keeps what is needed: not in force, but again in what
 * this thread executes. A user that is root stays so with all of them; where
 * user is NULL nothing changes, but what is needed must be had. Returns NULL,
 * or what went wrong: then nothing may be served.
 */
const char *privilege_drop(const struct config *config,
			   const struct user *user);

/*
 * Takes this thread, which is to serve, into the chroot if it is wanted, to
 * which root is open, and what was kept from it; other threads stay as they
 * are. Returns 0 or an errno value.
 */
int privilege_leave(const struct config *config, int root);

#endif

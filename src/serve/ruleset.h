/* SPDX-License-Identifier: ISC */
#ifndef SERVE_RULESET_H
#define SERVE_RULESET_H

#include <stdint.h>

/* Rights to files, as linux/landlock.h numbers them. */
#define RULESET_WRITE_FILE (1ull << 1)
#define RULESET_READ_FILE (1ull << 2)
#define RULESET_READ_DIR (1ull << 3)
#define RULESET_REMOVE_DIR (1ull << 4)
#define RULESET_REFER (1ull << 13)
#define RULESET_TRUNCATE (1ull << 14)

/* The versions from which on the last two are known. */
#define RULESET_WITH_REFER 2
#define RULESET_WITH_TRUNCATE 3

/*
 * What a set of Landlock's rules takes away: bits of the kernel's, which an
 * older one does not know all of. Scopes are from version 6 on, network is
 * from version 4 on.
 */
struct ruleset {
	uint64_t files, network, scopes;
};

/*
 * These are bare system calls: they may be made in a child that shares our
 * memory (serve/spawn.h). Those that return 0 else return an errno value.
 */

/* Which Landlock the kernel has: 1 or more, or a negative errno value. */
int ruleset_version(void);

/* Returns a descriptor that the caller closes, or a negative errno value. */
int ruleset_make(const struct ruleset *taken);

/*
 * Leaves the rights of access, which are some of those taken, to what lies
 * beneath fd, or to fd itself; O_PATH will do.
 */
int ruleset_leave(int ruleset, int fd, uint64_t access);

/* Puts it on this thread, and on all that it starts from here on, for good.
 * Wants no_new_privs. */
int ruleset_enter(int ruleset);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_PRIVILEGE_H
#define HOST_PRIVILEGE_H

#include <stddef.h>
#include <sys/types.h>

#define GROUPS_MAX 256

/* A user of /etc/passwd, with its groups of /etc/group. */
struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX]; /* gid is the first */
	size_t group_count;
};

/*
 * Looks name up. Returns NULL, or what is wrong with it. In the files
 * alone: other sources need what a static program cannot load.
 */
const char *privilege_find(struct user *user, const char *name);

/*
 * Becomes user, with its groups and for good, and makes sure of it.
 * Returns NULL, or what went wrong: then nothing may be served.
 */
const char *privilege_drop(const struct user *user);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <stddef.h>
#include <sys/types.h>

#define GROUPS_MAX 256

/* Whom processes can be run as, with its groups. */
struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX]; /* gid is the first */
	size_t group_count;
};

/*
 * Makes this thread that user's, with its groups, by bare system calls. That
 * it cannot go back is the caller's affair. Returns 0 or an errno value: then
 * it may be so in part.
 */
int user_become(const struct user *user);

#endif

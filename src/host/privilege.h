/* SPDX-License-Identifier: ISC */
#ifndef HOST_PRIVILEGE_H
#define HOST_PRIVILEGE_H

#include <sys/types.h>

struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/* Looks name up. Returns NULL, or what is wrong with it. */
const char *privilege_find(struct user *user, const char *name);

/*
 * Becomes user, with its groups and for good, and makes sure of it.
 * Returns NULL, or what went wrong: then nothing may be served.
 */
const char *privilege_drop(const struct user *user);

#endif

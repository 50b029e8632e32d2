/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CONFINE_H
#define SERVE_CONFINE_H

#include <stdbool.h>

#include "base/user.h"

#define CONFINE_DIRECTORIES_MAX 16

/*
 * --program-sandbox: what programs may not do. All zeroes: they may do
 * whatever their user may.
 */
struct confinement {
	bool has_no_network;
	bool is_read_only;
	/* Save beneath these, absolute paths. */
	const char *directory[CONFINE_DIRECTORIES_MAX];
	unsigned directory_count;
	int landlock;     /* the kernel's version, if it is read-only */
	struct user user; /* whose they are; without a name: of who we are */
};

/*
 * Adds "WORD[,WORD]...": no-network, read-only, write=DIRECTORY, which makes it
 * read-only too, user=NAME, of whom the caller finds the rest. Names are
 * copied, for as long as the process lasts; the text, which is NUL-terminated,
 * is cut into pieces. Returns NULL, or what is wrong with it, as is what this
 * kernel lacks for it.
 */
const char *confinement_add(struct confinement *c, char *text);

/*
 * Takes what c says from this thread, and from all that it starts from here
 * on, for good. It becomes the user, for which it must have
 * CAPABILITIES_OF_USERS, and loses them; no_new_privs; with seccomp(2) all
 * sockets but Unix ones (EACCES), and rings of requests to the kernel, which
 * could make them (ENOSYS), and calls of another architecture, which kill it;
 * with Landlock to open a file for writing, to cut it off, to make, rename or
 * remove one, save devices that keep nothing. What is open stays open. It
 * changes nothing in memory but errno: a child of vfork may call it. The signal
 * that it is to get when its parent ends is forgotten. Returns 0 or an errno
 * value: then it may be confined in part.
 */
int confine_enter(const struct confinement *c);

#endif

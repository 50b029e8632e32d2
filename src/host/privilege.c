/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "host/privilege.h"

const char *
privilege_find(struct user *user, const char *name)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL)
		return "no such user";
	*user = (struct user){name, entry->pw_uid, entry->pw_gid};
	return NULL;
}

static bool
is_user(const struct user *user)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != user->uid || gid[i] != user->gid)
			return false;
	return true;
}

/* Tries what must fail: a kept capability would let it pass. */
static bool
can_go_back(const struct user *user)
{
	if (user->uid == 0)
		return false;
	return setuid(0) == 0 || seteuid(0) == 0 || setgroups(0, NULL) == 0 ||
	       (user->gid != 0 && (setgid(0) == 0 || setegid(0) == 0));
}

const char *
privilege_drop(const struct user *user)
{
	/* Started as that user, or re-executed: there is nothing to drop. */
	if (is_user(user) && geteuid() != 0)
		return NULL;
	/* The user last: it takes along the right to set the others. */
	if (initgroups(user->name, user->gid) != 0 ||
	    setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return strerror(errno);
	if (!is_user(user))
		return "the kernel has not changed the user";
	if (can_go_back(user))
		return "privileges can be taken back";
	return NULL;
}

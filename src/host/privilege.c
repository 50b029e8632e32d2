/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/capability.h"
#include "host/privilege.h"

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

/* Each supplementary group that we have is one of the user's. */
static bool
has_only_groups(const struct user *user)
{
	gid_t got[GROUPS_MAX + 1];
	int count = getgroups(GROUPS_MAX + 1, got);

	for (int i = 0; i < count; i++) {
		size_t at = 0;

		while (at < user->group_count && user->groups[at] != got[i])
			at++;
		if (at == user->group_count)
			return false;
	}
	return count >= 0;
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

static const char *
become(const struct user *user)
{
	int error;

	/* Started as that user, or re-executed: there is nothing to drop. */
	if (is_user(user) && user->uid != 0)
		return NULL;
	/* None of them stays in force, and they are cut down at once. */
	prctl(PR_SET_KEEPCAPS, 1ul, 0ul, 0ul, 0ul);
	error = user_become(user);
	prctl(PR_SET_KEEPCAPS, 0ul, 0ul, 0ul, 0ul);
	if (error)
		return strerror(error);
	if (!is_user(user) || !has_only_groups(user))
		return "the kernel has not changed the user";
	if (can_go_back(user))
		return "privileges can be taken back";
	return NULL;
}

uint32_t
privilege_needed(const struct config *config)
{
	return (config_program_user(config) != NULL ? CAPABILITIES_OF_USERS
						    : 0) |
	       (config->listen.has_chroot ? CAPABILITY(CAP_SYS_CHROOT) : 0);
}

const char *
privilege_check(const struct config *config, const struct user *user)
{
	if (config->listen.has_chroot && user->uid == 0)
		return "root leaves a chroot when it likes";
	/* Who has become it already, as for a reload, gets no more. */
	if (geteuid() == user->uid && !capability_has(privilege_needed(config)))
		return "this user cannot change to the user of "
		       "--program-sandbox, or its root";
	return NULL;
}

const char *
privilege_drop(const struct config *config, const struct user *user)
{
	const char *error;
	int keep_error;

	if (user == NULL)
		return capability_has(privilege_needed(config))
			   ? NULL
			   : strerror(EPERM);
	/* From whoever changes its user the kernel keeps that user's other
	 * processes away, until an execve. */
	prctl(PR_SET_DUMPABLE, 0ul, 0ul, 0ul, 0ul);
	error = become(user);
	if (error != NULL || user->uid == 0)
		return error;
	keep_error = capability_keep(privilege_needed(config), 0, true);
	return keep_error ? strerror(keep_error) : NULL;
}

static int
change_root(int root)
{
	static const uint32_t right = CAPABILITY(CAP_SYS_CHROOT);
	int error = capability_keep(right, right, false);

	return !error && (unshare(CLONE_FS) != 0 || fchdir(root) != 0 ||
			  chroot(".") != 0)
		   ? errno
		   : error;
}

int
privilege_leave(const struct config *config, int root)
{
	int error = config->listen.has_chroot ? change_root(root) : 0;

	if (!error && privilege_needed(config) != 0 && geteuid() != 0)
		error = capability_keep(0, 0, false);
	return error;
}

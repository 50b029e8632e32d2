/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/privilege.h"

static const char *
find_user(struct user *user, const char *name)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	if (file == NULL)
		return strerror(errno);
	do
		entry = fgetpwent(file);
	while (entry != NULL && strcmp(entry->pw_name, name) != 0);
	if (entry != NULL)
		*user = (struct user){.name = name,
				      .uid = entry->pw_uid,
				      .gid = entry->pw_gid,
				      .groups = {entry->pw_gid},
				      .group_count = 1};
	fclose(file);
	return entry != NULL ? NULL : "no such user";
}

static bool
has_member(const struct group *group, const char *name)
{
	for (char **member = group->gr_mem; *member != NULL; member++)
		if (strcmp(*member, name) == 0)
			return true;
	return false;
}

static const char *
find_groups(struct user *user)
{
	FILE *file = fopen("/etc/group", "re");
	const char *error = NULL;
	const struct group *group;

	/* No file, no groups. */
	if (file == NULL)
		return errno == ENOENT ? NULL : strerror(errno);
	while ((group = fgetgrent(file)) != NULL) {
		if (group->gr_gid == user->gid ||
		    !has_member(group, user->name))
			continue;
		if (user->group_count == GROUPS_MAX) {
			error = "in too many groups";
			break;
		}
		user->groups[user->group_count++] = group->gr_gid;
	}
	fclose(file);
	return error;
}

const char *
privilege_find(struct user *user, const char *name)
{
	const char *error = find_user(user, name);

	return error != NULL ? error : find_groups(user);
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

const char *
privilege_drop(const struct user *user)
{
	/* Started as that user, or re-executed: there is nothing to drop. */
	if (is_user(user) && user->uid != 0)
		return NULL;
	/* The user last: it takes along the right to set the others. */
	if (setgroups(user->group_count, user->groups) != 0 ||
	    setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return strerror(errno);
	if (!is_user(user) || !has_only_groups(user))
		return "the kernel has not changed the user";
	if (can_go_back(user))
		return "privileges can be taken back";
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/passwd.h"

static const char *
find_entry(struct user *user, const char *name)
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
passwd_find(struct user *user, const char *name)
{
	const char *error = find_entry(user, name);

	return error != NULL ? error : find_groups(user);
}

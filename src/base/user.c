/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/user.h"

/* A libc would see to it that all threads have the same. */
int
user_become(const struct user *user)
{
	/* The user last: it takes along the right to set the others. */
	return syscall(SYS_setgroups, user->group_count, user->groups) != 0 ||
		       syscall(SYS_setresgid, user->gid, user->gid,
			       user->gid) != 0 ||
		       syscall(SYS_setresuid, user->uid, user->uid,
			       user->uid) != 0
		   ? errno
		   : 0;
}

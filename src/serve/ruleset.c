/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/ruleset.h"

/* As linux/landlock.h has it, which may be older than the kernel. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define ASK_VERSION 1u
#define PATH_BENEATH 1

/* Packed: the kernel's has no hole at its end. */
struct __attribute__((packed)) beneath {
	uint64_t access;
	int32_t fd;
};

int
ruleset_version(void)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0ul, ASK_VERSION);

	return version < 0 ? -errno : (int)version;
}

int
ruleset_make(const struct ruleset *taken)
{
	/* An older kernel takes what is zero at the end of it. */
	long fd =
	    syscall(SYS_landlock_create_ruleset, taken, sizeof(*taken), 0u);

	return fd < 0 ? -errno : (int)fd;
}

int
ruleset_leave(int ruleset, int fd, uint64_t access)
{
	const struct beneath rule = {access, fd};

	return syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, &rule,
		       0u) == 0
		   ? 0
		   : errno;
}

int
ruleset_enter(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0u) == 0 ? 0
								     : errno;
}

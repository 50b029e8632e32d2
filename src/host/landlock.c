/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/landlock.h"

/* As linux/landlock.h has it, which may be older than the kernel. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define ASK_VERSION 1u
#define PATH_BENEATH 1

#define READ_FILE (1ull << 2)
#define READ_DIR (1ull << 3)
#define TRUNCATE (1ull << 14)

#define NETWORK_ALL 3ull /* TCP: bind, connect */
#define SCOPES_ALL 3ull  /* abstract sockets, signals */

struct ruleset {
	uint64_t files, network, scopes;
};

/* Packed: the kernel's has no hole at its end. */
struct __attribute__((packed)) beneath {
	uint64_t access;
	int32_t fd;
};

/* What files can be forbidden: by version, the last right that is new. */
static uint64_t
file_rights(long version)
{
	static const int last[] = {12, 13, 14, 14, 15};
	size_t known = sizeof(last) / sizeof(last[0]);
	size_t at = (size_t)version < known ? (size_t)version : known;

	return (2ull << last[at - 1]) - 1;
}

int
landlock_confine(int root, bool guards_content)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0ul, ASK_VERSION);
	const struct beneath rule = {READ_FILE | READ_DIR, root};
	struct ruleset all;
	int ruleset, error = 0;

	if (version < 1)
		return errno;
	all = (struct ruleset){.files = file_rights(version),
			       .network = version >= 4 ? NETWORK_ALL : 0,
			       .scopes = version >= 6 ? SCOPES_ALL : 0};
	if (!guards_content)
		all.files &= ~TRUNCATE;
	/* An older kernel takes what is zero at the end of it. */
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0u);
	if (ruleset < 0)
		return errno;
	if (syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, &rule, 0u) !=
		0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0u) != 0)
		error = errno;
	close(ruleset);
	return error;
}

/* SPDX-License-Identifier: ISC */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* --sandbox */
enum sandbox_mode {
	SANDBOX_AUTO, /* as much as the kernel has */
	SANDBOX_ON,   /* or nothing is served */
	SANDBOX_OFF,
};

/* What a process that serves connections needs to go on doing. */
struct sandbox {
	int root; /* its document root, opened */
	/* It accepts, and forks with this number (host/fork.h); or NULL. */
	const uint64_t *pass;
	bool has_broker; /* which starts programs */
	bool encrypts;   /* has the kernel do it, if that can */
	bool is_piped;   /* its client is on no socket */
};

/*
 * Takes from this thread, and all that it starts from here on, for good,
 * whatever it does not need: Landlock, seccomp, no_new_privs, capabilities,
 * core dumps, descriptors beyond some hundreds. Returns 0 or an errno
 * value. What the kernel lacks is no error unless mode is SANDBOX_ON;
 * *missing says what that is, or stays NULL.
 */
int sandbox_enter(const struct sandbox *s, enum sandbox_mode mode,
		  const char **missing);

/*
 * Restores the limits that sandbox_enter has set for a launcher, which are
 * those of its process, for who executes something else outside of the
 * sandbox; and sets them again. Without a sandbox they do nothing.
 */
void sandbox_restore_limits(void);
void sandbox_set_limits(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_SPAWN_H
#define HOST_SPAWN_H

#include <limits.h>
#include <sys/types.h>

#include "base/slice.h"

/* A program to be started, again and again. */
struct image {
	char path[PATH_MAX];
	char *const *argv;
	char *const *environment;
	/* SIGTERM and the like wait until the program lets them through. */
	bool holds_signals;
};

/*
 * Finds the program of that name as a shell would, by PATH. Returns NULL,
 * or what is wrong with it.
 */
const char *spawn_find(struct image *image, const char *name);

/* Finds the file that we were started from, as it is called now. */
const char *spawn_find_self(struct image *image);

/*
 * Starts image, with fd as its standard input and output, or with ours
 * if fd is -1. Signals are as a fresh process has them; descriptors that
 * are close-on-exec are closed. By vfork, which costs the same however
 * much memory we have, and tells us whether the program could be executed.
 * Returns the process, or a negative errno value.
 */
pid_t spawn_start(const struct image *image, int fd);

#endif

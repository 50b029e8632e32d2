/* SPDX-License-Identifier: ISC */
#ifndef HOST_IMAGE_H
#define HOST_IMAGE_H

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
const char *image_find(struct image *image, const char *name);

/* Finds the file that we were started from, as it is called now. */
const char *image_find_self(struct image *image);

/*
 * Starts image, with fd as its standard input and output, or with ours
 * if fd is -1. Signals that we catch are as a fresh process has them;
 * descriptors that are close-on-exec are closed. Returns the process, or
 * a negative errno value (spawn_start).
 */
pid_t image_start(const struct image *image, int fd);

#endif

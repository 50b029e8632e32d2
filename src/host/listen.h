/* SPDX-License-Identifier: ISC */
#ifndef HOST_LISTEN_H
#define HOST_LISTEN_H

#include "host/config.h"

/*
 * Everything that a launcher does before its first connection. Functions
 * return an exit status: 0, 1 if the system failed, 2 for wrong usage;
 * then they have said what is wrong.
 */

/*
 * Sorts out what we were started with: sockets that are passed, standard
 * descriptors that are missing, descriptors that leaked. To be called
 * before anything is opened.
 */
int listen_inherit(const struct config *config);

/* Checks what can be checked without opening a socket. */
int listen_check(const struct config *config);

/*
 * Listens, and serves until told to stop. serve is called in a process of
 * its own for each accepted socket, in a sandbox that has the directory
 * root, which is opened; argv is what main was given. tend is called in
 * between, as launcher.h has it, unless it is NULL.
 */
int listen_run(const struct config *config, int root, char **argv,
	       void (*serve)(int fd), int64_t (*tend)(void));

#endif

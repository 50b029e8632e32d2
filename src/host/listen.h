/* SPDX-License-Identifier: ISC */
#ifndef HOST_LISTEN_H
#define HOST_LISTEN_H

#include "host/config.h"
#include "host/launcher.h"

/*
 * Everything that a launcher does before its first connection. Functions
 * return an exit status: 0, 1 if the system failed, 2 for wrong usage;
 * then they have said what is wrong.
 */

/*
 * Sorts out what we were started with: sockets that are passed, standard
 * descriptors that are missing, descriptors that leaked, what the image
 * before has left. To be called before anything is opened.
 */
int listen_inherit(const struct config *config);

/* The keys of tickets that the image before has left: a memfd, or -1. */
int listen_tickets_fd(void);

/* Checks what can be checked without opening a socket. */
int listen_check(const struct config *config);

/*
 * Listens, and serves until told to stop, in a sandbox that has the
 * directory root, which is opened; argv is what main was given. config and
 * service stay the caller's.
 */
int listen_run(const struct config *config, int root, char **argv,
	       const struct service *service);

#endif

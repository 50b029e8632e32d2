/* SPDX-License-Identifier: ISC */
#ifndef HOST_SOCKET_H
#define HOST_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "host/address.h"
#include "host/config.h"

/* Sockets that one launcher listens on; systemd may hand over several. */
#define LISTENERS_MAX 64

/* A socket that we listen on, ours to close. */
struct listener {
	int fd;
	struct slice address; /* as the command line has it */
	int family;           /* AF_INET, AF_INET6, AF_UNIX ... */
	/* Of a unix: socket, the file that is to go with it. */
	dev_t device;
	ino_t inode;
};

/*
 * Binds a socket to address and listens. Returns false when it has said
 * what is wrong, in one line that names the address.
 */
bool socket_open(struct listener *listener, const struct address *address,
		 const struct listen_settings *settings);

/* Takes over a socket that someone else has opened. */
void socket_adopt(struct listener *listener, int fd, struct slice address);

/*
 * Returns false when it has said that the socket is not one that listens,
 * of the kind that streams come from.
 */
bool socket_check(const struct listener *listener);

/*
 * Sets on a listening socket what the accepted ones inherit from it, so
 * that it costs no connection a system call, and makes accept return
 * instead of waiting. False, with errno set, if reads would have no time-out.
 */
bool socket_set_options(const struct listener *listener,
			const struct config *config);

/* The same on an accepted one, of those families that inherit nothing. */
bool socket_set_accepted(const struct listener *listener, int fd,
			 const struct config *config);

/* Closes it, and removes the file that socket_open has made. */
void socket_close(struct listener *listener);

#endif

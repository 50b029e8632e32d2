/* SPDX-License-Identifier: ISC */
#ifndef HOST_ADDRESS_H
#define HOST_ADDRESS_H

#include <sys/socket.h>

#include "base/slice.h"

/*
 * Where to listen, as the command line has it:
 *
 *	8080            every address of the machine
 *	127.0.0.1:8080  one address, IPv4
 *	[::1]:8080      one address, IPv6
 *	unix:/path      a socket in the file system
 *	systemd         sockets that whoever started us has opened
 *	inetd           the one on standard input, as of inetd's "wait"
 *
 * Numbers only: a name server that does not answer must not keep a server
 * from starting.
 */
enum address_kind {
	ADDRESS_ANY,
	ADDRESS_TCP,
	ADDRESS_UNIX,
	ADDRESS_SYSTEMD,
	ADDRESS_INETD,
};

struct address {
	enum address_kind kind;
	struct slice text;            /* what was parsed; the caller's */
	struct sockaddr_storage name; /* of those before ADDRESS_SYSTEMD */
	socklen_t len;
};

/* What systemd's sockets go by, where each is named by its address. */
#define ADDRESS_OF_SYSTEMD SLICE("systemd")

/* Reads text into address. Returns NULL, or what is wrong with it. */
const char *address_parse(struct address *address, struct slice text);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_HOSTS_H
#define SERVE_HOSTS_H

#include "base/slice.h"
#include "serve/root.h"

/* The longest name of a host (RFC 1035, section 2.3.4). */
#define HOSTS_NAME_MAX 255

/*
 * --hosts: the root of the host that was asked for last on a connection,
 * opened beneath the directory of all of them. All zeroes: none yet.
 */
struct hosts {
	struct root root;
	bool is_open;
	bool is_default; /* the host has no directory of its own */
	char name[HOSTS_NAME_MAX + 1];
};

/*
 * Finds the directory in all that has the host's name, in small letters
 * and without a dot at its end, or else the directory "default". host is
 * that of a request, without its port; only letters, digits, '-', '_' and
 * dots, and the brackets and colons of an IPv6 address, can become part
 * of a file name, and no dot at the begin. An empty host goes to
 * "default". Returns 0 if that is the root that is open already, 1 if it
 * is another, or a negative errno value if there is none; what the last
 * call opened is closed then.
 */
int hosts_select(struct hosts *hosts, struct root *all, struct slice host);

/* What the directory that is open is called. */
const char *hosts_directory(const struct hosts *hosts);

#endif

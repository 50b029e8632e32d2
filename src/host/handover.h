/* SPDX-License-Identifier: ISC */
#ifndef HOST_HANDOVER_H
#define HOST_HANDOVER_H

#include "host/children.h"
#include "host/image.h"
#include "host/socket.h"

/* What is handed over besides sockets, a descriptor for each. */
enum handover_part {
	HANDOVER_CHILDREN, /* a memfd: a struct child for each */
	HANDOVER_TICKETS,  /* a memfd: what tls_tickets_store writes */
	HANDOVER_OPENER,   /* what host/opener listens to */
	HANDOVER_PARTS
};

/*
 * What one image of the launcher hands to the next when it executes itself
 * again: the listening sockets and the table of children, so that no
 * connection is refused and none is forgotten, and of perch-tls the keys of
 * its tickets and who opens files for it.
 *
 *	PERCH_SOCKETS=3=127.0.0.1:80,4=unix:/run/perch,5=systemd
 *	PERCH_CHILDREN=6
 *	PERCH_TICKETS=7
 *	PERCH_OPENER=8
 *
 * systemd hands over sockets in another form, LISTEN_FDS and LISTEN_PID;
 * here they are the same. All of these variables are removed from our
 * environment when they have been read.
 */
struct handover {
	struct inherited {
		int fd; /* -1: taken */
		struct slice address;
	} socket[LISTENERS_MAX];
	size_t count;
	int part[HANDOVER_PARTS]; /* -1: none */
	bool is_reload;           /* from ourselves */
};

/* Reads the environment. Returns NULL, or what is wrong with it. */
const char *handover_read(struct handover *h);

/*
 * Closes what else we were started with: descriptors that leaked to us
 * would go on to every connection. except is one to be kept, or -1.
 */
void handover_close_others(const struct handover *h, int except);

/* Takes the next descriptor of that address, or returns -1. */
int handover_take(struct handover *h, struct slice address);

/*
 * Closes what nobody has taken, and removes the files that go with it. Standard
 * input and output, which every connection would inherit, become /dev/null,
 * except for one that is still needed.
 */
void handover_release(struct handover *h, int except);

/* The children that are handed over: how many, and all of them. */
size_t handover_children(const struct handover *h);
void handover_fill(struct handover *h, struct children *children);

/* Returns a memfd of all children, or a negative errno value. */
int handover_store_children(const struct children *children);

/*
 * Executes image with the same arguments, handing over sockets and parts,
 * which are -1 where there is none. Returns an errno value if that fails,
 * or 0 if we were told to stop meanwhile; then nothing has changed.
 */
int handover_execute(const struct image *image,
		     const struct listener *listeners, size_t count,
		     const int part[HANDOVER_PARTS]);

/*
 * Hands fd, unless it is -1, to what is executed from now on, until it is
 * taken back. Returns 0, or an errno value.
 */
int handover_lend(enum handover_part part, int fd);
void handover_take_back(enum handover_part part, int fd);

#endif

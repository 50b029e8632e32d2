/* SPDX-License-Identifier: ISC */
#ifndef HOST_CHILDREN_H
#define HOST_CHILDREN_H

#include <sys/socket.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * The processes that serve connections now, and how many of them each
 * client has. Two hash tables with open addressing over storage that the
 * owner provides: every operation takes constant time, and none
 * allocates. Pure: a process is a number in here.
 *
 * A process stays in the table until it was waited for. Until then the
 * kernel keeps its number, so a number in here is never another's.
 */
struct children {
	struct child *by_pid;
	struct child_client *by_key;
	size_t mask;  /* slots of each, less 1 */
	size_t cap;   /* processes that fit */
	size_t total; /* processes in it */
	uint64_t seed;
};

struct child {
	pid_t pid;    /* 0: a free slot */
	uint64_t key; /* of its client */
};

/* The key of clients that have no address, and so no limit of their own. */
#define CHILDREN_NO_KEY UINT64_MAX

/*
 * What counts as one client: an IPv4 address, or a /64 of IPv6, which is
 * what a single customer usually has to himself.
 */
uint64_t children_key(const struct sockaddr_storage *address);

/* Appends what has that key: "192.0.2.1" or "2001:db8::/64". */
void children_format(uint64_t key, struct buf *out);

/* The bytes of storage for cap processes. */
size_t children_size(size_t cap);

/*
 * Sets up an empty table over storage, which is all zeroes and has room
 * for cap processes. Clients choose their addresses: seed, which none of
 * them knows, keeps them from choosing such as share a slot.
 */
void children_init(struct children *c, void *storage, size_t cap,
		   uint64_t seed);

/* False if pid is not a process's number, is there already, or all is full. */
bool children_add(struct children *c, pid_t pid, uint64_t key);

/* False if pid is not there. */
bool children_remove(struct children *c, pid_t pid);

/* The key of the client that pid serves, or CHILDREN_NO_KEY. */
uint64_t children_key_of(const struct children *c, pid_t pid);

/* How many processes serve the client of that key. */
size_t children_count(const struct children *c, uint64_t key);

/*
 * Yields the process in or behind slot *at, and moves *at on. False at the
 * end. Meanwhile the table must not change, but for the loss of the process
 * that was yielded last: then *at must be moved back by one.
 */
bool children_next(const struct children *c, size_t *at, struct child *child);

#endif

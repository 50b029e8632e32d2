/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "host/children.h"
#include "http/ip.h"

struct child_client {
	uint64_t key;
	size_t count; /* 0: a free slot */
};

/* No IPv6 client has an address in ff00::/8: those are multicast. */
#define KEY_OF_V4 0xff00000000000000u

static uint64_t
load_be(const uint8_t *bytes, size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n = n << 8 | bytes[i];
	return n;
}

uint64_t
children_key(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	switch (address->ss_family) {
	case AF_INET:
		return KEY_OF_V4 | ntohl(v4->sin_addr.s_addr);
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			return KEY_OF_V4 |
			       load_be(v6->sin6_addr.s6_addr + 12, 4);
		return load_be(v6->sin6_addr.s6_addr, 8);
	default:
		return CHILDREN_NO_KEY;
	}
}

void
children_format(uint64_t key, struct buf *out)
{
	struct ip ip = {{0}};
	bool is_v4 = (key & KEY_OF_V4) == KEY_OF_V4;

	for (size_t i = 0; i < 8; i++)
		ip.byte[i + (is_v4 ? 8 : 0)] =
		    (unsigned char)(key >> (56 - 8 * i));
	if (is_v4) {
		memset(ip.byte, 0, 10);
		memset(ip.byte + 10, 0xff, 2);
	}
	ip_format(&ip, out);
	if (!is_v4)
		buf_add_str(out, "/64");
}

/* At most half of the slots are ever in use: runs of them stay short. */
static size_t
slots_for(size_t cap)
{
	size_t slots = 2;

	while (slots < 2 * cap)
		slots *= 2;
	return slots;
}

size_t
children_size(size_t cap)
{
	return slots_for(cap) *
	       (sizeof(struct child) + sizeof(struct child_client));
}

void
children_init(struct children *c, void *storage, size_t cap, uint64_t seed)
{
	size_t slots = slots_for(cap);

	*c = (struct children){
	    .by_pid = storage, .mask = slots - 1, .cap = cap, .seed = seed};
	c->by_key = (void *)(c->by_pid + slots);
}

/* The finaliser of MurmurHash3: every bit of n counts for every other. */
static size_t
home(const struct children *c, uint64_t n)
{
	n ^= c->seed;
	n = (n ^ n >> 33) * 0xff51afd7ed558ccdu;
	n = (n ^ n >> 33) * 0xc4ceb9fe1a85ec53u;
	return (size_t)(n ^ n >> 33) & c->mask;
}

/* Where pid is, or the free slot where it belongs. */
static size_t
find_pid(const struct children *c, pid_t pid)
{
	size_t at = home(c, (uint64_t)pid);

	while (c->by_pid[at].pid != 0 && c->by_pid[at].pid != pid)
		at = (at + 1) & c->mask;
	return at;
}

static size_t
find_key(const struct children *c, uint64_t key)
{
	size_t at = home(c, key);

	while (c->by_key[at].count != 0 && c->by_key[at].key != key)
		at = (at + 1) & c->mask;
	return at;
}

/*
 * True if an entry that would like to be at its home, and is at at, can
 * move to hole: then it is still found on the way from its home.
 */
static bool
may_move(const struct children *c, size_t wanted, size_t at, size_t hole)
{
	return ((at - wanted) & c->mask) >= ((at - hole) & c->mask);
}

/* Frees a slot, and closes the gap that it leaves in its run. */
static void
free_pid(struct children *c, size_t hole)
{
	for (size_t at = (hole + 1) & c->mask; c->by_pid[at].pid != 0;
	     at = (at + 1) & c->mask)
		if (may_move(c, home(c, (uint64_t)c->by_pid[at].pid), at,
			     hole)) {
			c->by_pid[hole] = c->by_pid[at];
			hole = at;
		}
	c->by_pid[hole] = (struct child){0};
}

static void
free_key(struct children *c, size_t hole)
{
	for (size_t at = (hole + 1) & c->mask; c->by_key[at].count != 0;
	     at = (at + 1) & c->mask)
		if (may_move(c, home(c, c->by_key[at].key), at, hole)) {
			c->by_key[hole] = c->by_key[at];
			hole = at;
		}
	c->by_key[hole] = (struct child_client){0};
}

bool
children_add(struct children *c, pid_t pid, uint64_t key)
{
	size_t at;

	if (pid <= 0 || c->total >= c->cap)
		return false;
	at = find_pid(c, pid);
	if (c->by_pid[at].pid != 0)
		return false;
	c->by_pid[at] = (struct child){pid, key};
	at = find_key(c, key);
	c->by_key[at].key = key;
	c->by_key[at].count++;
	c->total++;
	return true;
}

bool
children_remove(struct children *c, pid_t pid)
{
	size_t at, of_key;

	if (pid <= 0)
		return false;
	at = find_pid(c, pid);
	if (c->by_pid[at].pid == 0)
		return false;
	of_key = find_key(c, c->by_pid[at].key);
	free_pid(c, at);
	if (--c->by_key[of_key].count == 0)
		free_key(c, of_key);
	c->total--;
	return true;
}

uint64_t
children_key_of(const struct children *c, pid_t pid)
{
	size_t at = find_pid(c, pid);

	return c->by_pid[at].pid != 0 ? c->by_pid[at].key : CHILDREN_NO_KEY;
}

size_t
children_count(const struct children *c, uint64_t key)
{
	return c->by_key[find_key(c, key)].count;
}

bool
children_next(const struct children *c, size_t *at, struct child *child)
{
	while (*at <= c->mask) {
		*child = c->by_pid[(*at)++];
		if (child->pid != 0)
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_NAMES_H
#define CONN_TLS_NAMES_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * Which value belongs to the name that a client asks for (RFC 6066,
 * section 3): names of hosts, and patterns whose first label is "*" and
 * stands for exactly one (RFC 6125, section 6.4.3). Names are in small
 * letters, without a dot at their end; they stay the caller's.
 */
struct tls_names {
	struct tls_name {
		struct slice name;
		int value; /* not negative */
	} * entry;         /* in the order of names; each is there once */
	size_t count;
};

/* The longest name (RFC 1035, section 2.3.4). */
#define TLS_NAME_MAX 255

/* True for a name or a pattern that can be asked for, in small letters. */
bool tls_name_is_valid(struct slice name);

/* Puts the entries into order, which finding them needs. */
void tls_names_sort(struct tls_names *names);

/*
 * The value for host, in whatever letters: that of its own name, or that
 * of the pattern it matches; -1 if there is none.
 */
int tls_names_find(const struct tls_names *names, struct slice host);

/* As *.example.com for a.example.com; empty if no pattern can match. */
struct slice tls_name_pattern(struct slice host, char storage[TLS_NAME_MAX]);

#endif

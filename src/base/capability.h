/* SPDX-License-Identifier: ISC */
#ifndef BASE_CAPABILITY_H
#define BASE_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Rights of root's that a thread can have one by one: capabilities(7). Sets of
 * them are bits of the kernel's numbers, of which there are none above 31 here.
 *
 * All are bare system calls, of this thread alone.
 */
#define CAPABILITY(number) ((uint32_t)1 << (number))

/* To become another user, and to signal its processes. */
#define CAPABILITIES_OF_USERS                                                  \
	(CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_KILL))

/* True if this thread may use all of these. */
bool capability_has(uint32_t set);

/*
 * Gives up all but these, for good, which must be had. Of these, those of
 * effective are in force, and all are again in what is executed if they are
 * inherited. Returns 0 or an errno value.
 */
int capability_keep(uint32_t set, uint32_t effective, bool are_inherited);

#endif

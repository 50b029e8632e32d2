/* SPDX-License-Identifier: ISC */
#ifndef HOST_FORK_H
#define HOST_FORK_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the parent is sent at the end of a process that fork_with has made,
 * until it executes a program: unlike SIGCHLD, a signal for each. Whoever
 * waits for it needs __WALL.
 */
#define FORK_SIGNAL 63

/*
 * fork(2) for a launcher with few rights, whose children are to have one
 * less: they cannot fork. A filter cannot tell a parent from a child, but
 * it can ask for a number that only the parent knows. *pass is that
 * number, in memory that a fork leaves out; it is in a register for the
 * call itself, and never on the stack, which the child has a copy of.
 *
 * The C library is not told: in the child it takes its thread for that of
 * the parent, which matters for raise and abort alone.
 *
 * Returns as fork(2) does. On other machines than x86-64 and arm64 it is
 * that, with SIGCHLD and without a number.
 */
pid_t fork_with(const uint64_t *pass);

#endif

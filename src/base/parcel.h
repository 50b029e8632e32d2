/* SPDX-License-Identifier: ISC */
#ifndef BASE_PARCEL_H
#define BASE_PARCEL_H

#include <sys/types.h>

#include "base/slice.h"

/* Descriptors in one parcel. */
#define PARCEL_FDS 3

/*
 * Sends a packet to a socket of packets, and count descriptors with it, which
 * stay the caller's; never waits. Returns 0, or an errno value.
 */
int parcel_send(int to, struct slice bytes, const int *fd, size_t count);

/*
 * Takes the next packet, of at most cap bytes, and the descriptors that came
 * with it: fd[0] to fd[count - 1] are those, close-on-exec, or -1; others are
 * closed. flags are of recvmsg. Returns its bytes, 0 at the end, or a negative
 * errno value.
 */
ssize_t parcel_receive(int from, void *dst, size_t cap, int *fd, size_t count,
		       int flags);

#endif

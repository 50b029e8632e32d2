/* SPDX-License-Identifier: ISC */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <poll.h>

/*
 * For who has got -1 from poll(2) over p. Returns -1 if a signal came. Where
 * the system fails, as for lack of memory, a loop would spin, and never reach
 * its deadlines: then a moment passes, all that is to be read is said to be
 * there, which a descriptor that does not block denies, and the result is 0.
 */
int wait_failed(struct pollfd *p, nfds_t count);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_FILTER_H
#define HOST_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * System calls are numbered up to here. Those of younger kernels get
 * ENOSYS, as an older one would say, so that a newer libc that tries them
 * goes on without.
 */
#define FILTER_CALLS 451
#define FILTER_WORDS ((FILTER_CALLS + 31) / 32)

/*
 * A seccomp(2) filter: the set of system calls that a process may make.
 * Any other kills it, and the kernel's log says which it was. It decides by
 * number alone, which the kernel finds out once and keeps in a bitmap, so
 * that a call costs nothing; save some whose arguments are looked at.
 * Starts as all zeroes: nothing is allowed.
 */
struct filter {
	uint32_t allowed[FILTER_WORDS]; /* 32 numbers each */
	bool encrypts;                  /* the kernel may be told to encrypt */
	/* A socket is held that could send to others than its peer by an
	 * address, which sendto must not have then. */
	bool has_datagrams;
};

/*
 * Some calls are allowed for what is needed of them: fcntl and ioctl not to
 * have signals sent to others, nor to type into a terminal; mmap and
 * mprotect not for memory to execute or to share; socketpair not for datagrams;
 * setsockopt, getsockopt and futex for a few of their kinds.
 */
void filter_allow(struct filter *f, const int *numbers, size_t count);

/*
 * Puts the filter on this thread, and on all that it starts from here on,
 * for good. A clone is allowed that is a plain fork and has *pass as its
 * sixth argument, which the kernel does not look at (host/fork.h); pass is
 * NULL if there is none. Wants no_new_privs. Returns 0 or an errno value:
 * ENOSYS where neither kernel nor this program knows how.
 */
int filter_install(const struct filter *f, const uint64_t *pass);

#endif

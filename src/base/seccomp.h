/* SPDX-License-Identifier: ISC */
#ifndef BASE_SECCOMP_H
#define BASE_SECCOMP_H

#include <linux/audit.h>
#include <linux/seccomp.h>

/* Of the programs that we make, as a filter of seccomp(2) sees it; 0: there are
 * no filters for this machine. */
#if defined(__x86_64__)
#define SECCOMP_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SECCOMP_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define SECCOMP_ARCHITECTURE 0
#endif

/* The header may be older than the kernel. */
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif

#endif

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/fork.h"

#if defined(__x86_64__)

/* The other arguments have no meaning without flags that say so. */
static long
clone_with(const uint64_t *pass)
{
	long result;

	__asm__ volatile("movq (%[pass]), %%r9\n\t"
			 "syscall\n\t"
			 "xorl %%r9d, %%r9d"
			 : "=a"(result)
			 : "0"((long)SYS_clone), "D"((long)FORK_SIGNAL),
			   "S"(0L), [pass] "b"(pass)
			 : "rcx", "r11", "r9", "memory", "cc");
	return result;
}

#elif defined(__aarch64__)

static long
clone_with(const uint64_t *pass)
{
	register long result __asm__("x0") = FORK_SIGNAL;
	register long stack __asm__("x1") = 0;
	register long number __asm__("x8") = SYS_clone;

	__asm__ volatile("ldr x5, [%[pass]]\n\t"
			 "svc #0\n\t"
			 "mov x5, #0"
			 : "+r"(result)
			 : "r"(stack), "r"(number), [pass] "r"(pass)
			 : "x5", "memory", "cc");
	return result;
}

#else

static long
clone_with(const uint64_t *pass)
{
	pid_t pid = fork();

	(void)pass;
	return pid < 0 ? -errno : pid;
}

#endif

pid_t
fork_with(const uint64_t *pass)
{
	sigset_t all, before;
	long pid;

	/* A handler's frame would have the register on the stack. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = clone_with(pass);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid >= 0)
		return (pid_t)pid;
	errno = (int)-pid;
	return -1;
}

/* SPDX-License-Identifier: ISC */
/*
 * Has a process of "make coverage" write down what it has run, however it
 * ends: gcov's own way is exit(3), which connections and programs' children
 * do not come to. It is linked with --wrap for _exit, execve and syscall.
 *
 * Inside the sandbox nothing could be written. All of it is run, but the last
 * call of each half, which would put it on, is left out.
 */
#include <gcov.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execve(const char *path, char *const argv[], char *const envp[]);
int __wrap_execve(const char *path, char *const argv[], char *const envp[]);
long __real_syscall(long number, long a, long b, long c, long d, long e,
		    long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e,
		    long f);

/* libgcov's own, which a child may have inherited locked. */
extern pthread_mutex_t __gcov_mx;

/* A child of vfork(2) has its parent's counters, which go on. */
static void
write_down(void)
{
	pthread_mutex_init(&__gcov_mx, NULL);
	__gcov_dump();
	__gcov_reset();
}

_Noreturn void
__wrap__exit(int status)
{
	write_down();
	__real__exit(status);
}

int
__wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	write_down();
	return __real_execve(path, argv, envp);
}

/* Six are what there may be; the rest are whatever the registers hold. */
long
__wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case SYS_execveat:
		write_down();
		break;
	case SYS_seccomp:
	case SYS_landlock_restrict_self:
		return 0;
	}
	return __real_syscall(number, a, b, c, d, e, f);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "errors.h"
#include "trace.h"

#define ERRORS_MAX 10

/*
 * Not here are calls that cannot fail, or whose failure has no meaning:
 * those of a process's start, of signals and of clocks.
 */
static const struct {
	long number;
	const char *name;
	int error[ERRORS_MAX];
} table[] = {
#define CALL(name, ...)                                                        \
	{                                                                      \
		SYS_##name, #name,                                             \
		{                                                              \
			__VA_ARGS__, 0                                         \
		}                                                              \
	}
    CALL(read, FAULT_SHORT, EINTR, EAGAIN, EIO, ECONNRESET, ENOMEM),
    CALL(recvfrom, FAULT_SHORT, EINTR, EAGAIN, ECONNRESET, ETIMEDOUT, ENOMEM),
    CALL(write, FAULT_SHORT, EINTR, EAGAIN, EPIPE, EIO, ENOSPC),
    CALL(sendto, FAULT_SHORT, EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS,
	 ENOMEM),
    CALL(sendfile, FAULT_SHORT, EINTR, EAGAIN, EPIPE, ECONNRESET, EIO, ENOMEM),
    CALL(splice, FAULT_SHORT, EINTR, EAGAIN, EPIPE, EIO, ENOMEM),
    CALL(pread64, FAULT_SHORT, EINTR, EIO, ENOMEM),
    CALL(open, EINTR, EMFILE, ENFILE, ENOMEM, EIO, ENOSPC),
    CALL(openat, EMFILE, ENFILE, ENOMEM, EIO),
    CALL(openat2, EINTR, EAGAIN, EMFILE, ENFILE, ENOMEM, EIO),
    CALL(fstat, ENOMEM, EIO),
    CALL(newfstatat, ENOMEM, EIO),
    CALL(statx, ENOMEM, EIO),
    CALL(lseek, EIO),
    CALL(close, EINTR, EIO),
    CALL(poll, EINTR, ENOMEM),
    CALL(ppoll, EINTR, ENOMEM),
    CALL(fork, EAGAIN, ENOMEM),
    CALL(vfork, EAGAIN, ENOMEM),
    CALL(clone, EAGAIN, ENOMEM),
    CALL(pipe2, EMFILE, ENFILE),
    CALL(socketpair, EMFILE, ENFILE, ENOMEM),
    CALL(socket, EMFILE, ENFILE, ENOMEM),
    CALL(mmap, ENOMEM),
    CALL(munmap, ENOMEM),
    CALL(setsockopt, ENOMEM),
    CALL(getsockopt, ENOMEM),
    CALL(getpeername, ENOBUFS, ENOTCONN),
    CALL(getsockname, ENOBUFS),
    CALL(shutdown, ENOTCONN),
    CALL(getdents64, EIO, ENOMEM),
    CALL(readlink, EIO, ENOMEM),
    CALL(fcntl, EMFILE, EINVAL),
    CALL(ioctl, EIO),
    CALL(getrandom, EINTR, EAGAIN, ENOSYS),
    CALL(pidfd_open, EMFILE, ENFILE, ENOMEM, ENOSYS),
    CALL(waitid, EINTR, ECHILD),
    CALL(wait4, EINTR, ECHILD),
    CALL(execve, EAGAIN, ENOMEM, EMFILE, EIO),
    CALL(execveat, EAGAIN, ENOMEM, EMFILE, EIO),
    CALL(dup2, EMFILE),
    CALL(dup3, EMFILE),
    CALL(setpgid, EPERM),
    CALL(prctl, EINVAL),
    CALL(prlimit64, EPERM),
    CALL(fchdir, EIO, EACCES),
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

const int *
errors_of(long number)
{
	static const int none[1];

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].number == number)
			return table[i].error;
	return none;
}

bool
errors_are_passing(long number, int error)
{
	switch (number) {
	/* What may not be opened at once is not waited for. */
	case SYS_open:
	/* There is no process, for now. */
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone:
	case SYS_execve:
	case SYS_execveat:
		return false;
	default:
		return error == EINTR || error == EAGAIN ||
		       error == FAULT_SHORT;
	}
}

const char *
errors_call_name(long number)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].number == number)
			return table[i].name;
	return "?";
}

const char *
errors_name(int error, char *text, size_t size)
{
	if (error == FAULT_SHORT)
		return "one byte";
	snprintf(text, size, "%s", strerror(error));
	return text;
}

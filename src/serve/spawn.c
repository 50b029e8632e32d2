/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/spawn.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4u
#endif

/* That of programs; all zeroes: that of ours. */
static uint64_t descriptors[2];

static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

/* Before they are let through: a handler would run on our memory. */
static void
reset_signals(const struct spawn *s)
{
	/* The kernel's own structure: all zeroes is the default. A libc
	 * lets nobody at the signals that it keeps for itself, and some
	 * start us with those ignored. */
	static const unsigned long fresh_kernel[4];
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t mask;

	if (s->flags & SPAWN_FRESH_SIGNALS)
		for (int number = 1; number <= 64; number++)
			syscall(SYS_rt_sigaction, number, fresh_kernel, NULL,
				8ul);
	else
		for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
			sigaction(caught[i], &fresh, NULL);
	sigemptyset(&mask);
	if (s->flags & SPAWN_HOLDS_SIGNALS)
		for (size_t i = 0; i < 3; i++)
			sigaddset(&mask, caught[i]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

/*
 * Puts the descriptors in their places. One that lies on the place of
 * another is moved away first: whoever started us may have left us
 * without a standard error, and then a pipe of ours is number 2.
 */
static bool
place_descriptors(const struct spawn *s)
{
	int fd[SPAWN_FDS];
	int places = 0;

	for (int i = 0; i < SPAWN_FDS; i++) {
		fd[i] = s->fd[i];
		if (fd[i] != SPAWN_OURS)
			places = i + 1;
		if (fd[i] >= 0 && fd[i] < SPAWN_FDS)
			fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, SPAWN_FDS);
		if (fd[i] < SPAWN_OURS || (fd[i] < 0 && s->fd[i] >= 0))
			return false;
	}
	for (int i = 0; i < places; i++)
		if (fd[i] >= 0 && dup2(fd[i], i) < 0)
			return false;
	/* Not closed at once: the program's file is among them. A kernel
	 * that lacks this leaves what was leaked to us. */
	if (s->flags & SPAWN_CLOSES_REST)
		syscall(SYS_close_range, (unsigned)places, ~0u,
			CLOSE_RANGE_CLOEXEC);
	return true;
}

static bool
set_limits(const struct spawn *s)
{
	if (descriptors[1] > 0 &&
	    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, descriptors, NULL) != 0)
		return false;
	for (size_t i = 0; i < s->limit_count; i++) {
		uint64_t limit[2] = {s->limit[i].value, s->limit[i].value};

		if (syscall(SYS_prlimit64, 0, s->limit[i].resource, limit,
			    NULL) != 0)
			return false;
	}
	return true;
}

/* Before its limits are set, since it takes descriptors for a moment, and
 * before it is to die with us, which another user does not. */
static bool
confine(const struct spawn *s)
{
	int error = s->confinement != NULL ? confine_enter(s->confinement) : 0;

	if (error)
		errno = error;
	return error == 0;
}

/* The kernel kills who outlives its parent; it may be gone already. */
static bool
die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0ul, 0ul, 0ul) ==
		   0 &&
	       getppid() == parent;
}

static void
execute(const struct spawn *s)
{
	if (s->program_fd >= 0) {
		syscall(SYS_execveat, s->program_fd, "", s->argv,
			s->environment, AT_EMPTY_PATH);
		/* So the kernel says that an interpreter could not open the
		 * script, whose descriptor will be closed by then. */
		if (errno != ENOENT && errno != ENOSYS)
			return;
	}
	execve(s->path, s->argv, s->environment);
}

/*
 * In the child, which shares our memory until it is another program: only
 * the kernel's side of it may be changed, and *error.
 */
static _Noreturn void
become(const struct spawn *s, pid_t parent, volatile int *error)
{
	errno = 0;
	if ((!(s->flags & SPAWN_OWN_GROUP) || setpgid(0, 0) == 0) &&
	    (s->directory_fd < 0 || fchdir(s->directory_fd) == 0) &&
	    place_descriptors(s) && confine(s) &&
	    (!(s->flags & SPAWN_DIES_WITH_US) || die_with(parent)) &&
	    set_limits(s)) {
		reset_signals(s);
		execute(s);
	}
	*error = errno != 0 ? errno : ESRCH;
	_exit(127);
}

void
spawn_set_descriptors(uint64_t soft, uint64_t hard)
{
	descriptors[0] = soft;
	descriptors[1] = hard;
}

pid_t
spawn_start(const struct spawn *s)
{
	pid_t pid, parent = getpid();
	volatile int error = 0;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(s, parent, &error);
	if (pid < 0)
		error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return -error;
}

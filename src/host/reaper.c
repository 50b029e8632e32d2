/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/fork.h"
#include "host/reaper.h"

/*
 * To ask a child takes some 0.2 us: of so many in a millisecond it is one
 * or two parts in a hundred of a core.
 */
#define ASKED_PER_MS 64

/* A large array would have one more page of the stack copied after a fork. */
#define READ_COUNT 4

int
reaper_init(struct reaper *r)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigaddset(&ends, FORK_SIGNAL);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	/* What came before that is not known. */
	*r = (struct reaper){.is_unsure = true,
			     .asked_at = clock_ms() - REAPER_MS};
	r->fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->fd < 0 ? errno : 0;
}

/* Programs have SIGCHLD, forks have not: __WALL is for both. */
static bool
has_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG | __WALL) == pid;
}

/*
 * What the end of a process is sent with, signalfd describes well for
 * SIGCHLD alone; of another signal it takes it for what poll is told. There
 * the process is where the band would be.
 */
static pid_t
process_of(const struct signalfd_siginfo *info)
{
	return (pid_t)(info->ssi_pid != 0 ? info->ssi_pid : info->ssi_band);
}

static int64_t
ask_time(const struct reaper *r, const struct children *children)
{
	int64_t ms = (int64_t)(children->total / ASKED_PER_MS);

	return r->asked_at + (r->is_unsure && ms < REAPER_MS ? ms : REAPER_MS);
}

int64_t
reaper_due(const struct reaper *r, const struct children *children)
{
	return r->is_unsure ? ask_time(r, children) : NEVER;
}

void
reaper_reap(struct reaper *r, const struct children *children,
	    void (*take)(void *argument, pid_t pid, int status), void *argument)
{
	struct signalfd_siginfo info[READ_COUNT];
	struct child child;
	size_t count, at = 0;
	int64_t now;
	int status;
	pid_t pid;

	do {
		ssize_t n = read(r->fd, info, sizeof(info));

		count = n < 0 ? 0 : (size_t)n / sizeof(info[0]);
		for (size_t i = 0; i < count; i++) {
			pid = process_of(&info[i]);
			if (pid > 0 && has_ended(pid, &status))
				take(argument, pid, status);
			if (info[i].ssi_signo == SIGCHLD)
				r->is_unsure = true;
		}
	} while (count == READ_COUNT);
	now = clock_ms();
	if (now < ask_time(r, children))
		return;
	r->asked_at = now;
	while (r->is_unsure && children_next(children, &at, &child))
		if (has_ended(child.pid, &status)) {
			take(argument, child.pid, status);
			at--; /* another may be in its place */
		}
	r->is_unsure = false;
	/* And who is not in the table: children of children that are gone. */
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
		take(argument, pid, status);
}

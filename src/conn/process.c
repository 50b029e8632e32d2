/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/process.h"

void
process_init(struct process *c, pid_t pid)
{
	*c = (struct process){.pid = pid,
			      .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
}

bool
process_check(struct process *c)
{
	siginfo_t info = {.si_pid = 0};

	if (c->has_ended)
		return true;
	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
	    0) {
		/* Somebody else has waited for it: it is gone. */
		c->has_ended = errno == ECHILD;
		return c->has_ended;
	}
	c->has_ended = info.si_pid == c->pid;
	c->has_crashed =
	    c->has_ended && info.si_code != CLD_EXITED && !c->is_told;
	return c->has_ended;
}

void
process_tell(struct process *c, int64_t grace_ms)
{
	if (c->is_told)
		return;
	/* What it leaves behind when it ends well is meant to live. */
	if (process_check(c) && !c->has_crashed)
		return;
	c->is_told = true;
	c->kill_time = clock_ms() + grace_ms;
	kill(-c->pid, SIGTERM);
}

void
process_kill(struct process *c)
{
	kill(-c->pid, SIGKILL);
}

void
process_release(struct process *c)
{
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
}

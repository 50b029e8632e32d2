/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/process.h"

void
process_init(struct process *p, pid_t pid)
{
	*p = (struct process){.pid = pid,
			      .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
}

bool
process_check(struct process *p)
{
	siginfo_t info = {.si_pid = 0};

	if (p->has_ended)
		return true;
	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
	    0) {
		/* Somebody else has waited for it: it is gone. */
		p->has_ended = errno == ECHILD;
		return p->has_ended;
	}
	p->has_ended = info.si_pid == p->pid;
	p->exit_status =
	    p->has_ended && info.si_code == CLD_EXITED ? info.si_status : -1;
	p->has_crashed =
	    p->has_ended && info.si_code != CLD_EXITED && !p->is_told;
	return p->has_ended;
}

void
process_tell(struct process *p, int64_t grace_ms)
{
	if (p->is_told)
		return;
	/* What it leaves behind when it ends well is meant to live. */
	if (process_check(p) && !p->has_crashed)
		return;
	p->is_told = true;
	p->kill_time = clock_ms() + grace_ms;
	kill(-p->pid, SIGTERM);
}

void
process_sweep(struct process *p, int64_t grace_ms)
{
	if (p->is_told)
		return;
	p->is_told = true;
	p->kill_time = clock_ms() + grace_ms;
	kill(-p->pid, SIGTERM);
}

void
process_kill(struct process *p)
{
	p->is_beyond = kill(-p->pid, SIGKILL) != 0 && errno == EPERM;
}

void
process_release(struct process *p)
{
	while (waitpid(p->pid, NULL, p->is_beyond ? WNOHANG : 0) < 0 &&
	       errno == EINTR)
		;
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
	p->pid = 0;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/process.h"

void
process_init(struct process *p, struct agent *agent, pid_t pid)
{
	*p = (struct process){.agent = agent, .pid = pid, .exit_status = -1};
	p->pidfd =
	    agent != NULL ? agent->fd : (int)syscall(SYS_pidfd_open, pid, 0);
}

static void
note_end(struct process *p, int exit_status)
{
	p->has_ended = true;
	p->exit_status = exit_status;
	p->has_crashed = exit_status < 0 && !p->is_told;
}

bool
process_check(struct process *p)
{
	siginfo_t info = {.si_pid = 0};

	if (p->has_ended)
		return true;
	if (p->agent != NULL) {
		if (agent_check(p->agent))
			note_end(p, p->agent->exit_status);
		return p->has_ended;
	}
	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
	    0) {
		/* Somebody else has waited for it: it is gone. */
		p->has_ended = errno == ECHILD;
		return p->has_ended;
	}
	if (info.si_pid == p->pid)
		note_end(p, info.si_code == CLD_EXITED ? info.si_status : -1);
	return p->has_ended;
}

void
process_wait(struct process *p)
{
	siginfo_t info;

	while (!process_check(p)) {
		struct pollfd own = {.fd = p->pidfd, .events = POLLIN};

		if (p->agent != NULL)
			poll(&own, 1, -1);
		else
			waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT);
	}
}

static void
send_term(struct process *p, int64_t grace_ms)
{
	p->is_told = true;
	p->kill_time = clock_ms() + grace_ms;
	if (p->agent != NULL)
		agent_signal(p->agent, AGENT_TELL);
	else
		kill(-p->pid, SIGTERM);
}

void
process_tell(struct process *p, int64_t grace_ms)
{
	if (p->is_told)
		return;
	/* What it leaves behind when it ends well is meant to live. */
	if (process_check(p) && !p->has_crashed)
		return;
	send_term(p, grace_ms);
}

void
process_sweep(struct process *p, int64_t grace_ms)
{
	if (!p->is_told)
		send_term(p, grace_ms);
}

void
process_kill(struct process *p)
{
	int error = 0;

	if (p->agent != NULL)
		error = agent_signal(p->agent, AGENT_KILL);
	else if (kill(-p->pid, SIGKILL) != 0)
		error = errno;
	p->is_beyond = error == EPERM;
}

void
process_release(struct process *p)
{
	if (p->agent != NULL) {
		agent_release(p->agent);
		p->pidfd = -1;
		return;
	}
	while (waitpid(p->pid, NULL, p->is_beyond ? WNOHANG : 0) < 0 &&
	       errno == EINTR)
		;
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
	p->pid = 0;
}

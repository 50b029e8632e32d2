/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PROCESS_H
#define SERVE_PROCESS_H

#include "serve/agent.h"

/*
 * A program that runs for a request, as a process: whether it has ended,
 * and how it is made to. It leads a process group of its own. That it has
 * ended is looked at without taking note of it before process_release: so
 * long the kernel keeps its number, and a signal to its group cannot
 * reach strangers.
 */
struct process {
	struct agent *agent; /* who has started it; NULL: we have */
	pid_t pid;           /* if we have */
	/* Readable when it may have ended: of ours a pidfd, or -1 where the
	 * kernel lacks them, else the agent's socket. */
	int pidfd;
	bool has_ended;
	bool has_crashed;  /* it was killed by a signal that was not ours */
	int exit_status;   /* once it has ended by itself; -1: it crashed */
	bool is_told;      /* to end */
	bool is_beyond;    /* our reach: it is another user's now */
	int64_t kill_time; /* clock_ms: when its group is killed */
};

/* What agent has started last, or pid if agent is NULL. */
void process_init(struct process *p, struct agent *agent, pid_t pid);

/* Looks whether it has ended. Returns has_ended. */
bool process_check(struct process *p);

/*
 * Sends its group SIGTERM, if that was not done before and it has not
 * ended well; SIGKILL is due grace_ms later.
 */
void process_tell(struct process *p, int64_t grace_ms);

/*
 * Sends what a program that has ended has left in its group SIGTERM, if
 * that was not done before; SIGKILL is due grace_ms later.
 */
void process_sweep(struct process *p, int64_t grace_ms);

/* Waits until it has ended. */
void process_wait(struct process *p);

/* Sends its group SIGKILL. */
void process_kill(struct process *p);

/*
 * Forgets a program that has ended, or was killed, which is waited for;
 * one that is set-user-ID and could not be killed is left to itself.
 */
void process_release(struct process *p);

#endif

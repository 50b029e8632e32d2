/* SPDX-License-Identifier: ISC */
#ifndef HOST_MONITOR_H
#define HOST_MONITOR_H

/*
 * The thread of a launcher that stays outside of the sandbox, as the
 * monitor of a program with separated privileges does. Sandboxes are put
 * on threads: the main thread wears what its children are to inherit, and
 * is itself held by it; what that forbids - to execute a new image, start
 * the check of new options, signal children, tell the service manager -
 * the monitor does in its place. It is asked by function calls of the
 * launcher alone: no byte of a client's gets here, and children, which are
 * processes, have no part of it.
 *
 * The two never run at once: who asks waits. So nothing of the launcher's
 * needs a lock.
 */

/* Starts it. Returns 0 or an errno value. */
int monitor_start(void);

/*
 * Has the monitor run task(argument), with the caller's mask of signals,
 * and returns what that returns. Without a monitor, and within it, task is
 * simply called.
 */
int monitor_run(int (*task)(void *argument), void *argument);

#endif

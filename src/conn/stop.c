/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>

#include "conn/stop.h"

static volatile sig_atomic_t is_requested;
/* The descriptor and one more: zero, with all else that is not set yet. */
static volatile sig_atomic_t idle;
static sigset_t before_hold;

static void
handle(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	is_requested = 1;
	if (idle > 0)
		shutdown(idle - 1, SHUT_RD);
	errno = saved;
}

void
stop_install(void)
{
	/* No SA_RESTART: a wait on a pipe must return too. */
	struct sigaction action = {.sa_handler = handle};

	sigaction(SIGTERM, &action, NULL);
}

bool
stop_requested(void)
{
	return is_requested;
}

void
stop_idle(int fd)
{
	idle = fd + 1;
}

bool
stop_requested_idle(void)
{
	return is_requested && idle > 0;
}

void
stop_hold(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, &before_hold);
}

int
stop_poll(struct pollfd *p, nfds_t count, int timeout_ms)
{
	struct timespec timeout = {.tv_sec = timeout_ms / 1000,
				   .tv_nsec = timeout_ms % 1000 * 1000000l};

	return ppoll(p, count, timeout_ms < 0 ? NULL : &timeout, &before_hold);
}

void
stop_release(void)
{
	sigprocmask(SIG_SETMASK, &before_hold, NULL);
}

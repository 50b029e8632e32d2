/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wait.h"
#include "conn/stop.h"

static volatile sig_atomic_t is_requested;
/* The descriptor and one more: zero, with all else that is not set yet. */
static volatile sig_atomic_t idle;
/* Idle, and has a moment left for its first request. */
static volatile sig_atomic_t is_new;
static sigset_t before_hold;

static void
end_idle(void)
{
	is_new = 0;
	if (idle > 0)
		shutdown(idle - 1, SHUT_RD);
}

static void
handle_alarm(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	end_idle();
	errno = saved;
}

/* Only who is told to stop has to pay for an alarm. */
static void
limit_new(void)
{
	struct sigaction action = {.sa_handler = handle_alarm};

	sigaction(SIGALRM, &action, NULL);
	alarm(STOP_NEW_S);
}

static void
handle(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	is_requested = 1;
	if (is_new)
		limit_new();
	else
		end_idle();
	errno = saved;
}

void
stop_request(void)
{
	handle(SIGTERM);
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

bool
stop_idle(int fd)
{
	bool was_new = is_new;

	is_new = 0;
	idle = fd + 1;
	if (was_new && is_requested)
		alarm(0);
	return !is_requested;
}

void
stop_idle_new(int fd)
{
	is_new = 1;
	idle = fd + 1;
	if (is_requested)
		limit_new();
}

bool
stop_requested_idle(void)
{
	return is_requested && idle > 0 && !is_new;
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
				   .tv_nsec = timeout_ms % 1000 * 1000000L};

	int n = ppoll(p, count, timeout_ms < 0 ? NULL : &timeout, &before_hold);

	return n < 0 ? wait_failed(p, count) : n;
}

void
stop_release(void)
{
	sigprocmask(SIG_SETMASK, &before_hold, NULL);
}

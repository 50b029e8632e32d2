/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "conn/stop.h"
#include "host/fork.h"
#include "host/orders.h"

static struct {
	volatile sig_atomic_t stops, reloads;
	volatile sig_atomic_t is_for_child;
	pid_t launcher;
	int fd;
} orders = {.fd = -1};

static void
wake(void)
{
	uint64_t one = 1;

	/* It fails where the counter is full: readable it is all the same. */
	if (write(orders.fd, &one, sizeof(one)) < 0) {
	}
}

/*
 * A forked child has this handler until it has one of its own, and goes
 * on having it for SIGINT and SIGHUP. The descriptor is the launcher's.
 */
static void
handle(int number)
{
	int saved = errno;

	if (getpid() != orders.launcher) {
		if (number == SIGTERM)
			orders.is_for_child = 1;
	} else {
		if (number == SIGHUP)
			orders.reloads = 1;
		else
			orders.stops++;
		wake();
	}
	errno = saved;
}

static void
fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

static void
catch_signal(int number)
{
	struct sigaction action = {.sa_handler = handle,
				   .sa_flags = SA_RESTART};

	/* One at a time: stops++ is not atomic. */
	fill(&action.sa_mask);
	sigaction(number, &action, NULL);
}

int
orders_install(void)
{
	orders.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (orders.fd < 0)
		return errno;
	orders.launcher = getpid();
	/*
	 * What our parent ignores we would ignore too, and so would every
	 * program: a shell's background jobs have SIGQUIT ignored. Who
	 * ignores SIGCHLD is told of no child.
	 */
	for (int number = 1; number < 32; number++)
		if (number != SIGPIPE)
			signal(number, SIG_DFL);
	catch_signal(SIGTERM);
	catch_signal(SIGINT);
	catch_signal(SIGHUP);
	orders_release();
	return 0;
}

int
orders_fd(void)
{
	return orders.fd;
}

void
orders_clear(void)
{
	uint64_t count;

	if (read(orders.fd, &count, sizeof(count)) < 0) {
	}
}

unsigned
orders_stop(void)
{
	return (unsigned)orders.stops;
}

void
orders_ask_reload(void)
{
	orders.reloads = 1;
}

bool
orders_take_reload(void)
{
	/* Not written to without need: see host/launcher's be_lively. */
	if (!orders.reloads)
		return false;
	orders.reloads = 0;
	return true;
}

void
orders_hold(void)
{
	sigset_t set;

	fill(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void
orders_release(void)
{
	sigset_t set;

	sigfillset(&set);
	/* The reaper's: one that the last image has not read would end us. */
	sigdelset(&set, FORK_SIGNAL);
	sigdelset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
orders_leave(void)
{
	close(orders.fd);
	stop_install();
	if (orders.is_for_child)
		stop_request();
}

void
orders_ignore(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	stop_install();
	orders_release();
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "host/fork.h"
#include "host/handover.h"
#include "host/launcher.h"
#include "host/monitor.h"
#include "host/notify.h"
#include "host/opener.h"
#include "host/orders.h"
#include "host/peer.h"
#include "host/sandbox.h"
#include "host/ucspi.h"

/* How long accepting rests when the system has run out of something. */
#define PAUSE_MS 100

/*
 * How often it is looked whether a child has ended while nothing else
 * happens. A signal would tell at once, and cost every connection more.
 */
#define REAP_SOON_MS 100
#define REAP_LATE_MS 1000
#define REAP_SOON_COUNT 10
#define CHECK_MS 10

/*
 * Of a flood of connections that are refused many are taken at a time: to be
 * woken for each costs half as much as to refuse it.
 */
#define FLOOD_REST_MS 1

/* What a process may take to be gone after SIGKILL. */
#define KILL_MS 1000

/* After a fork a page that is written to is copied: only what changes is. */
static void
be_lively(struct launcher *l)
{
	if (l->lively != REAP_SOON_COUNT)
		l->lively = REAP_SOON_COUNT;
}

static void
take_end(void *argument, pid_t pid, int status)
{
	struct launcher *l = argument;
	uint64_t key = children_key_of(l->children, pid);

	be_lively(l);
	if (reload_take_end(&l->reload, pid, status) ||
	    !children_remove(l->children, pid))
		return;
	/* A crash is ours to mend; how programs end is their own affair. */
	if (WIFSIGNALED(status) && !l->is_stopping &&
	    l->config->listen.program == NULL)
		crash_take(l->crashes, &l->overload, pid, key, status);
}

static void
reap(struct launcher *l)
{
	reaper_reap(&l->reaper, l->children, take_end, l);
}

/* Nothing of the launcher's stays with a child but what it serves with. */
static _Noreturn void
serve_forked(struct launcher *l, int fd, const struct sockaddr_storage *peer)
{
	orders_leave();
	opener_leave();
	close(l->reaper.fd);
	for (size_t i = 0; i < l->listener_count; i++)
		close(l->listener[i].fd);
	overload_release(&l->overload);
	peer_set(peer);
	l->service->serve(fd);
	_exit(0);
}

/* Returns the process, or a negative errno value. */
static pid_t
start(struct launcher *l, int fd, const struct sockaddr_storage *peer)
{
	pid_t pid;

	if (l->program.path[0] != '\0') {
		ucspi_set(fd, peer);
		return image_start(&l->program, fd);
	}
	pid = fork_with(l->pass);
	if (pid == 0)
		serve_forked(l, fd, peer);
	return pid < 0 ? -errno : pid;
}

static const char *
why_refused(const struct launcher *l, uint64_t key)
{
	const struct listen_settings *s = &l->config->listen;
	const char *reason = NULL;

	if (l->crashes->count > 0)
		reason = crash_why(l->crashes, key, clock_ms());
	if (reason != NULL)
		return reason;
	if (l->children->total >= s->max_connections)
		return "too many connections";
	if (s->max_per_address > 0 && key != CHILDREN_NO_KEY &&
	    children_count(l->children, key) >= s->max_per_address)
		return "too many connections of one address";
	return NULL;
}

/* Gives the connection fd to a process, or gets rid of it. */
static void
hand_out(struct launcher *l, const struct listener *from, int fd,
	 const struct sockaddr_storage *peer)
{
	uint64_t key = children_key(peer);
	const char *reason = why_refused(l, key);
	pid_t pid;

	if (reason != NULL) {
		overload_refuse(&l->overload, fd, peer, reason, NULL);
		return;
	}
	if (!socket_set_accepted(from, fd, l->config)) {
		overload_refuse(&l->overload, fd, peer, "no time-out for it",
				strerror(errno));
		return;
	}
	pid = start(l, fd, peer);
	if (pid < 0) {
		overload_refuse(&l->overload, fd, peer, "no process for it",
				strerror(-pid));
		return;
	}
	children_add(l->children, pid, key);
	close(fd);
}

/*
 * Decides what becomes of accepting after it failed. Returns true if it
 * can go on at once: the fault is that of one connection, which is gone
 * now. Whatever else it is will still be there, and must not make us spin.
 */
static bool
take_accept_error(struct launcher *l, int error)
{
	switch (error) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ETIMEDOUT:
		return true;
	default:
		overload_complain(&l->overload, "accept", strerror(error));
		/* If it is descriptors, these can be spared. */
		overload_release(&l->overload);
		l->paused_until = clock_ms() + PAUSE_MS;
		return false;
	}
}

static bool
accept_one(struct launcher *l, const struct listener *from)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);
	int fd =
	    accept4(from->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

	if (fd < 0)
		return take_accept_error(l, errno);
	be_lively(l);
	reap(l);
	hand_out(l, from, fd, &peer);
	return true;
}

/* One from each socket, so that none has to wait for the others' calm. */
static bool
accept_round(struct launcher *l)
{
	bool was_any = false;

	if (l->paused_until > 0) {
		if (clock_ms() < l->paused_until)
			return false;
		l->paused_until = 0;
	}
	for (size_t i = 0; i < l->listener_count && l->paused_until == 0; i++)
		if (accept_one(l, &l->listener[i]))
			was_any = true;
	return was_any;
}

/* When a child should be looked for that has ended. */
static int64_t
reap_time(const struct launcher *l)
{
	if (l->reload.pid > 0)
		return clock_ms() + CHECK_MS;
	if (l->children->total == 0)
		return NEVER;
	return clock_ms() + (l->lively > 0 ? REAP_SOON_MS : REAP_LATE_MS);
}

/* Milliseconds until due, for poll. */
static int
time_until(int64_t due)
{
	int64_t now;

	if (due == NEVER)
		return -1;
	now = clock_ms();
	return due <= now            ? 0
	       : due - now > INT_MAX ? INT_MAX
				     : (int)(due - now);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits for a connection, an order, or anything that is due. */
static void
wait_for_work(struct launcher *l)
{
	struct pollfd polls[1 + LISTENERS_MAX];
	nfds_t count = 0;
	int64_t due;
	int n;

	if (overload_is_flood(&l->overload))
		poll(NULL, 0, FLOOD_REST_MS);
	polls[count++] = (struct pollfd){.fd = orders_fd(), .events = POLLIN};
	if (l->paused_until == 0)
		for (size_t i = 0; i < l->listener_count; i++)
			polls[count++] = (struct pollfd){
			    .fd = l->listener[i].fd, .events = POLLIN};
	due = earlier(overload_due(&l->overload), reap_time(l));
	if (l->service->tend != NULL)
		due = earlier(due, l->tend_at);
	if (l->paused_until > 0)
		due = earlier(due, l->paused_until);
	n = poll(polls, count, time_until(due));
	if (n < 0 && errno != EINTR)
		poll(NULL, 0, PAUSE_MS);
	if (n == 0 && l->lively > 0)
		l->lively--;
	if (n > 0 && polls[0].revents != 0)
		orders_clear();
	overload_tend(&l->overload);
	/* A connection that has come is followed by a look of its own. */
	if (n <= 0)
		reap(l);
}

static int
execute(void *argument)
{
	struct launcher *l = argument;
	int part[HANDOVER_PARTS] = {-1, -1, opener_fd()};
	int error;

	part[HANDOVER_CHILDREN] = handover_store_children(l->children);
	if (part[HANDOVER_CHILDREN] < 0)
		return -part[HANDOVER_CHILDREN];
	if (l->service->store_tickets != NULL)
		part[HANDOVER_TICKETS] = l->service->store_tickets();
	sandbox_restore_limits();
	error = handover_execute(&l->reload.self, l->listener,
				 l->listener_count, part);
	sandbox_set_limits();
	close(part[HANDOVER_CHILDREN]);
	close(part[HANDOVER_TICKETS]);
	return error;
}

static void
tend_reload(struct launcher *l)
{
	int error;

	if (!reload_is_due(&l->reload))
		return;
	error = monitor_run(execute, l);
	if (error)
		reload_fail(&l->reload, strerror(error));
}

/* It may look at files that no connection has to do with. */
static int
tend(void *argument)
{
	struct launcher *l = argument;

	l->tend_at = l->service->tend();
	return 0;
}

static void
signal_children(const struct launcher *l, int number)
{
	struct child child;
	size_t at = 0;

	while (children_next(l->children, &at, &child))
		kill(child.pid, number);
}

/* Waits until all children have ended, ms at most, or for a further order. */
static void
wait_for_end(struct launcher *l, int64_t ms, unsigned orders)
{
	int64_t deadline = clock_ms() + ms;
	struct pollfd polls[] = {{.fd = orders_fd(), .events = POLLIN},
				 {.fd = l->reaper.fd, .events = POLLIN}};

	for (;;) {
		orders_clear();
		reap(l);
		if (l->children->total == 0 || clock_ms() >= deadline ||
		    orders_stop() != orders)
			return;
		poll(polls, 2,
		     time_until(earlier(deadline,
					reaper_due(&l->reaper, l->children))));
	}
}

static int
stop(void *argument)
{
	struct launcher *l = argument;
	int64_t grace_ms = l->config->listen.grace_ms;
	unsigned orders = orders_stop();

	l->is_stopping = true;
	/* A check of new options that is under way does not matter now. */
	l->reload.pid = 0;
	notify_stopping();
	for (size_t i = 0; i < l->listener_count; i++)
		socket_close(&l->listener[i]);
	overload_release(&l->overload);
	if (grace_ms > 0) {
		signal_children(l, SIGTERM);
		wait_for_end(l, grace_ms, orders);
	}
	signal_children(l, SIGKILL);
	wait_for_end(l, KILL_MS, orders_stop());
	return 0;
}

void
launcher_run(struct launcher *l)
{
	while (orders_stop() == 0) {
		if (l->service->tend != NULL && clock_ms() >= l->tend_at)
			monitor_run(tend, l);
		tend_reload(l);
		if (!accept_round(l))
			wait_for_work(l);
		else
			overload_tend(&l->overload);
	}
	monitor_run(stop, l);
}

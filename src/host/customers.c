/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parcel.h"
#include "host/customers.h"

#define NONE (-1)
#define EVENTS 16

/* Where the kernel lacks pidfds, how often programs are looked at. */
#define CHECK_MS 100

/* A connection. */
struct customer {
	int fd;
	int hired;    /* its program, or NONE */
	int spool_fd; /* for its next program, or -1 */
	int next;     /* free slot */
};

/* A program, until it was waited for. */
struct hired {
	pid_t pid;
	int pidfd;
	int customer; /* NONE: nobody is interested */
	bool has_ended;
	int exit_status, next;
};

/* What an event is about; the slot is in the lower half. */
enum { OF_LINE, OF_CUSTOMER, OF_HIRED };

static char packet[AGENT_PACKET_MAX]; /* one is looked at at a time */

static bool
watch(const struct customers *c, int fd, unsigned kind, int slot)
{
	struct epoll_event event = {.events = EPOLLIN,
				    .data.u64 =
					(uint64_t)kind << 32 | (uint32_t)slot};

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

int
customers_init(struct customers *c, const struct errands *where, uint64_t most)
{
	/* Those whose end was not seen yet have a slot too. */
	int cap = 2 * (int)most + 8;
	size_t each = sizeof(struct customer) + sizeof(struct hired);
	char *memory = mmap(NULL, (size_t)cap * each, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	*c = (struct customers){.where = *where,
				.epoll = epoll_create1(EPOLL_CLOEXEC),
				.line = -1,
				.cap = cap};
	c->customer = (void *)memory;
	c->hired = (void *)(c->customer + cap);
	for (int i = 0; i < cap; i++) {
		c->customer[i].fd = -1;
		c->customer[i].next = c->hired[i].next =
		    i + 1 < cap ? i + 1 : NONE;
	}
	return c->epoll >= 0 ? 0 : errno;
}

/* --- programs */

/* Waits for one that has ended. */
static void
forget(struct customers *c, int slot)
{
	struct hired *h = &c->hired[slot];

	waitpid(h->pid, NULL, WNOHANG);
	h->pid = 0;
	h->next = c->free_hired;
	c->free_hired = slot;
}

/* The slot, or NONE: then it was killed. */
static int
hire(struct customers *c, pid_t pid, int customer)
{
	int slot = c->free_hired;
	struct hired *h = &c->hired[slot];
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool is_blind = pidfd < 0 && errno == ENOSYS;

	if (slot == NONE ||
	    (!is_blind && (pidfd < 0 || !watch(c, pidfd, OF_HIRED, slot)))) {
		waitpid(pid, NULL, kill(-pid, SIGKILL) == 0 ? 0 : WNOHANG);
		if (pidfd >= 0)
			close(pidfd);
		return NONE;
	}
	c->free_hired = h->next;
	c->blind += is_blind;
	*h = (struct hired){.pid = pid, .pidfd = pidfd, .customer = customer};
	return slot;
}

/* Nobody is interested in it any more. */
static void
let_go(struct customers *c, int slot)
{
	struct hired *h = &c->hired[slot];

	h->customer = NONE;
	if (h->has_ended)
		forget(c, slot);
	else
		kill(-h->pid, SIGKILL);
}

/* --- connections */

static void
drop_spool(struct customer *who)
{
	if (who->spool_fd >= 0)
		close(who->spool_fd);
	who->spool_fd = -1;
}

/* What it has started goes with it. */
static void
leave(struct customers *c, int slot)
{
	struct customer *who = &c->customer[slot];

	if (who->hired != NONE) {
		kill(-c->hired[who->hired].pid, SIGKILL);
		let_go(c, who->hired);
	}
	drop_spool(who);
	close(who->fd);
	who->fd = -1;
	who->next = c->free_customer;
	c->free_customer = slot;
	c->customers--;
}

/* Once for a connection: it cannot fill the log. */
static void
turn_out(struct customers *c, int slot, const char *why)
{
	log_message(LOG_LEVEL_ERROR, "broker: refused a connection", why);
	leave(c, slot);
}

/* One that reads no answers gets no more. False: it has left. */
static bool
answer(struct customers *c, int slot, const struct agent_answer *a,
       const int fd[AGENT_FDS])
{
	int sent[AGENT_FDS];
	size_t count = 0;

	for (int i = 0; fd != NULL && i < AGENT_FDS; i++)
		if (a->fds >> i & 1)
			sent[count++] = fd[i];
	if (parcel_send(c->customer[slot].fd,
			(struct slice){(const char *)a, sizeof(*a)}, sent,
			count) == 0)
		return true;
	leave(c, slot);
	return false;
}

static void
answer_plainly(struct customers *c, int slot, int error)
{
	answer(c, slot, &(struct agent_answer){.error = error}, NULL);
}

static void
start(struct customers *c, int slot, const struct errand *e)
{
	struct customer *who = &c->customer[slot];
	struct agent_answer a = {.reply = AGENT_DONE};
	struct joint j;
	const char *why;
	int fd[AGENT_FDS];

	if (who->hired != NONE || (e->is_spooled && who->spool_fd < 0)) {
		turn_out(c, slot, "what is not its turn");
		return;
	}
	a.error = errand_start(&c->where, e, e->is_spooled ? who->spool_fd : -1,
			       &j, &why);
	if (a.error && why != NULL) {
		turn_out(c, slot, why);
		return;
	}
	drop_spool(who);
	if (!a.error && (who->hired = hire(c, j.pid, slot)) == NONE) {
		joint_close(&j);
		a.error = EAGAIN;
	}
	if (a.error) {
		answer_plainly(c, slot, a.error);
		return;
	}
	fd[AGENT_IN] = j.in;
	fd[AGENT_OUT] = j.out;
	fd[AGENT_ERRORS] = j.errors;
	for (int i = 0; i < AGENT_FDS; i++)
		a.fds |= (uint32_t)(fd[i] >= 0) << i;
	answer(c, slot, &a, fd);
	joint_close(&j);
}

static void
make_spool(struct customers *c, int slot)
{
	struct customer *who = &c->customer[slot];
	const struct programs *programs = c->where.config->site.programs;
	struct agent_answer a = {.reply = AGENT_DONE, .fds = 1 << AGENT_IN};
	int fd[AGENT_FDS];

	if (programs == NULL || programs->spool == NULL) {
		turn_out(c, slot, "what is not its turn");
		return;
	}
	/* Of content that did not come whole. */
	drop_spool(who);
	who->spool_fd = fd[AGENT_IN] = programs_spool(programs);
	if (who->spool_fd < 0)
		answer_plainly(c, slot, -who->spool_fd);
	else
		answer(c, slot, &a, fd);
}

static void
send_signal(struct customers *c, int slot, int number)
{
	int hired = c->customer[slot].hired, error = 0;

	/* Until it was waited for, its number is no other's. */
	if (hired == NONE)
		error = ESRCH;
	else if (kill(-c->hired[hired].pid, number) != 0)
		error = errno;
	answer_plainly(c, slot, error);
}

static void
take_order(struct customers *c, int slot)
{
	struct customer *who = &c->customer[slot];
	ssize_t n = parcel_receive(who->fd, packet, sizeof(packet), NULL, 0,
				   MSG_DONTWAIT | MSG_TRUNC);
	struct errand e;
	const char *why;

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		leave(c, slot);
		return;
	}
	why = (size_t)n > sizeof(packet)
		  ? "too much"
		  : errand_parse(&e, (struct slice){packet, (size_t)n});
	if (why != NULL) {
		turn_out(c, slot, why);
		return;
	}
	switch (e.kind) {
	case AGENT_CGI:
	case AGENT_WEBSOCKET:
	case AGENT_WEBSOCKET_AUTH:
	case AGENT_PASSWORD:
		start(c, slot, &e);
		return;
	case AGENT_SPOOL:
		make_spool(c, slot);
		return;
	case AGENT_TELL:
	case AGENT_KILL:
		send_signal(c, slot, e.kind == AGENT_TELL ? SIGTERM : SIGKILL);
		return;
	case AGENT_RELEASE:
		if (who->hired != NONE)
			let_go(c, who->hired);
		who->hired = NONE;
		return;
	}
}

void
customers_add(struct customers *c, int fd)
{
	int slot = c->free_customer;
	struct customer *who = &c->customer[slot];

	if (slot == NONE || !watch(c, fd, OF_CUSTOMER, slot)) {
		close(fd);
		return;
	}
	c->free_customer = who->next;
	c->customers++;
	*who = (struct customer){.fd = fd, .hired = NONE, .spool_fd = -1};
}

/* --- what happens */

static void
take_customer(struct customers *c)
{
	char byte = 0;
	int fd;
	ssize_t n = parcel_receive(c->line, &byte, 1, &fd, 1, MSG_DONTWAIT);

	if (n > 0 && fd >= 0) {
		customers_add(c, fd);
	} else if (n <= 0 && n != -EAGAIN) {
		close(c->line);
		c->line = -1;
	}
}

/* Has it ended? */
static void
look_at(struct customers *c, int slot)
{
	struct hired *h = &c->hired[slot];
	struct agent_answer a = {.reply = AGENT_ENDED};
	siginfo_t info = {.si_pid = 0};
	bool failed = waitid(P_PID, (id_t)h->pid, &info,
			     WEXITED | WNOHANG | WNOWAIT) != 0;

	if (h->has_ended || (failed ? errno == EINTR : info.si_pid != h->pid))
		return;
	/* An end that cannot be looked at was one all the same. */
	h->has_ended = true;
	h->exit_status =
	    !failed && info.si_code == CLD_EXITED ? info.si_status : -1;
	if (h->pidfd >= 0)
		close(h->pidfd);
	else
		c->blind--;
	h->pidfd = -1;
	a.exit_status = h->exit_status;
	if (h->customer == NONE)
		forget(c, slot);
	else
		answer(c, h->customer, &a, NULL);
}

static void
look_at_all(struct customers *c)
{
	for (int i = 0; c->blind > 0 && i < c->cap; i++)
		if (c->hired[i].pid > 0 && c->hired[i].pidfd < 0)
			look_at(c, i);
}

void
customers_serve(struct customers *c, int line)
{
	struct epoll_event event[EVENTS];

	c->line = line;
	if (line >= 0)
		watch(c, line, OF_LINE, 0);
	while (c->line >= 0 || c->customers > 0) {
		int n = epoll_wait(c->epoll, event, EVENTS,
				   c->blind > 0 ? CHECK_MS : -1);

		for (int i = 0; i < n; i++) {
			int slot = (int)(uint32_t)event[i].data.u64;
			unsigned kind = (unsigned)(event[i].data.u64 >> 32);

			if (kind == OF_LINE && c->line >= 0)
				take_customer(c);
			else if (kind == OF_CUSTOMER &&
				 c->customer[slot].fd >= 0)
				take_order(c, slot);
			else if (kind == OF_HIRED && c->hired[slot].pid > 0)
				look_at(c, slot);
		}
		look_at_all(c);
	}
}

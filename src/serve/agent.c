/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parcel.h"
#include "serve/agent.h"

/* To find a program, on a file system that may be slow, and to start it. */
#define ANSWER_MS 10000

/* The broker kills what still runs. */
static void
give_up(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->has_ended = true;
	a->exit_status = -1;
}

static int
send_parts(struct agent *a, struct iovec *part, uint16_t count)
{
	struct msghdr message = {.msg_iov = part, .msg_iovlen = count};
	int most = AGENT_PACKET_MAX;

	if (a->fd < 0)
		return EAGAIN;
	if (sendmsg(a->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EMSGSIZE) {
		setsockopt(a->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
		if (sendmsg(a->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno == EMSGSIZE)
			return E2BIG;
	}
	give_up(a);
	return EAGAIN;
}

/* Takes one packet, if there is one. False if there is not. */
static bool
take(struct agent *a, struct agent_answer *answer, int fd[AGENT_FDS])
{
	int got[AGENT_FDS], next = 0;
	ssize_t n = 0;

	if (a->fd >= 0)
		n = parcel_receive(a->fd, answer, sizeof(*answer), got,
				   AGENT_FDS, MSG_DONTWAIT);
	if (n != (ssize_t)sizeof(*answer)) {
		if (n != -EAGAIN)
			give_up(a);
		return false;
	}
	for (int i = 0; i < AGENT_FDS; i++)
		fd[i] = answer->fds >> i & 1 ? got[next++] : -1;
	if (answer->reply == AGENT_ENDED) {
		a->has_ended = true;
		a->exit_status = answer->exit_status;
	}
	return true;
}

/* Waits for the answer to an order. Returns its error. */
static int
await(struct agent *a, int fd[AGENT_FDS])
{
	int64_t deadline = clock_deadline(ANSWER_MS);
	struct agent_answer answer = {0};

	while (a->fd >= 0) {
		struct pollfd p = {.fd = a->fd, .events = POLLIN};
		int64_t left = deadline - clock_ms();

		if (take(a, &answer, fd)) {
			if (answer.reply == AGENT_DONE)
				return answer.error;
		} else if (left <= 0) {
			give_up(a);
		} else if (a->fd >= 0) {
			poll(&p, 1, (int)left);
		}
	}
	return EAGAIN;
}

static int
order(struct agent *a, enum agent_kind kind, int fd[AGENT_FDS])
{
	struct agent_order what = {.kind = kind};
	struct iovec part = {&what, sizeof(what)};
	int error = send_parts(a, &part, 1);

	return error ? error : await(a, fd);
}

int
agent_begin(struct agent *a, const struct agent_start *start, struct joint *j)
{
	struct agent_order what = {
	    .kind = start->kind,
	    .is_spooled = start->is_spooled,
	    .host_len = (uint32_t)start->host.len,
	    .path_len = (uint32_t)start->path.len,
	};
	struct iovec part[] = {
	    {&what, sizeof(what)},
	    {(void *)start->host.ptr, start->host.len},
	    {(void *)start->path.ptr, start->path.len},
	    {(void *)start->variables.ptr, start->variables.len}};
	int fd[AGENT_FDS], error;

	error = send_parts(a, part, 4);
	if (!error)
		error = await(a, fd);
	if (error)
		return error;
	/* It may have been told of the end of the program before. */
	a->has_ended = false;
	*j = (struct joint){0, fd[AGENT_IN], fd[AGENT_OUT], fd[AGENT_ERRORS]};
	return 0;
}

int
agent_spool(struct agent *a)
{
	int fd[AGENT_FDS], error = order(a, AGENT_SPOOL, fd);

	return error ? -error : fd[AGENT_IN];
}

bool
agent_check(struct agent *a)
{
	struct agent_answer answer = {0};
	int fd[AGENT_FDS];

	if (!a->has_ended)
		take(a, &answer, fd);
	return a->has_ended;
}

int
agent_signal(struct agent *a, enum agent_kind kind)
{
	int fd[AGENT_FDS];

	return order(a, kind, fd);
}

void
agent_release(struct agent *a)
{
	struct agent_order what = {.kind = AGENT_RELEASE};
	struct iovec part = {&what, sizeof(what)};

	send_parts(a, &part, 1);
}

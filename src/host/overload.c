/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conn/writer.h"
#include "host/overload.h"
#include "host/peer.h"

#define SECOND_MS 1000

void
overload_init(struct overload *o, bool answers, uint64_t retry_after)
{
	*o = (struct overload){.answers = answers,
			       .retry_after = retry_after,
			       .page_second = INT64_MIN,
			       .told_at = -SECOND_MS,
			       .complained_at = -SECOND_MS};
	for (size_t i = 0; i < LINGER_MAX; i++)
		o->ring[i].fd = -1;
}

static void
release(struct overload *o, struct lingering *l)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	o->count--;
}

static struct slice
page(struct overload *o)
{
	int64_t now = clock_seconds();
	struct buf text = BUF_OVER(o->page);

	if (now != o->page_second) {
		writer_add_unavailable(&text, now, o->retry_after);
		o->page_len = text.len;
		o->page_second = now;
	}
	return (struct slice){o->page, o->page_len};
}

/* The socket's buffer is empty: what does not fit at once never will. */
static void
answer(struct overload *o, int fd)
{
	struct slice text = page(o);
	struct lingering *l = &o->ring[o->next];

	if (send(fd, text.ptr, text.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
	    shutdown(fd, SHUT_WR) != 0) {
		close(fd);
		return;
	}
	release(o, l);
	*l = (struct lingering){fd, clock_ms() + LINGER_MS};
	o->next = (o->next + 1) % LINGER_MAX;
	o->count++;
}

/* "refused 3 connections, the last of 192.0.2.1: too many connections" */
static void
tell(struct overload *o, int64_t now)
{
	struct log_line line;

	if (o->refused == 0 || now - o->told_at < SECOND_MS)
		return;
	log_begin(&line);
	buf_add_str(&line.text, "refused ");
	buf_add_u64(&line.text, o->refused);
	buf_add_str(&line.text, o->refused == 1 ? " connection, of "
						: " connections, the last of ");
	peer_format(&o->last, &line.text);
	buf_add_str(&line.text, ": ");
	buf_add_str(&line.text, o->reason);
	if (o->detail != NULL) {
		buf_add_str(&line.text, ": ");
		buf_add_str(&line.text, o->detail);
	}
	log_end(&line, LOG_LEVEL_NOTICE);
	o->refused = 0;
	o->told_at = now;
}

void
overload_refuse(struct overload *o, int fd, const struct sockaddr_storage *peer,
		const char *reason, const char *detail)
{
	if (o->answers)
		answer(o, fd);
	else
		close(fd);
	o->refused++;
	o->reason = reason;
	o->detail = detail;
	o->last = *peer;
	tell(o, clock_ms());
}

void
overload_complain(struct overload *o, const char *what, const char *detail)
{
	int64_t now = clock_ms();

	if (now - o->complained_at < SECOND_MS)
		return;
	o->complained_at = now;
	log_message(LOG_LEVEL_ERROR, what, detail);
}

/* Free places have -1, which poll skips: entry i is of place i. */
size_t
overload_poll(const struct overload *o, struct pollfd *polls, int64_t *due)
{
	*due = o->refused > 0 ? o->told_at + SECOND_MS : NEVER;
	if (o->count == 0)
		return 0;
	for (size_t i = 0; i < LINGER_MAX; i++) {
		const struct lingering *l = &o->ring[i];

		polls[i] = (struct pollfd){.fd = l->fd, .events = POLLIN};
		if (l->fd >= 0 && l->deadline < *due)
			*due = l->deadline;
	}
	return LINGER_MAX;
}

/* True if the client has closed its side, or is gone. */
static bool
is_done(int fd)
{
	char scratch[4096];
	ssize_t n = recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void
overload_tend(struct overload *o, const struct pollfd *polls)
{
	int64_t now;

	if (o->count == 0 && o->refused == 0)
		return;
	now = clock_ms();
	tell(o, now);
	for (size_t i = 0; i < LINGER_MAX && o->count > 0; i++) {
		struct lingering *l = &o->ring[i];

		if (l->fd < 0)
			continue;
		if (now >= l->deadline ||
		    (polls != NULL && polls[i].fd == l->fd &&
		     polls[i].revents != 0 && is_done(l->fd)))
			release(o, l);
	}
}

void
overload_release(struct overload *o)
{
	for (size_t i = 0; i < LINGER_MAX; i++)
		release(o, &o->ring[i]);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conn/writer.h"
#include "host/overload.h"
#include "host/peer.h"

#define SECOND_MS 1000

/* Reads at one look. */
#define DROP_MAX 64

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

/*
 * Drops what has come, up to what a socket usually holds. True if the
 * client has closed its side, or is gone.
 */
static bool
is_done(int fd)
{
	char scratch[4096];
	ssize_t n;

	for (int i = 0; i < DROP_MAX; i++) {
		n = recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);
		if (n <= 0)
			return n == 0 || (errno != EAGAIN && errno != EINTR);
		if (n < (ssize_t)sizeof(scratch))
			break;
	}
	return false;
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

/*
 * The socket's buffer is empty: what does not fit at once never will. With
 * MSG_MORE it goes out together with the end.
 */
static void
answer(struct overload *o, int fd)
{
	struct slice text = page(o);
	struct lingering *l = &o->ring[o->next];

	if (send(fd, text.ptr, text.len,
		 MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) < 0 ||
	    shutdown(fd, SHUT_WR) != 0) {
		close(fd);
		return;
	}
	/* Closed with something unread it would be reset. */
	if (l->fd >= 0)
		is_done(l->fd);
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

bool
overload_is_flood(const struct overload *o)
{
	return o->count == LINGER_MAX;
}

int64_t
overload_due(const struct overload *o)
{
	int64_t tell_at = o->refused > 0 ? o->told_at + SECOND_MS : NEVER;
	int64_t look_at = o->count > 0 ? o->looked_at + LINGER_LOOK_MS : NEVER;

	return tell_at < look_at ? tell_at : look_at;
}

void
overload_tend(struct overload *o)
{
	int64_t now;

	if (o->count == 0 && o->refused == 0)
		return;
	now = clock_ms();
	tell(o, now);
	if (now < o->looked_at + LINGER_LOOK_MS)
		return;
	o->looked_at = now;
	for (size_t i = 0; i < LINGER_MAX && o->count > 0; i++) {
		struct lingering *l = &o->ring[i];

		if (l->fd >= 0 && (now >= l->deadline || is_done(l->fd)))
			release(o, l);
	}
}

void
overload_release(struct overload *o)
{
	for (size_t i = 0; i < LINGER_MAX; i++)
		release(o, &o->ring[i]);
}

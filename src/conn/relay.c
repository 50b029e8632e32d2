/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wait.h"
#include "conn/relay.h"

/* Where the kernel lacks pidfds, how often the program is looked at. */
#define CHECK_MS 100

void
relay_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
relay_fail(struct relay *r, int error, enum status status, const char *why)
{
	if (!r->error) {
		r->error = error;
		r->status = status;
		r->refusal = why;
	}
	process_tell(&r->process, r->limits->grace_ms);
	return r->error;
}

static int
refuse_content(struct relay *r)
{
	const char *why;
	enum status status = body_status(r->body, &why);

	/* Its standard input stays open: it must not take what came for
	 * the whole. */
	return relay_fail(r, r->body->error,
			  status ? status : STATUS_BAD_GATEWAY, why);
}

/*
 * Content that the program does not take is read on all the same, as far
 * as it would be afterwards: the client may send all of it before it
 * reads anything.
 */
static bool
wants_content(const struct relay *r)
{
	if (r->error || r->body->error || r->body->is_done ||
	    body_is_withheld(r->body))
		return false;
	return r->in >= 0
		   ? r->content_end - r->content_start < sizeof(r->content)
		   : r->dropped < r->body->limits->drain;
}

/* Reads content that is there. False if there is none, for now or at all. */
static bool
take_content(struct relay *r)
{
	ssize_t n;

	if (!wants_content(r))
		return false;
	if (r->content_end == sizeof(r->content)) {
		r->content_end -= r->content_start;
		memmove(r->content, r->content + r->content_start,
			r->content_end);
		r->content_start = 0;
	}
	n = body_try(r->body, r->content + r->content_end,
		     sizeof(r->content) - r->content_end);
	if (n > 0) {
		r->content_end += (size_t)n;
		r->client_at = clock_ms();
	} else if (n < 0 && n != IO_LATER && r->in >= 0) {
		refuse_content(r);
	}
	if (r->in < 0) {
		r->dropped += r->content_end - r->content_start;
		r->content_start = r->content_end = 0;
	}
	return n > 0;
}

/* Hands the program what it takes of the content, and its end. */
static void
feed(struct relay *r)
{
	while (r->in >= 0 && !r->error && r->content_start < r->content_end) {
		ssize_t n = write(r->in, r->content + r->content_start,
				  r->content_end - r->content_start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EPIPE) {
			/* As in refuse_content. */
			relay_fail(
			    r, IO_FAILED, STATUS_BAD_GATEWAY,
			    "the program could not be given its content");
			return;
		}
		/* It does not want any more. */
		if (n < 0) {
			relay_close(&r->in);
			return;
		}
		r->active_at = clock_ms();
		r->content_start += (size_t)n;
		if (r->content_start == r->content_end)
			r->content_start = r->content_end = 0;
	}
	if (r->in >= 0 && !r->error && r->body->is_done)
		relay_close(&r->in);
}

/* Moves content on as far as it goes without waiting. */
static void
pass_content(struct relay *r)
{
	do
		feed(r);
	while ((body_has_bytes(r->body) || r->stream->in_fd < 0 ||
		r->stream->is_ready) &&
	       take_content(r));
}

/* The client is seen to leave, or to have content. */
static void
take_client(struct relay *r, short events)
{
	bool is_one = r->stream->in_fd == r->stream->out_fd;

	if ((events & POLLERR) || (is_one && (events & POLLHUP))) {
		relay_fail(r, IO_FAILED, STATUS_BAD_GATEWAY, NULL);
		return;
	}
	if ((events & (POLLRDHUP | POLLHUP)) && !r->has_left) {
		r->has_left = true;
		r->left_at = clock_ms();
	}
	if (events & (POLLIN | POLLHUP | POLLRDHUP))
		take_content(r);
}

enum { AT_OWN, AT_PROCESS, AT_IN, AT_ERR, AT_CLIENT, AT_OUTPUT, POLLED };

/* What is waited for beside *own. */
static void
prepare(struct relay *r, const struct pollfd *own, struct pollfd *p)
{
	bool is_wanting = wants_content(r);
	const struct stream *s = r->stream;

	if (is_wanting && !r->is_wanting)
		r->client_at = clock_ms();
	/* Nobody waits for what is dropped. */
	r->is_wanting = is_wanting && r->in >= 0;
	p[AT_OWN] = *own;
	p[AT_PROCESS] =
	    (struct pollfd){.fd = r->process.has_ended ? -1 : r->process.pidfd,
			    .events = POLLIN};
	p[AT_IN] = (struct pollfd){
	    .fd = r->in,
	    .events = r->content_start < r->content_end ? POLLOUT : 0};
	p[AT_ERR] = (struct pollfd){.fd = r->errors, .events = POLLIN};
	p[AT_CLIENT] =
	    (struct pollfd){.fd = r->error ? -1 : s->in_fd,
			    .events = (short)((is_wanting ? POLLIN : 0) |
					      (r->has_left ? 0 : POLLRDHUP))};
	/* Of a pipe that has ended there is nothing more to learn. */
	if (r->has_left && !is_wanting && s->in_fd != s->out_fd)
		p[AT_CLIENT].fd = -1;
	p[AT_OUTPUT] = (struct pollfd){
	    .fd = r->error || s->out_fd == s->in_fd || own->fd == s->out_fd
		      ? -1
		      : s->out_fd};
}

static void
take_events(struct relay *r, const struct pollfd *p)
{
	if (p[AT_PROCESS].revents || r->process.pidfd < 0)
		process_check(&r->process);
	if (p[AT_IN].revents & (POLLERR | POLLHUP))
		relay_close(&r->in);
	if (p[AT_ERR].revents)
		complaint_read(&r->complaint, &r->errors);
	if (p[AT_OUTPUT].revents & (POLLERR | POLLHUP))
		relay_fail(r, IO_FAILED, STATUS_BAD_GATEWAY, NULL);
	if (p[AT_CLIENT].revents)
		take_client(r, p[AT_CLIENT].revents);
	pass_content(r);
}

static void
lower(int64_t *deadline, int64_t from, int64_t ms)
{
	if (ms > 0 && from + ms < *deadline)
		*deadline = from + ms;
}

/* When something is too late, if nothing happens before. */
static int64_t
next_deadline(const struct relay *r)
{
	int64_t deadline = NEVER;

	if (r->error)
		return NEVER;
	if (r->is_wanting)
		lower(&deadline, r->client_at, r->body->limits->timeout_ms);
	if (r->is_blocked)
		return deadline;
	lower(&deadline, r->active_at, r->limits->timeout_ms);
	if (r->has_left)
		lower(&deadline,
		      r->left_at > r->active_at ? r->left_at : r->active_at,
		      r->limits->half_close_ms);
	return deadline;
}

static bool
is_past(int64_t now, int64_t from, int64_t ms)
{
	return ms > 0 && now - from >= ms;
}

/* Is it too late for something? waited_ms have passed in poll. */
static void
check_deadlines(struct relay *r, int64_t waited_ms)
{
	int64_t now = clock_ms();

	if (r->error)
		return;
	if (r->is_wanting &&
	    body_wait(r->body, waited_ms, now - r->client_at)) {
		refuse_content(r);
		return;
	}
	if (r->is_blocked)
		return;
	if (is_past(now, r->active_at, r->limits->timeout_ms))
		relay_fail(r, IO_TIMEOUT, STATUS_GATEWAY_TIMEOUT,
			   "the program was silent for too long");
	else if (r->has_left &&
		 is_past(now, r->left_at, r->limits->half_close_ms) &&
		 is_past(now, r->active_at, r->limits->half_close_ms))
		relay_fail(r, IO_TIMEOUT, STATUS_GATEWAY_TIMEOUT,
			   "the client has ended its side, and the program is "
			   "silent");
}

bool
relay_step(struct relay *r, struct pollfd *own, int64_t deadline)
{
	struct pollfd p[POLLED];
	int64_t before, until, wait_ms = -1;
	int n, error = r->error;

	pass_content(r);
	/* Whoever waits for output would wait for that of a program that
	 * was just told to end. */
	if (r->error != error)
		return false;
	prepare(r, own, p);
	before = clock_ms();
	until = next_deadline(r);
	if (deadline < until)
		until = deadline;
	/* The clock is a tick behind: a wait must not end before its time. */
	if (until != NEVER)
		wait_ms = until > before ? until - before + 1 : 0;
	if (r->process.pidfd < 0 && !r->process.has_ended &&
	    (wait_ms < 0 || wait_ms > CHECK_MS))
		wait_ms = CHECK_MS;
	n = poll(p, POLLED, wait_ms > 60000 ? 60000 : (int)wait_ms);
	if (n < 0 && wait_failed(p, POLLED) < 0)
		return false;
	own->revents = p[AT_OWN].revents;
	take_events(r, p);
	check_deadlines(r, clock_ms() - before);
	return own->revents != 0;
}

/* While the client does not take what there is for it. */
static int
relay_wait(struct stream_waiter *self, struct pollfd *own, int timeout_ms)
{
	struct relay *r =
	    (struct relay *)((char *)self - offsetof(struct relay, waiter));
	int64_t deadline = timeout_ms < 0 ? NEVER : clock_ms() + timeout_ms;
	bool is_ready;

	/* It is not the program who keeps us waiting. */
	r->is_blocked = true;
	do
		is_ready = relay_step(r, own, deadline);
	while (!is_ready && clock_ms() < deadline);
	r->is_blocked = false;
	r->active_at = clock_ms();
	return is_ready;
}

void
relay_begin(struct relay *r, const struct cgi_program *program,
	    struct stream *stream, struct body *body,
	    const struct relay_limits *limits, struct slice (*remote)(void))
{
	r->waiter.wait = relay_wait;
	r->stream = stream;
	r->body = body;
	r->limits = limits;
	process_init(&r->process, program->agent, program->joint.pid);
	r->in = program->joint.in;
	r->out = program->joint.out;
	r->errors = program->joint.errors;
	r->error = 0;
	r->status = STATUS_NONE;
	r->refusal = NULL;
	r->is_wanting = r->is_blocked = r->has_left = false;
	r->active_at = r->client_at = clock_ms();
	r->content_start = r->content_end = 0;
	r->dropped = 0;
	complaint_init(&r->complaint, remote,
		       (struct slice){program->id, sizeof(program->id)},
		       limits->complaints);
	stream->waiter = &r->waiter;
}

/* Something that the program left behind may go on saying things. */
#define LAST_READS 32

void
relay_end(struct relay *r)
{
	for (int i = 0;
	     i < LAST_READS && complaint_read(&r->complaint, &r->errors); i++)
		;
	complaint_end(&r->complaint);
	relay_close(&r->in);
	relay_close(&r->out);
	relay_close(&r->errors);
	process_release(&r->process);
	r->stream->waiter = NULL;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/output.h"

/*
 * A program closes its output by ending, in nearly all cases; how it did
 * that is known this much later at most.
 */
#define END_MS 250

/* Reads what is there: IO_LATER if that is nothing; or an io_error. */
static ssize_t
take(struct relay *r, void *dst, size_t cap)
{
	ssize_t n;

	if (r->out < 0)
		return 0;
	do
		n = read(r->out, dst, cap);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		r->active_at = clock_ms();
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return IO_LATER;
	/* Its end must not be taken for that of the response. */
	relay_close(&r->out);
	return relay_fail(r, IO_FAILED, STATUS_BAD_GATEWAY,
			  "the program's output could not be read");
}

/* Waits for something until the deadline: IO_LATER if nothing came. */
static ssize_t
wait_and_take(struct relay *r, void *dst, size_t cap, int64_t deadline)
{
	for (;;) {
		struct pollfd own = {.fd = r->out, .events = POLLIN};
		/* Before the last look: what was written is there then. */
		bool is_over = r->process.has_ended;
		ssize_t n = r->error ? r->error : take(r, dst, cap);

		if (n != IO_LATER || is_over)
			return n == IO_LATER ? 0 : n;
		if (clock_ms() >= deadline)
			return IO_LATER;
		if (stream_flush(r->stream))
			return relay_fail(r, r->stream->error,
					  STATUS_BAD_GATEWAY, NULL);
		relay_step(r, &own, deadline);
	}
}

/* The output has ended; so has the program, or it will at once. */
static void
await_end(struct relay *r)
{
	int64_t deadline = clock_ms() + END_MS;
	struct pollfd none = {.fd = -1};

	while (!process_check(&r->process) && !r->error &&
	       clock_ms() < deadline)
		relay_step(r, &none, deadline);
}

/* Is it an end that was to be expected? */
static ssize_t
check_end(struct output *o)
{
	struct relay *r = &o->relay;

	if (stream_flush(r->stream))
		return relay_fail(r, r->stream->error, STATUS_BAD_GATEWAY,
				  NULL);
	await_end(r);
	if (r->error)
		return r->error;
	if (r->process.has_crashed)
		return relay_fail(r, IO_EOF, STATUS_BAD_GATEWAY,
				  "the program crashed");
	if (o->must_speak)
		return relay_fail(r, IO_EOF, STATUS_BAD_GATEWAY,
				  "the program sent nothing");
	if (o->is_announced && o->left > 0)
		return relay_fail(r, IO_EOF, STATUS_BAD_GATEWAY,
				  "the program sent less than it announced");
	return 0;
}

static ssize_t
output_read(struct source *self, void *dst, size_t cap)
{
	struct output *o = (struct output *)self;
	size_t ahead = o->end - o->start;
	ssize_t n;

	if (o->is_announced && o->left == 0)
		return 0;
	if (o->is_announced && cap > o->left)
		cap = (size_t)o->left;
	if (ahead > 0) {
		n = (ssize_t)(ahead < cap ? ahead : cap);
		memcpy(dst, o->head + o->start, (size_t)n);
		o->start += (size_t)n;
	} else {
		n = wait_and_take(&o->relay, dst, cap, NEVER);
	}
	if (n == 0)
		return check_end(o);
	if (n > 0 && o->is_announced)
		o->left -= (uint64_t)n;
	o->must_speak = false;
	return n;
}

static bool
output_would_wait(struct source *self)
{
	struct output *o = (struct output *)self;
	struct relay *r = &o->relay;
	struct pollfd p = {.fd = r->out, .events = POLLIN};

	return o->start == o->end && !r->error && !r->process.has_ended &&
	       r->out >= 0 && !(o->is_announced && o->left == 0) &&
	       poll(&p, 1, 0) == 0;
}

void
output_begin(struct output *o, const struct cgi_program *program,
	     struct stream *stream, struct body *body,
	     const struct relay_limits *limits, struct slice (*remote)(void))
{
	o->source = (struct source){output_read, output_would_wait};
	o->must_speak = program->is_nph;
	o->is_announced = false;
	o->start = o->end = 0;
	relay_begin(&o->relay, program, stream, body, limits, remote);
}

static enum status
refuse_head(struct output *o, const char *why)
{
	relay_fail(&o->relay, IO_INVALID, STATUS_BAD_GATEWAY, why);
	return o->relay.status;
}

/* The output has ended, and there is no head. */
static enum status
end_without_head(struct output *o)
{
	await_end(&o->relay);
	if (o->relay.process.has_crashed)
		return refuse_head(o, "the program crashed before its head");
	return refuse_head(o, o->end == 0
				  ? "the program sent no head"
				  : "the program ended inside its head");
}

enum status
output_read_head(struct output *o, struct slice *head)
{
	struct relay *r = &o->relay;
	/*
	 * A client that waits to be asked for its content is asked when the
	 * program has had time to answer without it: whether it reads
	 * cannot be seen, only that there is room for it to do so.
	 */
	int64_t deadline = r->in >= 0 && body_is_withheld(r->body)
			       ? clock_ms() + r->limits->continue_ms
			       : NEVER;

	o->end -= o->start;
	memmove(o->head, o->head + o->start, o->end);
	o->start = 0;
	o->scan = (struct cgi_head_scan){0};
	for (;;) {
		ssize_t n;

		if (cgi_head_find_end(&o->scan,
				      (struct slice){o->head, o->end}) &&
		    o->scan.end <= r->limits->head) {
			*head = (struct slice){o->head, o->scan.end};
			o->start = o->scan.end;
			return STATUS_NONE;
		}
		if (o->end >= r->limits->head)
			return refuse_head(o, "the program's head is larger "
					      "than the limit");
		n = wait_and_take(r, o->head + o->end, sizeof(o->head) - o->end,
				  deadline);
		if (n == IO_LATER) {
			body_ask(r->body);
			deadline = NEVER;
		} else if (n < 0) {
			return r->status;
		} else if (n == 0) {
			return end_without_head(o);
		} else {
			o->end += (size_t)n;
		}
	}
}

void
output_announce(struct output *o, uint64_t length)
{
	o->is_announced = true;
	o->left = length;
}

/*
 * Waits until the program has ended, or all of its group that holds its
 * pipes if it was told to. Returns true if it went on sending.
 */
static bool
await_program(struct relay *r)
{
	bool sends_more = false;
	char scratch[4096];

	while (!process_check(&r->process) ||
	       (r->process.is_told && (r->out >= 0 || r->errors >= 0))) {
		struct pollfd own = {.fd = r->out, .events = POLLIN};
		ssize_t n;

		if (r->process.is_told && clock_ms() >= r->process.kill_time)
			break;
		if (!relay_step(r, &own,
				r->process.is_told ? r->process.kill_time
						   : NEVER))
			continue;
		n = take(r, scratch, sizeof(scratch));
		sends_more = sends_more || n > 0;
		if (n == 0 || (n > 0 && !r->process.is_told))
			relay_close(&r->out);
	}
	if (r->process.is_told)
		process_kill(&r->process);
	/* What it sent last may have been seen after its end. */
	return sends_more || take(r, scratch, sizeof(scratch)) > 0;
}

const char *
output_end(struct output *o)
{
	struct relay *r = &o->relay;
	bool was_whole = o->is_announced && o->left == 0 && !r->error;
	int error_before = r->error;
	bool sends_more = o->start < o->end;
	const char *why = NULL;

	if (stream_flush(r->stream))
		relay_fail(r, r->stream->error, STATUS_BAD_GATEWAY, NULL);
	/* It must not wait for what nobody will send. */
	if (body_is_withheld(r->body))
		relay_close(&r->in);
	/* Where nobody wants its content it is not waited for. */
	if (!was_whole && !r->process.is_told)
		relay_close(&r->out);
	sends_more |= await_program(r);
	if (was_whole && sends_more)
		why = "the program sent more than it announced";
	else if (was_whole && r->process.has_crashed)
		why = "the program crashed after its response";
	else if (!error_before && r->error)
		why = r->refusal;
	relay_end(r);
	return why;
}

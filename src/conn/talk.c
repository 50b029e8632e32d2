/* SPDX-License-Identifier: ISC */
#include "conn/talk.h"
#include "base/clock.h"
#include "conn/access.h"
#include "conn/stop.h"

/* Where the kernel lacks pidfds, how often the program is looked at. */
#define CHECK_MS 100

/* Told is the code that the program gets to know. */
static void
part(struct websocket *w, unsigned told)
{
	if (w->phase != TALKING)
		return;
	w->phase = PARTING;
	w->code = told;
	websocket_begin_end(w);
	w->conclude_at = w->term_at;
	websocket_feed(w);
}

static void
say_close(struct websocket *w, unsigned code, struct slice reason)
{
	if (!w->is_lost) {
		outbox_close(&w->outbox, code, reason);
		(void)stream_flush(w->stream);
	}
	if (w->phase == TALKING)
		w->code = code;
	w->phase = CLOSED;
	w->closed_at = clock_ms();
	w->receiver.is_deaf = true;
	websocket_begin_end(w);
	websocket_feed(w);
}

/*
 * How long the answers to what was right are waited for, before a client
 * that then made a mistake is told so.
 */
#define FAIL_MS 500

static void
part_failing(struct websocket *w)
{
	const struct receiver *r = &w->receiver;
	int64_t soon = clock_ms() + FAIL_MS;

	if (w->phase == TALKING)
		access_fail(w->remote(), r->code, r->refusal);
	part(w, r->code);
	if (soon < w->conclude_at)
		w->conclude_at = soon;
}

static void
fail(struct websocket *w, unsigned code, const char *why)
{
	access_fail(w->remote(), code, why);
	say_close(w, code, SLICE(""));
}

/* Nobody is there who could be sent something. */
static void
lose_client(struct websocket *w)
{
	w->is_lost = true;
	w->receiver.has_ended = true;
	part(w, CLOSE_ABNORMAL);
}

static bool
is_client_done(const struct websocket *w)
{
	const struct receiver *r = &w->receiver;

	return w->phase == CLOSED &&
	       (w->is_lost || !receiver_is_open(r) ||
		clock_ms() >= w->closed_at + w->limits->close_ms);
}

/* --- the client's messages */

static void
answer_pings(struct websocket *w)
{
	if (w->is_blocked || w->receiver.pongs.len == 0)
		return;
	if (w->phase != CLOSED && !w->is_lost)
		stream_write(w->stream, buf_slice(&w->receiver.pongs));
	buf_reset(&w->receiver.pongs);
}

/* Takes what the client sends, as far as the program takes it. */
static void
hear(struct websocket *w)
{
	struct receiver *r = &w->receiver;

	for (;;) {
		bool is_taken = receiver_take(r);
		size_t pongs = r->pongs.len;
		size_t waits = r->inbox.ready - r->inbox.start;

		answer_pings(w);
		websocket_feed(w);
		if (w->is_stuck && is_taken) {
			w->heard_at = clock_ms();
			w->pinged_at = 0;
		}
		w->is_stuck = !is_taken;
		if (!is_taken) {
			if (r->inbox.ready - r->inbox.start == waits &&
			    r->pongs.len == pongs)
				return;
			continue;
		}
		/* Of what has no descriptor poll says nothing. */
		if (!(w->client_is_ready || w->stream->in_fd < 0 ||
		      w->stream->is_ready) ||
		    !receiver_is_open(r))
			return;
		w->client_is_ready = false;
		if (!receiver_read(r))
			return;
		w->heard_at = clock_ms();
		w->pinged_at = 0;
	}
}

/* --- the program's messages */

/* Takes what the program says, and all of it once it has ended. */
static void
speak(struct websocket *w)
{
	bool is_over = w->process.has_ended;
	int64_t until = clock_ms() + w->limits->grace_ms;

	while (w->out >= 0 && (w->program_is_ready || is_over)) {
		enum speech_result result =
		    w->phase == CLOSED || w->is_lost
			? speech_drop(&w->speech, w->out)
			: speech_take(&w->speech, w->out);

		w->program_is_ready = false;
		if (result == SPEECH_IS_BAD) {
			fail(w, CLOSE_INTERNAL_ERROR, w->speech.refusal);
			return;
		}
		/* An end that nobody takes would have poll spin. */
		if (w->speech.wants_close || (w->stream->error && !w->is_lost))
			return;
		if (result == SPEECH_ENDS)
			websocket_end_output(w);
		if (result != SPEECH_GOES_ON || clock_ms() > until)
			break;
	}
	if (w->out < 0 || is_over)
		w->has_said_all = true;
}

/* Whoever hears nothing may be gone without a word. */
static void
ping(struct websocket *w)
{
	const struct websocket_limits *l = w->limits;
	int64_t now = clock_ms();

	if (w->phase != TALKING || l->ping_ms == 0 || w->is_stuck)
		return;
	if (w->pinged_at == 0 && now >= w->heard_at + l->ping_ms) {
		outbox_control(&w->outbox, OPCODE_PING, SLICE(""));
		w->pinged_at = now;
		websocket_shrink(w);
	} else if (w->pinged_at != 0 && l->pong_ms > 0 &&
		   now >= w->pinged_at + l->pong_ms) {
		access_note(w->remote(), "the client answers no pings");
		lose_client(w);
	}
}

/* The last line, and then the code that the program's end stands for. */
static void
conclude(struct websocket *w)
{
	const struct receiver *r = &w->receiver;

	if (!w->is_packets && !w->is_lost && !speech_finish(&w->speech))
		fail(w, CLOSE_INTERNAL_ERROR, w->speech.refusal);
	else if (r->refusal != NULL)
		say_close(w, r->code, SLICE(""));
	else if (r->has_close)
		say_close(w, r->close_code,
			  (struct slice){r->reason, r->reason_len});
	else if (w->phase == PARTING && w->code == CLOSE_GOING_AWAY)
		say_close(w, w->code, SLICE(""));
	else if (w->process.has_ended && w->process.exit_status == 0)
		say_close(w, CLOSE_NORMAL, SLICE(""));
	else
		say_close(w, CLOSE_INTERNAL_ERROR, SLICE(""));
}

/* Draws the conclusions of what has happened. */
static void
advance(struct websocket *w)
{
	struct receiver *r = &w->receiver;
	struct speech *s = &w->speech;

	if (w->stream->error && !w->is_lost) {
		access_cut(w->remote(), w->stream->error, NULL);
		lose_client(w);
	}
	if (r->has_failed && !w->is_lost)
		lose_client(w);
	if (w->phase == CLOSED)
		return;
	if (s->wants_close && !r->has_close && r->refusal == NULL) {
		say_close(w, s->close_code,
			  (struct slice){s->reason, s->reason_len});
		return;
	}
	if (r->refusal != NULL && w->phase == TALKING)
		part_failing(w);
	else if (r->has_close)
		part(w, r->close_code);
	else if (r->has_ended || w->is_hung)
		part(w, CLOSE_ABNORMAL);
	else if (stop_requested())
		part(w, CLOSE_GOING_AWAY);
	else if (w->is_packets && w->out < 0)
		part(w, CLOSE_NORMAL);
	if ((w->has_said_all && w->process.has_ended) || s->wants_close ||
	    clock_ms() >= w->conclude_at)
		conclude(w);
}

/* --- waiting */

enum { AT_OWN, AT_CLIENT, AT_IN, AT_OUT, AT_ERRORS, AT_PROCESS, POLLED };

static void
prepare(struct websocket *w, const struct pollfd *own, struct pollfd *p)
{
	const struct stream *s = w->stream;
	bool is_open = !w->is_lost && receiver_is_open(&w->receiver);
	bool feeds = websocket_is_feeding(w);
	short out_events = w->is_blocked ? 0 : POLLIN;

	if (w->is_packets && feeds)
		out_events |= POLLOUT;
	p[AT_OWN] = *own;
	p[AT_CLIENT] = (struct pollfd){
	    .fd = is_open && !(w->is_stuck && w->is_hung) ? s->in_fd : -1,
	    .events = w->is_stuck ? 0 : POLLIN};
	p[AT_IN] = (struct pollfd){.fd = !w->is_packets && feeds ? w->in : -1,
				   .events = POLLOUT};
	p[AT_OUT] = (struct pollfd){.fd = out_events ? w->out : -1,
				    .events = out_events};
	p[AT_ERRORS] = (struct pollfd){.fd = w->errors, .events = POLLIN};
	p[AT_PROCESS] =
	    (struct pollfd){.fd = w->process.has_ended ? -1 : w->process.pidfd,
			    .events = POLLIN};
}

static void
lower(int64_t *deadline, int64_t at)
{
	if (at < *deadline)
		*deadline = at;
}

/* When something is to be done, if nothing happens before. */
static int64_t
next_deadline(const struct websocket *w)
{
	const struct websocket_limits *l = w->limits;
	int64_t deadline = NEVER;

	if (w->process.is_told && !w->was_killed)
		lower(&deadline, w->process.kill_time);
	else if (!w->process.has_ended && !w->process.is_told)
		lower(&deadline, w->term_at);
	if (w->phase == PARTING)
		lower(&deadline, w->conclude_at);
	if (w->phase == CLOSED && !is_client_done(w))
		lower(&deadline, w->closed_at + l->close_ms);
	if (w->phase == TALKING && l->ping_ms > 0 && !w->is_stuck &&
	    !w->is_blocked) {
		if (w->pinged_at == 0)
			lower(&deadline, w->heard_at + l->ping_ms);
		else if (l->pong_ms > 0)
			lower(&deadline, w->pinged_at + l->pong_ms);
	}
	return deadline;
}

static int
wait_time(const struct websocket *w, int64_t deadline)
{
	int64_t now, until = next_deadline(w);

	lower(&until, deadline);
	if (w->process.pidfd < 0 && !w->process.has_ended)
		lower(&until, clock_ms() + CHECK_MS);
	if (until == NEVER)
		return -1;
	now = clock_ms();
	/* The clock is a tick behind: a wait must not end before its time. */
	return until <= now          ? 0
	       : until - now > 60000 ? 60000
				     : (int)(until - now) + 1;
}

/* Waits for *own until the deadline, or until something else happens. */
static bool
await(struct websocket *w, struct pollfd *own, int64_t deadline)
{
	struct pollfd p[POLLED];

	prepare(w, own, p);
	if (stop_poll(p, POLLED, wait_time(w, deadline)) < 0)
		return false;
	if (p[AT_CLIENT].revents)
		w->client_is_ready = true;
	if (w->is_stuck && (p[AT_CLIENT].revents & (POLLERR | POLLHUP))) {
		w->is_hung = true;
		websocket_begin_end(w);
	}
	if (p[AT_OUT].revents & (POLLIN | POLLERR | POLLHUP))
		w->program_is_ready = true;
	if (p[AT_ERRORS].revents)
		complaint_read(&w->complaint, &w->errors);
	if (p[AT_PROCESS].revents || w->process.pidfd < 0)
		process_check(&w->process);
	own->revents = p[AT_OWN].revents;
	return own->revents != 0;
}

/* While the client does not take what there is for it. */
static int
wait_for_client(struct stream_waiter *self, struct pollfd *own, int timeout_ms)
{
	struct websocket *w = (struct websocket *)self;
	int64_t deadline = timeout_ms < 0 ? NEVER : clock_ms() + timeout_ms;
	bool is_ready;

	w->is_blocked = true;
	do {
		is_ready = await(w, own, deadline);
		hear(w);
		websocket_press(w);
	} while (!is_ready && clock_ms() < deadline);
	w->is_blocked = false;
	return is_ready;
}

/* A client that is done need not wait for the program's end. */
static void
tell_end(struct websocket *w)
{
	const struct stream *s = w->stream;

	if (w->output_is_ended || w->is_lost || !is_client_done(w) ||
	    s->in_fd != s->out_fd)
		return;
	w->output_is_ended = true;
	s->ops->end_output(w->stream);
}

void
talk_over(struct websocket *w, struct stream *stream, struct reader *reader)
{
	w->stream = w->outbox.stream = stream;
	w->receiver.reader = reader;
	w->heard_at = clock_ms();
	w->waiter.wait = wait_for_client;
	stream->waiter = &w->waiter;
	stop_hold();
	for (;;) {
		struct pollfd none = {.fd = -1};

		hear(w);
		speak(w);
		ping(w);
		advance(w);
		(void)stream_flush(stream);
		websocket_press(w);
		if (is_client_done(w) && websocket_is_program_done(w))
			break;
		tell_end(w);
		if (!(stream->error && !w->is_lost))
			await(w, &none, NEVER);
	}
	stream->waiter = NULL;
	stop_release();
}

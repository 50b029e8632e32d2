/* SPDX-License-Identifier: ISC */
#include "conn/conn.h"
#include "base/clock.h"
#include "conn/answer.h"
#include "conn/desk.h"
#include "conn/gateway.h"
#include "conn/preface.h"
#include "conn/repeat.h"
#include "conn/stop.h"
#include "conn/talk.h"
#include "serve/file.h"
#include "serve/route.h"

int64_t
conn_read_timeout(const struct conn_settings *settings)
{
	int64_t a = settings->header_ms, b = settings->idle_ms;

	return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* Empties what belonged to the last request. */
static void
begin_request(struct conn *c)
{
	struct conn_request *r = &c->current;

	*r = (struct conn_request){
	    .explanation = {.data = c->storage.explanation,
			    .cap = sizeof(c->storage.explanation) / 2}};
	response_init(&r->res, c->storage.arena, RESPONSE_FIELDS_MAX);
	reader_release(&c->reader);
	if (c->forwarded != NULL)
		c->forwarded(NULL);
}

/*
 * What it means that nothing of a response was sent, because of error.
 * STATUS_NONE if the client is gone.
 */
static enum status
status_of_error(const struct conn *c, int error, const char **why)
{
	const struct body *b = &c->current.body;
	const struct relay *relay = &c->storage.output.relay;

	/* No other answer would get there either. */
	if (b->reader->stream->error)
		return STATUS_NONE;
	if (c->current.has_program && relay->error)
		return relay->status;
	if (b->error != error) {
		*why = "the file could not be read";
		if (error == IO_INVALID)
			*why = "the response's fields do not fit into a head";
		return STATUS_INTERNAL_SERVER_ERROR;
	}
	return body_status(b, why);
}

/*
 * True if the connection can go on behind a response that leaves the
 * request's content unread. A client that waits for 100 (Continue) may
 * send it or not, now that it gets a final answer: nobody could tell its
 * content from its next request.
 */
static bool
can_go_on(const struct conn *c)
{
	const struct conn_request *r = &c->current;

	if (r->res.content == CONTENT_SOURCE &&
	    r->res.source == &r->body.source)
		return true;
	/* A program may read on. */
	return !body_is_withheld(&r->body) && !r->body.error &&
	       (r->has_program ||
		!(r->req.framing == FRAMING_LENGTH &&
		  r->req.content_length > c->settings->body.drain));
}

/*
 * Answers with 101, and goes on with the other protocol, which ends with
 * the connection.
 */
static void
upgrade(struct conn *c, struct exchange *x)
{
	struct conn_request *r = &c->current;
	struct websocket *w =
	    websocket_open(&c->settings->websocket, x->program, c->remote,
			   c->settings->program.complaints);

	if (w == NULL) {
		answer_refuse(c, STATUS_SERVICE_UNAVAILABLE,
			      "no memory for the WebSocket");
		return;
	}
	route_finish(x);
	r->user = x->user;
	/* Where it fails, so does what comes next. */
	(void)answer_send(c);
	answer_release(c);
	talk_over(w, c->stream, &c->reader);
	r->content_sent = w->outbox.sent;
	c->must_linger = w->receiver.refusal != NULL;
	websocket_release(w);
	c->served++;
	answer_log(c);
}

/* Serves the request in current. False if the connection must end. */
static bool
serve_request(struct conn *c)
{
	struct conn_request *r = &c->current;
	uint64_t max = c->settings->max_requests;
	struct desk desk;
	struct repeat repeat;
	struct exchange x;
	enum status status;
	const char *why;
	int error;

	body_init(&r->body, &r->req, &c->reader, &c->settings->body);
	x = desk_lay(&desk, c);
	repeat_begin(&repeat, c, &x);
	route_decide(&x, &desk.page);
	if (r->res.content == CONTENT_PROGRAM || x.content_error)
		gateway_answer(c, &x, &desk.page);
	if (r->res.content == CONTENT_WEBSOCKET) {
		upgrade(c, &x);
		return false;
	}
	route_finish(&x);
	r->user = x.user;
	r->res.close = r->res.close || !r->req.is_persistent || !can_go_on(c) ||
		       stop_requested() || (max > 0 && c->served + 1 >= max);
	error = answer_send(c);
	if (!error)
		repeat_end(&repeat, c, &x);
	answer_release(c);
	why =
	    r->has_program ? c->storage.output.relay.refusal : r->body.refusal;
	if (error && !r->head_sent &&
	    (status = status_of_error(c, error, &why))) {
		answer_refuse(c, status, why);
		gateway_end(c);
		return false;
	}
	gateway_end(c);
	c->served++;
	answer_log(c);
	if (error) {
		access_cut(c->remote(), error, why);
		c->stream->breaks_off = true;
		c->must_linger = true;
		return false;
	}
	if (r->res.close || !body_drain(&r->body)) {
		c->must_linger = !r->body.is_done;
		return false;
	}
	return true;
}

/*
 * Divides the arena for the head that was found: fields, path, fields of
 * the response. Returns where the path goes.
 */
static char *
lay_out(struct conn *c)
{
	struct conn_request *r = &c->current;
	size_t fields = r->head_lines;
	char *path;

	if (fields > c->settings->head.fields)
		fields = c->settings->head.fields;
	path = c->storage.arena + fields * sizeof(struct field);
	response_init(&r->res, path + r->request_line.len + 2,
		      RESPONSE_FIELDS_MAX);
	return path;
}

/* Parses and checks a head. False if it was refused and answered. */
static bool
take_head(struct conn *c, struct slice head)
{
	struct conn_request *r = &c->current;
	uint64_t max = c->settings->body.content;
	enum status status;
	char *path;

	/* A socket that is reset later cannot tell its peer any more. */
	if (c->settings->access != ACCESS_NONE)
		c->remote();
	r->head = head;
	r->request_line = slice_first_line(head);
	path = lay_out(c);
	status = request_parse(&r->req, head, &c->settings->head,
			       (struct field *)c->storage.arena, path);
	if (status) {
		answer_refuse(c, status, r->req.refusal);
		return false;
	}
	if (c->forwarded != NULL)
		c->forwarded(&r->req);
	if (r->req.framing == FRAMING_LENGTH && max > 0 &&
	    r->req.content_length > max) {
		answer_refuse(c, STATUS_CONTENT_TOO_LARGE,
			      "Content-Length larger than the limit");
		return false;
	}
	return true;
}

/* Why no head came. */
static bool
end_without_head(struct conn *c, const struct head_scan *scan, ssize_t n)
{
	struct slice bytes = slice_skip(reader_bytes(&c->reader), scan->first);

	/* Between requests every end is a normal one. */
	if (bytes.len == 0)
		return false;
	c->current.request_line = slice_first_line(bytes);
	c->current.started_us = clock_us();
	/* If it was the output, nobody can be told. */
	if (n == IO_TIMEOUT && !c->stream->error)
		answer_refuse(c, STATUS_REQUEST_TIMEOUT,
			      "the head did not arrive in time");
	else if (n == 0)
		answer_refuse(c, STATUS_BAD_REQUEST,
			      "the connection ended inside a head");
	else
		access_note(c->remote(), "the client is gone inside a head");
	return false;
}

/*
 * Waits for the next head and holds it. The deadline is absolute: it
 * counts from the head's first byte, or, for the first head, from the
 * begin of the connection, however the bytes drip. False if there is none.
 */
static bool
next_head(struct conn *c, struct slice *head)
{
	const struct conn_settings *s = c->settings;
	bool is_first = c->served == 0;
	int64_t deadline = clock_deadline(is_first ? s->header_ms : s->idle_ms);
	struct head_scan scan = {0};
	bool has_begun = false;

	for (;;) {
		struct slice bytes = reader_bytes(&c->reader);
		enum repeat_result again = repeat_answer(c);
		enum status status;
		ssize_t n;

		if (again == REPEAT_CUT)
			return false;
		if (again == REPEAT_DONE) {
			deadline = clock_deadline(s->idle_ms);
			scan = (struct head_scan){0};
			has_begun = is_first = false;
			continue;
		}
		if ((status = head_find_end(&scan, bytes, &s->head))) {
			bytes = slice_skip(bytes, scan.first);
			c->current.request_line = slice_first_line(bytes);
			c->current.started_us = clock_us();
			answer_refuse(c, status, scan.refusal);
			return false;
		}
		if (scan.end > 0) {
			c->current.started_us =
			    s->access == ACCESS_NONE ? 0 : clock_us();
			c->current.head_lines = scan.lines;
			*head = slice_skip(reader_hold(&c->reader, scan.end),
					   scan.first);
			return true;
		}
		if (bytes.len > scan.first && !has_begun) {
			has_begun = true;
			if (!is_first)
				deadline = clock_deadline(s->header_ms);
		}
		if (!has_begun && is_first)
			stop_idle_new(c->in_fd);
		else if (!has_begun && !stop_idle(c->in_fd))
			return false;
		n = reader_fill(&c->reader, deadline);
		stop_idle(-1);
		if (n <= 0)
			return end_without_head(c, &scan, n);
	}
}

/* Lingers where the client has sent, or may be sending, what is not read. */
static void
end(struct conn *c)
{
	const struct body_limits *limits = &c->settings->body;

	if (stream_finish(c->stream))
		return;
	if (c->must_linger || reader_bytes(&c->reader).len > 0 ||
	    c->stream->ops->has_input(c->stream))
		stream_linger(c->stream, limits->drain,
			      clock_deadline(limits->drain_ms));
}

void
conn_serve(struct conn *c)
{
	struct slice head;

	reader_init(&c->reader, c->stream, c->storage.in,
		    sizeof(c->storage.in));
	cache_init(&c->cache, &c->storage.cache, c->settings->cache);
	gzip_init(&c->gzip, &c->storage.gzip);
	writer_init(&c->writer, c->stream, &c->site->rules, &c->gzip,
		    c->storage.block);
	c->served = 0;
	c->must_linger = false;
	c->kept.fd = -1;
	if (c->settings->proxy != PROXY_NEVER && !preface_take(c))
		return;
	begin_request(c);
	if (c->refusal != NULL)
		answer_refuse(c, STATUS_BAD_REQUEST, c->refusal);
	else
		while (next_head(c, &head) && take_head(c, head) &&
		       serve_request(c))
			begin_request(c);
	end(c);
	cache_clear(&c->cache);
	file_forget(&c->kept);
}

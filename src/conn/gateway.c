/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "conn/gateway.h"
#include "serve/cgi_answer.h"
#include "serve/file.h"
#include "serve/route.h"
#include "serve/websocket.h"

static void
forget_response(struct exchange *x)
{
	response_init(x->res, x->res->fields.data, x->res->fields.cap);
}

/* A copy that stays while the program that sent it is forgotten. */
static bool
copy_target(struct conn *c, struct slice *target)
{
	if (target->len > REQUEST_LINE_CAP)
		return false;
	memcpy(c->storage.location, target->ptr, target->len);
	c->storage.location[target->len] = '\0';
	target->ptr = c->storage.location;
	return true;
}

/* RFC 3875, section 6.2.2: as if that had been asked for by GET. */
static enum status
redirect(struct conn *c, struct exchange *x, struct slice target)
{
	struct request *req = &c->current.req;

	if (++c->current.redirects > LOCAL_REDIRECTS_MAX)
		return response_refuse(x->res, STATUS_BAD_GATEWAY,
				       "too many local redirects");
	if (!copy_target(c, &target))
		return response_refuse(x->res, STATUS_BAD_GATEWAY,
				       "the program's redirect is too long");
	if (req->method != METHOD_HEAD)
		req->method = METHOD_GET;
	x->target = &req->target;
	if (target_parse(&req->target, req->method, target, c->storage.path))
		return response_refuse(x->res, STATUS_BAD_GATEWAY,
				       "the program's redirect is malformed");
	x->content = body_none();
	x->content_length = 0;
	forget_response(x);
	return STATUS_NONE;
}

/* True if a path is absolute and has no segment that leads elsewhere. */
static bool
is_plain(struct slice path)
{
	struct slice segment, rest = slice_skip(path, 1);
	bool is_more = slice_starts(path, SLICE("/"));

	if (!is_more)
		return false;
	while (is_more) {
		is_more = slice_cut(rest, '/', &segment, &rest);
		if (segment.len == 0 || slice_equal(segment, SLICE(".")) ||
		    slice_equal(segment, SLICE("..")))
			return false;
	}
	return true;
}

/* The fields that the program gave stay with the file. */
static enum status
send_file(struct conn *c, struct exchange *x, const struct cgi_head *head)
{
	struct slice path = head->sendfile;

	if (!is_plain(path) || !copy_target(c, &path))
		return response_refuse(x->res, STATUS_BAD_GATEWAY,
				       "the program's X-Sendfile is no path");
	x->rewritten = *x->target;
	x->rewritten.path = path;
	x->rewritten.encoded_slash = false;
	x->target = &x->rewritten;
	x->serves_hidden = true;
	x->file_type = head->type;
	x->res->content = CONTENT_NONE;
	return file_handle(x);
}

/* Takes one head of the program, and goes by it. */
static enum status
take_head(struct conn *c, struct exchange *x, enum cgi_next *next)
{
	struct output *output = &c->storage.output;
	enum status status;
	struct cgi_head head;
	struct slice bytes;

	status = output_read_head(output, &bytes);
	if (status)
		return response_refuse(x->res, status, output->relay.refusal);
	forget_response(x);
	status = cgi_head_parse(&head, bytes, &x->res->fields);
	if (status)
		return response_refuse(x->res, status, head.refusal);
	*next = cgi_respond(x, &head);
	if (x->asks_for_websocket && *next == CGI_ANSWERS &&
	    x->res->status < 300) {
		gateway_end(c);
		forget_response(x);
		return websocket_start(x);
	}
	switch (*next) {
	case CGI_ANSWERS:
		/* It may have answered before it reads; or refused what a
		 * client is about to send: then nobody sends it. */
		if (x->res->status < 300)
			body_ask(&c->current.body);
		else if (body_is_withheld(&c->current.body))
			relay_close(&output->relay.in);
		if (head.has_length)
			output_announce(output, head.length);
		x->res->content = CONTENT_SOURCE;
		x->res->source = &output->source;
		return STATUS_NONE;
	case CGI_HINTS_AT_IT:
		if (x->req->minor >= 1)
			writer_interim(c->stream, STATUS_EARLY_HINTS,
				       buf_slice(&x->res->fields));
		return STATUS_NONE;
	case CGI_REDIRECTS:
		gateway_end(c);
		return redirect(c, x, head.location);
	case CGI_SENDS_FILE:
		gateway_end(c);
		return send_file(c, x, &head);
	}
	return STATUS_NONE;
}

/* What a program sends whose head is not looked at ends the connection. */
static void
pass_raw(struct conn *c, struct exchange *x)
{
	body_ask(&c->current.body);
	forget_response(x);
	x->res->status = STATUS_OK;
	x->res->is_raw = true;
	x->res->content = CONTENT_SOURCE;
	x->res->source = &c->storage.output.source;
	x->res->length = LENGTH_UNKNOWN;
}

static enum status
answer(struct conn *c, struct exchange *x)
{
	enum cgi_next next = CGI_HINTS_AT_IT;
	enum status status = STATUS_NONE;

	output_begin(&c->storage.output, x->program, c->stream,
		     &c->current.body, &c->settings->program, c->remote);
	c->current.has_program = true;
	if (x->program->is_nph) {
		pass_raw(c, x);
		return STATUS_NONE;
	}
	while (!status && next == CGI_HINTS_AT_IT)
		status = take_head(c, x, &next);
	return status;
}

void
gateway_answer(struct conn *c, struct exchange *x, struct buf *page)
{
	enum status status = STATUS_NONE;
	const char *why;

	if (x->content_error)
		status = body_status(&c->current.body, &why);
	while (!status && x->res->content == CONTENT_PROGRAM) {
		status = answer(c, x);
		why = x->res->refusal;
		if (!status && x->res->content == CONTENT_NONE &&
		    x->res->status == 0)
			route_decide(x, page);
	}
	if (status) {
		if (c->current.has_program)
			relay_fail(&c->storage.output.relay, IO_INVALID, status,
				   why);
		forget_response(x);
		x->res->refusal = why;
		route_refuse(x, status, page);
	}
}

void
gateway_end(struct conn *c)
{
	const char *why;

	if (!c->current.has_program)
		return;
	c->current.has_program = false;
	why = output_end(&c->storage.output);
	if (why != NULL)
		access_note(c->remote(), why);
}

/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/answer.h"
#include "conn/desk.h"
#include "serve/route.h"

void
answer_log(struct conn *c)
{
	struct conn_request *r = &c->current;
	struct access access = {
	    .now = clock_seconds(),
	    .request_line = r->request_line,
	    .status = r->res.status,
	    .content_sent = r->content_sent,
	    .user = r->user,
	    .ordinal = c->served,
	    .is_redacted = c->settings->log_redact,
	};

	if (r->res.refusal != NULL)
		access_refuse(c->remote(), r->res.status, r->res.refusal);
	if (c->settings->explain)
		access_explain(&access, &r->res, buf_slice(&r->explanation));
	if (c->settings->access == ACCESS_NONE)
		return;
	access.remote = c->remote();
	access.referer = request_field(&r->req, SLICE("Referer"));
	access.agent = request_field(&r->req, SLICE("User-Agent"));
	access.duration_us = clock_us() - r->started_us;
	access_log(c->settings->access, &access);
}

int
answer_send(struct conn *c)
{
	struct conn_request *r = &c->current;
	struct writer_request request = {
	    .minor = r->req.minor,
	    /* As sent: what was refused may not have been parsed. */
	    .is_head = slice_starts(r->request_line, SLICE("HEAD ")),
	    .is_persistent = !r->res.close,
	    .path = r->req.target.path,
	    .content_path = r->res.path,
	};

	return writer_send(&c->writer, &request, &r->res, &r->head_sent,
			   &r->content_sent);
}

void
answer_release(struct conn *c)
{
	const struct response *res = &c->current.res;

	if (res->file_fd >= 0 && !res->file_is_kept)
		close(res->file_fd);
	if (res->memory != NULL)
		munmap(res->memory, res->memory_len);
}

void
answer_refuse(struct conn *c, enum status status, const char *why)
{
	struct conn_request *r = &c->current;
	struct desk desk;
	struct exchange x = desk_lay(&desk, c);

	response_init(&r->res, r->res.fields.data, r->res.fields.cap);
	r->res.refusal = why;
	r->res.close = true;
	route_refuse(&x, status, &desk.page);
	c->must_linger = true;
	c->served++;
	if (answer_send(c))
		access_note(c->remote(),
			    "the client is gone before its answer");
	answer_release(c);
	answer_log(c);
}

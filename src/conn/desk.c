/* SPDX-License-Identifier: ISC */
#include "conn/desk.h"

struct exchange
desk_lay(struct desk *desk, struct conn *c)
{
	struct conn_request *r = &c->current;
	/* "Content received in a GET request has no generally defined
	 * semantics" (RFC 9110, section 9.3.1): no handler sees it. */
	bool is_ignored =
	    r->req.method == METHOD_GET || r->req.method == METHOD_HEAD;

	*desk =
	    (struct desk){BUF_OVER(c->storage.page), BUF_OVER(c->storage.name),
			  BUF_OVER(c->storage.rewrite)};
	return (struct exchange){
	    .site = c->site,
	    .root = &c->root,
	    .req = &r->req,
	    .target = &r->req.target,
	    .content = is_ignored ? body_none() : &r->body.source,
	    .content_length = is_ignored ? 0
			      : r->req.framing == FRAMING_CHUNKED
				  ? LENGTH_UNKNOWN
				  : r->req.content_length,
	    .res = &r->res,
	    .kept = &c->kept,
	    .hosts = &c->storage.hosts,
	    .auth = &c->storage.auth,
	    .page_rules = &c->storage.page_rules,
	    .parts = &c->storage.parts,
	    .program = &c->storage.program,
	    .agent = c->agent,
	    .in_fd = c->in_fd,
	    .endpoints = c->endpoints,
	    .name = &desk->name,
	    .rewrite = &desk->rewrite,
	    .explanation = c->settings->explain ? &r->explanation : NULL,
	};
}

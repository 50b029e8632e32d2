/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "serve/location.h"

static void
add_query(struct exchange *x)
{
	if (!x->target->has_query)
		return;
	buf_add_char(&x->res->fields, '?');
	target_encode_query(&x->res->fields, x->target->query);
}

static enum status
end(struct exchange *x, int status)
{
	buf_add(&x->res->fields, SLICE("\r\n"));
	x->res->status = status;
	x->res->length = 0;
	return STATUS_NONE;
}

/* A slash that was encoded stays so. */
static void
add_path(struct exchange *x, struct slice path)
{
	struct buf *fields = &x->res->fields;

	for (size_t i = 0; i < path.len; i++) {
		struct slice rest = slice_skip(path, i);

		if (x->target->encoded_slash &&
		    slice_starts(rest, SLICE("%2F")))
			buf_add_char(fields, '%');
		else
			target_encode_path(fields, (struct slice){rest.ptr, 1});
	}
}

enum status
location_by_rule(struct exchange *x, const struct redirect_rule *rule)
{
	struct slice target = rule->target;
	struct buf *fields = &x->res->fields;
	size_t matched;

	buf_add(fields, SLICE("Location: "));
	buf_add(fields, target);
	if (rule->takes_rest &&
	    pattern_matches_start(rule->pattern, x->target->path, &matched))
		add_path(x, slice_skip(x->target->path, matched));
	if (memchr(target.ptr, '?', target.len) == NULL &&
	    memchr(target.ptr, '#', target.len) == NULL)
		add_query(x);
	exchange_explain(x, "redirect by the rule for", rule->pattern);
	return end(x, rule->status);
}

/*
 * "308 or 301": 301 is what every client of the last thirty years knows,
 * and for GET and HEAD the two mean the same.
 */
enum status
location_of_directory(struct exchange *x)
{
	struct buf *fields = &x->res->fields;

	buf_add(fields, SLICE("Location: "));
	target_encode_path(fields, x->target->path);
	buf_add_char(fields, '/');
	add_query(x);
	exchange_explain(x, "a directory without its slash", x->target->path);
	return end(x, STATUS_MOVED_PERMANENTLY);
}

enum status
location_set(struct exchange *x, int status, struct slice where)
{
	buf_add(&x->res->fields, SLICE("Location: "));
	buf_add(&x->res->fields, where);
	return end(x, status);
}

enum status
location_of_https(struct exchange *x)
{
	struct buf *fields = &x->res->fields;

	if (x->req->host.len == 0)
		return response_refuse(x->res, STATUS_BAD_REQUEST,
				       "no Host, by which https is found");
	buf_add(fields, SLICE("Location: https://"));
	buf_add(fields, x->req->host);
	if (x->site->https_port != 443) {
		buf_add_char(fields, ':');
		buf_add_u64(fields, x->site->https_port);
	}
	add_path(x, x->target->path);
	add_query(x);
	exchange_explain(x, "https is at", x->req->host);
	return end(x, STATUS_PERMANENT_REDIRECT);
}

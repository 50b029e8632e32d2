/* SPDX-License-Identifier: ISC */
#include "conn/repeat.h"
#include "base/clock.h"
#include "conn/stop.h"

/*
 * Seconds that a file must have been left alone. Two changes within one tick
 * of a file system's clock look like one, and the coarsest of these clocks,
 * FAT's, ticks every two seconds.
 */
#define SETTLED_S 2

static void
log_again(struct conn *c, const struct cache_entry *entry, int64_t started_us)
{
	struct access access = {
	    .remote = c->remote(),
	    .now = clock_seconds(),
	    .request_line = {entry->head.ptr, entry->request_len},
	    .referer = entry->referer,
	    .agent = entry->agent,
	    .status = entry->status,
	    .content_sent = entry->content_sent,
	    .duration_us = clock_us() - started_us,
	    .ordinal = c->served,
	    .is_redacted = c->settings->log_redact,
	};

	access_log(c->settings->access, &access);
}

bool
repeat_answer(struct conn *c)
{
	bool is_logged = c->settings->access != ACCESS_NONE;
	uint64_t max = c->settings->max_requests;
	struct cache_entry *entry;
	int64_t started_us = 0;

	if (c->cache.count == 0)
		return false;
	entry = cache_find(&c->cache, reader_bytes(&c->reader), clock_ms());
	/* The last answer says that it is. */
	if (entry == NULL || stop_requested() ||
	    (max > 0 && c->served + 1 >= max))
		return false;
	if (is_logged)
		started_us = clock_us();
	/* An error will be met again by whoever waits for the next head. */
	(void)writer_repeat(&c->writer, entry->answer, entry->date_at);
	reader_take(&c->reader, entry->head.len);
	c->served++;
	if (is_logged)
		log_again(c, entry, started_us);
	return true;
}

void
repeat_begin(struct repeat *repeat, struct conn *c, struct exchange *x)
{
	const struct conn_request *r = &c->current;

	/* What a client's address is taken from is looked at each time. */
	repeat->is_wanted = r->req.framing == FRAMING_NONE &&
			    c->forwarded == NULL && !c->settings->explain &&
			    cache_mark(&c->cache, r->head);
	if (!repeat->is_wanted)
		return;
	repeat->decided_ms = clock_ms();
	repeat->sent = c->stream->sent;
	repeat->pending = c->stream->out.len;
	repeat->st = (struct stat){0};
	x->opened = &repeat->st;
}

/* True if what was read from the file is what its validators say. */
static bool
is_unchanged(const struct stat *before, int fd)
{
	struct stat after;

	return fd >= 0 && before->st_mode != 0 && fstat(fd, &after) == 0 &&
	       root_is_same(before, &after) &&
	       clock_seconds() - before->st_ctim.tv_sec > SETTLED_S;
}

void
repeat_end(const struct repeat *repeat, struct conn *c,
	   const struct exchange *x)
{
	const struct conn_request *r = &c->current;
	struct slice pending = buf_slice(&c->stream->out);

	if (!repeat->is_wanted || r->res.close || r->has_program ||
	    x->user.len > 0 || c->stream->error ||
	    c->stream->sent != repeat->sent ||
	    !is_unchanged(&repeat->st, r->res.file_fd))
		return;
	cache_keep(&c->cache,
		   &(struct cache_entry){
		       .until = repeat->decided_ms + c->cache.limits.valid_ms,
		       .head = r->head,
		       .answer = slice_skip(pending, repeat->pending),
		       .date_at = c->writer.date_at - repeat->pending,
		       .request_len = r->request_line.len,
		       .referer = request_field(&r->req, SLICE("Referer")),
		       .agent = request_field(&r->req, SLICE("User-Agent")),
		       .status = r->res.status,
		       .content_sent = r->content_sent,
		   });
}

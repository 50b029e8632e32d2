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
log_again(struct conn *c, const struct cache_entry *entry,
	  uint64_t content_sent, int64_t started_us)
{
	struct access access = {
	    .remote = c->remote(),
	    .now = clock_seconds(),
	    .request_line = {entry->head.ptr, entry->request_len},
	    .referer = entry->referer,
	    .agent = entry->agent,
	    .status = entry->status,
	    .content_sent = content_sent,
	    .duration_us = clock_us() - started_us,
	    .ordinal = c->served,
	    .is_redacted = c->settings->log_redact,
	};

	access_log(c->settings->access, &access);
}

/* False if the file is not any more what the head says of it. */
static bool
is_still_true(const struct cache_entry *entry)
{
	struct stat st;

	return entry->fd < 0 ||
	       (fstat(entry->fd, &st) == 0 && root_is_same(&entry->st, &st));
}

/* Sends an entry, or adds it to what is pending. */
static int
send_again(struct conn *c, const struct cache_entry *entry,
	   uint64_t *content_sent)
{
	struct stream *s = c->stream;
	int error = writer_repeat(&c->writer, entry->answer, entry->date_at);
	uint64_t before = s->sent + s->out.len;

	*content_sent = entry->content_sent;
	if (error || entry->fd < 0)
		return error;
	error = stream_send_file(s, entry->fd, entry->offset, entry->len);
	*content_sent = s->sent > before ? s->sent - before : 0;
	return error;
}

enum repeat_result
repeat_answer(struct conn *c)
{
	bool is_logged = c->settings->access != ACCESS_NONE;
	uint64_t max = c->settings->max_requests, content_sent;
	struct cache_entry *entry;
	int64_t started_us = 0;
	int error;

	if (c->cache.count == 0)
		return REPEAT_NONE;
	entry = cache_find(&c->cache, reader_bytes(&c->reader), clock_ms());
	/* The last answer says that it is. */
	if (entry == NULL || stop_requested() ||
	    (max > 0 && c->served + 1 >= max))
		return REPEAT_NONE;
	if (!is_still_true(entry)) {
		cache_drop(&c->cache, entry);
		return REPEAT_NONE;
	}
	if (is_logged)
		started_us = clock_us();
	error = send_again(c, entry, &content_sent);
	reader_take(&c->reader, entry->head.len);
	c->served++;
	if (is_logged)
		log_again(c, entry, content_sent, started_us);
	/* One of what is in memory will be met again by whoever waits for the
	 * next head. */
	if (!error || entry->fd < 0)
		return REPEAT_DONE;
	access_cut(c->remote(), error, NULL);
	c->stream->breaks_off = true;
	c->must_linger = true;
	return REPEAT_CUT;
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

/* True for an answer whose content has just gone out of a large file. */
static bool
is_from_file(const struct conn_request *r)
{
	return r->res.content == CONTENT_FILE &&
	       r->res.length > SMALL_FILE_MAX &&
	       r->content_sent == r->res.length;
}

void
repeat_end(const struct repeat *repeat, struct conn *c,
	   const struct exchange *x)
{
	struct conn_request *r = &c->current;
	struct slice pending = buf_slice(&c->stream->out);
	bool is_whole = c->stream->sent == repeat->sent;
	struct cache_entry entry;

	if (!repeat->is_wanted || r->res.close || r->has_program ||
	    x->user.len > 0 || c->stream->error ||
	    (!is_whole && !is_from_file(r)) ||
	    !is_unchanged(&repeat->st, r->res.file_fd))
		return;
	entry = (struct cache_entry){
	    .until = repeat->decided_ms + c->cache.limits.valid_ms,
	    .head = r->head,
	    .answer = is_whole ? slice_skip(pending, repeat->pending)
			       : c->writer.head,
	    .fd = is_whole ? -1 : r->res.file_fd,
	    .st = repeat->st,
	    .offset = r->res.file_offset,
	    .len = r->res.length,
	    .date_at = c->writer.date_at,
	    .request_len = r->request_line.len,
	    .referer = request_field(&r->req, SLICE("Referer")),
	    .agent = request_field(&r->req, SLICE("User-Agent")),
	    .status = r->res.status,
	    .content_sent = r->content_sent,
	};
	if (!cache_keep(&c->cache, &entry) || is_whole)
		return;
	/* It is the cache's now. */
	r->res.file_fd = -1;
	if (r->res.file_is_kept)
		c->kept.fd = -1;
}

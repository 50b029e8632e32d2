/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "conn/access.h"
#include "http/date.h"
#include "http/escape.h"

/*
 * What is logged of one string at most, in bytes as they are written, all
 * escapes included: a whole line fits into LOG_LINE_MAX then, whatever the
 * client sends, and what ends it, be it a number or a brace, is there.
 */
#define REQUEST_LINE_LOGGED 2048
#define FIELD_LOGGED 768

/* What the client chose, cut. */
struct strings {
	struct slice request_line, referer, agent;
};

/*
 * The start of s that takes max bytes at most in a quoted string, where
 * what is not printable takes escape_len.
 */
static struct slice
cut(struct slice s, size_t max, size_t escape_len)
{
	size_t n = 0, written = 0;

	while (n < s.len) {
		unsigned char c = (unsigned char)s.ptr[n];

		if (c < 0x20 || c > 0x7e)
			written += escape_len;
		else
			written += c == '"' || c == '\\' ? 2 : 1;
		if (written > max)
			break;
		n++;
	}
	return (struct slice){s.ptr, n};
}

/* How much of s comes before its query. */
static size_t
query_at(struct slice s)
{
	const char *mark = slice_find(s, '?');

	return mark != NULL ? (size_t)(mark - s.ptr) : s.len;
}

/*
 * A request line, cut. Without its query it is in storage; and if that is
 * not a line as it should be, without all that follows.
 */
static struct slice
cut_request_line(const struct access *a, size_t escape_len,
		 char storage[REQUEST_LINE_LOGGED])
{
	struct slice line =
	    cut(a->request_line, REQUEST_LINE_LOGGED, escape_len);
	size_t query = query_at(line), end = line.len;

	if (!a->is_redacted || query == line.len)
		return line;
	while (end > query && line.ptr[end - 1] != ' ')
		end--;
	if (end == query ||
	    !slice_starts(slice_skip(line, end), SLICE("HTTP/")))
		end = line.len;
	else
		end--;
	memcpy(storage, line.ptr, query);
	memcpy(storage + query, line.ptr + end, line.len - end);
	return (struct slice){storage, query + line.len - end};
}

static struct slice
cut_referer(const struct access *a, size_t escape_len)
{
	struct slice referer = cut(a->referer, FIELD_LOGGED, escape_len);

	if (a->is_redacted)
		referer.len = query_at(referer);
	return referer;
}

/* Escapes what would end the string; log_end sees to what is not ASCII. */
static void
add_quoted(struct buf *out, struct slice s)
{
	buf_add_char(out, '"');
	if (s.len == 0)
		buf_add_char(out, '-');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '"');
}

static void
add_json_field(struct buf *out, const char *name, struct slice value)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":");
	escape_json_bytes(out, value);
}

static void
add_json_number(struct buf *out, const char *name, uint64_t value)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":");
	buf_add_u64(out, value);
}

static void
add_json(struct buf *out, const struct access *a, const struct strings *s)
{
	buf_add_str(out, "{\"time\":\"");
	date_add_iso(out, a->now);
	buf_add_char(out, '"');
	add_json_field(out, "remote", a->remote);
	if (a->user.len > 0)
		add_json_field(out, "user", cut(a->user, FIELD_LOGGED, 6));
	add_json_field(out, "request", s->request_line);
	add_json_number(out, "status", (uint64_t)a->status);
	add_json_number(out, "bytes", a->content_sent);
	add_json_field(out, "referer", s->referer);
	add_json_field(out, "agent", s->agent);
	add_json_number(out, "us", (uint64_t)a->duration_us);
	add_json_number(out, "ordinal", a->ordinal);
	buf_add_char(out, '}');
}

/* It is one word there, and a user may be called anything. */
static void
add_user(struct buf *out, struct slice user)
{
	user = cut(user, FIELD_LOGGED, 4);
	for (size_t i = 0; i < user.len; i++)
		buf_add_char(out, user.ptr[i] == ' ' ? '+' : user.ptr[i]);
	if (user.len == 0)
		buf_add_char(out, '-');
}

static void
add_common(struct buf *out, const struct access *a, const struct strings *s)
{
	buf_add(out, a->remote);
	buf_add_str(out, " - ");
	add_user(out, a->user);
	buf_add_str(out, " [");
	date_add_log(out, a->now);
	buf_add_str(out, "] ");
	add_quoted(out, s->request_line);
	buf_add_char(out, ' ');
	buf_add_u64(out, (uint64_t)a->status);
	buf_add_char(out, ' ');
	buf_add_u64(out, a->content_sent);
}

void
access_log(enum access_format format, const struct access *a)
{
	size_t escape_len = format == ACCESS_JSON ? 6 : 4;
	char storage[REQUEST_LINE_LOGGED];
	struct strings s = {
	    .request_line = cut_request_line(a, escape_len, storage),
	    .referer = cut_referer(a, escape_len),
	    .agent = cut(a->agent, FIELD_LOGGED, escape_len),
	};
	struct log_line line;

	if (format == ACCESS_NONE)
		return;
	log_begin_access(&line);
	if (format == ACCESS_JSON) {
		add_json(&line.text, a, &s);
		log_end(&line, LOG_LEVEL_INFO);
		return;
	}
	add_common(&line.text, a, &s);
	if (format == ACCESS_COMBINED) {
		buf_add_char(&line.text, ' ');
		add_quoted(&line.text, s.referer);
		buf_add_char(&line.text, ' ');
		add_quoted(&line.text, s.agent);
	}
	buf_add_char(&line.text, ' ');
	buf_add_u64(&line.text, (uint64_t)a->duration_us);
	buf_add_char(&line.text, ' ');
	buf_add_u64(&line.text, a->ordinal);
	log_end(&line, LOG_LEVEL_INFO);
}

static void
note(struct slice remote, const char *before, const char *what)
{
	struct log_line line;

	log_begin(&line);
	buf_add(&line.text, remote);
	buf_add_str(&line.text, before);
	buf_add_str(&line.text, what);
	log_end(&line, LOG_LEVEL_NOTICE);
}

void
access_note(struct slice remote, const char *what)
{
	note(remote, ": ", what);
}

static const char *
name_of_error(int error)
{
	switch (error) {
	case IO_EOF:
		return "the file or the content ended early";
	case IO_TIMEOUT:
		return "the client was too slow";
	default:
		return "the client is gone";
	}
}

void
access_cut(struct slice remote, int error, const char *why)
{
	note(remote, ": cut short: ", why != NULL ? why : name_of_error(error));
}

void
access_refuse(struct slice remote, int status, const char *why)
{
	char before[] = ": 000: ";

	before[2] = (char)('0' + status / 100);
	before[3] = (char)('0' + status / 10 % 10);
	before[4] = (char)('0' + status % 10);
	note(remote, before, why);
}

void
access_fail(struct slice remote, unsigned code, const char *why)
{
	struct log_line line;

	log_begin(&line);
	buf_add(&line.text, remote);
	buf_add_str(&line.text, ": WebSocket failed with ");
	buf_add_u64(&line.text, code);
	buf_add_str(&line.text, ": ");
	buf_add_str(&line.text, why);
	log_end(&line, LOG_LEVEL_NOTICE);
}

void
access_explain(const struct access *a, const struct response *res,
	       struct slice explanation)
{
	char storage[REQUEST_LINE_LOGGED];
	struct log_line line;

	log_begin(&line);
	buf_add_str(&line.text, "explain: ");
	buf_add(&line.text, cut_request_line(a, 4, storage));
	buf_add_str(&line.text, ": ");
	buf_add_u64(&line.text, (uint64_t)res->status);
	buf_add(&line.text, explanation);
	if (res->refusal != NULL) {
		buf_add_str(&line.text, "; because ");
		buf_add_str(&line.text, res->refusal);
	}
	log_end(&line, LOG_LEVEL_INFO);
}

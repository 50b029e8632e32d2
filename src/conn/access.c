/* SPDX-License-Identifier: ISC */
#include "conn/access.h"
#include "base/log.h"
#include "http/date.h"

/*
 * What is logged of one field at most, in bytes as sent. Escaped, each
 * may become six: three of them fit into LOG_LINE_MAX all the same, save
 * a request line made of nothing but control characters.
 */
#define REQUEST_LINE_LOGGED 1024
#define FIELD_LOGGED 256

static struct slice
cut(struct slice s, size_t max)
{
	return s.len > max ? (struct slice){s.ptr, max} : s;
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

/* RFC 8259, section 7; bytes above 0x7e are taken for Latin-1. */
static void
add_json_string(struct buf *out, struct slice s)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c > 0x7e) {
			buf_add_str(out, "\\u00");
			buf_add_char(out, "0123456789abcdef"[c >> 4]);
			buf_add_char(out, "0123456789abcdef"[c & 15]);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

static void
add_json_field(struct buf *out, const char *name, struct slice value)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":");
	add_json_string(out, value);
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
add_json(struct buf *out, const struct access *a, struct slice referer,
	 struct slice agent)
{
	buf_add_str(out, "{\"time\":\"");
	date_add_iso(out, a->now);
	buf_add_char(out, '"');
	add_json_field(out, "remote", a->remote);
	add_json_field(out, "request",
		       cut(a->request_line, REQUEST_LINE_LOGGED / 2));
	add_json_number(out, "status", (uint64_t)a->status);
	add_json_number(out, "bytes", a->content_sent);
	add_json_field(out, "referer", referer);
	add_json_field(out, "agent", agent);
	add_json_number(out, "us", (uint64_t)a->duration_us);
	add_json_number(out, "ordinal", a->ordinal);
	buf_add_char(out, '}');
}

static void
add_common(struct buf *out, const struct access *a)
{
	buf_add(out, a->remote);
	buf_add_str(out, " - - [");
	date_add_log(out, a->now);
	buf_add_str(out, "] ");
	add_quoted(out, cut(a->request_line, REQUEST_LINE_LOGGED));
	buf_add_char(out, ' ');
	buf_add_u64(out, (uint64_t)a->status);
	buf_add_char(out, ' ');
	buf_add_u64(out, a->content_sent);
}

void
access_log(enum access_format format, const struct access *a)
{
	struct slice referer =
	    cut(request_field(a->req, SLICE("Referer")), FIELD_LOGGED);
	struct slice agent =
	    cut(request_field(a->req, SLICE("User-Agent")), FIELD_LOGGED);
	struct log_line line;

	if (format == ACCESS_NONE)
		return;
	log_begin_access(&line);
	if (format == ACCESS_JSON) {
		add_json(&line.text, a, referer, agent);
		log_end(&line, LOG_LEVEL_INFO);
		return;
	}
	add_common(&line.text, a);
	if (format == ACCESS_COMBINED) {
		buf_add_char(&line.text, ' ');
		add_quoted(&line.text, referer);
		buf_add_char(&line.text, ' ');
		add_quoted(&line.text, agent);
	}
	buf_add_char(&line.text, ' ');
	buf_add_u64(&line.text, (uint64_t)a->duration_us);
	buf_add_char(&line.text, ' ');
	buf_add_u64(&line.text, a->ordinal);
	log_end(&line, LOG_LEVEL_INFO);
}

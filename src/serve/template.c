/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/target.h"
#include "serve/template.h"

static void
add_escape(struct buf *out, char c)
{
	buf_add_char(out, '%');
	buf_add_char(out, "0123456789ABCDEF"[(unsigned char)c >> 4]);
	buf_add_char(out, "0123456789ABCDEF"[(unsigned char)c & 15]);
}

static void
add_path_byte(struct buf *out, char c)
{
	if (c == '/' && out->len == 1 && out->data[0] == '/')
		return;
	target_encode_path(out, (struct slice){&c, 1});
}

/* Percent signs in it were checked, and are no escapes of ours. */
static void
add_text(struct buf *out, struct slice text, enum template_place place)
{
	if (place == TEMPLATE_VALUE) {
		buf_add(out, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%' || (place == TEMPLATE_QUERY && c == '?'))
			buf_add_char(out, c);
		else
			add_path_byte(out, c);
	}
}

/* "unreserved" in RFC 3986, section 2.3: what no part of a URL minds. */
static bool
is_unreserved(char c)
{
	return (c >= '0' && c <= '9') ||
	       (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

/* What a client chose. */
static void
add_capture(struct buf *out, const struct capture *capture,
	    const struct page_request *req, enum template_place place)
{
	struct slice s = capture->value;

	while (s.len > 0) {
		struct page_byte b = {s.ptr[0], 1};

		if (capture->is_query) {
			b = page_decode(s);
			/* As forms are sent. */
			if (b.byte == '+' && b.len == 1)
				b.byte = ' ';
		} else if (req->encoded_slash &&
			   slice_starts(s, SLICE("%2F"))) {
			b = (struct page_byte){'/', 3};
		}
		s = slice_skip(s, b.len);
		/* A slash that parts no segments here shall part none there. */
		if ((place == TEMPLATE_QUERY && !is_unreserved(b.byte)) ||
		    (b.byte == '/' && (capture->is_query || b.len == 3)))
			add_escape(out, b.byte);
		else
			add_path_byte(out, b.byte);
	}
}

void
template_expand(struct buf *out, struct slice text,
		const struct captures *captures, const struct page_request *req,
		enum template_place place)
{
	const struct capture *capture;
	struct slice rest = text, before, name;

	while (wildcard_next_name(&rest, &before, &name)) {
		add_text(out, before, place);
		capture = captures_find(captures, name);
		if (capture != NULL)
			add_capture(out, capture, req, place);
		else
			/* With its colon, which stands right in front. */
			add_text(out,
				 (struct slice){name.ptr - 1, name.len + 1},
				 place);
	}
	add_text(out, before, place);
}

void
template_add_query(struct buf *out, struct slice query)
{
	for (size_t i = 0; i < query.len; i++) {
		char c = query.ptr[i];

		if (c != '\0' && strchr("%?[]{}|\\^`", c) != NULL)
			buf_add_char(out, c);
		else
			target_encode_path(out, (struct slice){&c, 1});
	}
}

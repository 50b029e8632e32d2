/* SPDX-License-Identifier: ISC */
#include "http/escape.h"

#define REPLACEMENT SLICE("\xef\xbf\xbd")

/*
 * The length of the character that s begins with, or if that is
 * ill-formed, of the longest start of one, at least 1 (The Unicode
 * Standard, tables 3-7 and 3-8: no surrogates, nothing overlong).
 */
static size_t
character_length(struct slice s, bool *is_well_formed)
{
	unsigned char first = (unsigned char)s.ptr[0];
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*is_well_formed = false;
	if ((first >= 0x80 && first < 0xc2) || first > 0xf4)
		return 1;
	for (size_t i = 1; i < len; i++) {
		unsigned char c = i < s.len ? (unsigned char)s.ptr[i] : 0;

		if (c < low || c > high)
			return i;
		low = 0x80;
		high = 0xbf;
	}
	*is_well_formed = true;
	return len;
}

/* What stands for a byte of ASCII in HTML; empty: it stands for itself. */
static struct slice
html_entity(char c)
{
	switch (c) {
	case '<':
		return SLICE("&lt;");
	case '>':
		return SLICE("&gt;");
	case '&':
		return SLICE("&amp;");
	case '"':
		return SLICE("&quot;");
	case '\'':
		return SLICE("&#39;");
	default:
		return SLICE("");
	}
}

/* U+2400 and on: a picture for each control character of ASCII. */
static void
add_picture(struct buf *out, unsigned char c)
{
	buf_add(out, SLICE("\xe2\x90"));
	buf_add_char(out, (char)(0x80 + (c == 0x7f ? 0x21 : c)));
}

/*
 * U+0080 to U+009F, and what breaks lines or turns the direction of
 * writing: U+2028 to U+202E, U+2066 to U+2069.
 */
static bool
is_upper_control(struct slice character)
{
	unsigned char last = (unsigned char)character.ptr[character.len - 1];

	if (slice_starts(character, SLICE("\xc2")))
		return last < 0xa0;
	if (slice_starts(character, SLICE("\xe2\x80")))
		return last >= 0xa8 && last <= 0xae;
	return slice_starts(character, SLICE("\xe2\x81")) && last >= 0xa6 &&
	       last <= 0xa9;
}

/* Appends one character of more than one byte, or what stands for it. */
static void
add_html_character(struct buf *out, struct slice character, bool is_well_formed)
{
	if (is_well_formed && !is_upper_control(character))
		buf_add(out, character);
	else
		buf_add(out, REPLACEMENT);
}

void
escape_html(struct buf *out, struct slice text)
{
	size_t plain = 0;

	for (size_t i = 0; i < text.len;) {
		unsigned char c = (unsigned char)text.ptr[i];
		struct slice entity = html_entity((char)c);
		struct slice character = {text.ptr + i, 1};
		bool is_well_formed;

		if (c >= 0x20 && c < 0x7f && entity.len == 0) {
			i++;
			continue;
		}
		/* What is plain goes in one piece. */
		buf_add(out, (struct slice){text.ptr + plain, i - plain});
		if (c >= 0x80) {
			character.len = character_length(slice_skip(text, i),
							 &is_well_formed);
			add_html_character(out, character, is_well_formed);
		} else if (entity.len > 0) {
			buf_add(out, entity);
		} else {
			add_picture(out, c);
		}
		i += character.len;
		plain = i;
	}
	buf_add(out, (struct slice){text.ptr + plain, text.len - plain});
}

static void
add_json_escape(struct buf *out, unsigned char c)
{
	if (c == '"' || c == '\\') {
		buf_add_char(out, '\\');
		buf_add_char(out, (char)c);
		return;
	}
	buf_add(out, SLICE("\\u00"));
	buf_add_char(out, "0123456789abcdef"[c >> 4]);
	buf_add_char(out, "0123456789abcdef"[c & 15]);
}

static bool
is_plain_in_json(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void
escape_json(struct buf *out, struct slice text)
{
	size_t plain = 0, len = 1;

	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i += len) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool is_well_formed = true;

		len = c < 0x80 ? 1
			       : character_length(slice_skip(text, i),
						  &is_well_formed);
		if (is_well_formed && (c >= 0x80 || is_plain_in_json(c)))
			continue;
		buf_add(out, (struct slice){text.ptr + plain, i - plain});
		if (is_well_formed)
			add_json_escape(out, c);
		else
			buf_add(out, REPLACEMENT);
		plain = i + len;
	}
	buf_add(out, (struct slice){text.ptr + plain, text.len - plain});
	buf_add_char(out, '"');
}

void
escape_json_bytes(struct buf *out, struct slice bytes)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.ptr[i];

		if (is_plain_in_json(c))
			buf_add_char(out, (char)c);
		else
			add_json_escape(out, c);
	}
	buf_add_char(out, '"');
}

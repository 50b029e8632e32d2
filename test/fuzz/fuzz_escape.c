/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/escape: any bytes, as a file's name may be. Whatever comes in,
 * - what comes out is well-formed UTF-8 without control characters, save
 *   the upper ones in JSON, which are harmless there;
 * - HTML holds no character of markup but the '&' of an entity, JSON no
 *   quote but at its ends and behind a backslash;
 * - in two parts that are cut between characters it is the same as in one;
 * - bytes of an unknown encoding can be read back.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Of len bytes: the caller frees data. */
static struct buf
make_buf(size_t len)
{
	struct buf out = {.data = malloc(len), .cap = len};

	hold(out.data != NULL);
	return out;
}

/* The length of the character at s, 0 if it is ill-formed. */
static size_t
decode(struct slice s, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.ptr[0];
	size_t len = first < 0x80         ? 1
		     : first >> 5 == 0x06 ? 2
		     : first >> 4 == 0x0e ? 3
		     : first >> 3 == 0x1e ? 4
					  : 0;

	if (len == 0 || len > s.len)
		return 0;
	*point = len == 1 ? first : first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	}
	return *point < least[len] || *point > 0x10ffff ||
		       (*point >= 0xd800 && *point < 0xe000)
		   ? 0
		   : len;
}

static void
check_html(struct slice s)
{
	uint32_t point;
	size_t len;

	for (; s.len > 0; s = slice_skip(s, len)) {
		len = decode(s, &point);
		hold(len > 0 && point >= 0x20 &&
		     !(point >= 0x7f && point < 0xa0));
		hold(point != '<' && point != '>' && point != '"' &&
		     point != '\'');
		if (point == '&')
			hold(slice_starts(s, SLICE("&lt;")) ||
			     slice_starts(s, SLICE("&gt;")) ||
			     slice_starts(s, SLICE("&amp;")) ||
			     slice_starts(s, SLICE("&quot;")) ||
			     slice_starts(s, SLICE("&#39;")));
	}
}

/* Takes the quotes off, looks at the rest, and returns it. */
static struct slice
check_json(struct slice s)
{
	struct slice inside = slice_skip(s, 1), rest;
	uint32_t point;
	size_t len;

	hold(s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"');
	inside.len--;
	for (rest = inside; rest.len > 0; rest = slice_skip(rest, len)) {
		len = decode(rest, &point);
		hold(len > 0 && point >= 0x20 && point != 0x7f && point != '"');
		if (point != '\\')
			continue;
		hold(rest.len >= 2);
		len = rest.ptr[1] == 'u' ? 6 : 2;
		hold(len <= rest.len);
		hold(len == 2 ? rest.ptr[1] == '"' || rest.ptr[1] == '\\'
			      : hex_digit(rest.ptr[4]) >= 0 &&
				    hex_digit(rest.ptr[5]) >= 0);
	}
	return inside;
}

/* Reads bytes back from JSON in Latin-1. */
static void
check_bytes(struct slice s, struct slice want)
{
	for (size_t i = 0; i < want.len; i++) {
		char c = s.ptr[0];
		size_t len = 1;

		if (c == '\\' && s.ptr[1] == 'u') {
			len = 6;
			c = (char)(hex_digit(s.ptr[4]) * 16 +
				   hex_digit(s.ptr[5]));
		} else if (c == '\\') {
			len = 2;
			c = s.ptr[1];
		}
		hold(c == want.ptr[i]);
		s = slice_skip(s, len);
	}
	hold(s.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice text = {(const char *)data, len};
	struct buf out = make_buf(len * ESCAPE_HTML_MAX + 2);
	struct buf parts = make_buf(len * ESCAPE_HTML_MAX + 2);
	uint32_t point;
	size_t cut = 0;

	while (cut < len / 2) {
		size_t n = decode(slice_skip(text, cut), &point);

		if (n == 0)
			break;
		cut += n;
	}
	escape_html(&out, text);
	hold(!out.overflow);
	check_html(buf_slice(&out));
	escape_html(&parts, (struct slice){text.ptr, cut});
	escape_html(&parts, slice_skip(text, cut));
	hold(slice_equal(buf_slice(&out), buf_slice(&parts)));

	buf_reset(&out);
	escape_json(&out, text);
	hold(!out.overflow);
	check_json(buf_slice(&out));

	buf_reset(&out);
	escape_json_bytes(&out, text);
	hold(!out.overflow);
	check_bytes(check_json(buf_slice(&out)), text);
	free(out.data);
	free(parts.data);
	return 0;
}

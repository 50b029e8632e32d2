/* SPDX-License-Identifier: ISC */
#include "serve/pages.h"

void
page_errors_add(struct page_errors *errors, size_t line, const char *why)
{
	if (errors->count < errors->cap)
		errors->error[errors->count] = (struct page_error){line, why};
	errors->count++;
}

static bool
has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\t') ||
		    s.ptr[i] == 0x7f)
			return true;
	return false;
}

bool
page_next_line(struct page_text *text, struct slice *line)
{
	if (text->line == 0 && slice_starts(text->rest, SLICE("\xef\xbb\xbf")))
		text->rest = slice_skip(text->rest, 3);
	while (text->rest.len > 0) {
		slice_cut(text->rest, '\n', line, &text->rest);
		text->line++;
		if (line->len > 0 && line->ptr[line->len - 1] == '\r')
			line->len--;
		*line = slice_trim(*line);
		if (line->len == 0 || line->ptr[0] == '#')
			continue;
		if (line->len <= PAGE_LINE_MAX && !has_control(*line))
			return true;
		page_errors_add(text->errors, text->line,
				line->len > PAGE_LINE_MAX
				    ? "longer than 2000 bytes"
				    : "a control character");
	}
	return false;
}

struct page_byte
page_decode(struct slice s)
{
	int high, low;

	if (s.ptr[0] != '%' || s.len < 3)
		return (struct page_byte){s.ptr[0], 1};
	high = hex_digit(s.ptr[1]);
	low = hex_digit(s.ptr[2]);
	if (high < 0 || low < 0)
		return (struct page_byte){'%', 1};
	return (struct page_byte){(char)(high * 16 + low), 3};
}

bool
page_escapes_are_valid(struct slice s)
{
	while (s.len > 0) {
		struct page_byte b = page_decode(s);

		if ((b.byte == '%' && b.len == 1) ||
		    (b.byte == '\0' && b.len == 3))
			return false;
		s = slice_skip(s, b.len);
	}
	return true;
}

bool
page_take(struct slice *path, struct slice text)
{
	while (text.len > 0) {
		struct page_byte b = page_decode(text);
		struct slice want = {&b.byte, 1};

		if (b.byte == '/' && b.len == 3)
			want = SLICE("%2F");
		if (!slice_starts(*path, want))
			return false;
		*path = slice_skip(*path, want.len);
		text = slice_skip(text, b.len);
	}
	return true;
}

/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/headers: a request target in the first line, and a file
 * _headers behind it. Whatever comes in,
 * - fields lie in the text, their names are tokens and none is one that
 *   the server alone may set;
 * - what is written are whole lines, without other control characters but
 *   tabs, each name once, save Set-Cookie, and each of them replaces the
 *   server's own;
 * - what the list removes or keeps is not written.
 */
#include "hold.h"
#include "http/http.h"
#include "serve/headers.h"
#include "serve/rules.h"
#include "site.h"

#define FIELDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_inside(struct slice part, struct slice whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr && part.len <= whole.len &&
		(size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

static void
check_fields(const struct headers *headers, struct slice text)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct header *h = &headers->header[i];

		hold(is_inside(h->name, text) && is_inside(h->value, text));
		hold(is_token(h->name) && !field_is_reserved(h->name));
		hold(h->is_removal == (h->value.len == 0));
		hold(i == 0 || h->line > headers->header[i - 1].line);
		hold(h->pattern.scheme != SCHEME_HTTP);
	}
}

static unsigned
count_written(struct slice lines, struct slice name)
{
	struct slice line, key, value;
	unsigned count = 0;

	while (slice_cut(lines, '\n', &line, &lines)) {
		slice_cut(line, ':', &key, &value);
		count += slice_equal_nocase(key, name);
	}
	return count;
}

static void
check_written(const struct header_list *list, struct slice lines)
{
	struct slice rest = lines, line, name, value;

	while (rest.len > 0) {
		hold(slice_cut(rest, '\n', &line, &rest));
		hold(line.len > 0 && line.ptr[line.len - 1] == '\r');
		line.len--;
		hold(slice_cut(line, ':', &name, &value) && is_token(name));
		hold(value.len == 0 ||
		     (slice_starts(value, SLICE(" ")) && value.len > 1));
		for (size_t i = 0; i < value.len; i++)
			hold(is_field_char(value.ptr[i]));
		hold(count_written(lines, name) == 1 ||
		     slice_equal_nocase(name, SLICE("Set-Cookie")));
	}
	for (size_t i = 0; i < list->count; i++)
		hold(count_written(lines,
				   list->headers->header[list->place[i]].name) >
		     0);
}

static void
check_request(const struct headers *headers, struct slice raw)
{
	char *path = malloc(raw.len + 2);
	struct buf out = {.data = malloc(65536), .cap = 65536};
	uint16_t *place = malloc(headers->count * sizeof(*place));
	struct header_list list = {.place = place};
	struct page_request req;

	if (make_request(&req, raw, path)) {
		headers_match(headers, &req, &list);
		hold(list.count <= headers->count);
		headers_write(&list, &out);
		if (!out.overflow)
			check_written(&list, buf_slice(&out));
	}
	free(place);
	free(out.data);
	free(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct header fields[FIELDS];
	static struct page_error error[16];
	struct headers headers = {.header = fields, .cap = FIELDS};
	struct page_errors errors = {.error = error, .cap = 16};
	struct slice text, raw;

	slice_cut((struct slice){(const char *)data, len}, '\n', &raw, &text);
	headers_parse(&headers, text, &errors);
	check_fields(&headers, text);
	for (size_t i = 0; i < errors.count && i < 16; i++)
		hold(error[i].why != NULL && error[i].line > 0);
	check_request(&headers, raw);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/http.h"
#include "serve/headers.h"
#include "serve/rules.h"
#include "serve/template.h"

/* The pattern that the lines below it belong to. */
struct block {
	struct wildcard pattern;
	size_t line;   /* of the pattern; 0 before the first */
	size_t fields; /* taken or refused */
	bool is_refused;
};

/* As both vendors see it: a field's name can have no slash in front. */
static bool
is_pattern(struct slice line)
{
	return slice_starts(line, SLICE("/")) ||
	       slice_starts(line, SLICE("http://")) ||
	       slice_starts(line, SLICE("https://"));
}

static const char *
parse_pattern(struct block *block, struct slice line)
{
	struct captures names;
	struct slice word;
	const char *why;

	slice_next_word(&line, &word);
	if (line.len > 0)
		return "a blank in the pattern";
	if ((why = wildcard_parse(&block->pattern, word, &names)) != NULL)
		return why;
	return block->pattern.scheme == SCHEME_HTTP
		   ? "a pattern with a host begins with https://"
		   : NULL;
}

/* "Name: value" or "! Name" */
static const char *
parse_field(struct header *header, struct slice line)
{
	header->is_removal = slice_starts(line, SLICE("!"));
	if (header->is_removal)
		header->name = slice_trim(slice_skip(line, 1));
	else if (!slice_cut(line, ':', &header->name, &header->value))
		return "neither a pattern nor Name: value";
	header->name = slice_trim(header->name);
	header->value = slice_trim(header->value);
	if (!is_token(header->name))
		return "the field's name is not a token";
	if (field_is_reserved(header->name))
		return "this field is set by the server alone";
	if (slice_equal_nocase(header->name, SLICE("Basic-Auth")))
		return "Basic-Auth protects nothing here, and would be sent";
	if (!header->is_removal && header->value.len == 0)
		return "no value; a field is removed by ! Name";
	return NULL;
}

static void
end_block(const struct block *block, struct page_errors *errors)
{
	if (block->line > 0 && block->fields == 0 && !block->is_refused)
		page_errors_add(errors, block->line,
				"no fields below the pattern");
}

/* Returns why the line is refused, or NULL. */
static const char *
take_line(struct headers *headers, struct block *block, struct slice line,
	  size_t number)
{
	struct header header = {.line = number};
	const char *why;

	if (is_pattern(line)) {
		*block = (struct block){.line = number};
		why = parse_pattern(block, line);
		block->is_refused = why != NULL;
		return why;
	}
	if (block->is_refused)
		return NULL;
	block->fields++;
	if (block->line == 0)
		return "no pattern above the field";
	if ((why = parse_field(&header, line)) != NULL)
		return why;
	if (headers->count == headers->cap || headers->count == HEADERS_MAX)
		return "too many fields; this one is ignored";
	header.pattern = block->pattern;
	headers->header[headers->count++] = header;
	return NULL;
}

void
headers_parse(struct headers *headers, struct slice text,
	      struct page_errors *errors)
{
	struct page_text lines = {.rest = text, .errors = errors};
	struct block block = {0};
	struct slice line;

	while (page_next_line(&lines, &line)) {
		const char *why;

		if (is_pattern(line))
			end_block(&block, errors);
		why = take_line(headers, &block, line, lines.line);
		if (why != NULL)
			page_errors_add(errors, lines.line, why);
	}
	end_block(&block, errors);
}

static bool
is_same_pattern(const struct wildcard *a, const struct wildcard *b)
{
	return a->path.ptr == b->path.ptr && a->host.ptr == b->host.ptr;
}

/* Fields below one pattern share it: it need be held against req once. */
static size_t
block_end(const struct headers *headers, size_t start)
{
	size_t end = start + 1;

	while (end < headers->count &&
	       is_same_pattern(&headers->header[start].pattern,
			       &headers->header[end].pattern))
		end++;
	return end;
}

static void
add_block(struct header_list *list, size_t start, size_t end, bool is_removal)
{
	for (size_t i = start; i < end; i++)
		if (list->headers->header[i].is_removal == is_removal)
			list->place[list->count++] = (uint16_t)i;
}

void
headers_match(const struct headers *headers, const struct page_request *req,
	      struct header_list *list)
{
	struct captures captures;
	size_t end;

	list->headers = headers;
	list->req = req;
	list->count = 0;
	for (size_t i = 0; i < headers->count; i = end) {
		end = block_end(headers, i);
		if (!wildcard_matches(&headers->header[i].pattern, req,
				      &captures))
			continue;
		add_block(list, i, end, true);
		add_block(list, i, end, false);
	}
}

static const struct header *
at(const struct header_list *list, size_t i)
{
	return &list->headers->header[list->place[i]];
}

static bool
is_named(const struct header_list *list, size_t i, struct slice name)
{
	return slice_equal_nocase(at(list, i)->name, name);
}

/* The place in list behind the last removal of name, or 0. */
static size_t
behind_removal(const struct header_list *list, struct slice name)
{
	size_t i = list->count;

	while (i > 0 &&
	       !(at(list, i - 1)->is_removal && is_named(list, i - 1, name)))
		i--;
	return i;
}

/* The first field of that name in list from place i on, or its end. */
static size_t
next_named(const struct header_list *list, size_t i, struct slice name)
{
	while (i < list->count &&
	       (at(list, i)->is_removal || !is_named(list, i, name)))
		i++;
	return i;
}

static void
add_value(const struct header_list *list, const struct header *header,
	  struct buf *out)
{
	struct captures captures;

	/* It matched before, and does so again: to say what it caught. */
	wildcard_matches(&header->pattern, list->req, &captures);
	template_expand(out, header->value, &captures, list->req,
			TEMPLATE_VALUE);
}

static void
add_field(const struct header_list *list, size_t i, struct buf *out)
{
	struct slice name = at(list, i)->name;

	buf_add(out, name);
	buf_add(out, SLICE(": "));
	add_value(list, at(list, i), out);
	/* "cannot be combined into a single field value" (RFC 9110, 5.3) */
	if (slice_equal_nocase(name, SLICE("Set-Cookie"))) {
		buf_add(out, SLICE("\r\n"));
		return;
	}
	while ((i = next_named(list, i + 1, name)) < list->count) {
		buf_add(out, SLICE(", "));
		add_value(list, at(list, i), out);
	}
	buf_add(out, SLICE("\r\n"));
}

/* A field that is gone, and none of its name is set: once. */
static bool
is_last_removal(const struct header_list *list, size_t i)
{
	struct slice name = at(list, i)->name;

	return behind_removal(list, name) == i + 1 &&
	       next_named(list, i, name) == list->count;
}

void
headers_write(const struct header_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		struct slice name = at(list, i)->name;
		size_t start = behind_removal(list, name);

		if (at(list, i)->is_removal) {
			if (!is_last_removal(list, i))
				continue;
			buf_add(out, name);
			buf_add(out, SLICE(":\r\n"));
		} else if (i >= start &&
			   (next_named(list, start, name) == i ||
			    slice_equal_nocase(name, SLICE("Set-Cookie")))) {
			add_field(list, i, out);
		}
	}
}

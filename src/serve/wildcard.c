/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "serve/wildcard.h"

const struct capture *
captures_find(const struct captures *captures, struct slice name)
{
	for (size_t i = 0; i < captures->count; i++)
		if (slice_equal(captures->capture[i].name, name))
			return &captures->capture[i];
	return NULL;
}

const char *
captures_add(struct captures *captures, struct capture capture)
{
	if (captures_find(captures, capture.name) != NULL)
		return "a name is there twice";
	if (captures->count == CAPTURES_MAX)
		return "more than 16 names";
	captures->capture[captures->count++] = capture;
	return NULL;
}

static bool
is_letter(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

static bool
is_name_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

bool
wildcard_next_name(struct slice *s, struct slice *before, struct slice *name)
{
	for (size_t i = 0; i + 1 < s->len; i++) {
		size_t n = 1;

		if (s->ptr[i] != ':' || !is_letter(s->ptr[i + 1]))
			continue;
		*before = (struct slice){s->ptr, i};
		*s = slice_skip(*s, i + 1);
		while (n < s->len && is_name_char(s->ptr[n]))
			n++;
		*name = (struct slice){s->ptr, n};
		*s = slice_skip(*s, n);
		return true;
	}
	*before = *s;
	*s = (struct slice){0};
	return false;
}

/* The two parts of a pattern that have segments. */
enum part { PART_HOST = '.', PART_PATH = '/' };

static const char *
check_segment(struct slice segment, struct captures *names)
{
	struct slice before, name;
	const char *why = NULL;
	unsigned count = 0;

	if (slice_cut(segment, '*', &before, &name)) {
		why = captures_add(names,
				   (struct capture){.name = SLICE("splat")});
		count++;
	}
	while (why == NULL && wildcard_next_name(&segment, &before, &name)) {
		if (count++ > 0)
			return "two names, or one and a star, in a segment";
		why = captures_add(names, (struct capture){.name = name});
	}
	return why;
}

static const char *
check_segments(struct slice text, enum part part, struct captures *names)
{
	struct slice segment;
	const char *why;
	bool is_more;

	do {
		is_more = slice_cut(text, (char)part, &segment, &text);
		if (segment.len == 0 && (part == PART_HOST || is_more))
			return "a segment is empty";
		if ((why = check_segment(segment, names)) != NULL)
			return why;
	} while (is_more);
	return NULL;
}

static const char *
check_host(struct slice host, struct captures *names)
{
	struct slice rest = host, before, name;
	bool is_more;

	do {
		is_more = wildcard_next_name(&rest, &before, &name);
		for (size_t i = 0; i < before.len; i++)
			if (!is_name_char(before.ptr[i]) &&
			    before.ptr[i] != '-' && before.ptr[i] != '.')
				return before.ptr[i] == ':'
					   ? "a port in the pattern"
					   : "a host that is none";
	} while (is_more);
	return check_segments(host, PART_HOST, names);
}

static const char *
check_path(struct slice path, struct captures *names)
{
	struct slice before, after;

	if (memchr(path.ptr, '?', path.len) != NULL)
		return "a query in the pattern: write it as name=value";
	if (memchr(path.ptr, '#', path.len) != NULL)
		return "a fragment in the pattern, which no server sees";
	if (!page_escapes_are_valid(path))
		return "a % without two hexadecimal digits, or %00";
	if (slice_cut(path, '*', &before, &after) &&
	    slice_cut(after, '*', &before, &after))
		return "more than one star";
	return check_segments(slice_skip(path, 1), PART_PATH, names);
}

const char *
wildcard_parse(struct wildcard *pattern, struct slice text,
	       struct captures *names)
{
	size_t scheme_len = slice_starts(text, SLICE("https://"))  ? 8
			    : slice_starts(text, SLICE("http://")) ? 7
								   : 0;
	const char *why;

	*pattern = (struct wildcard){SCHEME_ANY, {0}, text};
	names->count = 0;
	if (scheme_len > 0) {
		struct slice rest = slice_skip(text, scheme_len), path;

		pattern->scheme = scheme_len == 8 ? SCHEME_HTTPS : SCHEME_HTTP;
		pattern->path = slice_cut(rest, '/', &pattern->host, &path)
				    ? slice_skip(rest, pattern->host.len)
				    : SLICE("/");
		if ((why = check_host(pattern->host, names)) != NULL)
			return why;
	} else if (!slice_starts(text, SLICE("/"))) {
		return "a pattern begins with /, http:// or https://";
	}
	return check_path(pattern->path, names);
}

/* The bytes that literal, with its escapes, stands for in a decoded path. */
static size_t
literal_len(struct slice literal)
{
	size_t len = 0;

	while (literal.len > 0) {
		struct page_byte b = page_decode(literal);

		len += b.byte == '/' && b.len == 3 ? 3 : 1;
		literal = slice_skip(literal, b.len);
	}
	return len;
}

/* Takes literal off the begin of text. */
static bool
eat_first(struct slice *text, struct slice literal, enum part part)
{
	struct slice start = {text->ptr, literal.len};

	if (part == PART_PATH)
		return page_take(text, literal);
	if (text->len < literal.len || !slice_equal_nocase(start, literal))
		return false;
	*text = slice_skip(*text, literal.len);
	return true;
}

/* Takes literal off the end of text. */
static bool
eat_last(struct slice *text, struct slice literal, enum part part)
{
	size_t len = literal_len(literal);
	struct slice end;

	if (len > text->len)
		return false;
	end = slice_skip(*text, text->len - len);
	text->len -= len;
	return eat_first(&end, literal, part);
}

/* Matches a segment that has a name in it, or none, but no star. */
static bool
match_segment(struct slice pattern, struct slice segment, enum part part,
	      struct captures *captures)
{
	struct slice before, name;

	if (!wildcard_next_name(&pattern, &before, &name))
		return eat_first(&segment, before, part) && segment.len == 0;
	if (!eat_first(&segment, before, part) ||
	    !eat_last(&segment, pattern, part) || segment.len == 0)
		return false;
	captures_add(captures, (struct capture){name, segment, false});
	return true;
}

/* Matches segment for segment what has no star. */
static bool
match_segments(struct slice pattern, struct slice text, enum part part,
	       struct captures *captures)
{
	struct slice want, segment;
	bool wants_more, is_more;

	do {
		wants_more = slice_cut(pattern, (char)part, &want, &pattern);
		is_more = slice_cut(text, (char)part, &segment, &text);
		if (wants_more != is_more ||
		    !match_segment(want, segment, part, captures))
			return false;
	} while (wants_more);
	return true;
}

/* Splits s at its last slash, as slice_cut does at the first. */
static bool
cut_last(struct slice *s, struct slice *last)
{
	size_t n = s->len;

	while (n > 0 && s->ptr[n - 1] != '/')
		n--;
	*last = slice_skip(*s, n);
	s->len = n > 0 ? n - 1 : 0;
	return n > 0;
}

/*
 *	/a/:name/begin*end/:name/b
 *	[  from the left][   from the right]
 *
 * From either side to the segment of the star, which takes what is left.
 */
static bool
match_star(struct slice before, struct slice after, struct slice path,
	   struct captures *captures)
{
	struct slice want, segment, end, tail;
	bool has_tail;

	while (slice_cut(before, '/', &want, &segment)) {
		before = segment;
		/* The path may lack the last slash, if nothing must follow. */
		if (!slice_cut(path, '/', &segment, &path) &&
		    (before.len > 0 || after.len > 0))
			return false;
		if (!match_segment(want, segment, PART_PATH, captures))
			return false;
	}
	has_tail = slice_cut(after, '/', &end, &tail);
	while (has_tail) {
		has_tail = cut_last(&tail, &want);
		if (!cut_last(&path, &segment) ||
		    !match_segment(want, segment, PART_PATH, captures))
			return false;
	}
	if (!eat_first(&path, before, PART_PATH) ||
	    !eat_last(&path, end, PART_PATH))
		return false;
	captures_add(captures, (struct capture){SLICE("splat"), path, false});
	return true;
}

static struct slice
without_last_slash(struct slice s)
{
	if (s.len > 0 && s.ptr[s.len - 1] == '/')
		s.len--;
	return s;
}

static bool
match_path(struct slice pattern, struct slice path, struct captures *captures)
{
	struct slice before, after;

	if (!slice_starts(path, SLICE("/")))
		return false;
	pattern = slice_skip(pattern, 1);
	path = slice_skip(path, 1);
	if (!slice_cut(pattern, '*', &before, &after))
		return match_segments(without_last_slash(pattern),
				      without_last_slash(path), PART_PATH,
				      captures);
	if (after.len > 0)
		path = without_last_slash(path);
	return match_star(before, without_last_slash(after), path, captures);
}

bool
wildcard_matches(const struct wildcard *pattern, const struct page_request *req,
		 struct captures *captures)
{
	captures->count = 0;
	if (pattern->host.len > 0 &&
	    !match_segments(pattern->host, req->host, PART_HOST, captures))
		return false;
	return match_path(pattern->path, req->path, captures);
}

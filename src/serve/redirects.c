/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/target.h"
#include "serve/redirects.h"
#include "serve/template.h"

/* The bytes of "http://" or "https://" that s begins with, or 0. */
static size_t
scheme_len(struct slice s)
{
	return slice_starts(s, SLICE("https://"))  ? 8
	       : slice_starts(s, SLICE("http://")) ? 7
						   : 0;
}

static bool
is_destination(struct slice word)
{
	return slice_starts(word, SLICE("/")) || scheme_len(word) > 0;
}

/* TO, cut where what may stand in it changes. */
struct destination {
	struct slice origin, authority; /* "https://host" and "host", or "" */
	struct slice path;
	struct slice query, fragment; /* without '?' and '#' */
	bool has_query, has_fragment;
};

static struct destination
cut_destination(struct slice to)
{
	struct destination d = {0};
	size_t n = scheme_len(to), scheme = n;

	if (n > 0) {
		while (n < to.len &&
		       slice_find(SLICE("/?#"), to.ptr[n]) == NULL)
			n++;
		d.origin = (struct slice){to.ptr, n};
		d.authority = slice_skip(d.origin, scheme);
	}
	d.has_fragment = slice_cut(slice_skip(to, n), '#', &to, &d.fragment);
	d.has_query = slice_cut(to, '?', &d.path, &d.query);
	return d;
}

static const char *
check_destination(struct slice to, bool is_rewrite)
{
	struct destination d = cut_destination(to);
	struct slice rest = d.authority, before, name, host, port;

	if (slice_starts(to, SLICE("//")))
		return "TO begins with two slashes";
	if (!page_escapes_are_valid(to))
		return "a % in TO without two hexadecimal digits, or %00";
	if (d.origin.len == 0)
		return NULL;
	if (is_rewrite)
		return "a rewrite to another host: this is no proxy";
	/* Who fills it in would be free to send a client anywhere. */
	if (wildcard_next_name(&rest, &before, &name))
		return "a name in the host of TO";
	return authority_parse(d.authority, &host, &port)
		   ? NULL
		   : "the host of TO is malformed";
}

static bool
is_redirection(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

bool
redirect_is_rewrite(const struct redirect *rule)
{
	return !is_redirection(rule->status);
}

static const char conditions[] =
    "conditions are not supported: Country, Language, Role, Cookie and the "
    "like";

/* STATUS, or STATUS! */
static const char *
parse_status(struct redirect *rule, struct slice word)
{
	uint64_t n;

	if (memchr(word.ptr, '=', word.len) != NULL)
		return conditions;
	rule->is_forced = word.ptr[word.len - 1] == '!';
	if (rule->is_forced)
		word.len--;
	if (!slice_to_u64(word, &n) || n > 599)
		return "not a status";
	rule->status = (int)n;
	if (n != 200 && n < 400 && !is_redirection(rule->status))
		return "a status other than 200, 301, 302, 303, 307, 308 or "
		       "400 to 599";
	/* Each of them demands a field that a file cannot give. */
	if (n == 401 || n == 405 || n == 407 || n == 416 || n == 426)
		return "a status that only the server itself can give";
	return NULL;
}

/* NAME=VALUE, VALUE being :NAME, or what it must be. */
static const char *
check_parameter(struct slice word, struct captures *names)
{
	struct slice name, value, before;

	if (!slice_cut(word, '=', &name, &value) || name.len == 0)
		return "neither TO, which begins with / or http, nor "
		       "NAME=VALUE";
	if (!page_escapes_are_valid(word))
		return "a % without two hexadecimal digits, or %00";
	if (!wildcard_next_name(&value, &before, &name))
		return NULL;
	if (before.len > 0 || value.len > 0)
		return "a value that is a name in part";
	return captures_add(names, (struct capture){.name = name});
}

/* The next word, but none where a comment begins. */
static bool
next_word(struct slice *line, struct slice *word)
{
	return slice_next_word(line, word) && word->ptr[0] != '#';
}

static const char *
parse_parameters(struct redirect *rule, struct slice *line,
		 struct captures *names)
{
	const char *why, *start = NULL;
	struct slice word;

	for (;;) {
		if (!next_word(line, &word))
			return "no TO";
		if (is_destination(word))
			break;
		if ((why = check_parameter(word, names)) != NULL)
			return why;
		if (start == NULL)
			start = word.ptr;
		rule->parameters = (struct slice){
		    start, (size_t)(word.ptr + word.len - start)};
	}
	rule->to = word;
	return NULL;
}

static const char *
parse_rule(struct redirect *rule, struct slice line)
{
	struct captures names;
	struct slice word;
	const char *why;

	next_word(&line, &word);
	if ((why = wildcard_parse(&rule->from, word, &names)) != NULL ||
	    (why = parse_parameters(rule, &line, &names)) != NULL)
		return why;
	if (next_word(&line, &word)) {
		if ((why = parse_status(rule, word)) != NULL)
			return why;
		if (next_word(&line, &word))
			return memchr(word.ptr, '=', word.len) != NULL
				   ? conditions
				   : "more than FROM, TO and STATUS";
	}
	return check_destination(rule->to, redirect_is_rewrite(rule));
}

void
redirects_parse(struct redirects *redirects, struct slice text,
		struct page_errors *errors)
{
	struct page_text lines = {.rest = text, .errors = errors};
	struct slice line;

	while (page_next_line(&lines, &line)) {
		struct redirect rule = {.status = 301, .line = lines.line};
		const char *why = parse_rule(&rule, line);

		if (why == NULL && redirects->count == redirects->cap) {
			page_errors_add(errors, lines.line,
					"too many rules; the rest is ignored");
			return;
		}
		if (why != NULL)
			page_errors_add(errors, lines.line, why);
		else
			redirects->rule[redirects->count++] = rule;
	}
}

/* As forms are sent, where '+' is a blank. */
static struct page_byte
decode_form(struct slice s)
{
	struct page_byte b = page_decode(s);

	if (b.byte == '+' && b.len == 1)
		b.byte = ' ';
	return b;
}

/* True if two texts of a query are the same when they are decoded. */
static bool
is_same_in_query(struct slice a, struct slice b)
{
	while (a.len > 0 && b.len > 0) {
		struct page_byte x = decode_form(a), y = decode_form(b);

		if (x.byte != y.byte)
			return false;
		a = slice_skip(a, x.len);
		b = slice_skip(b, y.len);
	}
	return a.len == b.len;
}

/* The value of the first parameter of that name; false if there is none. */
static bool
find_parameter(struct slice query, struct slice name, struct slice *value)
{
	struct slice pair, key;

	while (query.len > 0) {
		slice_cut(query, '&', &pair, &query);
		slice_cut(pair, '=', &key, value);
		if (is_same_in_query(key, name))
			return true;
	}
	return false;
}

static bool
match_parameters(const struct redirect *rule, const struct page_request *req,
		 struct captures *captures)
{
	struct slice rest = rule->parameters, word, name, want, got, before;

	while (slice_next_word(&rest, &word)) {
		slice_cut(word, '=', &name, &want);
		/* A NUL can be in no path that it might get into. */
		if (!find_parameter(req->query, name, &got) ||
		    !page_escapes_are_valid(got))
			return false;
		if (wildcard_next_name(&want, &before, &name))
			captures_add(captures,
				     (struct capture){name, got, true});
		else if (!is_same_in_query(before, got))
			return false;
	}
	return true;
}

static bool
rule_matches(const struct redirect *rule, const struct page_request *req,
	     struct captures *captures)
{
	if (rule->from.scheme != SCHEME_ANY &&
	    (rule->from.scheme == SCHEME_HTTPS) != req->is_secure)
		return false;
	return wildcard_matches(&rule->from, req, captures) &&
	       match_parameters(rule, req, captures);
}

static void
write_target(struct buf *out, const struct redirect *rule,
	     const struct page_request *req, const struct captures *captures)
{
	struct destination d = cut_destination(rule->to);

	buf_add(out, d.origin);
	template_expand(out, d.path, captures, req, TEMPLATE_PATH);
	if (d.has_query) {
		buf_add_char(out, '?');
		template_expand(out, d.query, captures, req, TEMPLATE_QUERY);
	} else if (req->has_query && rule->parameters.len == 0) {
		buf_add_char(out, '?');
		template_add_query(out, req->query);
	}
	if (d.has_fragment && !redirect_is_rewrite(rule)) {
		buf_add_char(out, '#');
		template_expand(out, d.fragment, captures, req, TEMPLATE_QUERY);
	}
}

/*
 * True if target, the fragment aside, is where the request went: parsed as
 * a client would send it, in the room behind it.
 */
static bool
is_target_of(struct buf *target, const struct page_request *req)
{
	struct slice raw, fragment;
	struct target t;

	slice_cut(buf_slice(target), '#', &raw, &fragment);
	if (!slice_starts(raw, SLICE("/")) || buf_room(target) < raw.len + 2 ||
	    target_parse(&t, METHOD_GET, raw, buf_end(target)) != STATUS_NONE)
		return false;
	return slice_equal(t.path, req->path) &&
	       t.has_query == req->has_query &&
	       slice_equal(t.query, req->query);
}

const struct redirect *
redirects_find(const struct redirects *redirects,
	       const struct page_request *req, struct buf *target)
{
	struct captures captures;

	for (size_t i = 0; i < redirects->count; i++) {
		const struct redirect *rule = &redirects->rule[i];

		if (!rule_matches(rule, req, &captures))
			continue;
		buf_reset(target);
		write_target(target, rule, req, &captures);
		if (redirect_is_rewrite(rule) || target->overflow ||
		    !is_target_of(target, req))
			return rule;
	}
	return NULL;
}

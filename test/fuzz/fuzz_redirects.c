/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/redirects: a request target in the first line, and a file
 * _redirects behind it. Whatever comes in,
 * - each line is taken or refused once, and rules lie in the text;
 * - a pattern matches what a slow and simple matcher says that it does;
 * - what a rule leads to is visible ASCII, a URL or a path that does not
 *   begin with two slashes; a rewrite is a target that can be parsed, and
 *   a redirection does not lead to where the request is.
 */
#include "hold.h"
#include "serve/redirects.h"
#include "serve/wildcard.h"
#include "site.h"

#define RULES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_inside(struct slice part, struct slice whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr && part.len <= whole.len &&
		(size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

/* Every way to share path out among names and star, one after another. */
static bool
matches_slowly(struct slice pattern, struct slice path, char delimiter)
{
	struct slice rest = pattern, before, name;
	struct page_byte b;

	if (pattern.len == 0)
		return path.len == 0;
	if (pattern.ptr[0] == '*') {
		for (size_t n = 0; n <= path.len; n++)
			if (matches_slowly(slice_skip(pattern, 1),
					   slice_skip(path, n), delimiter))
				return true;
		return false;
	}
	if (wildcard_next_name(&rest, &before, &name) && before.len == 0) {
		for (size_t n = 1;
		     n <= path.len && path.ptr[n - 1] != delimiter; n++)
			if (matches_slowly(rest, slice_skip(path, n),
					   delimiter))
				return true;
		return false;
	}
	b = page_decode(pattern);
	pattern = slice_skip(pattern, b.len);
	if (b.len == 3 && b.byte == '/')
		return slice_starts(path, SLICE("%2F")) &&
		       matches_slowly(pattern, slice_skip(path, 3), delimiter);
	return path.len > 0 &&
	       (delimiter == '/'
		    ? path.ptr[0] == b.byte
		    : ascii_lower(path.ptr[0]) == ascii_lower(b.byte)) &&
	       matches_slowly(pattern, slice_skip(path, 1), delimiter);
}

static struct slice
without_last_slash(struct slice s)
{
	if (s.len > 1 && s.ptr[s.len - 1] == '/')
		s.len--;
	return s;
}

static bool
path_matches_slowly(struct slice pattern, struct slice path)
{
	char longer[512];
	struct buf out = BUF_OVER(longer);

	if (pattern.ptr[pattern.len - 1] != '*')
		path = without_last_slash(path);
	pattern = without_last_slash(pattern);
	buf_add(&out, path);
	buf_add_char(&out, '/');
	return matches_slowly(pattern, path, '/') ||
	       (pattern.ptr[pattern.len - 1] == '*' &&
		matches_slowly(pattern, buf_slice(&out), '/'));
}

static void
check_pattern(const struct wildcard *pattern, const struct page_request *req)
{
	struct captures captures;
	bool matches = wildcard_matches(pattern, req, &captures);

	if (pattern->path.len < 300 && req->path.len < 300)
		hold(matches ==
		     (path_matches_slowly(pattern->path, req->path) &&
		      (pattern->host.len == 0 ||
		       matches_slowly(pattern->host, req->host, '.'))));
	for (size_t i = 0; matches && i < captures.count; i++)
		hold(is_inside(captures.capture[i].value, req->path) ||
		     is_inside(captures.capture[i].value, req->host));
}

static void
check_rule(const struct redirect *rule, struct slice text)
{
	static const char root[] = "/";

	hold(is_inside(rule->from.path, text) ||
	     slice_equal(rule->from.path, slice_of(root)));
	hold(is_inside(rule->from.host, text));
	hold(is_inside(rule->parameters, text));
	hold(is_inside(rule->to, text) && rule->to.len > 0);
	hold(rule->status == 200 ||
	     (rule->status >= 301 && rule->status <= 308 &&
	      rule->status != 304) ||
	     (rule->status >= 400 && rule->status <= 599));
	hold(redirect_is_rewrite(rule) ==
	     (rule->status < 300 || rule->status > 399));
}

static void
check_target(const struct redirect *rule, struct slice target, struct slice raw)
{
	struct slice without, fragment;
	bool is_path = slice_starts(target, SLICE("/"));

	for (size_t i = 0; i < target.len; i++)
		hold(target.ptr[i] > 0x20 && target.ptr[i] < 0x7f);
	hold(is_path || slice_starts(target, SLICE("http://")) ||
	     slice_starts(target, SLICE("https://")));
	hold(!slice_starts(target, SLICE("//")));
	slice_cut(target, '#', &without, &fragment);
	if (redirect_is_rewrite(rule)) {
		char *storage = malloc(target.len + 2);
		struct target t;

		hold(target_parse(&t, METHOD_GET, target, storage) ==
			 STATUS_NONE &&
		     t.form == TARGET_ORIGIN);
		free(storage);
	} else {
		hold(!is_path || !slice_equal(without, raw));
	}
}

static size_t
count_lines(struct slice text)
{
	struct page_errors errors = {0};
	struct page_text lines = {.rest = text, .errors = &errors};
	struct slice line;
	size_t count = 0;

	while (page_next_line(&lines, &line))
		count++;
	return count + errors.count;
}

static void
check_request(const struct redirects *redirects, struct slice raw)
{
	char *path = malloc(raw.len + 2), tiny[3];
	struct buf target = {.data = malloc(65536), .cap = 65536};
	struct buf small = BUF_OVER(tiny);
	const struct redirect *rule;
	struct page_request req;

	if (make_request(&req, raw, path)) {
		for (size_t i = 0; i < redirects->count; i++)
			check_pattern(&redirects->rule[i].from, &req);
		rule = redirects_find(redirects, &req, &target);
		if (rule != NULL && !target.overflow)
			check_target(rule, buf_slice(&target), raw);
		if (redirects_find(redirects, &req, &small) == rule)
			hold(
			    rule == NULL || small.overflow ||
			    slice_equal(buf_slice(&small), buf_slice(&target)));
	}
	free(target.data);
	free(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct redirect rules[RULES];
	static struct page_error error[16];
	struct redirects redirects = {.rule = rules, .cap = RULES};
	struct page_errors errors = {.error = error, .cap = 16};
	struct slice text, raw;

	slice_cut((struct slice){(const char *)data, len}, '\n', &raw, &text);
	redirects_parse(&redirects, text, &errors);
	hold(redirects.count <= RULES);
	if (redirects.count < RULES)
		hold(redirects.count + errors.count == count_lines(text));
	for (size_t i = 0; i < redirects.count; i++) {
		check_rule(&rules[i], text);
		hold(i == 0 || rules[i].line > rules[i - 1].line);
	}
	for (size_t i = 0; i < errors.count && i < 16; i++)
		hold(error[i].why != NULL &&
		     (i == 0 || error[i].line > error[i - 1].line));
	check_request(&redirects, raw);
	return 0;
}

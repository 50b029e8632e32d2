/* SPDX-License-Identifier: ISC */
#include "serve/rules.h"
#include "http/http.h"

bool
pattern_is_valid(struct slice pattern)
{
	return pattern.len > 0 && pattern.ptr[0] == '/';
}

/*
 * Matches with one star to go back to: a later star never needs an
 * earlier one to take more, so this is linear in pattern times path.
 */
static bool
match(struct slice pattern, struct slice path, bool takes_rest, size_t *matched)
{
	bool is_prefix = pattern.len > 0 && pattern.ptr[pattern.len - 1] == '/';
	size_t p = 0, s = 0, star = SIZE_MAX, star_at = 0;

	for (;;) {
		*matched = s;
		if (p == pattern.len && (s == path.len || is_prefix ||
					 (takes_rest && path.ptr[s] == '/')))
			return true;
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			star_at = s;
		} else if (p < pattern.len && s < path.len &&
			   pattern.ptr[p] == path.ptr[s]) {
			p++;
			s++;
		} else if (star != SIZE_MAX && star_at < path.len &&
			   path.ptr[star_at] != '/') {
			p = star + 1;
			s = ++star_at;
		} else {
			return false;
		}
	}
}

bool
pattern_matches(struct slice pattern, struct slice path)
{
	size_t matched;

	return match(pattern, path, false, &matched);
}

bool
pattern_matches_start(struct slice pattern, struct slice path, size_t *matched)
{
	return match(pattern, path, true, matched);
}

bool
field_is_reserved(struct slice name)
{
	static const struct slice names[] = {
	    {"Connection", 10},
	    {"Content-Length", 14},
	    {"Content-Range", 13},
	    {"Date", 4},
	    {"ETag", 4},
	    {"Keep-Alive", 10},
	    {"Last-Modified", 13},
	    {"Trailer", 7},
	    {"Transfer-Encoding", 17},
	    {"Upgrade", 7},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

static const char *
parse_header(struct header_rule *rule, struct slice text)
{
	if (!slice_next_word(&text, &rule->pattern) ||
	    !pattern_is_valid(rule->pattern))
		return "the pattern does not begin with a slash";
	if (!slice_cut(text, ':', &rule->name, &rule->value))
		return "no colon behind the field's name";
	if (!is_token(rule->name))
		return "the field's name is not a token";
	if (field_is_reserved(rule->name))
		return "this field is set by the server alone";
	rule->value = slice_trim(rule->value);
	for (size_t i = 0; i < rule->value.len; i++)
		if (!is_field_char(rule->value.ptr[i]))
			return "a control character in the field's value";
	return NULL;
}

const char *
rules_add_header(struct rules *rules, struct slice text)
{
	struct header_rule rule;
	const char *error = parse_header(&rule, text);

	if (error != NULL)
		return error;
	rules->header_len += rule.name.len + rule.value.len + 4;
	if (rules->header_count == RULES_MAX ||
	    rules->header_len > HEADER_RULES_LEN_MAX)
		return "too many of these rules";
	rules->header[rules->header_count++] = rule;
	return NULL;
}

const char *
rules_add_echo(struct rules *rules, struct slice pattern)
{
	if (!pattern_is_valid(pattern))
		return "the pattern does not begin with a slash";
	if (rules->echo_count == RULES_MAX)
		return "too many of these rules";
	rules->echo[rules->echo_count++] = pattern;
	return NULL;
}

static bool
ends_in_slash(struct slice s)
{
	return s.len > 0 && s.ptr[s.len - 1] == '/';
}

/* What Location may hold: an absolute path, not "//host", or a URL. */
static bool
is_location(struct slice target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.ptr[i] <= ' ' || target.ptr[i] == 0x7f)
			return false;
	if (slice_starts(target, SLICE("//")))
		return false;
	return slice_starts(target, SLICE("/")) ||
	       (slice_starts(target, SLICE("http://")) && target.len > 7) ||
	       (slice_starts(target, SLICE("https://")) && target.len > 8);
}

static bool
is_redirection(uint64_t status)
{
	return status == STATUS_MOVED_PERMANENTLY || status == STATUS_FOUND ||
	       status == STATUS_SEE_OTHER ||
	       status == STATUS_TEMPORARY_REDIRECT ||
	       status == STATUS_PERMANENT_REDIRECT;
}

static const char *
parse_redirect(struct redirect_rule *rule, struct slice text)
{
	uint64_t status = STATUS_FOUND;
	struct slice word;

	if (!slice_next_word(&text, &rule->pattern) ||
	    !pattern_is_valid(rule->pattern))
		return "the pattern does not begin with a slash";
	if (!slice_next_word(&text, &rule->target) ||
	    !is_location(rule->target))
		return "the target is no absolute path, and no URL";
	if (slice_next_word(&text, &word) &&
	    (!slice_to_u64(word, &status) || !is_redirection(status)))
		return "the status is not one of 301, 302, 303, 307, 308";
	if (text.len > 0)
		return "something behind the status";
	rule->status = (int)status;
	rule->takes_rest = rule->target.ptr[rule->target.len - 1] == '*';
	if (!rule->takes_rest)
		return NULL;
	rule->target.len--;
	/* Else a client could go on writing the name of the host. */
	return ends_in_slash(rule->target) && ends_in_slash(rule->pattern)
		   ? NULL
		   : "a star in the target stands behind a slash, and the "
		     "pattern ends in one";
}

const char *
rules_add_redirect(struct rules *rules, struct slice text)
{
	struct redirect_rule rule = {0};
	const char *error = parse_redirect(&rule, text);

	if (error != NULL)
		return error;
	if (rules->redirect_count == RULES_MAX)
		return "too many of these rules";
	rules->redirect[rules->redirect_count++] = rule;
	return NULL;
}

const char *
rules_add_error_page(struct rules *rules, struct slice text)
{
	struct slice number, path;
	uint64_t status;

	if (!slice_next_word(&text, &number) ||
	    !slice_to_u64(number, &status) || status < 400 || status > 599)
		return "the status is not one of an error, 400 to 599";
	path = slice_trim(text);
	if (!pattern_is_valid(path))
		return "the page's path does not begin with a slash";
	if (rules->error_page_count == RULES_MAX)
		return "too many of these rules";
	rules->error_page[rules->error_page_count++] =
	    (struct error_page_rule){(int)status, path};
	return NULL;
}

const char *
rules_add_auth(struct rules *rules, struct slice pattern, const char *file)
{
	if (!pattern_is_valid(pattern))
		return "the pattern does not begin with a slash";
	if (rules->auth_count == RULES_MAX)
		return "too many of these rules";
	rules->auth[rules->auth_count++] = (struct auth_rule){pattern, file};
	return NULL;
}

const struct redirect_rule *
rules_find_redirect(const struct rules *rules, struct slice path)
{
	for (size_t i = rules->redirect_count; i-- > 0;)
		if (pattern_matches(rules->redirect[i].pattern, path))
			return &rules->redirect[i];
	return NULL;
}

const struct auth_rule *
rules_find_auth(const struct rules *rules, struct slice path)
{
	for (size_t i = rules->auth_count; i-- > 0;)
		if (pattern_matches(rules->auth[i].pattern, path))
			return &rules->auth[i];
	return NULL;
}

struct slice
rules_error_page(const struct rules *rules, int status)
{
	for (size_t i = rules->error_page_count; i-- > 0;)
		if (rules->error_page[i].status == status)
			return rules->error_page[i].path;
	return (struct slice){0};
}

const struct header_rule *
rules_find_header(const struct rules *rules, struct slice path,
		  struct slice name)
{
	const struct header_rule *found = NULL;

	if (path.len == 0)
		path = SLICE("/");
	for (size_t i = 0; i < rules->header_count; i++)
		if (slice_equal_nocase(rules->header[i].name, name) &&
		    pattern_matches(rules->header[i].pattern, path))
			found = &rules->header[i];
	return found;
}

bool
rules_echo(const struct rules *rules, struct slice path)
{
	for (size_t i = 0; i < rules->echo_count; i++)
		if (pattern_matches(rules->echo[i], path))
			return true;
	return false;
}

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
bool
pattern_matches(struct slice pattern, struct slice path)
{
	bool is_prefix = pattern.len > 0 && pattern.ptr[pattern.len - 1] == '/';
	size_t p = 0, s = 0, star = SIZE_MAX, star_at = 0;

	for (;;) {
		if (p == pattern.len && (s == path.len || is_prefix))
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

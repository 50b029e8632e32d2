/* SPDX-License-Identifier: ISC */
#include "http/accept.h"
#include "http/field.h"

/* What no element has said anything about. */
#define UNSAID 0xffff

static const struct {
	enum coding coding;
	struct slice name;
} names[] = {
    {CODING_IDENTITY, {"identity", 8}},
    {CODING_GZIP, {"gzip", 4}},
    {CODING_BR, {"br", 2}},
    {CODING_ZSTD, {"zstd", 4}},
    /* "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip""
     * (RFC 9110, section 8.4.1.3). */
    {CODING_GZIP, {"x-gzip", 6}},
};

struct slice
coding_name(enum coding coding)
{
	return names[coding].name;
}

/*
 * qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in
 * thousandths (RFC 9110, section 12.4.2)
 */
static bool
parse_qvalue(struct slice s, unsigned short *q)
{
	unsigned thousandths;

	if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1') ||
	    (s.len > 1 && s.ptr[1] != '.'))
		return false;
	thousandths = s.ptr[0] == '1';
	for (size_t i = 2; i < 5; i++) {
		char digit = i < s.len ? s.ptr[i] : '0';

		if (digit < '0' || digit > '9')
			return false;
		thousandths = thousandths * 10 + (unsigned)(digit - '0');
	}
	if (thousandths > 1000)
		return false;
	*q = (unsigned short)thousandths;
	return true;
}

/* codings [ OWS ";" OWS "q=" qvalue ] (RFC 9110, section 12.5.3) */
static bool
parse_coding(struct slice element, struct slice *name, unsigned short *q)
{
	struct slice weight, key, value;

	*q = 1000;
	if (!slice_cut(element, ';', name, &weight))
		return is_token(*name);
	*name = slice_trim(*name);
	return is_token(*name) &&
	       slice_cut(slice_trim(weight), '=', &key, &value) &&
	       slice_equal_nocase(key, SLICE("q")) && parse_qvalue(value, q);
}

static void
set_least(unsigned short *q, unsigned short weight)
{
	if (weight < *q)
		*q = weight;
}

/* Without "*", which is no coding. */
static void
set_coding(struct accept *accept, struct slice name, unsigned short q)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, names[i].name))
			set_least(&accept->q[names[i].coding], q);
}

struct accept
accept_parse(const struct field *field, size_t count)
{
	struct accept accept = {{UNSAID, UNSAID, UNSAID, UNSAID}};
	unsigned short any = UNSAID, q;
	struct slice list, element, name;
	bool is_present = false;

	while (field_next(&field, &count, SLICE("Accept-Encoding"), &list)) {
		is_present = true;
		while (slice_next_element(&list, &element)) {
			if (!parse_coding(element, &name, &q))
				continue;
			if (slice_equal(name, SLICE("*")))
				set_least(&any, q);
			else
				set_coding(&accept, name, q);
		}
	}
	if (!is_present)
		return (struct accept){{[CODING_IDENTITY] = 1000, 1, 1, 1}};
	/* "matches any available content coding not explicitly listed" */
	for (size_t i = 0; i < CODINGS; i++)
		if (accept.q[i] == UNSAID && any != UNSAID)
			accept.q[i] = any;
		else if (accept.q[i] == UNSAID)
			accept.q[i] = i == CODING_IDENTITY;
	return accept;
}

unsigned
accept_q(const struct accept *accept, enum coding coding)
{
	return accept->q[coding];
}

enum coding
accept_choose(const struct accept *accept, const uint64_t size[CODINGS])
{
	enum coding best = CODING_IDENTITY;
	unsigned best_q = 0;

	for (enum coding i = 0; i < CODINGS; i++) {
		unsigned q = accept->q[i];

		if (size[i] == CODING_ABSENT || q == 0 || q < best_q ||
		    (q == best_q && size[i] >= size[best]))
			continue;
		best = i;
		best_q = q;
	}
	return best;
}

/* media-range parameters [ weight ] (RFC 9110, section 12.5.1) */
struct media_range {
	struct slice type, subtype;
	unsigned short q;
	bool is_narrower; /* by a parameter that our text/html has not */
};

/* Takes the longest token off s, perhaps an empty one. */
static struct slice
take_token(struct slice *s)
{
	struct slice token = {s->ptr, 0};

	while (token.len < s->len && is_tchar(s->ptr[token.len]))
		token.len++;
	*s = slice_skip(*s, token.len);
	return token;
}

/* The length of s up to the sep that is in no quoted string, or all. */
static size_t
find_unquoted(struct slice s, char sep)
{
	bool is_quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (is_quoted && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && s.ptr[i] == sep)
			return i;
	}
	return s.len;
}

/* As slice_next_element, with commas allowed in quoted strings. */
static bool
next_range(struct slice *list, struct slice *element)
{
	while (list->len > 0) {
		size_t n = find_unquoted(*list, ',');

		*element = slice_trim((struct slice){list->ptr, n});
		*list = slice_skip(*list, n + 1);
		if (element->len > 0)
			return true;
	}
	return false;
}

/* quoted-string (RFC 9110, section 5.6.4), and nothing behind it */
static bool
is_quoted_string(struct slice s)
{
	if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
		return false;
	for (size_t i = 1; i < s.len - 1; i++) {
		if (s.ptr[i] == '"')
			return false;
		/* What is escaped is not looked at, but must be there. */
		if (s.ptr[i] == '\\' && ++i == s.len - 1)
			return false;
	}
	return true;
}

/* parameter-name "=" parameter-value (RFC 9110, section 5.6.6) */
static bool
take_parameter(struct media_range *range, struct slice parameter, bool *has_q)
{
	struct slice name, value;

	if (!slice_cut(parameter, '=', &name, &value) || !is_token(name) ||
	    !(is_token(value) || is_quoted_string(value)))
		return false;
	/* "SHOULD process any parameter named "q" as weight, regardless of
	 * parameter ordering" (section 12.5.1) */
	if (slice_equal_nocase(name, SLICE("q"))) {
		if (*has_q)
			return false;
		*has_q = true;
		return parse_qvalue(value, &range->q);
	}
	if (!slice_equal_nocase(name, SLICE("charset")) ||
	    !(slice_equal_nocase(value, SLICE("utf-8")) ||
	      slice_equal_nocase(value, SLICE("\"utf-8\""))))
		range->is_narrower = true;
	return true;
}

static bool
parse_range(struct slice s, struct media_range *range)
{
	bool has_q = false;

	*range = (struct media_range){.q = 1000};
	range->type = take_token(&s);
	if (range->type.len == 0 || s.len == 0 || s.ptr[0] != '/')
		return false;
	s = slice_skip(s, 1);
	range->subtype = take_token(&s);
	if (range->subtype.len == 0)
		return false;
	if (slice_equal(range->type, SLICE("*")) &&
	    !slice_equal(range->subtype, SLICE("*")))
		return false;
	/* parameters = *( OWS ";" OWS [ parameter ] ) */
	for (s = slice_trim(s); s.len > 0;) {
		struct slice parameter;
		size_t n;

		if (s.ptr[0] != ';')
			return false;
		s = slice_skip(s, 1);
		n = find_unquoted(s, ';');
		parameter = slice_trim((struct slice){s.ptr, n});
		s = slice_skip(s, n);
		if (parameter.len > 0 &&
		    !take_parameter(range, parameter, &has_q))
			return false;
	}
	return true;
}

/* The weight of a type so far, by the most specific range that names it. */
struct weight {
	struct slice type, subtype;
	unsigned specificity; /* 0 for no range at all */
	unsigned q;
};

static unsigned
specificity(const struct media_range *range, const struct weight *weight)
{
	if (slice_equal(range->type, SLICE("*")))
		return 1;
	if (!slice_equal_nocase(range->type, weight->type))
		return 0;
	if (slice_equal(range->subtype, SLICE("*")))
		return 2;
	return slice_equal_nocase(range->subtype, weight->subtype) ? 3 : 0;
}

/* "the most specific reference has precedence" (RFC 9110, section 12.5.1) */
static void
weigh(struct weight *weight, const struct media_range *range)
{
	unsigned s = specificity(range, weight);

	if (s == 0 || s < weight->specificity ||
	    (s == weight->specificity && range->q < weight->q))
		return;
	weight->specificity = s;
	weight->q = range->q;
}

bool
accept_prefers_json(const struct field *field, size_t count)
{
	struct weight html = {SLICE("text"), SLICE("html"), 0, 0};
	struct weight json = {SLICE("application"), SLICE("json"), 0, 0};
	struct media_range range;
	struct slice list, element;

	while (field_next(&field, &count, SLICE("Accept"), &list))
		while (next_range(&list, &element)) {
			if (!parse_range(element, &range))
				continue;
			/* application/json has no parameters (RFC 8259,
			 * section 11): they make it no other type. */
			if (!range.is_narrower ||
			    specificity(&range, &json) == 3)
				weigh(&json, &range);
			if (!range.is_narrower)
				weigh(&html, &range);
		}
	return json.q > html.q || (json.q == html.q && json.q > 0 &&
				   json.specificity > html.specificity);
}

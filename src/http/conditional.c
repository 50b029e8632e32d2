/* SPDX-License-Identifier: ISC */
#include "http/conditional.h"
#include "http/date.h"
#include "http/field.h"

#define IF_MATCH SLICE("If-Match")
#define IF_NONE_MATCH SLICE("If-None-Match")
#define IF_MODIFIED_SINCE SLICE("If-Modified-Since")
#define IF_UNMODIFIED_SINCE SLICE("If-Unmodified-Since")

/* All lines of If-Match or of If-None-Match, held against a tag. */
struct tags {
	size_t lines;
	bool is_malformed;
	bool has_any;   /* "*" */
	bool has_match; /* one of the tags matches */
};

static void
take_tags(struct tags *tags, struct slice list, const struct etag *own,
	  bool (*match)(const struct etag *, const struct etag *))
{
	enum etag_step step;
	struct etag tag;

	while ((step = etag_next(&list, &tag)) == ETAG_TAKEN)
		if (own != NULL && match(&tag, own))
			tags->has_match = true;
	if (step == ETAG_MALFORMED)
		tags->is_malformed = true;
}

/* own is NULL if the representation has no tag. */
static struct tags
read_tags(const struct field *field, size_t count, struct slice name,
	  const struct etag *own)
{
	/* "MUST use the strong comparison function" and "the weak" (RFC 9110,
	 * sections 13.1.1 and 13.1.2) */
	bool is_strong = slice_equal(name, IF_MATCH);
	struct tags tags = {0};
	struct slice value;

	while (field_next(&field, &count, name, &value)) {
		tags.lines++;
		if (slice_equal(value, SLICE("*")))
			tags.has_any = true;
		else
			take_tags(&tags, value, own,
				  is_strong ? etag_match_strong
					    : etag_match_weak);
	}
	/* "a list value containing "*" and other values (including other
	 * instances of "*") is syntactically invalid" */
	if (tags.has_any && tags.lines > 1)
		tags.is_malformed = true;
	return tags;
}

/* True if a condition that asks for a match has one. */
static bool
has_match(const struct tags *tags, const struct validators *current)
{
	if (tags->is_malformed || current == NULL)
		return false;
	return tags->has_any || tags->has_match;
}

/* False if there is no such field, or if it is to be ignored. */
static bool
read_date(const struct field *field, size_t count, struct slice name,
	  const struct validators *current, int64_t *date)
{
	struct slice value;

	/* "MUST ignore [...] if the resource does not have a modification
	 * date available", "is not a valid HTTP-date, the field value has
	 * more than one member" (RFC 9110, sections 13.1.3 and 13.1.4) */
	return current != NULL && current->has_last_modified &&
	       field_find(field, count, name, &value) == 1 &&
	       date_parse(value, current->now, date);
}

/*
 * "a server MUST ignore the conditional request header fields [...] with a
 * request method that does not involve the selection or modification of a
 * selected representation" (RFC 9110, section 13.2.1)
 */
static bool
has_conditions(enum method method)
{
	const unsigned methods =
	    METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) |
	    METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_PUT) |
	    METHOD_BIT(METHOD_DELETE) | METHOD_BIT(METHOD_PATCH);

	return methods & METHOD_BIT(method);
}

/* Most requests have none. */
static bool
has_condition_fields(const struct field *field, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (field[i].name.len > 3 && field[i].name.ptr[2] == '-' &&
		    ascii_lower(field[i].name.ptr[0]) == 'i' &&
		    ascii_lower(field[i].name.ptr[1]) == 'f')
			return true;
	return false;
}

struct conditional
conditional_evaluate(const struct field *field, size_t count,
		     enum method method, const struct validators *current)
{
	const struct conditional go_on = {CONDITIONAL_GO_ON, {0}};
	bool is_read = method == METHOD_GET || method == METHOD_HEAD;
	struct etag tag, *own = NULL;
	struct tags match, none_match;
	int64_t date;

	if (!has_conditions(method) || !has_condition_fields(field, count))
		return go_on;
	if (current != NULL && etag_parse(validator_etag(current), &tag))
		own = &tag;

	/* The steps of RFC 9110, section 13.2.2. */
	match = read_tags(field, count, IF_MATCH, own);
	if (match.lines > 0) {
		if (!has_match(&match, current))
			return (struct conditional){CONDITIONAL_FAILED,
						    IF_MATCH};
	} else if (read_date(field, count, IF_UNMODIFIED_SINCE, current,
			     &date) &&
		   current->last_modified > date) {
		return (struct conditional){CONDITIONAL_FAILED,
					    IF_UNMODIFIED_SINCE};
	}
	none_match = read_tags(field, count, IF_NONE_MATCH, own);
	if (none_match.lines > 0) {
		if (has_match(&none_match, current))
			return (struct conditional){
			    is_read ? CONDITIONAL_NOT_MODIFIED
				    : CONDITIONAL_FAILED,
			    IF_NONE_MATCH};
	} else if (is_read &&
		   read_date(field, count, IF_MODIFIED_SINCE, current, &date) &&
		   current->last_modified <= date) {
		return (struct conditional){CONDITIONAL_NOT_MODIFIED,
					    IF_MODIFIED_SINCE};
	}
	return go_on;
}

bool
conditional_allows_range(const struct field *field, size_t count,
			 const struct validators *current)
{
	struct slice value;
	struct etag tag, own;
	int64_t date;
	size_t lines = field_find(field, count, SLICE("If-Range"), &value);

	if (lines != 1)
		return lines == 0;
	if (etag_parse(value, &tag))
		return etag_parse(validator_etag(current), &own) &&
		       etag_match_strong(&tag, &own);
	return date_parse(value, current->now, &date) &&
	       current->is_date_strong && date == current->last_modified;
}

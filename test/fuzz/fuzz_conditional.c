/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/conditional: a byte that says what the target has, then lines:
 * a letter for the field's name, and its value, in which '@' stands for
 * the target's own tag and '$' for its date. Whatever comes in,
 * - only GET and HEAD are answered 304, and both alike; where nothing is
 *   conditional, or the method has no conditions, it goes on;
 * - If-None-Match: * never goes on where there is a representation;
 * - a tag that satisfies If-Match (strong) fails If-None-Match (weak), and
 *   one that allows a range satisfies If-Match;
 * - If-None-Match hides If-Modified-Since, and If-Match
 *   If-Unmodified-Since;
 * - a date in If-Range that allows a range is the target's own.
 */
#include "base/buf.h"
#include "fields.h"
#include "hold.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct slice
name_of(char letter)
{
	switch (letter) {
	case 'm':
		return SLICE("If-Match");
	case 'n':
		return SLICE("If-None-Match");
	case 's':
		return SLICE("If-Modified-Since");
	case 'u':
		return SLICE("if-unmodified-since");
	case 'r':
		return SLICE("If-Range");
	default:
		return SLICE("Range");
	}
}

static void
add_line(struct fields *f, struct slice line, const struct validators *v)
{
	size_t cap = line.len * ETAG_MAX + 1;
	struct buf value = {.data = malloc(cap), .cap = cap};

	for (size_t i = 1; i < line.len; i++)
		if (line.ptr[i] == '@')
			buf_add(&value, validator_etag(v));
		else if (line.ptr[i] == '$')
			date_add(&value, v->last_modified);
		else
			buf_add_char(&value, line.ptr[i]);
	hold(!value.overflow);
	if (line.len > 0)
		fields_add(f, name_of(line.ptr[0]), buf_slice(&value));
	free(value.data);
}

static struct validators
validators_of(uint8_t how)
{
	const struct validator_facts facts = {
	    .inode = 1,
	    .size = 2,
	    .seconds = 784111777,
	    .coding = how & 3,
	    .is_live = how & 4,
	    .is_negotiated = how & 8,
	    .now = 784111777 + (how >> 4 & 3),
	};
	struct validators v;

	validator_make(&v, &facts);
	if (how >> 6 == 1)
		v.etag_len = 0;
	if (how >> 6 == 2)
		v.has_last_modified = v.is_date_strong = false;
	return v;
}

static enum conditional_result
evaluate(const struct fields *f, enum method method,
	 const struct validators *current)
{
	struct conditional c =
	    conditional_evaluate(f->field, f->count, method, current);
	struct slice value;

	hold((c.result == CONDITIONAL_GO_ON) == (c.decided_by.len == 0));
	hold(c.result == CONDITIONAL_GO_ON ||
	     field_find(f->field, f->count, c.decided_by, &value) > 0);
	return c.result;
}

/* f without the fields of that name, in slices of the same memory. */
static struct fields
without(const struct fields *f, struct slice name)
{
	struct fields some = {.count = 0};

	for (size_t i = 0; i < f->count; i++)
		if (!slice_equal_nocase(f->field[i].name, name))
			some.field[some.count++] = f->field[i];
	return some;
}

/* A field alone, in the same memory. */
static struct fields
alone(struct slice name, struct slice value)
{
	struct fields one = {.field = {{name, value}}, .count = 1};

	return one;
}

static size_t
lines_of(const struct fields *f, struct slice name)
{
	struct slice value;

	return field_find(f->field, f->count, name, &value);
}

static void
check_methods(const struct fields *f, const struct validators *current)
{
	static const enum method others[] = {METHOD_UNKNOWN, METHOD_OPTIONS,
					     METHOD_TRACE, METHOD_CONNECT};
	struct fields undated = without(f, SLICE("If-Modified-Since"));
	enum conditional_result get = evaluate(f, METHOD_GET, current);
	enum conditional_result put = evaluate(f, METHOD_PUT, current);

	hold(get == evaluate(f, METHOD_HEAD, current));
	hold(put != CONDITIONAL_NOT_MODIFIED);
	hold(put == evaluate(f, METHOD_DELETE, current) &&
	     put == evaluate(f, METHOD_POST, current) &&
	     put == evaluate(f, METHOD_PATCH, current));
	/* If-Modified-Since is the only difference. */
	hold((put == CONDITIONAL_GO_ON) ==
	     (evaluate(&undated, METHOD_GET, current) == CONDITIONAL_GO_ON));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		hold(evaluate(f, others[i], current) == CONDITIONAL_GO_ON);
	if (lines_of(f, SLICE("If-None-Match")) > 0)
		hold(get == evaluate(&undated, METHOD_GET, current));
	if (lines_of(f, SLICE("If-Match")) > 0) {
		struct fields some = without(f, SLICE("If-Unmodified-Since"));

		hold(get == evaluate(&some, METHOD_GET, current));
	}
}

static void
check_value(struct slice value, const struct validators *v)
{
	struct fields match = alone(SLICE("If-Match"), value);
	struct fields none_match = alone(SLICE("If-None-Match"), value);
	struct fields range = alone(SLICE("If-Range"), value);
	bool is_match = evaluate(&match, METHOD_PUT, v) == CONDITIONAL_GO_ON;
	bool is_same =
	    evaluate(&none_match, METHOD_GET, v) == CONDITIONAL_NOT_MODIFIED;
	struct etag tag;
	int64_t date;

	hold(!is_match || is_same);
	if (slice_equal(value, SLICE("*")))
		hold(is_match && is_same);
	/* Nothing matches what is not there. */
	hold(evaluate(&match, METHOD_PUT, NULL) == CONDITIONAL_FAILED);
	hold(evaluate(&none_match, METHOD_PUT, NULL) == CONDITIONAL_GO_ON);
	if (!conditional_allows_range(range.field, 1, v))
		return;
	if (etag_parse(value, &tag))
		hold(is_match && !tag.is_weak);
	else
		hold(date_parse(value, v->now, &date) &&
		     date == v->last_modified && date < v->now);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice text, line;
	struct fields f = {.count = 0};
	struct validators v;

	if (len == 0)
		return 0;
	text = (struct slice){(const char *)data + 1, len - 1};
	v = validators_of(data[0]);
	hold(evaluate(&f, METHOD_GET, &v) == CONDITIONAL_GO_ON);
	while (text.len > 0) {
		slice_cut(text, '\n', &line, &text);
		add_line(&f, line, &v);
	}
	check_methods(&f, &v);
	check_methods(&f, NULL);
	hold(evaluate(&f, METHOD_GET, NULL) != CONDITIONAL_NOT_MODIFIED);
	conditional_allows_range(f.field, f.count, &v);
	for (size_t i = 0; i < f.count; i++)
		check_value(f.field[i].value, &v);
	fields_free(&f);
	return 0;
}

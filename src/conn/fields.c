/* SPDX-License-Identifier: ISC */
#include "conn/fields.h"

void
fields_add_one(struct buf *out, struct slice name, struct slice value)
{
	buf_add(out, name);
	buf_add(out, SLICE(": "));
	buf_add(out, value);
	buf_add(out, SLICE("\r\n"));
}

/*
 * Fields about the content. A page that says that there is no such file
 * is not to be kept for a year because the file would have been.
 */
static bool
is_about_content(struct slice name)
{
	static const struct slice names[] = {{"Cache-Control", 13},
					     {"Content-Disposition", 19},
					     {"Content-Encoding", 16},
					     {"Content-Language", 16},
					     {"Content-Location", 16},
					     {"Content-Type", 12},
					     {"Expires", 7}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* The --header rule for a field of that name, or NULL. */
static const struct header_rule *
find_rule(const struct fields *f, struct slice name)
{
	bool is_content = is_about_content(name);

	if (f->rules == NULL || f->rules->header_count == 0 ||
	    (is_content && f->content_path.len == 0))
		return NULL;
	return rules_find_header(f->rules,
				 is_content ? f->content_path : f->path, name);
}

/*
 * The line of that name in the fields of the site, or an empty slice. Of
 * those about the content there is none for an error's page, or for what
 * is sent in the place of what was asked for.
 */
static struct slice
find_site_field(const struct fields *f, struct slice wanted)
{
	struct slice line, rest = f->site, name, value;

	if (is_about_content(wanted) && !slice_equal(f->path, f->content_path))
		return (struct slice){0};
	while (slice_cut(rest, '\n', &line, &rest)) {
		slice_cut(line, ':', &name, &value);
		if (slice_equal_nocase(name, wanted))
			return line;
	}
	return (struct slice){0};
}

bool
fields_are_ruled(const struct fields *f)
{
	return (f->rules != NULL && f->rules->header_count > 0) ||
	       f->site.len > 0;
}

void
fields_add(struct buf *out, const struct fields *f, struct slice lines)
{
	struct slice line, rest = lines, name, value;

	if (!fields_are_ruled(f)) {
		buf_add(out, lines);
		return;
	}
	while (slice_cut(rest, '\n', &line, &rest)) {
		slice_cut(line, ':', &name, &value);
		if (find_rule(f, name) == NULL &&
		    find_site_field(f, name).len == 0) {
			buf_add(out, line);
			buf_add_char(out, '\n');
		}
	}
}

/*
 * What a 304 has of the fields that rules may set: those that a 200 would
 * have had and a cache needs, and no others (RFC 9110, section 15.4.5).
 */
static bool
is_for_cache(struct slice name)
{
	static const struct slice names[] = {
	    {"Cache-Control", 13}, {"Content-Location", 16},
	    {"ETag", 4},           {"Expires", 7},
	    {"Server", 6},         {"Vary", 4}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

static bool
may_have(const struct fields *f, struct slice name)
{
	return !f->is_not_modified || is_for_cache(name);
}

/* The site's fields, but those that a rule of its owner sets. */
static void
add_site_fields(struct buf *out, const struct fields *f)
{
	struct slice line, rest = f->site, name, value;

	while (slice_cut(rest, '\n', &line, &rest)) {
		slice_cut(line, ':', &name, &value);
		if (slice_trim(value).len <= 1 || !may_have(f, name) ||
		    find_rule(f, name) != NULL ||
		    find_site_field(f, name).len == 0)
			continue;
		buf_add(out, line);
		buf_add_char(out, '\n');
	}
}

/* Of the rules for one field the last that matches counts. */
static void
add_rules(struct buf *out, const struct fields *f)
{
	if (f->rules == NULL)
		return;
	for (size_t i = 0; i < f->rules->header_count; i++) {
		const struct header_rule *rule = &f->rules->header[i];

		if (rule->value.len > 0 && may_have(f, rule->name) &&
		    find_rule(f, rule->name) == rule)
			fields_add_one(out, rule->name, rule->value);
	}
}

void
fields_add_ruled(struct buf *out, const struct fields *f)
{
	add_site_fields(out, f);
	add_rules(out, f);
}

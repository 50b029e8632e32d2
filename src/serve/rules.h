/* SPDX-License-Identifier: ISC */
#ifndef SERVE_RULES_H
#define SERVE_RULES_H

#include "base/limits.h"
#include "base/slice.h"

/*
 * A pattern is an absolute path. A trailing '/' means everything beneath
 * it, itself included, and '*' stands for any run of characters but '/'.
 * It is held against the decoded path of a request.
 */
bool pattern_is_valid(struct slice pattern);
bool pattern_matches(struct slice pattern, struct slice path);

/*
 * True for a field whose meaning hangs on how this program frames and
 * connects: no rule and no file of a site may set or remove it.
 */
bool field_is_reserved(struct slice name);

/* --header 'PATTERN NAME: VALUE'. An empty value removes the field. */
struct header_rule {
	struct slice pattern, name, value;
};

/*
 * What all header rules together may send: with a response's own fields
 * it fits into the pending output.
 */
#define HEADER_RULES_LEN_MAX (16 * 1024)

/* What the options say by pattern. The last that matches counts. */
struct rules {
	struct header_rule header[RULES_MAX];
	size_t header_count;
	size_t header_len; /* bytes of all the fields, as they are sent */
	struct slice echo[RULES_MAX];
	size_t echo_count;
};

/*
 * Adds the rule 'PATTERN NAME: VALUE', which stays the caller's. Returns
 * NULL, or what is wrong with it.
 */
const char *rules_add_header(struct rules *rules, struct slice text);

/* Adds a pattern of --echo, likewise. */
const char *rules_add_echo(struct rules *rules, struct slice pattern);

/*
 * The rule that sets the field of that name for path, or NULL. A request
 * that has no path, for it was refused before, goes by "/".
 */
const struct header_rule *rules_find_header(const struct rules *rules,
					    struct slice path,
					    struct slice name);

/* True if an --echo pattern matches path. */
bool rules_echo(const struct rules *rules, struct slice path);

#endif

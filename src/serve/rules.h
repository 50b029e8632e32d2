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
 * The same, but path may go on behind what matches, with a slash: /a.cgi
 * matches /a.cgi/b too. matched is how much of path the pattern took.
 */
bool pattern_matches_start(struct slice pattern, struct slice path,
			   size_t *matched);

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

/* --redirect 'PATTERN TARGET [STATUS]' */
struct redirect_rule {
	struct slice pattern, target;
	bool takes_rest; /* target ended in a star, which is cut off */
	int status;
};

/* --error-page 'STATUS PATH' */
struct error_page_rule {
	int status;
	struct slice path;
};

/* --auth 'PATTERN FILE' */
struct auth_rule {
	struct slice pattern;
	const char *file;
};

/* What the options say by pattern. The last that matches counts. */
struct rules {
	struct header_rule header[RULES_MAX];
	size_t header_count;
	size_t header_len; /* bytes of all the fields, as they are sent */
	struct slice echo[RULES_MAX];
	size_t echo_count;
	struct redirect_rule redirect[RULES_MAX];
	size_t redirect_count;
	struct error_page_rule error_page[RULES_MAX];
	size_t error_page_count;
	struct auth_rule auth[RULES_MAX];
	size_t auth_count;
};

/*
 * Adds the rule 'PATTERN NAME: VALUE', which stays the caller's. Returns
 * NULL, or what is wrong with it.
 */
const char *rules_add_header(struct rules *rules, struct slice text);

/* Adds a pattern of --echo, likewise. */
const char *rules_add_echo(struct rules *rules, struct slice pattern);

/*
 * Adds the rule 'PATTERN TARGET [STATUS]', likewise: 302 is the default. A
 * star behind the last slash of TARGET stands for what the path has behind
 * a PATTERN that ends in a slash.
 */
const char *rules_add_redirect(struct rules *rules, struct slice text);

/* Adds the rule 'STATUS PATH', likewise. */
const char *rules_add_error_page(struct rules *rules, struct slice text);

/* Adds the rule that file, a name, says who may come to pattern. */
const char *rules_add_auth(struct rules *rules, struct slice pattern,
			   const char *file);

/*
 * The rule that sets the field of that name for path, or NULL. A request
 * that has no path, for it was refused before, goes by "/".
 */
const struct header_rule *rules_find_header(const struct rules *rules,
					    struct slice path,
					    struct slice name);

/* The rules for path, or NULL. */
const struct redirect_rule *rules_find_redirect(const struct rules *rules,
						struct slice path);
const struct auth_rule *rules_find_auth(const struct rules *rules,
					struct slice path);

/* The path of the page for an error's status, or an empty slice. */
struct slice rules_error_page(const struct rules *rules, int status);

/* True if an --echo pattern matches path. */
bool rules_echo(const struct rules *rules, struct slice path);

#endif

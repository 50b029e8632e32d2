/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PROGRAM_H
#define SERVE_PROGRAM_H

#include "base/limits.h"
#include "http/http.h"
#include "serve/root.h"
#include "serve/rules.h"
#include "serve/spawn.h"

/* --cgi 'PATTERN [PROGRAM]' */
struct program_rule {
	struct slice pattern;
	const char *program; /* an absolute path; NULL: the files beneath */
};

/* What the options say of programs. There is one only if --cgi is. */
struct programs {
	struct program_rule rule[RULES_MAX];
	size_t rule_count;
	/* "NAME=VALUE": PATH and the like, --env, what is known of the
	 * connection. */
	const char *variable[PROGRAM_VARIABLES_MAX];
	size_t variable_count;
	size_t own_count; /* of these, those that the options have said */
	struct spawn_limit limit[RULES_MAX]; /* --cgi-limit */
	size_t limit_count;
	struct confinement confinement; /* --program-sandbox */
	const char *spool;              /* --cgi-spool: a directory, or NULL */
	bool passes_authorization;      /* --cgi-auth */
};

/*
 * Adds the rule 'PATTERN [PROGRAM]', which stays the caller's and is
 * NUL-terminated. Returns NULL, or what is wrong with it.
 */
const char *programs_add(struct programs *p, const char *text);

/*
 * Adds "NAME=VALUE", in the place of an earlier one of that name,
 * likewise.
 */
const char *programs_add_variable(struct programs *p, const char *text);

/* Adds "NAME VALUE", NAME being that of a resource, likewise. */
const char *programs_add_limit(struct programs *p, struct slice text);

/*
 * Returns a new file in the spool directory, which has no name, or a
 * negative errno value.
 */
int programs_spool(const struct programs *p);

/*
 * The last rule whose pattern the path, or its start up to a slash,
 * matches; or NULL. matched is how much of the path the pattern took.
 * programs may be NULL.
 */
const struct program_rule *programs_find(const struct programs *programs,
					 struct slice path, size_t *matched);

/* Which program a path names. The descriptors are the caller's to close. */
struct program_file {
	int fd;           /* the program, opened with O_PATH */
	int directory_fd; /* the directory it lies in, opened likewise */
	size_t len;       /* of path: what names it; the rest is PATH_INFO */
};

/*
 * Opens, with O_PATH, the directory that program, an absolute path, lies in.
 * Returns a descriptor that the caller closes, or a negative errno value.
 */
int program_open_directory(const char *program);

/*
 * Finds the program that a path beneath a rule's pattern names: the
 * regular file that is met first when it is followed from the root on,
 * behind matched bytes of it. name is for a copy of it. Returns
 * STATUS_NONE, or the status to refuse with and why; why is NULL if there
 * is simply nothing.
 */
enum status program_find(struct program_file *found, struct root *root,
			 struct slice path, size_t matched, struct buf *name,
			 const char **why);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_SCRIPT_H
#define SERVE_SCRIPT_H

#include <limits.h>

#include "serve/joint.h"
#include "serve/program.h"

/* The program that answers a path, and what it is started with. */
struct script {
	struct program_file file;
	const struct program_rule *rule;
	struct slice name;      /* SCRIPT_NAME: the part of the path */
	struct slice path_info; /* the rest */
	const char *path;       /* relative to its directory, or absolute */
	char *const *argv;      /* or NULL: its name alone */
	char *const *environment;
	enum joint_kind joint;
	int content_fd; /* its standard input, if that is no pipe; or -1 */
	char storage[PATH_MAX];
};

/*
 * Finds what the options have for path: a rule's own program, or the file
 * beneath root that the path names. name is for a copy of it. Returns
 * STATUS_NONE, and what is opened is for script_close; or the status to
 * refuse with, and why, which may be NULL. s points into path.
 */
enum status script_find(struct script *s, const struct programs *programs,
			struct root *root, struct slice path, struct buf *name,
			const char **why);

/*
 * Takes rule's own program, for all of path but what is behind matched. It
 * starts where we are, unless script_enter has it start where it lies: that
 * returns 0 or an errno value.
 */
void script_take(struct script *s, const struct program_rule *rule,
		 struct slice path, size_t matched);
int script_enter(struct script *s);

/* The program's own name without directories. */
struct slice script_name(const struct script *s);

/*
 * Appends SCRIPT_FILENAME, with a NUL, where document_root is the absolute
 * name of the root.
 */
void script_add_filename(const struct script *s, struct slice document_root,
			 struct buf *out);

/*
 * Starts it, which is called filename if it has no arguments of its own, within
 * the limits that programs has. As joint_start.
 */
int script_start(const struct script *s, const struct programs *programs,
		 char *filename, struct joint *j);

/* Closes what it was found by. */
void script_close(struct script *s);

#endif

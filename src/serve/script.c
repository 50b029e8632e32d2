/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "serve/script.h"

static struct script
fresh(const struct program_rule *rule)
{
	return (struct script){
	    .file = {-1, -1, 0}, .rule = rule, .content_fd = -1};
}

/* "./NAME", for the last segment of path. */
static const char *
name_script(struct script *s, struct slice path)
{
	struct buf script = BUF_OVER(s->storage);
	size_t slash = path.len;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	buf_add_str(&script, "./");
	buf_add(&script, slice_skip(path, slash));
	buf_add_char(&script, '\0');
	/* It was opened by a longer name. */
	assert(!script.overflow);
	return script.data;
}

void
script_take(struct script *s, const struct program_rule *rule,
	    struct slice path, size_t matched)
{
	*s = fresh(rule);
	s->file.len = matched;
	s->path = rule->program;
	s->name = (struct slice){path.ptr, matched};
	s->path_info = slice_skip(path, matched);
}

int
script_enter(struct script *s)
{
	int fd = program_open_directory(s->path);

	s->file.directory_fd = fd < 0 ? -1 : fd;
	return fd < 0 ? -fd : 0;
}

/* Where it lies could not be opened, which is no fault of the request's. */
static enum status
refuse_entry(int error, const char **why)
{
	enum status trouble = root_trouble(error);

	*why = "the program's directory cannot be opened";
	return trouble ? trouble : STATUS_INTERNAL_SERVER_ERROR;
}

enum status
script_find(struct script *s, const struct programs *programs,
	    struct root *root, struct slice path, struct buf *name,
	    const char **why)
{
	size_t matched;
	const struct program_rule *rule =
	    programs_find(programs, path, &matched);
	enum status status;
	int error;

	*why = NULL;
	if (rule == NULL)
		return STATUS_NOT_FOUND;
	if (rule->program != NULL) {
		/* The slash that ends a pattern begins PATH_INFO. */
		if (path.ptr[matched - 1] == '/')
			matched--;
		script_take(s, rule, path, matched);
		error = script_enter(s);
		return error ? refuse_entry(error, why) : STATUS_NONE;
	}
	*s = fresh(rule);
	status = program_find(&s->file, root, path, matched, name, why);
	if (status)
		return status;
	s->name = (struct slice){path.ptr, s->file.len};
	s->path_info = slice_skip(path, s->file.len);
	s->path = name_script(s, s->name);
	return STATUS_NONE;
}

struct slice
script_name(const struct script *s)
{
	struct slice name, rest = slice_of(s->path);

	while (slice_cut(rest, '/', &name, &rest))
		;
	return name;
}

void
script_add_filename(const struct script *s, struct slice document_root,
		    struct buf *out)
{
	if (s->rule->program != NULL) {
		buf_add_str(out, s->rule->program);
	} else {
		buf_add(out, document_root);
		buf_add(out, s->name);
	}
	buf_add_char(out, '\0');
}

int
script_start(const struct script *s, const struct programs *programs,
	     char *filename, struct joint *j)
{
	char *const argv[] = {filename, NULL};
	struct spawn spawn = {
	    .program_fd = s->file.fd,
	    .path = s->path,
	    .directory_fd = s->file.directory_fd,
	    .argv = s->argv != NULL ? s->argv : argv,
	    .environment = s->environment,
	    .limit = programs->limit,
	    .limit_count = programs->limit_count,
	    .confinement = &programs->confinement,
	    .flags = SPAWN_OWN_GROUP | SPAWN_DIES_WITH_US |
		     SPAWN_FRESH_SIGNALS | SPAWN_CLOSES_REST,
	};

	return joint_start(j, &spawn, s->joint, s->content_fd);
}

void
script_close(struct script *s)
{
	if (s->file.fd >= 0)
		close(s->file.fd);
	if (s->file.directory_fd >= 0)
		close(s->file.directory_fd);
	s->file.fd = s->file.directory_fd = -1;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/http.h"
#include "serve/file.h"
#include "serve/program.h"

const char *
programs_add(struct programs *p, const char *text)
{
	struct slice rest = slice_of(text);
	struct program_rule rule = {.program = NULL};

	if (!slice_next_word(&rest, &rule.pattern) ||
	    !pattern_is_valid(rule.pattern))
		return "the pattern does not begin with a slash";
	if (rest.len > 0) {
		if (rest.ptr[0] != '/' || rest.ptr[rest.len] != '\0')
			return "the program is no absolute path";
		rule.program = rest.ptr;
		if (access(rule.program, X_OK) != 0)
			return strerror(errno);
	}
	if (p->rule_count == RULES_MAX)
		return "too many of these rules";
	p->rule[p->rule_count++] = rule;
	return NULL;
}

const char *
programs_add_variable(struct programs *p, const char *text)
{
	size_t len = (size_t)(strchr(text, '=') - text) + 1, i = 0;

	while (i < p->variable_count && strncmp(p->variable[i], text, len) != 0)
		i++;
	if (i == PROGRAM_VARIABLES_MAX)
		return "too many of these rules";
	p->variable[i] = text;
	if (i == p->variable_count)
		p->variable_count++;
	return NULL;
}

const char *
programs_add_limit(struct programs *p, struct slice text)
{
	static const struct {
		struct slice name;
		int resource;
	} names[] = {
	    {{"core", 4}, RLIMIT_CORE},       {{"cpu", 3}, RLIMIT_CPU},
	    {{"file-size", 9}, RLIMIT_FSIZE}, {{"files", 5}, RLIMIT_NOFILE},
	    {{"memory", 6}, RLIMIT_AS},       {{"processes", 9}, RLIMIT_NPROC}};
	struct spawn_limit limit = {.resource = -1};
	struct slice name;

	slice_next_word(&text, &name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal(name, names[i].name))
			limit.resource = names[i].resource;
	if (limit.resource < 0)
		return "not one of core, cpu, file-size, files, memory, "
		       "processes";
	if (!slice_to_u64(text, &limit.value))
		return "not a number";
	if (p->limit_count == RULES_MAX)
		return "too many of these rules";
	p->limit[p->limit_count++] = limit;
	return NULL;
}

int
programs_spool(const struct programs *p)
{
	int fd = open(p->spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : -errno;
}

const struct program_rule *
programs_find(const struct programs *programs, struct slice path,
	      size_t *matched)
{
	if (programs == NULL)
		return NULL;
	for (size_t i = programs->rule_count; i > 0; i--) {
		const struct program_rule *rule = &programs->rule[i - 1];

		if (pattern_matches_start(rule->pattern, path, matched))
			return rule;
	}
	return NULL;
}

int
program_open_directory(const char *program)
{
	char directory[PATH_MAX];
	struct buf name = BUF_OVER(directory);
	size_t slash = strlen(program);
	int fd;

	while (program[slash - 1] != '/')
		slash--;
	buf_add(&name, (struct slice){program, slash});
	buf_add_char(&name, '\0');
	if (name.overflow)
		return -ENAMETOOLONG;
	/* The sandbox has no open. */
	fd = openat(AT_FDCWD, directory, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Where the segment that begins at start ends. */
static size_t
segment_end(struct slice path, size_t start)
{
	while (start < path.len && path.ptr[start] != '/')
		start++;
	return start;
}

/* Opens the first len bytes of path, which begins with a slash. */
static int
open_start(struct root *root, struct slice path, size_t len, struct buf *name)
{
	buf_reset(name);
	buf_add(name, (struct slice){path.ptr, len});
	buf_add_char(name, '\0');
	return name->overflow ? -ENAMETOOLONG
			      : root_open_path(root, name->data + 1);
}

static enum status
refuse(const char **why, enum status status, const char *reason)
{
	*why = reason;
	return status;
}

static enum status
refuse_open(const char **why, int error)
{
	enum status trouble = root_trouble(error);

	switch (error) {
	case EACCES:
	case EPERM:
		return refuse(why, STATUS_FORBIDDEN,
			      "the program may not be looked at");
	default:
		break;
	}
	if (trouble)
		return refuse(why, trouble,
			      trouble == STATUS_SERVICE_UNAVAILABLE
				  ? "no descriptor or memory for the program"
				  : "the program cannot be read");
	return refuse(why, STATUS_NOT_FOUND, NULL);
}

/* What was opened is a program, or is refused. */
static enum status
take_file(struct program_file *found, const struct stat *st, struct root *root,
	  struct slice path, size_t end, struct buf *name, const char **why)
{
	size_t slash = end;

	if (!S_ISREG(st->st_mode))
		return refuse(why, STATUS_NOT_FOUND,
			      "neither a program nor a directory");
	if (!(st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return refuse(why, STATUS_FORBIDDEN,
			      "a file beside the programs that is none");
	while (path.ptr[slash - 1] != '/')
		slash--;
	found->directory_fd = open_start(root, path, slash, name);
	if (found->directory_fd < 0)
		return refuse_open(why, -found->directory_fd);
	found->len = end;
	return STATUS_NONE;
}

enum status
program_find(struct program_file *found, struct root *root, struct slice path,
	     size_t matched, struct buf *name, const char **why)
{
	size_t end = segment_end(path, matched);

	*why = NULL;
	for (;;) {
		struct slice start = {path.ptr, end};
		enum status status;
		struct stat st;

		if (file_is_hidden(start))
			return refuse(why, STATUS_NOT_FOUND,
				      "the program's name begins with a dot");
		found->fd = open_start(root, path, end, name);
		if (found->fd < 0)
			return refuse_open(why, -found->fd);
		if (fstat(found->fd, &st) != 0) {
			int error = errno;

			close(found->fd);
			return refuse_open(why, error);
		}
		if (!S_ISDIR(st.st_mode)) {
			status =
			    take_file(found, &st, root, path, end, name, why);
			if (status)
				close(found->fd);
			return status;
		}
		close(found->fd);
		if (end + 1 >= path.len)
			return refuse(why, STATUS_NOT_FOUND, NULL);
		end = segment_end(path, end + 1);
	}
}

/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/cgi_meta.h"
#include "serve/cgi.h"
#include "serve/program.h"

bool
cgi_wants(const struct exchange *x)
{
	size_t matched;

	return programs_find(x->site->programs, x->target->path, &matched) !=
	       NULL;
}

/* "./NAME", for the last segment of path. */
static const char *
name_script(struct cgi_storage *to, struct slice path)
{
	struct buf script = BUF_OVER(to->script);
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

/* A rule's own program starts where it lies, as scripts do. */
static enum status
find_own(struct exchange *x, struct cgi_script *s, size_t matched)
{
	struct slice path = x->target->path;

	s->file.fd = -1;
	s->file.directory_fd = program_open_directory(s->rule->program);
	if (s->file.directory_fd < 0)
		return cgi_refuse_start(x, -s->file.directory_fd);
	/* The slash that ends a pattern begins PATH_INFO. */
	if (path.ptr[matched - 1] == '/')
		matched--;
	s->file.len = matched;
	s->path = s->rule->program;
	return STATUS_NONE;
}

static enum status
find(struct exchange *x, struct cgi_script *s)
{
	struct slice path = x->target->path;
	enum status status;
	const char *why;
	size_t matched;

	s->rule = programs_find(x->site->programs, path, &matched);
	if (s->rule->program != NULL) {
		if ((status = find_own(x, s, matched)))
			return status;
	} else {
		status = program_find(&s->file, x->root, path, matched, x->name,
				      &why);
		if (status)
			return why == NULL
				   ? status
				   : response_refuse(x->res, status, why);
		s->path = name_script(&x->program->storage,
				      (struct slice){path.ptr, s->file.len});
	}
	s->name = (struct slice){path.ptr, s->file.len};
	s->path_info = slice_skip(path, s->file.len);
	return STATUS_NONE;
}

/* What nobody can guess, so that a line of the log belongs to one request. */
static void
make_id(char *id, size_t len)
{
	unsigned char random[8] = {0};

	if (!clock_is_fixed() &&
	    getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < len; i++)
		id[i] = "0123456789abcdef"[random[i / 2] >> i % 2 * 4 & 15];
}

static bool
make_environment(struct exchange *x, const struct cgi_script *s)
{
	static const char *const methods[] = {
	    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",
	    [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
	    [METHOD_DELETE] = "DELETE",   [METHOD_PATCH] = "PATCH",
	    [METHOD_OPTIONS] = "OPTIONS",
	};
	struct cgi_storage *to = &x->program->storage;
	struct buf root = BUF_OVER(to->root), filename = BUF_OVER(to->filename);
	struct cgi_meta meta = {.text = BUF_OVER(to->text),
				.variable = to->variable,
				.cap = CGI_VARIABLES_MAX};
	struct endpoints ends = {.local_port = {0}};
	struct cgi_facts facts;

	if (x->endpoints != NULL)
		x->endpoints(x->in_fd, &ends);
	if (!root_add_path(x->root, &root))
		buf_add_str(&root, x->site->directory);
	if (s->rule->program != NULL) {
		buf_add_str(&filename, s->rule->program);
	} else {
		buf_add(&filename, buf_slice(&root));
		buf_add(&filename, s->name);
	}
	buf_add_char(&filename, '\0');
	facts = (struct cgi_facts){
	    .req = x->req,
	    .method = methods[x->req->method],
	    .query = x->target->query,
	    .script_name = s->name,
	    .path_info = s->path_info,
	    .script_filename = {filename.data, filename.len - 1},
	    .document_root = buf_slice(&root),
	    .has_content_length = s->has_length,
	    .content_length = s->length,
	    .remote_address = ends.remote_address,
	    .remote_port = ends.remote_port,
	    .local_address = ends.local_address,
	    .local_port = ends.local_port,
	    .is_tls = ends.is_tls,
	    .auth_type = x->user.len > 0 ? SLICE("Basic") : (struct slice){0},
	    .remote_user = x->user,
	    .request_id = {x->program->id, sizeof(x->program->id)},
	    .passes_authorization = x->site->programs->passes_authorization,
	    .websocket_protocol = s->websocket_protocol,
	    .extra = x->site->programs->variable,
	    .extra_count = x->site->programs->variable_count,
	};
	return !filename.overflow && cgi_meta_make(&meta, &facts);
}

bool
cgi_prepare(struct exchange *x, const struct cgi_script *s)
{
	make_id(x->program->id, sizeof(x->program->id));
	return make_environment(x, s);
}

/* Makes the pipe's end that stays ours, that of index ours, non-blocking. */
static bool
make_pipe(int fd[2], int ours)
{
	if (pipe2(fd, O_CLOEXEC) != 0) {
		fd[0] = fd[1] = -1;
		return false;
	}
	return fcntl(fd[ours], F_SETFL, O_NONBLOCK | (ours ? O_WRONLY : 0)) ==
	       0;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

enum status
cgi_refuse_start(struct exchange *x, int error)
{
	exchange_explain(x, "it does not start:", slice_of(strerror(error)));
	switch (error) {
	case E2BIG:
		return response_refuse(x->res, STATUS_FIELDS_TOO_LARGE,
				       "the request's fields are too large "
				       "for a program");
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "no process for the program");
	default:
		return response_refuse(x->res, STATUS_INTERNAL_SERVER_ERROR,
				       "the program could not be executed");
	}
}

enum status
cgi_spawn(struct exchange *x, const struct cgi_script *s,
	  const int fd[SPAWN_FDS])
{
	const struct programs *programs = x->site->programs;
	struct cgi_program *p = x->program;
	char *const argv[] = {p->storage.filename, NULL};
	struct spawn spawn = {
	    .program_fd = s->file.fd,
	    .path = s->path,
	    .directory_fd = s->file.directory_fd,
	    .argv = s->argv != NULL ? s->argv : argv,
	    .environment = p->storage.variable,
	    .fd = {fd[0], fd[1], fd[2], fd[3]},
	    .limit = programs->limit,
	    .limit_count = programs->limit_count,
	    .flags = SPAWN_OWN_GROUP | SPAWN_DIES_WITH_US |
		     SPAWN_FRESH_SIGNALS | SPAWN_CLOSES_REST,
	};

	/* Else the kernel would not keep its status for us, where whoever
	 * started us ignores this signal. */
	signal(SIGCHLD, SIG_DFL);
	p->pid = spawn_start(&spawn);
	return p->pid < 0 ? cgi_refuse_start(x, (int)-p->pid) : STATUS_NONE;
}

/* Starts the program with the pipes, whose far ends are closed again. */
static enum status
start(struct exchange *x, const struct cgi_script *s)
{
	struct cgi_program *p = x->program;
	int in[2] = {s->content_fd, -1}, out[2], errors[2];
	bool is_piped = s->content_fd < 0;
	enum status status;
	bool failed = false;

	/* Not one after the other: what was not opened must be -1. */
	failed |= is_piped && !make_pipe(in, 1);
	failed |= !make_pipe(out, 0);
	failed |= !make_pipe(errors, 0);
	if (failed) {
		status = cgi_refuse_start(x, EMFILE);
	} else {
		int fd[SPAWN_FDS] = {in[0], out[1], errors[1], SPAWN_OURS};

		status = cgi_spawn(x, s, fd);
	}
	if (is_piped)
		close_fd(in[0]);
	close_fd(out[1]);
	close_fd(errors[1]);
	if (status || (is_piped && !s->has_content)) {
		close_fd(in[1]);
		in[1] = -1;
	}
	if (status) {
		close_fd(out[0]);
		close_fd(errors[0]);
		return status;
	}
	p->in = in[1];
	p->out = out[0];
	p->errors = errors[0];
	return STATUS_NONE;
}

/* Writes the request's content to fd, and begins it anew. */
static enum status
spool_content(struct exchange *x, int fd, uint64_t *length)
{
	char block[16384];
	ssize_t n;

	*length = 0;
	while ((n = x->content->read(x->content, block, sizeof(block))) > 0) {
		struct slice rest = {block, (size_t)n};

		*length += rest.len;
		while (rest.len > 0) {
			n = write(fd, rest.ptr, rest.len);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return response_refuse(
				    x->res, STATUS_SERVICE_UNAVAILABLE,
				    "no room in the spool directory");
			rest = slice_skip(rest, (size_t)n);
		}
	}
	x->content_error = (int)n;
	if (n < 0)
		return STATUS_BAD_REQUEST;
	/* A program must not take what is behind it for all of it. */
	if (lseek(fd, 0, SEEK_SET) != 0)
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "the spool file could not be rewound");
	return STATUS_NONE;
}

/* Some programs want CONTENT_LENGTH, which only the end of chunks tells. */
static enum status
spool(struct exchange *x, struct cgi_script *s)
{
	int fd = open(x->site->programs->spool, O_TMPFILE | O_RDWR | O_CLOEXEC,
		      0600);
	enum status status;

	if (fd < 0)
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "no file in the spool directory");
	status = spool_content(x, fd, &s->length);
	if (status) {
		close(fd);
		return status;
	}
	s->content_fd = fd;
	s->has_content = false;
	s->has_length = true;
	return STATUS_NONE;
}

static enum status
prepare(struct exchange *x, struct cgi_script *s)
{
	enum status status;

	if (x->target->encoded_slash &&
	    memmem(s->name.ptr, s->name.len, "%2F", 3) != NULL)
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "an encoded slash is in no program's "
				       "name");
	s->has_content = x->content_length > 0;
	s->has_length = x->req->framing == FRAMING_LENGTH &&
			x->req->method != METHOD_GET &&
			x->req->method != METHOD_HEAD;
	s->length = x->content_length;
	if (x->content_length == LENGTH_UNKNOWN &&
	    x->site->programs->spool != NULL && (status = spool(x, s)))
		return status;
	if (!cgi_prepare(x, s))
		return cgi_refuse_start(x, E2BIG);
	return start(x, s);
}

/* Starts what was found, and lets go of what it was found by. */
static enum status
begin(struct exchange *x, struct cgi_script *s)
{
	enum status status = prepare(x, s);
	struct slice file;

	close_fd(s->file.fd);
	close_fd(s->file.directory_fd);
	close_fd(s->content_fd);
	if (status)
		return status;
	exchange_explain(x, "program", slice_of(x->program->storage.filename));
	file = slice_of(s->path);
	while (slice_cut(file, '/', &s->name, &file))
		;
	x->program->is_nph = slice_starts(s->name, SLICE("nph-"));
	x->res->content = CONTENT_PROGRAM;
	return STATUS_NONE;
}

enum status
cgi_handle(struct exchange *x)
{
	struct cgi_script s = {.content_fd = -1};
	enum status status = find(x, &s);

	return status ? status : begin(x, &s);
}

enum status
cgi_handle_by(struct exchange *x, const struct program_rule *rule)
{
	struct cgi_script s = {.content_fd = -1, .rule = rule};
	enum status status = find_own(x, &s, x->target->path.len);

	if (status)
		return status;
	s.name = x->target->path;
	return begin(x, &s);
}

void
cgi_release_storage(struct cgi_program *p)
{
	uintptr_t start =
	    ((uintptr_t)&p->storage + PAGE - 1) & -(uintptr_t)PAGE;
	uintptr_t end = (uintptr_t)(&p->storage + 1) & -(uintptr_t)PAGE;

	madvise((void *)start, end - start, MADV_DONTNEED);
}

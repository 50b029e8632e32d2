/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/cgi_meta.h"
#include "serve/cgi.h"

bool
cgi_wants(const struct exchange *x)
{
	size_t matched;

	return programs_find(x->site->programs, x->target->path, &matched) !=
	       NULL;
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

/* Where our agent finds the program, it says that better. */
static bool
make_environment(struct exchange *x, const struct cgi_script *s,
		 struct cgi_meta *meta)
{
	static const char *const methods[] = {
	    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",
	    [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
	    [METHOD_DELETE] = "DELETE",   [METHOD_PATCH] = "PATCH",
	    [METHOD_OPTIONS] = "OPTIONS",
	};
	struct cgi_storage *to = &x->program->storage;
	struct buf root = BUF_OVER(to->root), filename = BUF_OVER(to->filename);
	struct endpoints ends = {.local_port = {0}};
	struct cgi_facts facts;

	if (x->endpoints != NULL)
		x->endpoints(x->in_fd, &ends);
	if (x->agent != NULL || !root_add_path(x->root, &root))
		buf_add_str(&root, x->site->directory);
	script_add_filename(&s->script, buf_slice(&root), &filename);
	facts = (struct cgi_facts){
	    .req = x->req,
	    .method = methods[x->req->method],
	    .query = x->target->query,
	    .script_name = s->script.name,
	    .path_info = s->script.path_info,
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
	return !filename.overflow && cgi_meta_make(meta, &facts);
}

static enum status
refuse_start(struct exchange *x, int error)
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

/* It has the variables of the options itself, which are the first. */
static int
start_by_agent(struct exchange *x, const struct cgi_script *s,
	       const struct cgi_meta *meta, enum agent_kind kind)
{
	size_t own = x->site->programs->own_count;
	struct agent_start start = {
	    .kind = kind,
	    .is_spooled = s->is_spooled,
	    .host = x->site->has_hosts ? slice_of(x->hosts->name)
				       : (struct slice){0},
	    .path = x->target->path,
	    .variables = {meta->variable[own],
			  (size_t)(buf_end((struct buf *)&meta->text) -
				   meta->variable[own])},
	};

	return agent_begin(x->agent, &start, &x->program->joint);
}

enum status
cgi_start(struct exchange *x, struct cgi_script *s, enum agent_kind kind)
{
	struct cgi_program *p = x->program;
	struct cgi_meta meta = {.text = BUF_OVER(p->storage.text),
				.variable = p->storage.variable,
				.cap = CGI_VARIABLES_MAX};
	int error;

	p->agent = x->agent;
	make_id(p->id, sizeof(p->id));
	if (!make_environment(x, s, &meta))
		return refuse_start(x, E2BIG);
	s->script.environment = p->storage.variable;
	error = x->agent != NULL ? start_by_agent(x, s, &meta, kind)
				 : script_start(&s->script, x->site->programs,
						p->storage.filename, &p->joint);
	return error ? refuse_start(x, error) : STATUS_NONE;
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
	/* A program must not take what is behind it for all of it. An agent
	 * does this for us. */
	if (x->agent == NULL && lseek(fd, 0, SEEK_SET) != 0)
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "the spool file could not be rewound");
	return STATUS_NONE;
}

/* Some programs want CONTENT_LENGTH, which only the end of chunks tells. */
static enum status
spool(struct exchange *x, struct cgi_script *s)
{
	int fd = x->agent != NULL ? agent_spool(x->agent)
				  : programs_spool(x->site->programs);
	enum status status;

	if (fd < 0)
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "no file in the spool directory");
	status = spool_content(x, fd, &s->length);
	if (status) {
		close(fd);
		return status;
	}
	s->script.content_fd = fd;
	s->is_spooled = true;
	s->has_content = false;
	s->has_length = true;
	return STATUS_NONE;
}

static enum status
start(struct exchange *x, struct cgi_script *s, enum agent_kind kind)
{
	struct slice name = s->script.name;
	enum status status;

	if (x->target->encoded_slash &&
	    memmem(name.ptr, name.len, "%2F", 3) != NULL)
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
	return cgi_start(x, s, kind);
}

/* Starts what was found, and lets go of what it was found by. */
static enum status
begin(struct exchange *x, struct cgi_script *s, enum agent_kind kind)
{
	enum status status = start(x, s, kind);
	struct joint *j = &x->program->joint;

	script_close(&s->script);
	if (s->script.content_fd >= 0)
		close(s->script.content_fd);
	if (status)
		return status;
	if (!s->has_content && j->in >= 0) {
		close(j->in);
		j->in = -1;
	}
	exchange_explain(x, "program", slice_of(x->program->storage.filename));
	x->program->is_nph =
	    slice_starts(script_name(&s->script), SLICE("nph-"));
	x->res->content = CONTENT_PROGRAM;
	return STATUS_NONE;
}

enum status
cgi_handle(struct exchange *x)
{
	struct cgi_script s = {.length = 0};
	const char *why;
	enum status status = script_find(&s.script, x->site->programs, x->root,
					 x->target->path, x->name, &why);

	if (!status)
		return begin(x, &s, AGENT_CGI);
	return why == NULL ? status : response_refuse(x->res, status, why);
}

enum status
cgi_handle_by(struct exchange *x, const struct program_rule *rule)
{
	struct cgi_script s = {.length = 0};
	struct slice path = x->target->path;
	int error;

	script_take(&s.script, rule, path, path.len);
	if ((error = script_enter(&s.script)))
		return refuse_start(x, error);
	return begin(x, &s, AGENT_WEBSOCKET_AUTH);
}

void
cgi_release_storage(struct cgi_program *p)
{
	uintptr_t start =
	    ((uintptr_t)&p->storage + PAGE - 1) & -(uintptr_t)PAGE;
	uintptr_t end = (uintptr_t)(&p->storage + 1) & -(uintptr_t)PAGE;

	madvise((void *)start, end - start, MADV_DONTNEED);
}

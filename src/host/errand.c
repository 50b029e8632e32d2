/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "host/errand.h"
#include "http/cgi_meta.h"
#include "http/cgi_name.h"
#include "serve/websocket.h"

/* Static: one is made at a time, and untouched parts cost nothing. */
static struct {
	char path[PATH_MAX];
	char root[PATH_MAX];
	char filename[2 * PATH_MAX];
	char text[4 * PATH_MAX + 2 * REQUEST_LINE_CAP];
	char *variable[CGI_VARIABLES_MAX + PROGRAM_VARIABLES_MAX];
} storage;

/* An environment that is being made. */
struct environment {
	const struct programs *programs;
	struct buf text;
	size_t count;
	bool is_full;
};

/* True if a path is absolute and leads nowhere but down. */
static bool
is_plain(struct slice path)
{
	struct slice segment, rest;
	bool is_more = slice_cut(path, '/', &segment, &rest);

	if (!is_more || segment.len > 0 ||
	    memchr(path.ptr, '\0', path.len) != NULL)
		return false;
	while (is_more) {
		is_more = slice_cut(rest, '/', &segment, &rest);
		if (slice_equal(segment, SLICE(".")) ||
		    slice_equal(segment, SLICE("..")))
			return false;
	}
	return true;
}

const char *
errand_parse(struct errand *e, struct slice packet)
{
	struct agent_order order;

	if (packet.len < sizeof(order))
		return "an order that is cut off";
	memcpy(&order, packet.ptr, sizeof(order));
	packet = slice_skip(packet, sizeof(order));
	if (order.kind > AGENT_RELEASE || order.is_spooled > 1)
		return "an order of no kind";
	if (order.host_len > packet.len ||
	    order.path_len > packet.len - order.host_len)
		return "an order that is cut off";
	*e = (struct errand){
	    .kind = (enum agent_kind)order.kind,
	    .is_spooled = order.is_spooled,
	    .host = {packet.ptr, order.host_len},
	    .path = {packet.ptr + order.host_len, order.path_len},
	    .variables =
		slice_skip(packet, (size_t)order.host_len + order.path_len),
	};
	if (e->variables.len > 0 &&
	    e->variables.ptr[e->variables.len - 1] != '\0')
		return "an order that is cut off";
	return NULL;
}

/* --- the environment */

static bool
is_given(const struct programs *p, struct slice name)
{
	for (size_t i = 0; i < p->variable_count; i++) {
		struct slice given, value;

		slice_cut(slice_of(p->variable[i]), '=', &given, &value);
		if (slice_equal(given, name))
			return true;
	}
	return false;
}

static void
add_variable(struct environment *env, const char *text)
{
	size_t cap = sizeof(storage.variable) / sizeof(storage.variable[0]);

	/* One is left for the end. */
	if (env->count + 1 >= cap)
		env->is_full = true;
	else
		storage.variable[env->count++] = (char *)text;
}

/* Adds NAME=VALUE, of two parts, unless --env says what it is. */
static void
add(struct environment *env, const char *name, struct slice value,
    struct slice rest)
{
	if (is_given(env->programs, slice_of(name)))
		return;
	add_variable(env, buf_end(&env->text));
	buf_add_str(&env->text, name);
	buf_add_char(&env->text, '=');
	buf_add(&env->text, value);
	buf_add(&env->text, rest);
	buf_add_char(&env->text, '\0');
}

static void
add_own(struct environment *env, const struct script *s, struct slice root,
	struct slice filename)
{
	const struct slice none = {0};

	for (size_t i = 0; i < env->programs->variable_count; i++)
		add_variable(env, env->programs->variable[i]);
	add(env, "GATEWAY_INTERFACE", SLICE("CGI/1.1"), none);
	add(env, "SERVER_SOFTWARE", SLICE("perch/" VERSION), none);
	add(env, "SCRIPT_NAME", s->name, none);
	add(env, "SCRIPT_FILENAME", filename, none);
	add(env, "DOCUMENT_ROOT", root, none);
	if (s->path_info.len == 0)
		return;
	add(env, "PATH_INFO", s->path_info, none);
	add(env, "PATH_TRANSLATED", root, s->path_info);
}

/* Adds what the connection says, or returns false at what it may not say. */
static bool
add_sent(struct environment *env, const struct config *config,
	 struct slice variables)
{
	struct slice variable, name, value;

	while (variables.len > 0) {
		slice_cut(variables, '\0', &variable, &variables);
		if (!slice_cut(variable, '=', &name, &value))
			return false;
		switch (cgi_name_source(name)) {
		case CGI_OF_NOBODY:
			return false;
		case CGI_OF_SERVER:
			continue;
		case CGI_OF_TLS:
			if (config->program != PROGRAM_TLS)
				return false;
			break;
		case CGI_OF_CREDENTIALS:
			if (!env->programs->passes_authorization)
				return false;
			break;
		case CGI_OF_REQUEST:
			break;
		}
		if (!is_given(env->programs, name))
			add_variable(env, variable.ptr);
	}
	return true;
}

/* --- the program */

static int
refuse(const char **why, const char *reason)
{
	*why = reason;
	return EACCES;
}

/* The root that host stands for; or a negative errno value. */
static int
choose_root(struct errands *where, struct slice host, struct root *root)
{
	int result;

	*root = where->root;
	if (!where->config->site.has_hosts)
		return 0;
	result = hosts_select(&where->hosts, &where->root, host);
	*root = where->hosts.root;
	return result < 0 ? result : 0;
}

/* What the options have for the path, or an errno value. */
static int
find(const struct site *site, const struct errand *e, struct root *root,
     struct script *s, const char **why)
{
	struct buf name = BUF_OVER(storage.path);
	const struct websocket_rule *rule;
	const char *reason;
	size_t matched;

	if (!is_plain(e->path) || site->programs == NULL)
		return refuse(why, "a path that leads elsewhere");
	if (e->kind == AGENT_CGI) {
		if (programs_find(site->programs, e->path, &matched) == NULL)
			return refuse(why, "a path without a program");
		/* It may have been there for the connection. */
		return script_find(s, site->programs, root, e->path, &name,
				   &reason)
			   ? ENOENT
			   : 0;
	}
	rule = websocket_find(site->websockets, e->path, &matched);
	if (rule == NULL)
		return refuse(why, "a path without a WebSocket");
	if (e->kind == AGENT_WEBSOCKET) {
		websocket_take(s, rule, e->path, matched);
		return 0;
	}
	if (site->websockets->auth.program == NULL)
		return refuse(why, "a program that no option names");
	script_take(s, &site->websockets->auth, e->path, e->path.len);
	return script_enter(s);
}

static int
start(struct errands *where, const struct errand *e, struct script *s,
      struct root *root, struct joint *j, const char **why)
{
	struct environment env = {.programs = where->config->site.programs,
				  .text = BUF_OVER(storage.text)};
	struct buf directory = BUF_OVER(storage.root);
	struct buf filename = BUF_OVER(storage.filename);

	if (!root_add_path(root, &directory))
		buf_add_str(&directory, where->config->site.directory);
	script_add_filename(s, buf_slice(&directory), &filename);
	if (filename.overflow)
		return E2BIG;
	add_own(&env, s, buf_slice(&directory),
		(struct slice){filename.data, filename.len - 1});
	if (!add_sent(&env, where->config, e->variables))
		return refuse(why, "a variable that no request has");
	if (env.is_full || env.text.overflow)
		return E2BIG;
	storage.variable[env.count] = NULL;
	s->environment = storage.variable;
	return script_start(s, where->config->site.programs, storage.filename,
			    j);
}

/* perch-auth, for a file that --auth names. */
static int
start_check(const struct site *site, struct slice file, struct joint *j,
	    const char **why)
{
	for (size_t i = 0; i < site->rules.auth_count; i++)
		if (slice_equal(file, slice_of(site->rules.auth[i].file)))
			return auth_start(&site->auth, site->rules.auth[i].file,
					  j);
	return refuse(why, "a file of passwords that no option names");
}

int
errand_start(struct errands *where, const struct errand *e, int content_fd,
	     struct joint *j, const char **why)
{
	const struct site *site = &where->config->site;
	struct script s;
	struct root root;
	int error;

	*why = NULL;
	if (e->kind == AGENT_PASSWORD)
		return start_check(site, e->path, j, why);
	error = -choose_root(where, e->host, &root);
	if (error)
		return error;
	error = find(site, e, &root, &s, why);
	if (error)
		return error;
	s.content_fd = content_fd;
	/* The connection has written to it, and cannot go back. */
	if (content_fd >= 0 && lseek(content_fd, 0, SEEK_SET) != 0)
		error = errno;
	else
		error = start(where, e, &s, &root, j, why);
	script_close(&s);
	return error;
}

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CGI_H
#define SERVE_CGI_H

#include <limits.h>

#include "base/limits.h"
#include "serve/exchange.h"
#include "serve/program.h"
#include "ws/extension.h"

#define CGI_METHODS                                                            \
	(METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) |                    \
	 METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_PUT) |                    \
	 METHOD_BIT(METHOD_DELETE) | METHOD_BIT(METHOD_PATCH) |                \
	 METHOD_BIT(METHOD_OPTIONS))

/* What a program's environment is written to before it starts. */
struct cgi_storage {
	char root[PATH_MAX];
	char filename[2 * PATH_MAX];
	char script[PATH_MAX];
	char text[CGI_TEXT_MAX];
	char *variable[CGI_VARIABLES_MAX];
};

/*
 * A program that was started for a request. Our ends of its pipes are
 * non-blocking where that matters: in and out.
 */
struct cgi_program {
	pid_t pid;
	/* What we send it goes there: a pipe, or our end of the socket that
	 * is its descriptor 3; -1: there is nothing for it. */
	int in;
	int out;     /* from its standard output; -1: that is with errors */
	int errors;  /* from its standard error */
	bool is_nph; /* what it sends is the response, bytes as they are */
	char id[16]; /* REQUEST_ID */
	/* Of a WebSocket: packets on in, both ways; what was agreed on. */
	bool is_packets;
	struct deflate_terms deflate;
	struct cgi_storage storage;
};

/* True if a --cgi rule is about the request's path. */
bool cgi_wants(const struct exchange *x);

/*
 * Starts the program that answers the request (RFC 3875): the file that
 * its path names beneath a --cgi pattern, or that rule's own program. Its
 * standard streams are in x->program, the caller's to close. Returns
 * STATUS_NONE with CONTENT_PROGRAM in x->res, or the status to refuse
 * with; x->content_error is the io_error of reading the request's content
 * if it was that.
 */
enum status cgi_handle(struct exchange *x);

/* The same by the program of that rule, whatever the path. */
enum status cgi_handle_by(struct exchange *x, const struct program_rule *rule);

/* What a program is started with, beside its descriptors. */
struct cgi_script {
	struct program_file file;
	const struct program_rule *rule;
	struct slice name; /* SCRIPT_NAME */
	struct slice path_info;
	const char *path;  /* relative to its directory, or absolute */
	char *const *argv; /* NULL: its name alone */
	int content_fd;    /* its standard input, if that is no pipe; or -1 */
	bool has_content;
	bool has_length;
	uint64_t length;
	struct slice websocket_protocol; /* empty: none */
};

/*
 * Makes the environment of s in x->program, and the number of the request.
 * False if it is too large.
 */
bool cgi_prepare(struct exchange *x, const struct cgi_script *s);

/*
 * Starts s, whose environment was made, with these descriptors as its 0 to
 * 3, which stay the caller's. Returns STATUS_NONE with x->program->pid
 * set, or the status to refuse with.
 */
enum status cgi_spawn(struct exchange *x, const struct cgi_script *s,
		      const int fd[SPAWN_FDS]);

/* Gives back the memory of what p was started with. */
void cgi_release_storage(struct cgi_program *p);

/* Refuses with the status for an errno value of starting a program. */
enum status cgi_refuse_start(struct exchange *x, int error);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CGI_H
#define SERVE_CGI_H

#include <limits.h>

#include "base/limits.h"
#include "serve/exchange.h"

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
	int in;      /* its content goes there; -1: there is none for it */
	int out;     /* from its standard output */
	int errors;  /* from its standard error */
	bool is_nph; /* what it sends is the response, bytes as they are */
	char id[16]; /* REQUEST_ID */
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

#endif

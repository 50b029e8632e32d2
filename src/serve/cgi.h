/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CGI_H
#define SERVE_CGI_H

#include "base/limits.h"
#include "serve/exchange.h"
#include "serve/script.h"
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
	char text[CGI_TEXT_MAX];
	char *variable[CGI_VARIABLES_MAX];
};

/* A program that was started for a request. */
struct cgi_program {
	struct joint joint;
	struct agent *agent; /* who has started it; NULL: we have */
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

/* What a program is told, beside what the request says. */
struct cgi_script {
	struct script script;
	bool has_content;
	bool is_spooled; /* the content is in content_fd */
	bool has_length;
	uint64_t length;
	struct slice websocket_protocol; /* empty: none */
};

/*
 * Makes the environment of s, and the number of the request, and starts it,
 * by x->agent if there is one, which is told that it is what kind says.
 * Returns STATUS_NONE with x->program set, whose ends are the caller's to
 * close, or the status to refuse with.
 */
enum status cgi_start(struct exchange *x, struct cgi_script *s,
		      enum agent_kind kind);

/* Gives back the memory of what p was started with. */
void cgi_release_storage(struct cgi_program *p);

#endif

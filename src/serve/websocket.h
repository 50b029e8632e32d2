/* SPDX-License-Identifier: ISC */
#ifndef SERVE_WEBSOCKET_H
#define SERVE_WEBSOCKET_H

#include "serve/cgi.h"
#include "ws/handshake.h"

#define WEBSOCKET_METHODS (METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_OPTIONS))

/* Words behind a pattern: the program and its arguments. */
#define WEBSOCKET_ARGS_MAX 64

/* How messages pass between us and a program. */
enum websocket_mode {
	WEBSOCKET_LINES,   /* as lines, on its standard input and output */
	WEBSOCKET_PACKETS, /* as packets, on its descriptor 3 */
};

/* --websocket 'PATTERN [MODE] PROGRAM [ARG]...' */
struct websocket_rule {
	struct program_rule program; /* with its pattern; by a path */
	enum websocket_mode mode;
	char **argv; /* NULL-terminated */
};

/* What the options say of WebSockets. There is one only if --websocket is. */
struct websockets {
	struct websocket_rule rule[RULES_MAX];
	size_t rule_count;
	struct slice origin[RULES_MAX], protocol[RULES_MAX];
	struct handshake_policy policy; /* points to these two */
	/* --websocket-auth: a CGI program that lets the request in, or
	 * answers it. */
	struct program_rule auth; /* program NULL: none */
};

/*
 * Cuts the rule 'PATTERN [MODE] PROGRAM [ARG]...', which is the caller's
 * to keep, into rule, whose argv has room for WEBSOCKET_ARGS_MAX words and
 * the NULL, which stay within text: blanks in it become NULs. The program is
 * as it was given. Returns NULL, or what is wrong with it.
 */
const char *websocket_rule_parse(struct websocket_rule *rule, char *text);

/*
 * The last rule that is about path, or NULL; matched is as in programs_find.
 * sockets may be NULL.
 */
const struct websocket_rule *websocket_find(const struct websockets *sockets,
					    struct slice path, size_t *matched);

/* Takes that rule's program for path. */
void websocket_take(struct script *s, const struct websocket_rule *rule,
		    struct slice path, size_t matched);

/* True if a --websocket rule is about the request's path. */
bool websocket_wants(const struct exchange *x);

/*
 * Checks the handshake (RFC 6455, section 4.2), and starts the program that
 * talks with the client, or first the one that lets it in: then x->res is
 * CONTENT_PROGRAM, and when that has agreed, websocket_start is to be
 * called. Returns STATUS_NONE with a response of 101 and CONTENT_WEBSOCKET,
 * and x->program, whose descriptors are the caller's to close; or the status
 * to refuse with.
 */
enum status websocket_handle(struct exchange *x);

/* The second half of websocket_handle, once the client is let in. */
enum status websocket_start(struct exchange *x);

#endif

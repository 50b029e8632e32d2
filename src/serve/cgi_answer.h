/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CGI_ANSWER_H
#define SERVE_CGI_ANSWER_H

#include "http/cgi_head.h"
#include "serve/exchange.h"

/* What the head of a program's output asks for. */
enum cgi_next {
	CGI_ANSWERS,     /* x->res, with what follows as content */
	CGI_REDIRECTS,   /* the target head->location in its place */
	CGI_SENDS_FILE,  /* the file head->sendfile, with x->res's fields */
	CGI_HINTS_AT_IT, /* x->res is an interim one: another head follows */
};

/*
 * Makes the response to x of a program's head, whose fields are in
 * x->res already: its status, fields, length and coding. What the content
 * comes from is the caller's to say.
 */
enum cgi_next cgi_respond(struct exchange *x, const struct cgi_head *head);

#endif

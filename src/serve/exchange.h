/* SPDX-License-Identifier: ISC */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include "http/mime.h"
#include "http/request.h"
#include "http/response.h"
#include "serve/root.h"
#include "serve/rules.h"

#define INDEX_MAX 16

/* What is served: made from the options once, the same for all requests. */
struct site {
	const char *directory;
	struct slice index[INDEX_MAX];
	size_t index_count;
	struct rules rules;
	struct mime_table mime;
};

/*
 * One request and the response that becomes of it. A handler reads the
 * first and decides the second; it sends nothing.
 */
struct exchange {
	const struct site *site;
	struct root *root;
	const struct request *req;
	struct source *content;  /* of the request; empty for GET and HEAD */
	uint64_t content_length; /* or LENGTH_UNKNOWN */
	struct response *res;
	struct buf *name;	 /* for that of a file: PATH_MAX bytes */
	struct buf *explanation; /* --explain, or NULL */
};

/* Adds "what: detail" to the explanation, if there is to be one. */
void exchange_explain(struct exchange *x, const char *what,
		      struct slice detail);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_TEMPLATE_H
#define SERVE_TEMPLATE_H

#include "serve/wildcard.h"

/* Where a template stands, which says what must be encoded there. */
enum template_place {
	TEMPLATE_PATH,
	TEMPLATE_QUERY, /* or behind a '#' */
	TEMPLATE_VALUE, /* of a field */
};

/*
 * Appends text with each ":name" in it replaced that captures has; others
 * stay. What is put in is percent-encoded, so that nobody can end a
 * segment, a parameter or a field with it; in a path and a query so are
 * the bytes of text that may not stand there. If a path would make out
 * begin with two slashes, which would be the name of another host, the
 * second is left out. No control character is appended that does not
 * stand in the text of a TEMPLATE_VALUE.
 */
void template_expand(struct buf *out, struct slice text,
		     const struct captures *captures,
		     const struct page_request *req, enum template_place place);

/*
 * Appends a query as a client sent it, with what may stand in none, as
 * the URL Standard has it, encoded.
 */
void template_add_query(struct buf *out, struct slice query);

#endif

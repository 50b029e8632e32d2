/* SPDX-License-Identifier: ISC */
#ifndef CONN_FIELDS_H
#define CONN_FIELDS_H

#include "base/buf.h"
#include "serve/rules.h"

/*
 * Who has a say in the fields of a response: --header rules come before
 * the site's own (_headers), and those before what was decided without
 * either.
 */
struct fields {
	const struct rules *rules; /* may be NULL */
	struct slice site;         /* as in struct response */
	/* The request's path, and that of what is sent: empty for a page
	 * that only says what went wrong, or if there is none. Cache-Control
	 * and whatever else is about the content goes by the second. */
	struct slice path, content_path;
	bool is_not_modified; /* 304: only what a cache wants to know */
};

/* False where fields_add appends all, and fields_add_ruled nothing. */
bool fields_are_ruled(const struct fields *f);

/*
 * Appends lines, each "Name: value\r\n", without those whose field the
 * rules or the site set or remove. out may overflow.
 */
void fields_add(struct buf *out, const struct fields *f, struct slice lines);

/* Appends those that the site and the rules set. */
void fields_add_ruled(struct buf *out, const struct fields *f);

/* Appends one line, "name: value\r\n". */
void fields_add_one(struct buf *out, struct slice name, struct slice value);

#endif

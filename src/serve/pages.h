/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include "base/buf.h"

/*
 * What the files _redirects and _headers of a static site have in common,
 * as Netlify and Cloudflare Pages define them: they are read line by line,
 * lines that make no sense are passed over and reported, and a request is
 * held against them.
 */

/* Bytes of a line; Cloudflare has 1000 in _redirects, 2000 in _headers. */
#define PAGE_LINE_MAX 2000

/* What a file is held against. */
struct page_request {
	struct slice path;  /* decoded, as target_parse leaves it */
	bool encoded_slash; /* "%2F" in it is one */
	bool has_query;
	struct slice query; /* not decoded */
	struct slice host;  /* without the port; may be empty */
	bool is_secure;     /* it came by TLS */
};

/* A line that was refused, and why. */
struct page_error {
	size_t line; /* from 1 */
	const char *why;
};

/*
 * The lines refused, over the caller's storage for cap of them. count may
 * be more than cap: of the others it is only known that there are any.
 */
struct page_errors {
	struct page_error *error;
	size_t cap, count;
};

void page_errors_add(struct page_errors *errors, size_t line, const char *why);

/* The text of a file, taken line by line. */
struct page_text {
	struct slice rest;
	size_t line; /* the number of the line taken last, from 1 */
	struct page_errors *errors;
};

/*
 * Takes the next line that says something: without the blanks around it,
 * not empty, and not beginning with '#'. One that is longer than
 * PAGE_LINE_MAX or has a control character is refused. Lines end in LF or
 * CRLF; a byte order mark in front of the first is skipped. False at the
 * end.
 */
bool page_next_line(struct page_text *text, struct slice *line);

/* True if every '%' in s has two hexadecimal digits, and none is "%00". */
bool page_escapes_are_valid(struct slice s);

/* The byte that s, which is not empty, begins with: "%41" begins with 'A'. */
struct page_byte {
	char byte;
	size_t len; /* how many bytes of s say so */
};
struct page_byte page_decode(struct slice s);

/*
 * Takes what text, a part of a URL, stands for off the begin of a decoded
 * path: "%41" takes 'A', and "%2f" the "%2F" that target_parse leaves.
 * False if path begins otherwise; then some of it may be gone.
 */
bool page_take(struct slice *path, struct slice text);

#endif

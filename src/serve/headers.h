/* SPDX-License-Identifier: ISC */
#ifndef SERVE_HEADERS_H
#define SERVE_HEADERS_H

#include "serve/wildcard.h"

/*
 * The file _headers, as Cloudflare Pages and Netlify define it: patterns,
 * and below each of them fields, usually indented.
 *
 *	/assets/:name
 *	  Cache-Control: max-age=31536000, immutable
 *	  X-Asset: :name
 *	  ! X-Frame-Options
 *
 * All patterns that match count, from top to bottom. The first field of a
 * name takes the place of what the server would send; the values of later
 * ones are joined to it with a comma, except for Set-Cookie. "! Name"
 * removes what the server and the patterns above have of that name,
 * wherever it stands below its own pattern. In a value the names of the
 * pattern are put in. A pattern with a host begins with https://, and
 * holds for http just the same.
 *
 * Netlify has neither "!" nor names in values nor hosts; of the fields
 * that only the server may set it ignores more. Its Basic-Auth, which
 * holds passwords, is refused.
 */
struct header {
	struct wildcard pattern; /* the same for all fields below it */
	struct slice name, value;
	bool is_removal;
	size_t line; /* from 1 */
};

/* The fields of a file, over the caller's storage for cap of them. */
struct headers {
	struct header *header;
	size_t cap, count;
};

/*
 * Adds the fields in text, to which they point as long as they are used.
 * A line that is refused goes to errors, and does not keep the others
 * from being taken; but the fields below a pattern that is refused go
 * with it, without a word more.
 */
void headers_parse(struct headers *headers, struct slice text,
		   struct page_errors *errors);

/*
 * The fields that apply to one request, in the order in which they do:
 * their places in headers, over the caller's storage for headers->count.
 */
struct header_list {
	const struct headers *headers;
	const struct page_request *req;
	uint16_t *place;
	size_t count;
};

/* More fields than this are not taken from a file. */
#define HEADERS_MAX UINT16_MAX

/* Makes list of the fields that apply to req; all three must stay. */
void headers_match(const struct headers *headers,
		   const struct page_request *req, struct header_list *list);

/*
 * Appends the fields that a list sets as complete "Name: value\r\n" lines,
 * each name once, but for Set-Cookie; and "Name:\r\n" for each that shall
 * not be there. There is no control character in them but tabs and those
 * line ends. out may overflow.
 */
void headers_write(const struct header_list *list, struct buf *out);

#endif

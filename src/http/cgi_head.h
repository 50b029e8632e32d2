/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CGI_HEAD_H
#define HTTP_CGI_HEAD_H

#include "base/buf.h"
#include "http/http.h"

/*
 * The head of what a program sends (RFC 3875, section 6): field lines up
 * to an empty one. Lines end in LF or CRLF. Programs are trusted less
 * than this server's own code, since what they print often comes from a
 * client: nothing gets through that could end a field or a head, frame
 * the response, or speak for this connection.
 */

/*
 * How far the search for a head's end has come. All zeroes is the start;
 * offsets count from the first byte given.
 */
struct cgi_head_scan {
	size_t line; /* where the line begins that has no end yet */
	size_t seen; /* up to here there is no further LF */
	size_t end;  /* behind the empty line, once it is there */
};

/*
 * Looks for the end of the head in bytes, which hold all that was given
 * before and perhaps more. True if it is there: scan->end is set.
 */
bool cgi_head_find_end(struct cgi_head_scan *scan, struct slice bytes);

/* What the fields mean. The slices point into the head that was parsed. */
struct cgi_head {
	int status; /* 103, or 200 to 599; 0: none was given */
	struct slice location;
	struct slice type;     /* Content-Type */
	struct slice sendfile; /* X-Sendfile: a path beneath the root */
	bool has_length;
	uint64_t length; /* Content-Length in bytes */

	/* Fields that were passed on, and matter to what sends them. */
	bool has_date, has_server, has_etag, has_coding, has_range;
	bool has_no_transform; /* Cache-Control: no-transform */

	const char *refusal; /* why it was refused, for the log */
};

/*
 * Cuts a whole head, its empty line included. Fields that are the
 * client's to see are appended to fields as "Name: value\r\n" lines, but
 * for those that have a place in struct cgi_head; those that concern one
 * connection alone (RFC 9110, section 7.6.1) are dropped. Returns
 * STATUS_NONE; or STATUS_BAD_GATEWAY, head->refusal says why, and fields
 * are what they were.
 */
enum status cgi_head_parse(struct cgi_head *head, struct slice bytes,
			   struct buf *fields);

/*
 * True if the head asks for another target of this server in its place (a
 * local redirect: RFC 3875, section 6.2.2).
 */
bool cgi_head_is_local_redirect(const struct cgi_head *head);

#endif

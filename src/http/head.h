/* SPDX-License-Identifier: ISC */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/http.h"

/*
 * The head of a message: request line and field lines up to the empty
 * line (RFC 9112, sections 2 to 5). Cut into slices here; what they mean
 * is for http/request to say. Lines end in CRLF and nothing else.
 */

/* Limits in bytes, without the CRLF of the request line; and in fields. */
struct head_limits {
	size_t request_line; /* longer: 414 */
	size_t head;         /* longer: 431 */
	size_t fields;       /* more: 431 */
};

struct head {
	struct slice method, target, version;
	struct field *field; /* the caller's storage for limits.fields */
	size_t field_count;

	const char *refusal; /* why it was refused, for the log */
};

/*
 * How far the search for a head's end has come, so that a head which
 * arrives byte by byte is looked at once, not once for each byte. All
 * zeroes is the start; offsets count from the first byte given.
 */
struct head_scan {
	size_t first; /* where the request line begins */
	size_t line;  /* where the line begins that has no end yet */
	size_t seen;  /* up to here there is no further LF */
	size_t end;   /* behind the empty line, once it is there */
	size_t lines; /* whole ones, the request line included */
	unsigned empty_lines;
	const char *refusal;
};

/*
 * Looks for the end of the head in bytes, which hold all that was given
 * before and perhaps more. Up to two empty lines in front are skipped
 * (RFC 9112, section 2.2). Returns STATUS_NONE, and scan->end is not 0
 * when the head is whole; or the status to refuse it with as soon as that
 * is certain, however little of it there is, and scan->refusal says why.
 */
enum status head_find_end(struct head_scan *scan, struct slice bytes,
			  const struct head_limits *limits);

/*
 * Cuts a whole head, from request line to empty line, into head.
 * head->field must be set. Returns STATUS_NONE, or the status to refuse
 * it with, and head->refusal says why.
 */
enum status head_parse(struct head *head, struct slice bytes,
		       const struct head_limits *limits);

#endif

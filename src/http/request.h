/* SPDX-License-Identifier: ISC */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/head.h"
#include "http/target.h"

/* How the end of the request's content is known (RFC 9112, section 6.3). */
enum framing {
	FRAMING_NONE,
	FRAMING_LENGTH,
	FRAMING_CHUNKED,
};

/*
 * One parsed and checked request. It owns nothing: its slices point into
 * the head that was read and into the caller's storage, so it is valid
 * until the next request is read. All zeroes is the empty request.
 */
struct request {
	struct head head; /* as sent: method, target, fields */
	enum method method;
	int minor;            /* HTTP/1.minor, 0 or 1: higher is served as 1 */
	struct target target; /* parsed: form, path, query */
	struct slice host;    /* without the port; empty in HTTP/1.0 only */

	enum framing framing;
	uint64_t content_length; /* for FRAMING_LENGTH */
	bool expects_continue;
	bool is_persistent; /* the client wants to keep the connection */

	const char *refusal; /* why it was refused, for the log */
};

/*
 * Parses a head, from its request line to its empty line, and decides
 * what its fields mean together (RFC 9112, sections 3, 6 and 9.3; RFC
 * 9110, sections 7.2 and 10.1.1). field has room for limits->fields
 * fields, path for the request line and two bytes more. Returns
 * STATUS_NONE, or the status to refuse it with, and req->refusal says
 * why; what was parsed until then is set, for the log.
 */
enum status request_parse(struct request *req, struct slice bytes,
			  const struct head_limits *limits, struct field *field,
			  char *path);

/*
 * The value of the first field of that name, or an empty slice whose ptr
 * is NULL if there is none.
 */
struct slice request_field(const struct request *req, struct slice name);

/* True if the request announces content, even of length 0 in chunks. */
bool request_has_content(const struct request *req);

#endif

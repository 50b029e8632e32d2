/* SPDX-License-Identifier: ISC */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/buf.h"
#include "http/http.h"

/* The four forms of a request target (RFC 9112, section 3.2). */
enum target_form {
	TARGET_ORIGIN,    /* /path?query */
	TARGET_ABSOLUTE,  /* http://host/path?query */
	TARGET_AUTHORITY, /* host:port, for CONNECT alone; refused */
	TARGET_ASTERISK,  /* *, for OPTIONS alone */
};

struct target {
	enum target_form form;
	/*
	 * Decoded once, empty and dot segments removed; begins with a
	 * slash and is NUL-terminated. Empty for TARGET_ASTERISK and
	 * TARGET_AUTHORITY. An encoded slash does not part segments: it
	 * stays "%2F", and encoded_slash says that there is one.
	 */
	struct slice path;
	bool encoded_slash;
	bool has_query;
	struct slice query;     /* behind the '?', not decoded */
	struct slice authority; /* host[:port] of the absolute form */

	const char *refusal;
};

/*
 * Parses a request target. The path is written to the len bytes or more
 * at storage, which must have room for raw.len + 2. Returns STATUS_NONE,
 * or the status to refuse it with, and target->refusal says why.
 *
 * A path follows the grammar of RFC 3986 to the letter. In a query the
 * eight further characters are let through that browsers send unencoded
 * (the URL Standard's query percent-encode set lacks them): []{}|\^`
 */
enum status target_parse(struct target *target, enum method method,
			 struct slice raw, char *storage);

/*
 * Splits host[:port] (RFC 9110, section 4.2; RFC 3986, section 3.2.2): a
 * registered name, an IPv4 address, or an IPv6 address in brackets, which
 * stay; a port of 0 to 65535 or empty. False if it is empty or malformed.
 */
bool authority_parse(struct slice authority, struct slice *host,
		     struct slice *port);

/*
 * Appends a decoded path as it stands in a target: every byte that is no
 * pchar or slash percent-encoded, so that no control character, quote or
 * '?' can get out.
 */
void target_encode_path(struct buf *out, struct slice path);

/*
 * Appends a query as target_parse let it through: the bytes that its
 * grammar lacks percent-encoded, all else as it is.
 */
void target_encode_query(struct buf *out, struct slice query);

#endif

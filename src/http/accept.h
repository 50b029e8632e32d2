/* SPDX-License-Identifier: ISC */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "http/http.h"

/*
 * What a client would rather have: which content coding (RFC 9110,
 * sections 8.4.1 and 12.5.3), and which of the two media types that a
 * directory's listing comes in (section 12.5.1).
 */

/* The content codings that are served. */
enum coding {
	CODING_IDENTITY, /* none */
	CODING_GZIP,
	CODING_BR,
	CODING_ZSTD,
	CODINGS, /* how many there are */
};

/* "gzip", as Content-Encoding has it; static. "identity" for none. */
struct slice coding_name(enum coding coding);

/*
 * How acceptable each coding is, in thousandths: 0 is not at all.
 *
 * Without the field, every coding is acceptable, and identity by far the
 * most: who says nothing may be unable to decode. Where there is the
 * field, a coding that it does not name has the weight of "*", or else 0;
 * but identity 1, for it is acceptable by default, and anything that was
 * asked for is preferred to it.
 */
struct accept {
	unsigned short q[CODINGS];
};

/*
 * Reads the Accept-Encoding lines among the count fields at field, as one
 * list. An element that is malformed, its weight included, is ignored,
 * and so is a coding that is not known. Of a coding that is named more
 * than once, the least weight counts, so that no exclusion is lost.
 */
struct accept accept_parse(const struct field *field, size_t count);

/* The weight of a coding, 0 to 1000. */
unsigned accept_q(const struct accept *accept, enum coding coding);

/* In the place of a size: there is no representation in that coding. */
#define CODING_ABSENT UINT64_MAX

/*
 * Chooses among the representations that there are, whose sizes in bytes
 * stand in size by coding: the most acceptable one, of equals the
 * smallest, of those the first in the order of enum coding. A size that
 * is not known yet is given as what it is guessed to be. Where nothing is
 * acceptable it is CODING_IDENTITY, even if that is absent: "the origin
 * server can [...] disregard the header field" (RFC 9110, section
 * 12.4.1), which helps the client more than 406 does.
 */
enum coding accept_choose(const struct accept *accept,
			  const uint64_t size[CODINGS]);

/*
 * True if the Accept lines among the count fields at field would rather
 * have application/json than text/html: it has the greater weight, or the
 * same by a more specific range. False, for HTML, in doubt and without
 * the field.
 */
bool accept_prefers_json(const struct field *field, size_t count);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HTTP_VALIDATOR_H
#define HTTP_VALIDATOR_H

#include "base/buf.h"
#include "http/accept.h"

/*
 * Entity tags and modification dates, by which clients and caches tell
 * one version of a representation from another (RFC 9110, section 8.8).
 */

/* An entity tag that was read; opaque points into what it was read from. */
struct etag {
	struct slice opaque; /* with its quotes, without W/ */
	bool is_weak;
};

/* Reads all of s as one entity tag (RFC 9110, section 8.8.3). */
bool etag_parse(struct slice s, struct etag *tag);

enum etag_step {
	ETAG_END,
	ETAG_TAKEN,
	ETAG_MALFORMED,
};

/*
 * Takes the next tag off a comma-separated list, skipping empty elements.
 * Commas may stand in a tag, so this is not slice_next_element. What is
 * no tag makes the list malformed from there on.
 */
enum etag_step etag_next(struct slice *list, struct etag *tag);

/* The two comparison functions (RFC 9110, section 8.8.3.2). */
bool etag_match_strong(const struct etag *a, const struct etag *b);
bool etag_match_weak(const struct etag *a, const struct etag *b);

/*
 * What the validators of a file are made of. No device number: it may
 * change when the machine starts anew.
 */
struct validator_facts {
	uint64_t inode, size;
	int64_t seconds; /* the last modification, since 1970 */
	uint32_t nanoseconds;

	enum coding coding; /* that it is sent in */
	bool is_live;       /* the coding is applied while it is sent */
	bool is_negotiated; /* it comes in other codings too */

	int64_t now; /* the response's Date */
};

/* W/"inode-size-modified-coding-live", the numbers of 16 digits at most. */
#define ETAG_MAX 64

/* The validators of the selected representation. All zeroes is none. */
struct validators {
	char etag[ETAG_MAX]; /* the field's value; read it by validator_etag */
	size_t etag_len;     /* 0 if there is none */

	bool has_last_modified;
	int64_t last_modified;
	/*
	 * There is a date, and it is a strong validator: not this second's,
	 * and no other representation's (RFC 9110, sections 8.8.1, 8.8.2.2).
	 */
	bool is_date_strong;

	int64_t now; /* as in the facts */
};

/*
 * Makes the validators of a file.
 *
 * The tag is weak while the file was modified less than a second ago, for
 * it may be modified again without its time becoming another, or seems to
 * be modified in the future. It is weak too for what is compressed while
 * it is sent, whose bytes another release of zlib may change. In each
 * coding the file is another representation, and has another tag.
 *
 * Last-Modified is never later than now (RFC 9110, section 8.8.2.1), nor
 * outside the years 0 to 9999, which are all that a date can tell.
 */
void validator_make(struct validators *v, const struct validator_facts *facts);

/* The entity tag, as its field has it; empty if there is none. */
struct slice validator_etag(const struct validators *v);

/* Appends the lines "ETag: ...\r\n" and "Last-Modified: ...\r\n". */
void validator_add(struct buf *out, const struct validators *v);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "base/buf.h"
#include "http/http.h"

/*
 * Byte ranges (RFC 9110, section 14), and the multipart/byteranges that
 * several of them are sent in.
 */

/*
 * What is more than this is sent whole, for it costs the client little to
 * ask, and us a head and a piece of work each (RFC 9110, section 17.15).
 */
#define RANGE_PARTS_MAX 16

enum range_kind {
	RANGE_WHOLE,         /* there is no Range, or it is ignored: 200 */
	RANGE_PARTS,         /* 206 */
	RANGE_UNSATISFIABLE, /* 416 */
};

/* Bytes of the representation, first and last both inclusive. */
struct range_part {
	uint64_t first, last;
};

/*
 * The count parts, at least one, are set for RANGE_PARTS alone. They lie
 * inside the representation, and between any two is a byte of neither.
 */
struct ranges {
	enum range_kind kind;
	size_t count;
	struct range_part part[RANGE_PARTS_MAX];
};

/*
 * Decides what the Range field among the count at field asks of a
 * representation of size bytes, if it is a GET (RFC 9110, section 14.2).
 * Several Range fields are ignored: their values do not make a list.
 */
struct ranges range_select(const struct field *field, size_t count,
			   enum method method, uint64_t size);

/*
 * Decides what the value of a Range field asks of a representation of
 * size bytes (RFC 9110, sections 14.1.1 and 14.1.2).
 *
 * Ignored is what is in another unit or malformed, even in one of several
 * ranges only. A number of any length is understood: a last position or a
 * suffix length beyond the end stands for the end, a first position there
 * for nothing. Of an empty representation every range is ignored, for no
 * Content-Range can tell which part of it was sent.
 *
 * Ranges that overlap or touch become one, where the first of them stood.
 * Otherwise they keep their order. The whole is sent instead when more
 * than RANGE_PARTS_MAX are left, or if all that was asked for is longer
 * than the representation: so nobody gets much more than its size by
 * asking for the same bytes again and again.
 */
struct ranges range_parse(struct slice value, uint64_t size);

/* Appends "bytes 0-499/1234", the value of Content-Range. */
void range_add_content_range(struct buf *out, const struct range_part *part,
			     uint64_t size);

/* Appends the Content-Range of a 416, which has a star for the part. */
void range_add_unsatisfied(struct buf *out, uint64_t size);

/*
 * multipart/byteranges (RFC 9110, section 14.6; RFC 2046, section 5.1):
 * for each part its head and its bytes, and the end.
 *
 *	CRLF --boundary CRLF
 *	Content-Type: TYPE CRLF
 *	Content-Range: bytes 0-499/1234 CRLF
 *	CRLF
 *	500 bytes
 *	CRLF --boundary CRLF
 *	...
 *	CRLF --boundary-- CRLF
 *
 * The first line end needs not be there, but zsync reads it as a line.
 */
struct multipart {
	/*
	 * 1 to BOUNDARY_MAX letters and digits (section 14.6 warns of
	 * quotes) that the representation does not contain.
	 */
	struct slice boundary;
	struct slice type; /* what Content-Type would be; empty: none */
	uint64_t size;     /* of the whole representation */
};

#define BOUNDARY_MAX 70

/* A head with a type of up to 300 bytes, and a boundary's longest. */
#define MULTIPART_HEAD_MAX 512

/* Appends "multipart/byteranges; boundary=...", the Content-Type of all. */
void multipart_add_type(struct buf *out, const struct multipart *m);

/* Appends the head of a part; its bytes are to follow. */
void multipart_add_head(struct buf *out, const struct multipart *m,
			const struct range_part *part);

/* Appends what follows the last part. */
void multipart_add_end(struct buf *out, const struct multipart *m);

/*
 * Sums up heads, parts and end: the Content-Length of it all. False if it
 * is over 2^64, a head longer than MULTIPART_HEAD_MAX, or the boundary
 * not as it should be.
 */
bool multipart_length(const struct multipart *m, const struct ranges *ranges,
		      uint64_t *length) __attribute__((warn_unused_result));

#endif

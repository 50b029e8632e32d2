/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "http/http.h"

/*
 * Decoder of the chunked transfer coding (RFC 9112, section 7.1): a state
 * machine that may be given the bytes in pieces of any size. Extensions
 * are checked against their grammar and skipped, trailer fields checked
 * and dropped: they are never merged into the request's fields, as
 * section 6.5.1 of RFC 9110 warns.
 */
enum chunked_state {
	CHUNKED_SIZE,
	CHUNKED_SIZE_MORE,
	CHUNKED_BEFORE_EXTENSION,
	CHUNKED_EXTENSION,
	CHUNKED_NAME,
	CHUNKED_AFTER_NAME,
	CHUNKED_VALUE,
	CHUNKED_TOKEN,
	CHUNKED_QUOTED,
	CHUNKED_QUOTED_PAIR,
	CHUNKED_AFTER_VALUE,
	CHUNKED_SIZE_LF,
	CHUNKED_DATA,
	CHUNKED_DATA_CR,
	CHUNKED_DATA_LF,
	CHUNKED_TRAILER,
	CHUNKED_TRAILER_NAME,
	CHUNKED_TRAILER_VALUE,
	CHUNKED_TRAILER_LF,
	CHUNKED_LAST_LF,
	CHUNKED_END,
};

struct chunked {
	enum chunked_state state;
	uint64_t left;        /* of the chunk's data, in CHUNKED_DATA */
	unsigned digits;      /* of the size that is being read */
	size_t extension_len; /* over all chunks so far */
	size_t trailer_len;

	/* Set by the caller, in bytes. */
	size_t extension_max, trailer_max;

	const char *refusal;
};

enum chunked_event {
	CHUNKED_WANTS_MORE, /* all of in is consumed */
	CHUNKED_HAS_DATA,   /* data is the next piece of content, not empty */
	CHUNKED_IS_DONE,    /* in begins behind the message */
	CHUNKED_IS_INVALID, /* refusal says why */
};

/*
 * Consumes bytes from the front of in up to and with the next piece of
 * content, which data then points to, inside what in was.
 */
enum chunked_event chunked_next(struct chunked *c, struct slice *in,
				struct slice *data);

/*
 * How many bytes of content come next without any framing between: they
 * may be taken from where in comes from without passing through here.
 */
uint64_t chunked_data_left(const struct chunked *c);

/* Tells the decoder that n of these bytes were taken. */
void chunked_took(struct chunked *c, uint64_t n);

#endif

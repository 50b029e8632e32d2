/* SPDX-License-Identifier: ISC */
#ifndef HTTP_BASE64_H
#define HTTP_BASE64_H

#include "base/buf.h"
#include "base/io.h"

/* Base64 with padding (RFC 4648, section 4): 3 bytes are 4 characters. */

/* What len bytes come to when they are encoded; a constant for constants. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Appends bytes, encoded. */
void base64_encode(struct buf *out, struct slice bytes);

/*
 * Appends the bytes that text stands for. Of all the texts for some bytes
 * only the one is taken that base64_encode makes of them: no blank or line
 * end, padded to a multiple of four, and zeroes in the bits that are left
 * over (section 3.5). False if text is another one, or does not fit into
 * out; of that out->overflow tells. Then out is no longer than before,
 * though bytes behind its end may have been written.
 */
MUST_CHECK bool base64_decode(struct buf *out, struct slice text);

#endif

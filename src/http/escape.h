/* SPDX-License-Identifier: ISC */
#ifndef HTTP_ESCAPE_H
#define HTTP_ESCAPE_H

#include "base/buf.h"

/*
 * Text that others have chosen, for pages and for JSON. It may hold any
 * bytes, a file's name for one; what is appended is well-formed UTF-8,
 * and its end cannot be forged from inside.
 */

/* The most bytes that escape_html makes of one. */
#define ESCAPE_HTML_MAX 6

/*
 * Appends text for HTML, between tags or in a quoted attribute. What is
 * ill-formed becomes U+FFFD, as browsers would have it: one for each
 * longest start of a character. A control character is shown, as U+2400
 * to U+2421; one that is not in ASCII, and one that breaks lines or turns
 * the direction of writing, as U+FFFD.
 */
void escape_html(struct buf *out, struct slice text);

/*
 * Appends text as a JSON string, with its quotes (RFC 8259, section 7).
 * What is ill-formed becomes U+FFFD, as above; all else is kept.
 */
void escape_json(struct buf *out, struct slice text);

/*
 * The same in ASCII and for bytes of an unknown encoding: those above
 * 0x7e are taken for Latin-1, so that none is lost.
 */
void escape_json_bytes(struct buf *out, struct slice bytes);

#endif

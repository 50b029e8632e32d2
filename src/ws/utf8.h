/* SPDX-License-Identifier: ISC */
#ifndef WS_UTF8_H
#define WS_UTF8_H

#include "base/slice.h"

/*
 * A validator of UTF-8 (RFC 3629, section 4) that may be given the text in
 * pieces of any size, cut anywhere, as fragments of a message are. No
 * overlong forms, no surrogates, nothing above U+10FFFF. All zeroes is the
 * start of a text.
 */
struct utf8 {
	unsigned state; /* 0 between characters */
};

/*
 * Takes the next bytes of the text. Returns how many of them, from the
 * first, may stand in a valid text: bytes.len, or the index of the first
 * one with which no valid text can begin that begins so. Once that has
 * happened, it is 0 for all that follows.
 */
size_t utf8_take(struct utf8 *u, struct slice bytes);

/* True if the text may end here: the last character is whole. */
bool utf8_is_whole(const struct utf8 *u);

/* True if bytes are a whole valid text. */
bool utf8_is_valid(struct slice bytes);

#endif

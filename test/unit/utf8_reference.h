/* SPDX-License-Identifier: ISC */
#ifndef UTF8_REFERENCE_H
#define UTF8_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * UTF-8 by its definition (RFC 3629, section 3) and as slowly as that: the
 * number of bytes, from the first, with which some valid text begins.
 * is_whole says whether they are one.
 */
static inline size_t
utf8_reference(const char *bytes, size_t len, bool *is_whole)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned left = 0, tails = 0;
	uint32_t value = 0, low, high;

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		*is_whole = left == 0;
		if (left > 0) {
			if (byte >> 6 != 2)
				return i;
			value = value << 6 | (byte & 0x3f);
			left--;
		} else if (byte < 0x80) {
			value = byte;
			tails = 0;
		} else if (byte >> 5 == 6) {
			value = byte & 0x1f;
			left = tails = 1;
		} else if (byte >> 4 == 14) {
			value = byte & 0x0f;
			left = tails = 2;
		} else if (byte >> 3 == 30) {
			value = byte & 0x07;
			left = tails = 3;
		} else {
			return i;
		}
		/* What the tails that are to come can make of it. */
		low = value << 6 * left;
		high = low | (((uint32_t)1 << 6 * left) - 1);
		if (high < least[tails] || low > 0x10ffff ||
		    (low >= 0xd800 && high <= 0xdfff))
			return i;
	}
	*is_whole = left == 0;
	return len;
}

#endif

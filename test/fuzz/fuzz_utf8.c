/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/utf8: any bytes, behind one that says how they are cut.
 * - The first bad byte, and whether the text is whole, are as a decoder
 *   has it that is written from the definition;
 * - they are the same for the whole, for single bytes, and for pieces.
 */

#include "hold.h"
#include "utf8_reference.h"
#include "ws/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(struct slice text, size_t step)
{
	struct utf8 u = {0};
	bool is_whole = true;
	size_t want = utf8_reference(text.ptr, text.len, &is_whole), at = 0;

	while (at < text.len) {
		struct slice piece = slice_skip(text, at);
		size_t n;

		if (piece.len > step)
			piece.len = step;
		n = utf8_take(&u, piece);
		hold(n <= piece.len);
		at += n;
		if (n < piece.len)
			break;
	}
	hold(at == want);
	if (want == text.len)
		hold(utf8_is_whole(&u) == is_whole);
	else
		hold(!utf8_is_whole(&u) && utf8_take(&u, text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice text;

	if (len == 0)
		return 0;
	text = (struct slice){(const char *)data + 1, len - 1};
	check(text, len);
	check(text, 1);
	check(text, (size_t)data[0] + 1);
	return 0;
}

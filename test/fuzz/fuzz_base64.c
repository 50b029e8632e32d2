/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/base64: any bytes x, taken for bytes and for base64.
 * - decode(encode(x)) is x;
 * - if x is accepted as base64, encode(decode(x)) is x, and x minus any of
 *   its last bytes but whole groups is not accepted;
 * - if it is not, out is as before.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Just as much room as is given, for ASan to see what is written behind. */
static struct buf
room(size_t cap)
{
	return (struct buf){.data = malloc(cap), .cap = cap};
}

static void
check_bytes(struct slice x)
{
	struct buf text = room(BASE64_LEN(x.len)), again = room(x.len);

	base64_encode(&text, x);
	hold(!text.overflow && text.len == text.cap);
	hold(base64_decode(&again, buf_slice(&text)));
	hold(slice_equal(buf_slice(&again), x));
	free(text.data);
	free(again.data);
}

static void
check_text(struct slice y)
{
	struct buf bytes = room(y.len), again = room(y.len);

	if (base64_decode(&bytes, y)) {
		hold(bytes.len <= y.len / 4 * 3);
		base64_encode(&again, buf_slice(&bytes));
		hold(!again.overflow && slice_equal(buf_slice(&again), y));
		for (size_t n = 1; n < 4 && n < y.len; n++) {
			struct slice cut = {y.ptr, y.len - n};

			bytes.len = 0;
			hold(!base64_decode(&bytes, cut));
		}
	} else {
		hold(bytes.len == 0 && !bytes.overflow);
	}
	free(bytes.data);
	free(again.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice x = {(const char *)data, len};

	check_bytes(x);
	check_text(x);
	/* What is nearly base64 comes up too seldom by itself. */
	if (len < 256) {
		char storage[BASE64_LEN(256)];
		struct buf text = BUF_OVER(storage);

		base64_encode(&text, x);
		if (text.len > 0 && len > 0) {
			text.data[data[0] % text.len] = (char)data[len - 1];
			check_text(buf_slice(&text));
		}
	}
	return 0;
}

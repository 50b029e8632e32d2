/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/chunked: any bytes. Whatever comes in,
 * - verdict, content and the place where the message ends are the same for
 *   the whole and for pieces of one byte, of seven, and of a half, and
 *   where the data is taken without passing through the decoder;
 * - there is no more content than there were bytes;
 * - the content of an accepted message, sent again as one chunk, is
 *   decoded to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hold.h"
#include "http/chunked.h"

/* Small, so that inputs of the usual size come to them. */
static const struct chunked start = {.extension_max = 64, .trailer_max = 128};

struct decoded {
	enum chunked_event event;
	struct buf content; /* over cap bytes, which the caller frees */
	size_t used;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct decoded
decode_nothing(size_t cap)
{
	/* malloc(0) may be NULL, and is no failure. */
	return (struct decoded){
	    .event = CHUNKED_WANTS_MORE,
	    .content = {.data = malloc(cap + 1), .cap = cap}};
}

/* Decodes bytes in pieces of step. */
static struct decoded
decode(struct slice bytes, size_t step)
{
	struct chunked c = start;
	struct decoded d = decode_nothing(bytes.len);

	while (d.used < bytes.len && d.event == CHUNKED_WANTS_MORE) {
		struct slice in = slice_skip(bytes, d.used), data;

		if (in.len > step)
			in.len = step;
		do {
			size_t before = in.len;

			d.event = chunked_next(&c, &in, &data);
			d.used += before - in.len;
			if (d.event == CHUNKED_HAS_DATA) {
				hold(data.len > 0);
				hold(data.ptr + data.len == in.ptr);
				buf_add(&d.content, data);
			}
		} while (d.event == CHUNKED_HAS_DATA);
		hold(d.event != CHUNKED_WANTS_MORE || in.len == 0);
	}
	hold(!d.content.overflow);
	hold((d.event == CHUNKED_IS_INVALID) == (c.refusal != NULL));
	return d;
}

/* Decodes bytes as splice would have it: the data never comes by. */
static struct decoded
decode_past(struct slice bytes)
{
	struct chunked c = start;
	struct decoded d = decode_nothing(bytes.len);

	while (d.used < bytes.len && d.event == CHUNKED_WANTS_MORE) {
		struct slice in = slice_skip(bytes, d.used), data;
		uint64_t left = chunked_data_left(&c);

		if (left > 0) {
			if (in.len > left)
				in.len = (size_t)left;
			buf_add(&d.content, in);
			chunked_took(&c, in.len);
			d.used += in.len;
		} else {
			in.len = 1;
			d.event = chunked_next(&c, &in, &data);
			d.used += 1 - in.len;
		}
	}
	hold(!d.content.overflow);
	return d;
}

static void
check_same(struct decoded pieces, const struct decoded *whole)
{
	hold(pieces.event == whole->event);
	hold(pieces.used == whole->used);
	hold(slice_equal(buf_slice(&pieces.content),
			 buf_slice(&whole->content)));
	free(pieces.content.data);
}

static void
check_again(const struct decoded *whole)
{
	/* Sixteen digits, CRLF, and the last chunk behind another one. */
	size_t cap = whole->content.len + 16 + 2 + 2 + 5;
	struct buf message = {.data = malloc(cap), .cap = cap};
	struct decoded again;

	if (whole->content.len > 0) {
		buf_add_hex(&message, whole->content.len);
		buf_add_str(&message, "\r\n");
		buf_add(&message, buf_slice(&whole->content));
		buf_add_str(&message, "\r\n");
	}
	buf_add_str(&message, "0\r\n\r\n");
	hold(!message.overflow);
	again = decode(buf_slice(&message), message.len);
	hold(again.event == CHUNKED_IS_DONE && again.used == message.len);
	hold(
	    slice_equal(buf_slice(&again.content), buf_slice(&whole->content)));
	free(again.content.data);
	free(message.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice bytes = {(const char *)data, len};
	struct decoded whole = decode(bytes, len);

	hold(whole.used <= len && whole.content.len <= whole.used);
	hold(whole.event != CHUNKED_WANTS_MORE || whole.used == len);
	check_same(decode(bytes, 1), &whole);
	check_same(decode(bytes, 7), &whole);
	check_same(decode(bytes, len / 2 + 1), &whole);
	check_same(decode_past(bytes), &whole);
	if (whole.event == CHUNKED_IS_DONE)
		check_again(&whole);
	free(whole.content.data);
	return 0;
}

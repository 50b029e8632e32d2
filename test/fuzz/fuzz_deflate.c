/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/deflate: two bytes of settings, and any bytes, as messages that
 * are cut at line ends and as one that is compressed.
 * - Inflating what was deflated gives it back, message for message, in
 *   pieces of any size, with and without context takeover, whatever the
 *   window and the memory level, in arenas of just the promised size;
 * - what is inflated at once, and byte by byte, has the same verdict and
 *   content, never more of it than the limit.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "hold.h"
#include "ws/deflate.h"

#define LIMIT 10000
#define ROOM 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct arena
new_arena(size_t cap)
{
	struct arena arena = {.data = malloc(cap), .cap = cap};

	hold(arena.data != NULL);
	return arena;
}

static ssize_t
compress_message(struct deflater *d, struct slice bytes, size_t step,
		 struct buf *out)
{
	enum message_part part;
	ssize_t n;

	do {
		struct slice in = bytes;

		if (in.len > step)
			in.len = step;
		bytes = slice_skip(bytes, in.len);
		part = bytes.len > 0 ? MESSAGE_MORE : MESSAGE_LAST;
		while ((n = deflater_read(
			    d, &in, part, buf_end(out),
			    step < buf_room(out) ? step : buf_room(out))) > 0)
			out->len += (size_t)n;
		hold(n < 0 || in.len == 0);
	} while (n == 0 && part == MESSAGE_MORE);
	return n;
}

static ssize_t
inflate_message(struct inflater *i, struct slice bytes, size_t step,
		struct buf *out)
{
	enum message_part part;
	ssize_t n;

	do {
		struct slice in = bytes;

		if (in.len > step)
			in.len = step;
		bytes = slice_skip(bytes, in.len);
		part = bytes.len > 0 ? MESSAGE_MORE : MESSAGE_LAST;
		while ((n = inflater_read(
			    i, &in, part, buf_end(out),
			    step < buf_room(out) ? step : buf_room(out))) > 0) {
			out->len += (size_t)n;
			hold(out->len <= i->message_max);
		}
		hold(n < 0 || in.len == 0);
	} while (n == 0 && part == MESSAGE_MORE);
	return n;
}

static void
check_messages(struct slice text, unsigned settings, size_t step)
{
	static char compressed[ROOM], inflated[ROOM];
	int bits = WINDOW_BITS_MIN + (settings & 7);
	int memory_level = 1 + (settings >> 3 & 7);
	struct deflate_terms terms = {
	    .is_on = true,
	    .server_bits = bits,
	    .client_bits = bits,
	    .server_no_context_takeover = settings & 0x40,
	    .client_no_context_takeover = settings & 0x40,
	};
	struct deflater d;
	struct inflater i;
	struct slice line;

	deflater_init(&d, &terms, settings & 0x80 ? 9 : 1, memory_level,
		      new_arena(DEFLATER_BYTES(bits, memory_level)));
	inflater_init(&i, &terms, LIMIT, new_arena(INFLATER_BYTES(bits)));
	while (text.len > 0) {
		struct buf small = BUF_OVER(compressed);
		struct buf out = BUF_OVER(inflated);

		slice_cut(text, '\n', &line, &text);
		hold(compress_message(&d, line, step, &small) == 0);
		hold(small.len > 0);
		hold(inflate_message(&i, buf_slice(&small), step, &out) == 0);
		hold(slice_equal(buf_slice(&out), line));
	}
	free(d.arena.data);
	free(i.arena.data);
}

static void
check_inflating(struct slice bytes)
{
	static const struct deflate_terms terms = {
	    .is_on = true, .server_bits = 15, .client_bits = 15};
	static char at_once[ROOM], slowly[ROOM];
	struct buf whole = BUF_OVER(at_once), pieces = BUF_OVER(slowly);
	struct inflater i;
	ssize_t n;

	inflater_init(&i, &terms, LIMIT, new_arena(INFLATER_BYTES(15)));
	n = inflate_message(&i, bytes, ROOM, &whole);
	free(i.arena.data);
	inflater_init(&i, &terms, LIMIT, new_arena(INFLATER_BYTES(15)));
	hold(inflate_message(&i, bytes, 1, &pieces) == n);
	free(i.arena.data);
	hold(n == 0 || n == IO_INVALID || n == IO_TOO_LARGE);
	hold(n != 0 || slice_equal(buf_slice(&whole), buf_slice(&pieces)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice bytes;

	if (len < 2 || len > LIMIT)
		return 0;
	bytes = (struct slice){(const char *)data + 2, len - 2};
	check_messages(bytes, data[0], data[1] + 1u);
	check_inflating(bytes);
	return 0;
}

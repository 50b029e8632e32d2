/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/frame: a byte of settings, and any bytes as a client's frames.
 * - What comes of them, the verdict and the place where it is over are the
 *   same for the whole, and for pieces of one byte, of seven, and of a
 *   half, and where payloads are read straight to where they are wanted;
 * - no message is larger than the limit, unless it is compressed;
 * - pieces lie in place, directly before what is left;
 * - frames written anew, with another key, for all that was read, are
 *   read as the same.
 */
#include <stdlib.h>
#include <string.h>

#define FRAMES_AT 1
#include "frames.h"
#include "hold.h"
#include "ws/frame.h"

/* What was read: a letter and the payload for all there is. */
struct record {
	struct buf text;  /* over memory that the caller frees */
	struct buf again; /* the same as frames, if it has room */
	enum frame_event event;
	enum close_code code;
	size_t used;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
write_again(struct buf *out, const struct frame_piece *piece)
{
	static const unsigned char key[MASK_KEY_LEN] = {0xde, 0xad, 0, 1};
	bool is_data = piece->opcode < OPCODE_CLOSE;
	size_t head = out->len;

	frame_add_head(
	    out,
	    is_data && !piece->is_first ? OPCODE_CONTINUATION : piece->opcode,
	    (piece->is_last ? FRAME_FIN : 0) |
		(piece->is_first && piece->is_compressed ? FRAME_COMPRESSED
							 : 0),
	    piece->bytes.len);
	hold(!out->overflow);
	out->data[head + 1] = (char)(out->data[head + 1] | 0x80);
	buf_add(out, (struct slice){(const char *)key, sizeof(key)});
	buf_add(out, piece->bytes);
	hold(!out->overflow);
	mask_apply(out->data + out->len - piece->bytes.len, piece->bytes.len,
		   key, 0);
}

static void
note(struct record *record, const struct frame_piece *piece)
{
	if (piece->opcode >= OPCODE_CLOSE || piece->is_first) {
		buf_add_char(&record->text, piece->is_compressed ? 'z' : '-');
		buf_add_hex(&record->text, piece->opcode);
	}
	buf_add(&record->text, piece->bytes);
	if (piece->is_last)
		buf_add_char(&record->text, ';');
	hold(!record->text.overflow);
	if (record->again.cap > 0)
		write_again(&record->again, piece);
}

/*
 * Reads bytes in pieces of step, or of what a reader says that it wants
 * where that is more.
 */
static struct record
read_frames(struct frame_reader r, struct slice bytes, size_t step,
	    struct buf again)
{
	struct record record = {.event = FRAME_WANTS_MORE, .again = again};
	uint64_t size = 0;

	/* At most two bytes more than a frame has, which has six. */
	record.text.cap = bytes.len + 16;
	record.text.data = malloc(record.text.cap);
	while (record.event == FRAME_WANTS_MORE && record.used < bytes.len) {
		size_t n = bytes.len - record.used;
		char *block;
		struct span in;
		struct frame_piece piece;

		if (n > step)
			n = frame_data_left(&r) > step &&
				    frame_data_left(&r) < n
				? (size_t)frame_data_left(&r)
				: step;
		block = malloc(n);
		in = (struct span){block, n};
		memcpy(block, bytes.ptr + record.used, n);
		for (;;) {
			char *before = in.ptr;

			record.event = frame_next(&r, &in, &piece);
			if (record.event > FRAME_HAS_CONTROL ||
			    record.event == FRAME_WANTS_MORE)
				break;
			note(&record, &piece);
			if (record.event == FRAME_HAS_CONTROL)
				continue;
			hold(piece.bytes.len > 0 || piece.is_last);
			hold(piece.bytes.ptr >= before &&
			     piece.bytes.ptr + piece.bytes.len == in.ptr);
			size = piece.is_first ? 0 : size;
			size += piece.bytes.len;
			hold(piece.is_compressed || size <= r.message_max);
		}
		hold(record.event != FRAME_WANTS_MORE || in.len == 0);
		record.used += n - in.len;
		free(block);
	}
	record.code = r.code;
	hold((record.event == FRAME_IS_INVALID) == (r.refusal != NULL));
	return record;
}

static void
check_same(struct record pieces, const struct record *whole)
{
	hold(slice_equal(buf_slice(&pieces.text), buf_slice(&whole->text)));
	hold(pieces.event == whole->event && pieces.code == whole->code);
	hold(pieces.used == whole->used);
	free(pieces.text.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct frame_reader start = {0};
	struct slice bytes;
	struct record whole, again;
	/* A frame that is written anew is no longer than it was. */
	struct buf frames = {.data = malloc(len + 1), .cap = len + 1};
	struct buf none = {0};

	if (len == 0)
		goto done;
	start.has_deflate = data[0] & 1;
	start.message_max = (data[0] >> 1) * 4u;
	bytes = (struct slice){(const char *)data + 1, len - 1};
	whole = read_frames(start, bytes, len, frames);
	check_same(read_frames(start, bytes, 1, none), &whole);
	check_same(read_frames(start, bytes, 7, none), &whole);
	check_same(read_frames(start, bytes, len / 2 + 1, none), &whole);
	again = read_frames(start, buf_slice(&whole.again), len, none);
	hold(slice_equal(buf_slice(&again.text), buf_slice(&whole.text)));
	hold(again.event != FRAME_IS_INVALID);
	free(again.text.data);
	free(whole.text.data);
done:
	free(frames.data);
	return 0;
}

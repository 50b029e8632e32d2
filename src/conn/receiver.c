/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "conn/receiver.h"

/*
 * A payload of which so much is to come is read to where it stays. What is
 * shorter is read with what follows it.
 */
#define DIRECT_MIN 4096
#define DIRECT_MAX (256 * 1024)

void
receiver_init(struct receiver *r, uint64_t message_max, bool has_deflate)
{
	r->frames = (struct frame_reader){.message_max = message_max,
					  .has_deflate = has_deflate};
	r->is_deaf = r->is_in_message = r->has_piece = false;
	r->pongs = BUF_OVER(r->pong_storage);
	r->has_close = r->has_ended = r->has_failed = false;
	r->code = CLOSE_NONE;
	r->refusal = NULL;
}

static void
refuse_with(struct receiver *r, enum close_code code, const char *why)
{
	if (r->refusal != NULL)
		return;
	r->code = code;
	r->refusal = why;
	r->has_piece = false;
	inbox_drop_rest(&r->inbox);
}

/* True if the inbox has nothing against what it was given. */
static bool
is_fine(struct receiver *r, enum close_code code)
{
	if (code)
		refuse_with(r, code, r->inbox.refusal);
	return !code;
}

/* The bytes have all come as they are. */
static bool
take_plain(struct receiver *r)
{
	struct slice *bytes = &r->piece.bytes;

	if (bytes->len == 0)
		return true;
	/* It may have been read to where it belongs. */
	if (bytes->ptr != inbox_end(&r->inbox)) {
		if (inbox_room(&r->inbox, bytes->len) < bytes->len)
			return false;
		memcpy(inbox_end(&r->inbox), bytes->ptr, bytes->len);
	}
	(void)is_fine(r, inbox_take(&r->inbox, bytes->len));
	bytes->len = 0;
	return true;
}

#define INFLATE_ROOM 4096

static bool
take_compressed(struct receiver *r)
{
	enum message_part part = r->piece.is_last ? MESSAGE_LAST : MESSAGE_MORE;
	ssize_t n = 1;

	while (n > 0 && r->refusal == NULL) {
		size_t room = inbox_room(&r->inbox, INFLATE_ROOM);

		if (room < INFLATE_ROOM && inbox_is_waiting(&r->inbox))
			return false;
		n = inflater_read(&r->inflater, &r->piece.bytes, part,
				  inbox_end(&r->inbox), room);
		if (n > 0)
			(void)is_fine(r, inbox_take(&r->inbox, (size_t)n));
	}
	switch (n) {
	case IO_INVALID:
		refuse_with(r, CLOSE_INVALID_DATA,
			    "a message that does not inflate");
		break;
	case IO_TOO_LARGE:
		refuse_with(r, CLOSE_TOO_BIG,
			    "a message that inflates over the limit");
		break;
	case IO_FAILED:
		refuse_with(r, CLOSE_INTERNAL_ERROR, "no memory for inflating");
		break;
	default:
		break;
	}
	return true;
}

/* Takes the piece that is at hand. False if it has to wait for room. */
static bool
take_piece(struct receiver *r)
{
	if (r->is_deaf) {
		r->has_piece = false;
		return true;
	}
	if (!r->is_in_message) {
		/* Of a compressed message the first piece may be empty. */
		if (inbox_room(&r->inbox, 1) == 0)
			return false;
		r->is_in_message = true;
		if (!is_fine(r, inbox_begin(&r->inbox, r->piece.opcode)))
			return true;
	}
	if (!(r->piece.is_compressed ? take_compressed(r) : take_plain(r)))
		return false;
	if (r->refusal != NULL)
		return true;
	r->has_piece = false;
	if (r->piece.is_last) {
		r->is_in_message = false;
		(void)is_fine(r, inbox_finish(&r->inbox));
	}
	return true;
}

static void
take_close(struct receiver *r, struct slice payload)
{
	struct close c;

	if (!close_parse(&c, payload)) {
		refuse_with(r, (enum close_code)c.code, c.refusal);
		return;
	}
	r->has_close = true;
	r->close_code = c.code;
	r->reason_len = c.reason.len;
	if (c.reason.len > 0)
		memcpy(r->reason, c.reason.ptr, c.reason.len);
	/* What was begun is never finished. */
	inbox_drop_rest(&r->inbox);
}

static void
take_control(struct receiver *r, const struct frame_piece *piece)
{
	switch (piece->opcode) {
	case OPCODE_PING:
		frame_add(&r->pongs, OPCODE_PONG, piece->bytes);
		if (!r->is_deaf)
			inbox_add_ping(&r->inbox, piece->bytes);
		break;
	case OPCODE_CLOSE:
		take_close(r, piece->bytes);
		break;
	default:
		break;
	}
}

bool
receiver_is_open(const struct receiver *r)
{
	return !r->has_ended && !r->has_close && r->refusal == NULL;
}

/* Takes what there is of in. False if it has to wait for room. */
static bool
take_span(struct receiver *r, struct span *in)
{
	while (r->refusal == NULL) {
		if (r->has_piece && !take_piece(r))
			return false;
		if (r->refusal != NULL)
			return true;
		if (buf_room(&r->pongs) < SERVER_HEAD_MAX + CONTROL_MAX)
			return false;
		switch (frame_next(&r->frames, in, &r->piece)) {
		case FRAME_HAS_DATA:
			r->has_piece = true;
			break;
		case FRAME_HAS_CONTROL:
			take_control(r, &r->piece);
			break;
		case FRAME_IS_INVALID:
			refuse_with(r, r->frames.code, r->frames.refusal);
			return true;
		case FRAME_WANTS_MORE:
		case FRAME_IS_CLOSED:
			return true;
		}
	}
	return true;
}

bool
receiver_take(struct receiver *r)
{
	struct slice bytes = reader_bytes(r->reader);
	struct span in = {r->reader->data + r->reader->start, bytes.len};
	bool is_done = take_span(r, &in);

	reader_take(r->reader, bytes.len - in.len);
	return is_done;
}

/* Where the next bytes of a long payload are to be read to; or NULL. */
static char *
find_place(struct receiver *r, size_t *len)
{
	uint64_t left = frame_data_left(&r->frames);
	size_t room;

	if (left < DIRECT_MIN || r->is_deaf || !r->is_in_message ||
	    r->frames.is_compressed || r->reader->start < r->reader->end)
		return NULL;
	*len = left < DIRECT_MAX ? (size_t)left : DIRECT_MAX;
	room = inbox_room(&r->inbox, *len);
	if (room < *len)
		return NULL;
	return inbox_end(&r->inbox);
}

bool
receiver_read(struct receiver *r)
{
	size_t len;
	char *place = find_place(r, &len);
	ssize_t n = place != NULL ? stream_read(r->reader->stream, place, len,
						IMMEDIATELY)
				  : reader_fill(r->reader, IMMEDIATELY);

	if (n == IO_LATER)
		return false;
	if (n <= 0) {
		r->has_ended = true;
		r->has_failed = n < 0;
		inbox_drop_rest(&r->inbox);
	} else if (place != NULL) {
		struct span in = {place, (size_t)n};

		/* There is room for all of it. */
		(void)take_span(r, &in);
	}
	return true;
}

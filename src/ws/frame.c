/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <string.h>

#include "ws/frame.h"

/*
 *	byte 0   FIN RSV1 RSV2 RSV3 opcode(4)
 *	byte 1   MASK length(7)
 *	         length 126: 2 bytes of length; 127: 8 bytes
 *	         4 bytes of key
 *	         payload
 */
#define FIRST_LEN 2
#define RSV1 FRAME_COMPRESSED
#define RSV2_AND_3 0x30u
#define OPCODE 0x0fu
#define CONTROL_BIT 0x08u
#define MASK 0x80u
#define LENGTH 0x7fu
#define LENGTH_16 126
#define LENGTH_64 127

static bool
refuse_with(struct frame_reader *r, enum close_code code, const char *why)
{
	r->code = code;
	r->refusal = why;
	return false;
}

static bool
refuse(struct frame_reader *r, const char *why)
{
	return refuse_with(r, CLOSE_PROTOCOL_ERROR, why);
}

static bool
is_control(const struct frame_reader *r)
{
	return r->head[0] & CONTROL_BIT;
}

static bool
check_first_byte(struct frame_reader *r)
{
	unsigned byte = r->head[0], opcode = byte & OPCODE;

	if (byte & RSV2_AND_3)
		return refuse(r, "RSV2 or RSV3 without an extension");
	if ((byte & RSV1) && !r->has_deflate)
		return refuse(r, "RSV1 without an extension");
	switch (opcode) {
	case OPCODE_CONTINUATION:
		if (r->message == OPCODE_CONTINUATION)
			return refuse(r, "a continuation of nothing");
		/* RFC 7692, section 6.1 */
		if (byte & RSV1)
			return refuse(r, "RSV1 on a continuation");
		return true;
	case OPCODE_TEXT:
	case OPCODE_BINARY:
		if (r->message != OPCODE_CONTINUATION)
			return refuse(r, "a message inside another");
		return true;
	case OPCODE_CLOSE:
	case OPCODE_PING:
	case OPCODE_PONG:
		if (byte & RSV1)
			return refuse(r, "RSV1 on a control frame");
		if (!(byte & FRAME_FIN))
			return refuse(r, "a fragmented control frame");
		return true;
	default:
		return refuse(r, "a reserved opcode");
	}
}

static bool
check_second_byte(struct frame_reader *r)
{
	if (!(r->head[1] & MASK))
		return refuse(r, "a frame that is not masked");
	if (is_control(r) && (r->head[1] & LENGTH) > CONTROL_MAX)
		return refuse(r, "a control frame over 125 bytes");
	return true;
}

/* How many bytes of length follow the second byte. */
static unsigned
extra_len(const struct frame_reader *r)
{
	switch (r->head[1] & LENGTH) {
	case LENGTH_16:
		return 2;
	case LENGTH_64:
		return 8;
	default:
		return 0;
	}
}

/* How long the head is, as far as the bytes that are there tell. */
static unsigned
head_wants(const struct frame_reader *r)
{
	return r->head_len < FIRST_LEN
		   ? FIRST_LEN
		   : FIRST_LEN + extra_len(r) + MASK_KEY_LEN;
}

/*
 * "The minimal number of bytes MUST be used to encode the length", and of
 * 64 bits "the most significant bit MUST be 0".
 */
static bool
take_length(struct frame_reader *r)
{
	unsigned extra = extra_len(r);
	uint64_t len = extra == 0 ? r->head[1] & LENGTH : 0;

	for (unsigned i = 0; i < extra; i++)
		len = len << 8 | r->head[FIRST_LEN + i];
	if (len > INT64_MAX)
		return refuse(r, "a length of 2^63 or more");
	if ((extra == 2 && len < LENGTH_16) ||
	    (extra == 8 && len <= UINT16_MAX))
		return refuse(r, "a length in more bytes than it needs");
	r->left = len;
	r->offset = 0;
	if (is_control(r))
		return true;
	if ((r->head[0] & OPCODE) != OPCODE_CONTINUATION) {
		r->message = r->head[0] & OPCODE;
		r->is_compressed = r->head[0] & RSV1;
		r->is_begun = false;
		r->message_len = 0;
	}
	if (r->is_compressed)
		return true;
	if (r->message_len > r->message_max ||
	    len > r->message_max - r->message_len)
		return refuse_with(r, CLOSE_TOO_BIG,
				   "a message over the limit");
	r->message_len += len;
	return true;
}

/* True once the head is whole. */
static bool
take_head(struct frame_reader *r, struct span *in)
{
	bool is_fine;

	while (r->head_len < head_wants(r)) {
		if (in->len == 0)
			return false;
		r->head[r->head_len++] = (unsigned char)*in->ptr++;
		in->len--;
		is_fine = true;
		if (r->head_len == 1)
			is_fine = check_first_byte(r);
		else if (r->head_len == FIRST_LEN)
			is_fine = check_second_byte(r);
		if (is_fine && r->head_len == head_wants(r) - MASK_KEY_LEN)
			is_fine = take_length(r);
		if (!is_fine)
			return false;
	}
	return true;
}

static const unsigned char *
key_of(const struct frame_reader *r)
{
	return r->head + r->head_len - MASK_KEY_LEN;
}

static void
end_frame(struct frame_reader *r)
{
	r->in_payload = false;
	r->head_len = 0;
}

/* Takes what there is of the payload off the front of in. */
static struct span
take_payload(struct frame_reader *r, struct span *in)
{
	struct span taken = *in;

	if (taken.len > r->left)
		taken.len = (size_t)r->left;
	if (taken.len > 0)
		in->ptr += taken.len;
	in->len -= taken.len;
	r->left -= taken.len;
	return taken;
}

static enum frame_event
take_control(struct frame_reader *r, struct span *in, struct frame_piece *piece)
{
	struct span taken = take_payload(r, in);

	if (taken.len > 0)
		memcpy(r->control + r->offset, taken.ptr, taken.len);
	r->offset += taken.len;
	if (r->left > 0)
		return FRAME_WANTS_MORE;
	mask_apply(r->control, (size_t)r->offset, key_of(r), 0);
	*piece = (struct frame_piece){
	    .opcode = r->head[0] & OPCODE,
	    .is_first = true,
	    .is_last = true,
	    .bytes = {r->control, (size_t)r->offset},
	};
	r->is_closed = piece->opcode == OPCODE_CLOSE;
	end_frame(r);
	return FRAME_HAS_CONTROL;
}

static enum frame_event
take_data(struct frame_reader *r, struct span *in, struct frame_piece *piece)
{
	struct span taken = take_payload(r, in);
	bool is_last = r->left == 0 && (r->head[0] & FRAME_FIN);

	mask_apply(taken.ptr, taken.len, key_of(r), r->offset);
	r->offset += taken.len;
	if (r->left == 0)
		end_frame(r);
	/* Of an empty fragment there is nothing to tell. */
	if (taken.len == 0 && !is_last)
		return FRAME_WANTS_MORE;
	*piece = (struct frame_piece){
	    .opcode = r->message,
	    .is_compressed = r->is_compressed,
	    .is_first = !r->is_begun,
	    .is_last = is_last,
	    .bytes = {taken.ptr, taken.len},
	};
	r->is_begun = true;
	if (is_last)
		r->message = OPCODE_CONTINUATION;
	return FRAME_HAS_DATA;
}

enum frame_event
frame_next(struct frame_reader *r, struct span *in, struct frame_piece *piece)
{
	enum frame_event event;

	for (;;) {
		if (r->refusal != NULL)
			return FRAME_IS_INVALID;
		if (r->is_closed)
			return FRAME_IS_CLOSED;
		if (!r->in_payload && !take_head(r, in))
			return r->refusal != NULL ? FRAME_IS_INVALID
						  : FRAME_WANTS_MORE;
		r->in_payload = true;
		event = is_control(r) ? take_control(r, in, piece)
				      : take_data(r, in, piece);
		if (event != FRAME_WANTS_MORE || in->len == 0)
			return event;
	}
}

uint64_t
frame_data_left(const struct frame_reader *r)
{
	return r->in_payload && !is_control(r) ? r->left : 0;
}

void
frame_add_head(struct buf *out, enum opcode opcode, unsigned bits, uint64_t len)
{
	char head[SERVER_HEAD_MAX];
	unsigned extra = len < LENGTH_16 ? 0 : len <= UINT16_MAX ? 2 : 8;

	assert(len <= INT64_MAX);
	head[0] = (char)(bits | opcode);
	head[1] = (char)(extra == 0 ? len : extra == 2 ? LENGTH_16 : LENGTH_64);
	for (unsigned i = 0; i < extra; i++)
		head[FIRST_LEN + i] = (char)(len >> 8 * (extra - 1 - i));
	buf_add(out, (struct slice){head, FIRST_LEN + extra});
}

void
frame_add(struct buf *out, enum opcode opcode, struct slice payload)
{
	size_t before = out->len;

	frame_add_head(out, opcode, FRAME_FIN, payload.len);
	buf_add(out, payload);
	if (out->overflow)
		out->len = before;
}

void
frame_add_close(struct buf *out, unsigned code, struct slice reason)
{
	char payload[CONTROL_MAX] = {(char)(code >> 8), (char)code};
	size_t len = reason.len;

	if (code == CLOSE_NO_STATUS) {
		frame_add(out, OPCODE_CLOSE, SLICE(""));
		return;
	}
	if (len > CLOSE_REASON_MAX) {
		len = CLOSE_REASON_MAX;
		/* Not in the middle of a character: before no tail byte. */
		while (len > 0 && (reason.ptr[len] & 0xc0) == 0x80)
			len--;
	}
	if (len > 0)
		memcpy(payload + 2, reason.ptr, len);
	frame_add(out, OPCODE_CLOSE, (struct slice){payload, 2 + len});
}

/* SPDX-License-Identifier: ISC */
#include "conn/outbox.h"

void
outbox_init(struct outbox *o, bool has_deflate, uint64_t compressed_min,
	    char *block)
{
	o->has_deflate = has_deflate;
	o->compressed_min = compressed_min;
	o->sent = 0;
	o->block = block;
}

static void
add_head(struct outbox *o, enum opcode opcode, unsigned bits, uint64_t len)
{
	if (stream_reserve(o->stream, SERVER_HEAD_MAX) == 0)
		frame_add_head(&o->stream->out, opcode, bits, len);
}

/* Sends what is in the block as the next fragment. */
static void
add_fragment(struct outbox *o, unsigned fin)
{
	add_head(o, o->is_begun ? OPCODE_CONTINUATION : o->opcode,
		 fin | (o->is_begun ? 0 : FRAME_COMPRESSED), o->len);
	stream_write(o->stream, (struct slice){o->block, o->len});
	o->is_begun = true;
	o->len = 0;
}

static void
compress(struct outbox *o, struct slice bytes, enum message_part part)
{
	ssize_t n;

	do {
		if (o->len == OUTBOX_BLOCK)
			add_fragment(o, 0);
		n = deflater_read(&o->deflater, &bytes, part, o->block + o->len,
				  OUTBOX_BLOCK - o->len);
		if (n > 0)
			o->len += (size_t)n;
	} while (n > 0);
}

void
outbox_begin(struct outbox *o, enum opcode opcode, uint64_t len)
{
	o->opcode = opcode;
	o->is_compressed = o->has_deflate && len >= o->compressed_min;
	o->is_begun = false;
	o->len = 0;
	o->sent += len;
	if (!o->is_compressed)
		add_head(o, opcode, FRAME_FIN, len);
}

void
outbox_add(struct outbox *o, struct slice bytes)
{
	if (o->is_compressed)
		compress(o, bytes, MESSAGE_MORE);
	else
		stream_write(o->stream, bytes);
}

void
outbox_end(struct outbox *o)
{
	if (!o->is_compressed)
		return;
	compress(o, SLICE(""), MESSAGE_LAST);
	add_fragment(o, FRAME_FIN);
}

void
outbox_control(struct outbox *o, enum opcode opcode, struct slice payload)
{
	if (stream_reserve(o->stream, SERVER_HEAD_MAX + CONTROL_MAX) == 0)
		frame_add(&o->stream->out, opcode, payload);
}

void
outbox_close(struct outbox *o, unsigned code, struct slice reason)
{
	if (stream_reserve(o->stream, SERVER_HEAD_MAX + CONTROL_MAX) == 0)
		frame_add_close(&o->stream->out, code, reason);
}

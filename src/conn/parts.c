/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "conn/parts.h"

#define NO_BLOCK UINT32_MAX

void
parts_init(struct parts *p, void *block, uint64_t bytes, uint64_t message_max)
{
	p->block = block;
	p->count = (uint32_t)(bytes / sizeof(*p->block));
	p->fresh = 0;
	p->free = NO_BLOCK;
	p->message_max = message_max;
}

static bool
refuse(struct parts *p, const char *why)
{
	p->refusal = why;
	return false;
}

/* The assembly of the sender, or one that is free, or NULL. */
static struct assembly *
find(struct parts *p, uint32_t sender)
{
	struct assembly *unused = NULL;

	for (size_t i = 0; i < PARTS_SENDERS; i++) {
		struct assembly *a = &p->assembly[i];

		if (a->opcode == OPCODE_CONTINUATION)
			unused = unused != NULL ? unused : a;
		else if (a->sender == sender)
			return a;
	}
	return unused;
}

static uint32_t
take_block(struct parts *p)
{
	uint32_t index = p->free;

	if (index != NO_BLOCK)
		p->free = p->block[index].next;
	else if (p->fresh < p->count)
		index = p->fresh++;
	else
		return NO_BLOCK;
	p->block[index].next = NO_BLOCK;
	p->block[index].len = 0;
	return index;
}

static bool
append(struct parts *p, struct assembly *a, struct slice bytes)
{
	while (bytes.len > 0) {
		bool is_first = a->last == NO_BLOCK;
		struct parts_block *b = is_first ? NULL : &p->block[a->last];
		size_t len = bytes.len;

		if (is_first || b->len == sizeof(b->bytes)) {
			uint32_t index = take_block(p);

			if (index == NO_BLOCK)
				return false;
			if (is_first)
				a->first = index;
			else
				b->next = index;
			a->last = index;
			b = &p->block[index];
		}
		if (len > sizeof(b->bytes) - b->len)
			len = sizeof(b->bytes) - b->len;
		memcpy(b->bytes + b->len, bytes.ptr, len);
		b->len += (uint32_t)len;
		a->len += len;
		bytes = slice_skip(bytes, len);
	}
	return true;
}

static void
send(struct parts *p, struct assembly *a, struct outbox *outbox)
{
	uint32_t at = a->first;

	outbox_begin(outbox, a->opcode, a->len);
	while (at != NO_BLOCK) {
		struct parts_block *b = &p->block[at];
		uint32_t next = b->next;

		outbox_add(outbox, (struct slice){b->bytes, b->len});
		b->next = p->free;
		p->free = at;
		at = next;
	}
	outbox_end(outbox);
	a->opcode = OPCODE_CONTINUATION;
}

bool
parts_take(struct parts *p, const struct packet *packet, struct outbox *outbox)
{
	enum opcode opcode =
	    packet->kind == PACKET_TEXT_PART ? OPCODE_TEXT : OPCODE_BINARY;
	struct assembly *a = find(p, packet->sender);
	struct slice bytes = packet->payload;

	if (a == NULL)
		return refuse(p, "too many of the program's senders have "
				 "begun a message in parts");
	if (a->opcode == OPCODE_CONTINUATION)
		*a = (struct assembly){.sender = packet->sender,
				       .first = NO_BLOCK,
				       .last = NO_BLOCK,
				       .opcode = opcode};
	if (a->opcode != opcode)
		return refuse(p, "the program's parts of one message are of "
				 "both kinds");
	if (bytes.len > p->message_max - a->len)
		return refuse(p, "the program's message in parts is over the "
				 "limit");
	if (opcode == OPCODE_TEXT &&
	    (utf8_take(&a->utf8, bytes) < bytes.len ||
	     (packet->is_last && !utf8_is_whole(&a->utf8))))
		return refuse(p, "the program's text in parts is not UTF-8");
	if (!append(p, a, bytes))
		return refuse(p, "no room for the program's messages in "
				 "parts");
	if (packet->is_last)
		send(p, a, outbox);
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "ws/packet.h"

static bool
refuse(struct packet *p, const char *why)
{
	p->refusal = why;
	return false;
}

static bool
take_part(struct packet *p, struct slice rest)
{
	const unsigned char *bytes = (const unsigned char *)rest.ptr;

	if (rest.len < PACKET_HEAD_MAX - 1)
		return refuse(p, "the program's part has no number");
	if (bytes[4] > 1)
		return refuse(p, "the program's part is neither the last nor "
				 "another");
	p->sender = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
		    (uint32_t)bytes[2] << 8 | bytes[3];
	p->is_last = bytes[4];
	p->payload = slice_skip(rest, PACKET_HEAD_MAX - 1);
	return true;
}

bool
packet_parse(struct packet *p, struct slice bytes)
{
	*p = (struct packet){.is_last = true};
	if (bytes.len == 0)
		return refuse(p, "the program's packet is empty");
	p->kind = (unsigned char)bytes.ptr[0];
	p->payload = slice_skip(bytes, 1);
	switch (p->kind) {
	case PACKET_TEXT:
	case PACKET_BINARY:
		break;
	case PACKET_TEXT_PART:
	case PACKET_BINARY_PART:
		if (!take_part(p, p->payload))
			return false;
		break;
	case PACKET_CLOSE:
		if (!close_parse(&p->close, p->payload) ||
		    p->close.reason.len > CLOSE_REASON_MAX)
			return refuse(p, "the program's close is malformed");
		break;
	default:
		return refuse(p, "the program's packet is of no known kind");
	}
	if (p->payload.len > PACKET_PAYLOAD_MAX)
		return refuse(p, "the program's packet is too long");
	return true;
}

size_t
packet_head(char head[PACKET_HEAD_MAX], enum packet_kind kind, uint32_t sender,
	    bool is_last)
{
	head[0] = (char)kind;
	if (kind != PACKET_TEXT_PART && kind != PACKET_BINARY_PART)
		return 1;
	for (unsigned i = 0; i < 4; i++)
		head[1 + i] = (char)(sender >> 8 * (3 - i));
	head[5] = (char)is_last;
	return PACKET_HEAD_MAX;
}

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check.h"
#include "ws/packet.h"

/* clang-format off */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}

/* perch-websocket(7) */
static const struct {
	const char *name;
	struct slice in;
	bool want;
	enum packet_kind kind;
	uint32_t sender;
	bool is_last;
	struct slice payload;
} rows[] = {
    {IN(""),		false, 0, 0, false, {0}},
    {IN("t"),		true, PACKET_TEXT, 0, true, {"", 0}},
    {IN("thello"),	true, PACKET_TEXT, 0, true, {"hello", 5}},
    {IN("b\0\xff"),	true, PACKET_BINARY, 0, true, {"\0\xff", 2}},
    /* number(4) last(1) payload */
    {IN("T"),		false, 0, 0, false, {0}},
    {IN("T\0\0\0\1"),	false, 0, 0, false, {0}},
    {IN("T\0\0\0\1\2"),	false, 0, 0, false, {0}},
    {IN("T\0\0\0\1\0"),	true, PACKET_TEXT_PART, 1, false, {"", 0}},
    {IN("T\1\2\3\4\1x"), true, PACKET_TEXT_PART, 0x01020304, true, {"x", 1}},
    {IN("B\xff\xff\xff\xff\0y"), true, PACKET_BINARY_PART, 0xffffffff, false,
     {"y", 1}},
    /* code(2) reason, or nothing */
    {IN("c"),		true, PACKET_CLOSE, 0, true, {"", 0}},
    {IN("c\x03\xe8"),	true, PACKET_CLOSE, 0, true, {"\x03\xe8", 2}},
    {IN("c\x03"),	false, 0, 0, false, {0}},
    {IN("c\x03\xed"),	false, 0, 0, false, {0}},
    {IN("c\x03\xe8\xff"), false, 0, 0, false, {0}},
    /* a program sends no pings, and nothing that is unknown */
    {IN("p"),		false, 0, 0, false, {0}},
    {IN("x"),		false, 0, 0, false, {0}},
    {IN("\0"),		false, 0, 0, false, {0}},
};
/* clang-format on */

static void
check_lengths(void)
{
	static char bytes[PACKET_MAX + 2];
	struct packet p;

	bytes[0] = PACKET_BINARY;
	CHECK("a payload of 65536 bytes",
	      packet_parse(&p, (struct slice){bytes, 65537}) &&
		  p.payload.len == 65536);
	CHECK("a payload of 65537 bytes",
	      !packet_parse(&p, (struct slice){bytes, 65538}) && p.refusal);
	bytes[0] = PACKET_TEXT_PART;
	CHECK("a part of 65536 bytes",
	      packet_parse(&p, (struct slice){bytes, PACKET_MAX}));
	CHECK("a part of 65537 bytes",
	      !packet_parse(&p, (struct slice){bytes, PACKET_MAX + 1}));
	bytes[0] = PACKET_CLOSE;
	bytes[1] = 0x03;
	bytes[2] = (char)0xe8;
	memset(bytes + 3, 'r', 124);
	CHECK("a reason of 123 bytes",
	      packet_parse(&p, (struct slice){bytes, 126}) &&
		  p.close.code == 1000 && p.close.reason.len == 123);
	CHECK("a reason of 124 bytes",
	      !packet_parse(&p, (struct slice){bytes, 127}));
}

static void
check_heads(void)
{
	char head[PACKET_HEAD_MAX];
	struct packet p;

	CHECK("the head of a whole message",
	      packet_head(head, PACKET_TEXT, 7, true) == 1 && head[0] == 't');
	CHECK("the head of a part",
	      packet_head(head, PACKET_BINARY_PART, 0xa1b2c3d4, true) == 6 &&
		  packet_parse(&p, (struct slice){head, 6}) &&
		  p.kind == PACKET_BINARY_PART && p.sender == 0xa1b2c3d4 &&
		  p.is_last && p.payload.len == 0);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p;
		bool got = packet_parse(&p, rows[i].in);

		CHECK(rows[i].name,
		      got == rows[i].want &&
			  (got ? p.kind == rows[i].kind &&
				     p.sender == rows[i].sender &&
				     p.is_last == rows[i].is_last &&
				     slice_equal(p.payload, rows[i].payload)
			       : p.refusal != NULL));
	}
	check_lengths();
	check_heads();
	return check_done();
}

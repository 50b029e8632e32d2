/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/frame.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define MESSAGE_MAX 10
#define K "\0\0\0\0"           /* a key that changes nothing */
#define KEY "\x37\xfa\x21\x3d" /* and that of the examples */

/*
 * What comes of the bytes, as text: a message as "t(...)" or "b(...)",
 * with a "z" in front if it is compressed, a control frame as "[opcode
 * payload]", inside a message where it came there. At the end stands "."
 * behind a close, and "!code" where the connection fails. NUL is "_".
 */
/* clang-format off */
struct row {
	const char *name;
	struct slice in;
	const char *want;
	size_t rest;	/* bytes that are not looked at, behind the end */
};

static const struct row rows[] = {
    /* the examples of RFC 6455, section 5.7: those of a client */
    {IN("\x81\x85" KEY "\x7f\x9f\x4d\x51\x58"),	"t(Hello)", 0},
    {IN("\x8a\x85" KEY "\x7f\x9f\x4d\x51\x58"),	"[aHello]", 0},
    {IN("\x89\x85" KEY "\x7f\x9f\x4d\x51\x58"),	"[9Hello]", 0},
    {IN("\x01\x83" KEY "\x7f\x9f\x4d"
	"\x80\x82" KEY "\x5b\x95"),		"t(Hello)", 0},
    /* and those of a server: "a server MUST close the connection upon
     * receiving a frame that is not masked" (section 5.1) */
    {IN("\x81\x05Hello"),			"!1002", 5},
    {IN("\x89\x05Hello"),			"!1002", 5},
    {IN("\x88\0"),				"!1002", 0},
    {IN("\x82\x7e\1\0"),			"!1002", 2},

    {IN(""),					"", 0},
    {IN("\x81"),				"", 0},
    {IN("\x81\x81"),				"", 0},
    {IN("\x81\x81\0\0\0"),			"", 0},
    {IN("\x81\x81" K),				"", 0},
    {IN("\x81\x82" K "a"),			"t(a", 0},
    {IN("\x82\x81" K "\xff"),			"b(\xff)", 0},
    {IN("\x81\x80" K),				"t()", 0},
    {IN("\x82\x80" K "\x81\x80" K),		"b()t()", 0},
    {IN("\x81\x81" K "a\x82\x81" K "b\x81\x81" K "c"), "t(a)b(b)t(c)", 0},
    {IN("\x81\x81" "\1\0\0\0" "a\x81\x81" "\2\0\0\0" "a"), "t(`)t(c)", 0},

    /* "RSV1, RSV2, RSV3: MUST be 0 unless an extension is negotiated"
     * (section 5.2) */
    {IN("\x91\x81" K "a"),			"!1002", 6},
    {IN("\xa1\x81" K "a"),			"!1002", 6},
    {IN("\xb1\x81" K "a"),			"!1002", 6},
    {IN("\xc1\x81" K "a"),			"!1002", 6},
    {IN("\xf1"),				"!1002", 0},
    {IN("\xc9\x80" K),				"!1002", 5},
    {IN("\x99\x80" K),				"!1002", 5},
    {IN("\x01\x81" K "a\xc0"),			"t(a!1002", 0},
    {IN("\x01\x81" K "a\x90"),			"t(a!1002", 0},

    /* "If an unknown opcode is received, the receiving endpoint MUST _Fail
     * the WebSocket Connection_." */
    {IN("\x83"),				"!1002", 0},
    {IN("\x84"),				"!1002", 0},
    {IN("\x85"),				"!1002", 0},
    {IN("\x86"),				"!1002", 0},
    {IN("\x87\x80" K),				"!1002", 5},
    {IN("\x03"),				"!1002", 0},
    {IN("\x8b"),				"!1002", 0},
    {IN("\x8c"),				"!1002", 0},
    {IN("\x8d"),				"!1002", 0},
    {IN("\x8e"),				"!1002", 0},
    {IN("\x8f\x80" K),				"!1002", 5},

    /* "The minimal number of bytes MUST be used to encode the length" */
    {IN("\x89\xfd" K),				"", 0},
    {IN("\x81\xfe\0\0" K),			"!1002", 4},
    {IN("\x81\xfe\0\x05" K),			"!1002", 4},
    {IN("\x81\xfe\0\x7d" K),			"!1002", 4},
    {IN("\x81\xff\0\0\0\0\0\0\0\0" K),		"!1002", 4},
    {IN("\x81\xff\0\0\0\0\0\0\0\x05" K),	"!1002", 4},
    {IN("\x81\xff\0\0\0\0\0\0\0\x7e" K),	"!1002", 4},
    {IN("\x81\xff\0\0\0\0\0\0\xff\xff" K),	"!1002", 4},
    /* "the most significant bit MUST be 0" */
    {IN("\x81\xff\x80\0\0\0\0\0\0\0" K),	"!1002", 4},
    {IN("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "!1002", 0},
    /* minimal, but over our limit, which is known before the key */
    {IN("\x81\xfe\0\x7e" K),			"!1009", 4},
    {IN("\x81\xff\0\0\0\0\0\1\0\0" K),		"!1009", 4},
    {IN("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" K), "!1009", 4},

    /* "1009 indicates that an endpoint is terminating the connection
     * because it has received a message that is too big" (7.4.1) */
    {IN("\x81\x8a" K "0123456789"),		"t(0123456789)", 0},
    {IN("\x81\x8b"),				"!1009", 0},
    {IN("\x82\x8b" K "0123456789a"),		"!1009", 15},
    {IN("\x02\x89" K "012345678\x80\x81" K "9"), "b(0123456789)", 0},
    {IN("\x02\x89" K "012345678\x80\x82" K "9a"), "b(012345678!1009", 6},
    {IN("\x02\x8a" K "0123456789\x80\x80" K),	"b(0123456789)", 0},
    {IN("\x02\x8a" K "0123456789\0\x80" K "\0\x81" K), "b(0123456789!1009",
     4},
    /* it is of one message */
    {IN("\x81\x8a" K "0123456789\x81\x8a" K "0123456789"),
     "t(0123456789)t(0123456789)", 0},

    /* "A fragmented message consists of a single frame with the FIN bit
     * clear and an opcode other than 0, followed by zero or more frames
     * with the FIN bit clear and the opcode set to 0, and terminated by a
     * single frame with the FIN bit set and an opcode of 0" (5.4) */
    {IN("\1\x81" K "a\0\x81" K "b\0\x81" K "c\x80\x81" K "d"), "t(abcd)", 0},
    {IN("\2\x81" K "a\x80\x81" K "b"),		"b(ab)", 0},
    {IN("\1\x80" K),				"", 0},
    {IN("\1\x80" K "\x80\x80" K),		"t()", 0},
    {IN("\1\x80" K "\0\x80" K "\x80\x81" K "a"), "t(a)", 0},
    {IN("\1\x81" K "a\0\x80" K "\x80\x80" K),	"t(a)", 0},
    {IN("\1\x81" K "a\x80\x80" K "\x82\x80" K),	"t(a)b()", 0},
    {IN("\x80\x81" K "a"),			"!1002", 6},
    {IN("\0\x81" K "a"),			"!1002", 6},
    {IN("\x81\x81" K "a\x80\x81" K "b"),	"t(a)!1002", 6},
    {IN("\1\x80" K "\x80\x80" K "\x80"),	"t()!1002", 0},
    /* "The fragments of one message MUST NOT be interleaved between the
     * fragments of another message" */
    {IN("\1\x81" K "a\1\x81" K "b"),		"t(a!1002", 6},
    {IN("\1\x81" K "a\x81\x81" K "b"),		"t(a!1002", 6},
    {IN("\1\x80" K "\x82\x81" K "b"),		"!1002", 6},
    /* "Control frames MAY be injected in the middle of a fragmented
     * message" */
    {IN("\1\x81" K "a\x89\x81" K "p\x80\x81" K "b"), "t(a[9p]b)", 0},
    {IN("\1\x80" K "\x89\x80" K "\x8a\x80" K "\x80\x81" K "b"), "[9][a]t(b)", 0},
    {IN("\1\x81" K "a\x88\x80" K "\x80\x81" K "b"), "t(a[8].", 7},

    /* "All control frames MUST have a payload length of 125 bytes or less
     * and MUST NOT be fragmented" (5.5) */
    {IN("\x89\xfe"),				"!1002", 0},
    {IN("\x89\xff"),				"!1002", 0},
    {IN("\x88\xfe\0\x7e"),			"!1002", 2},
    {IN("\x8a\xfe"),				"!1002", 0},
    {IN("\x09\x80" K),				"!1002", 5},
    {IN("\x0a\x80" K),				"!1002", 5},
    {IN("\x08\x80" K),				"!1002", 5},
    {IN("\x89\x80" K "\x8a\x80" K),		"[9][a]", 0},
    {IN("\x89\x81\1\0\0\0a\x89\x82\1\2\0\0ab"),	"[9`][9``]", 0},
    {IN("\x89\x84" K "abc"),			"", 0},

    /* "After receiving a control frame indicating the connection should be
     * closed, a peer discards any further data received" (section 1.4) */
    {IN("\x88\x80" K),				"[8].", 0},
    {IN("\x88\x82" K "\3\xe8"),			"[8\3\xe8].", 0},
    {IN("\x88\x80" K "\x81\x81" K "a"),		"[8].", 7},
    {IN("\x88\x80" K "\xff\xff"),		"[8].", 2},
};

/* The same with permessage-deflate (RFC 7692, section 6). */
static const struct row compressed[] = {
    /* section 7.2.3.1 */
    {IN("\xc1\x87" K "\xf2\x48\xcd\xc9\xc9\x07\0"), "zt(\xf2\x48\xcd\xc9\xc9\x07_)", 0},
    {IN("\x41\x83" K "\xf2\x48\xcd\x80\x84" K "\xc9\xc9\x07\0"),
     "zt(\xf2\x48\xcd\xc9\xc9\x07_)", 0},
    {IN("\x81\x85" K "Hello"),			"t(Hello)", 0},
    {IN("\xc2\x81" K "a\x82\x81" K "b\xc1\x81" K "c"), "zb(a)b(b)zt(c)", 0},
    /* "RSV1 of the first fragment"; "MUST NOT be set on [...] control" */
    {IN("\x41\x81" K "a\xc0\x81" K "b"),	"zt(a!1002", 6},
    {IN("\x01\x81" K "a\xc0\x81" K "b"),	"t(a!1002", 6},
    {IN("\x41\x81" K "a\x40\x81" K "b"),	"zt(a!1002", 6},
    {IN("\xc8\x80" K),				"!1002", 5},
    {IN("\xc9\x80" K),				"!1002", 5},
    {IN("\xca\x80" K),				"!1002", 5},
    {IN("\xc3"),				"!1002", 0},
    {IN("\xcb"),				"!1002", 0},
    {IN("\xd1"),				"!1002", 0},
    {IN("\xe1"),				"!1002", 0},
    {IN("\x41\x81" K "a\x89\x80" K "\x80\x81" K "b"), "zt(a[9]b)", 0},
    /* only what comes of it counts */
    {IN("\xc2\x8b" K "0123456789a"),		"zb(0123456789a)", 0},
    {IN("\xc2\x8b" K "0123456789a\x82\x8b"),	"zb(0123456789a)!1009", 0},
};
/* clang-format on */

struct transcript {
	char storage[4096];
	struct buf text;
	size_t rest;
};

static void
add_visible(struct buf *text, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_add_char(text, bytes.ptr[i] == 0 ? '_' : bytes.ptr[i]);
}

/* Appends what comes of in, and returns the last event. */
static enum frame_event
take(struct frame_reader *r, struct span *in, struct buf *text)
{
	struct frame_piece piece;
	enum frame_event event;

	for (;;) {
		char *before = in->ptr;

		event = frame_next(r, in, &piece);
		if (event == FRAME_HAS_CONTROL) {
			buf_add_char(text, '[');
			buf_add_hex(text, piece.opcode);
			add_visible(text, piece.bytes);
			buf_add_char(text, ']');
		} else if (event == FRAME_HAS_DATA) {
			if (piece.is_first)
				buf_add_str(text,
					    piece.is_compressed ? "z" : "");
			if (piece.is_first)
				buf_add_str(text, piece.opcode == OPCODE_TEXT
						      ? "t("
						      : "b(");
			add_visible(text, piece.bytes);
			if (piece.is_last)
				buf_add_char(text, ')');
			/* In place. */
			if (piece.bytes.ptr < before ||
			    piece.bytes.ptr + piece.bytes.len != in->ptr)
				buf_add_str(text, "NOT IN PLACE");
		} else {
			return event;
		}
	}
}

/* Reads bytes in pieces of step, each in memory that ends with it. */
static void
transcribe(struct transcript *t, struct slice bytes, size_t step,
	   bool has_deflate)
{
	struct frame_reader r = {.message_max = MESSAGE_MAX,
				 .has_deflate = has_deflate};
	enum frame_event event = FRAME_WANTS_MORE;

	t->text = BUF_OVER(t->storage);
	while (event == FRAME_WANTS_MORE && bytes.len > 0) {
		size_t n = bytes.len < step ? bytes.len : step;
		char *block = malloc(n);
		struct span in = {block, n};

		if (block == NULL)
			abort();
		memcpy(block, bytes.ptr, n);
		event = take(&r, &in, &t->text);
		bytes = slice_skip(bytes, n - in.len);
		free(block);
	}
	t->rest = bytes.len;
	if (event == FRAME_IS_CLOSED)
		buf_add_char(&t->text, '.');
	if (event == FRAME_IS_INVALID) {
		buf_add_char(&t->text, '!');
		buf_add_u64(&t->text, r.code);
		if (r.refusal == NULL)
			buf_add_str(&t->text, "WITHOUT A REASON");
	}
	if (r.message == OPCODE_CONTINUATION && r.message_len > MESSAGE_MAX)
		buf_add_str(&t->text, "OVER THE LIMIT");
}

static void
check_rows(const struct row *row, size_t count, bool has_deflate)
{
	for (size_t i = 0; i < count; i++) {
		struct transcript whole, pieces;
		struct slice want = slice_of(row[i].want);
		bool same = true;

		transcribe(&whole, row[i].in, row[i].in.len + 1, has_deflate);
		CHECK(row[i].name, slice_equal(buf_slice(&whole.text), want) &&
				       whole.rest == row[i].rest);
		for (size_t step = 1; step < row[i].in.len; step++) {
			transcribe(&pieces, row[i].in, step, has_deflate);
			same = same &&
			       slice_equal(buf_slice(&pieces.text), want) &&
			       pieces.rest == whole.rest;
		}
		CHECK("the same in pieces", same);
	}
}

/* Every length at which the head changes, and a longer one. */
static void
check_lengths(void)
{
	/* clang-format off */
	static const struct {
		uint64_t len;
		struct slice head;
	} lengths[] = {
	    {0,		{"\x82\x00", 2}},
	    {5,		{"\x82\x05", 2}},
	    {125,	{"\x82\x7d", 2}},
	    {126,	{"\x82\x7e\x00\x7e", 4}},
	    {127,	{"\x82\x7e\x00\x7f", 4}},
	    /* RFC 6455, section 5.7: "256 bytes binary message" */
	    {256,	{"\x82\x7e\x01\x00", 4}},
	    {65535,	{"\x82\x7e\xff\xff", 4}},
	    /* "64KiB binary message" */
	    {65536,	{"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10}},
	    {INT64_MAX,	{"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10}},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(lengths); i++) {
		char storage[CLIENT_HEAD_MAX];
		struct buf out = BUF_OVER(storage);
		struct frame_reader r = {.message_max = UINT64_MAX};
		struct frame_piece piece;
		struct span in;

		frame_add_head(&out, OPCODE_BINARY, FRAME_FIN, lengths[i].len);
		CHECK("a server's head of this length",
		      slice_equal(buf_slice(&out), lengths[i].head));
		storage[1] = (char)(storage[1] | 0x80);
		buf_add(&out, (struct slice){KEY, MASK_KEY_LEN});
		in = (struct span){storage, out.len};
		CHECK("is read as a client's",
		      frame_next(&r, &in, &piece) ==
			      (i == 0 ? FRAME_HAS_DATA : FRAME_WANTS_MORE) &&
			  in.len == 0 &&
			  frame_data_left(&r) == lengths[i].len &&
			  r.message_len == lengths[i].len);
	}
}

/* A message as large as the limits of a connection, in a few reads. */
static void
check_large(void)
{
	struct frame_reader r = {.message_max = 1 << 20};
	size_t len = 1 << 20, at = 0;
	char *message = malloc(len);
	char head[] = "\x82\xff\0\0\0\0\0\x10\0\0" KEY;
	struct span in = {head, sizeof(head) - 1};
	struct frame_piece piece;
	bool right = true;

	if (message == NULL)
		abort();
	for (size_t i = 0; i < len; i++)
		message[i] = (char)(i * 31 ^ (unsigned char)KEY[i % 4]);
	right = frame_next(&r, &in, &piece) == FRAME_WANTS_MORE;
	while (right && at < len) {
		right = frame_data_left(&r) == len - at;
		in = (struct span){message + at, at % 3000 + 1};
		if (in.len > len - at)
			in.len = len - at;
		right = right &&
			frame_next(&r, &in, &piece) == FRAME_HAS_DATA &&
			piece.bytes.ptr == message + at &&
			piece.is_first == (at == 0);
		at += piece.bytes.len;
		right = right && piece.is_last == (at == len);
	}
	for (size_t i = 0; i < len; i++)
		right = right && message[i] == (char)(i * 31);
	CHECK("1 MiB is unmasked where it lies", right);
	CHECK("nothing is left of it", frame_data_left(&r) == 0);
	free(message);
}

static void
check_limit_of_0(void)
{
	struct frame_reader r = {0};
	char bytes[] = "\x81\x80" K "\x89\x81" K "p\x81\x81";
	struct span in = {bytes, sizeof(bytes) - 1};
	struct transcript t;

	t.text = BUF_OVER(t.storage);
	CHECK("a limit of 0 lets empty messages and pings through",
	      take(&r, &in, &t.text) == FRAME_IS_INVALID &&
		  r.code == CLOSE_TOO_BIG &&
		  slice_equal(buf_slice(&t.text), SLICE("t()[9p]")));
}

/* The frames of a server in RFC 6455, section 5.7, and its closes. */
static void
check_writing(void)
{
	char storage[600], reason[200];
	struct buf out = BUF_OVER(storage);
	struct slice euros = {reason, 150}, ascii = {reason + 150, 50};

	frame_add(&out, OPCODE_TEXT, SLICE("Hello"));
	CHECK("a text", slice_equal(buf_slice(&out), SLICE("\x81\x05Hello")));
	buf_reset(&out);
	frame_add_head(&out, OPCODE_TEXT, 0, 3);
	buf_add(&out, SLICE("Hel"));
	frame_add_head(&out, OPCODE_CONTINUATION, FRAME_FIN, 2);
	buf_add(&out, SLICE("lo"));
	CHECK("one in two fragments",
	      slice_equal(buf_slice(&out), SLICE("\x01\x03Hel\x80\x02lo")));
	buf_reset(&out);
	frame_add_head(&out, OPCODE_TEXT, FRAME_FIN | FRAME_COMPRESSED, 7);
	CHECK("a compressed one (RFC 7692, section 7.2.3.1)",
	      slice_equal(buf_slice(&out), SLICE("\xc1\x07")));
	buf_reset(&out);
	frame_add(&out, OPCODE_PING, SLICE("Hello"));
	frame_add(&out, OPCODE_PONG, SLICE(""));
	frame_add_close(&out, CLOSE_NO_STATUS, SLICE("unsaid"));
	CHECK("a ping, a pong, a close without a code, for one write",
	      slice_equal(buf_slice(&out), SLICE("\x89\x05Hello\x8a\0\x88\0")));
	buf_reset(&out);
	frame_add_close(&out, 1000, SLICE(""));
	frame_add_close(&out, 4999, SLICE("bye"));
	CHECK("closes with codes",
	      slice_equal(buf_slice(&out), SLICE("\x88\x02\x03\xe8"
						 "\x88\x05\x13\x87"
						 "bye")));
	for (size_t i = 0; i < euros.len; i++)
		reason[i] = "\xe2\x82\xac"[i % 3];
	memset(reason + 150, 'x', ascii.len);
	buf_reset(&out);
	frame_add_close(&out, 1000, euros);
	CHECK("a reason of 50 three-byte characters has 41",
	      out.len == 2 + 125 && storage[1] == 125);
	buf_reset(&out);
	euros.ptr += 2;
	reason[2] = 'x';
	frame_add_close(&out, 1000, (struct slice){euros.ptr, 124});
	CHECK("a character that would be cut is left out",
	      out.len == 2 + 2 + 121 && storage[1] == 123);
	buf_reset(&out);
	out.cap = 6;
	frame_add(&out, OPCODE_PING, SLICE("1234"));
	frame_add(&out, OPCODE_PING, SLICE(""));
	CHECK("what does not fit overflows, whole",
	      out.overflow && out.len == 6);
}

int
main(void)
{
	check_rows(rows, COUNT(rows), false);
	check_rows(compressed, COUNT(compressed), true);
	check_lengths();
	check_large();
	check_limit_of_0();
	check_writing();
	return check_done();
}

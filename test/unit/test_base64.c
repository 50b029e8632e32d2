/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/base64.h"

/* clang-format off */
#define BYTES(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A copy that ends where its block of memory ends; until the next call. */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	block = malloc(s.len + 1);
	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	return (struct slice){block + 1, s.len};
}

/* RFC 4648, section 10, and more. */
static const struct {
	struct slice bytes;
	const char *text;
} pairs[] = {
    {BYTES(""), ""},
    {BYTES("f"), "Zg=="},
    {BYTES("fo"), "Zm8="},
    {BYTES("foo"), "Zm9v"},
    {BYTES("foob"), "Zm9vYg=="},
    {BYTES("fooba"), "Zm9vYmE="},
    {BYTES("foobar"), "Zm9vYmFy"},
    /* RFC 7617, section 2 and 2.1 */
    {BYTES("Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    {BYTES("test:123\xc2\xa3"), "dGVzdDoxMjPCow=="},
    /* Sec-WebSocket-Key in RFC 6455, section 1.3 */
    {BYTES("the sample nonce"), "dGhlIHNhbXBsZSBub25jZQ=="},
    {BYTES("\0"), "AA=="},
    {BYTES("\0\0"), "AAA="},
    {BYTES("\0\0\0"), "AAAA"},
    {BYTES("\xff"), "/w=="},
    {BYTES("\xff\xff"), "//8="},
    {BYTES("\xff\xff\xff"), "////"},
    {BYTES("\xfb\xef\xbe"), "++++"},
};

/* What is no base64, or not the one that encoding makes. */
static const struct {
	const char *name;
	struct slice text;
} refused[] = {
    {"one character", BYTES("Z")},
    {"two without padding", BYTES("Zg")},
    {"three without padding", BYTES("Zm8")},
    {"five", BYTES("Zm9vY")},
    {"one =", BYTES("Zg=")},
    {"three =", BYTES("Z===")},
    {"four =", BYTES("====")},
    {"padding alone", BYTES("=")},
    {"padding too long", BYTES("Zg====")},
    {"padding behind a whole group", BYTES("Zm9v====")},
    {"padding in front", BYTES("==Zg")},
    {"padding in the middle", BYTES("Zg==Zg==")},
    {"= in the third place alone", BYTES("Zm=v")},
    {"trailing bits of one byte", BYTES("Zh==")},
    {"trailing bits of two bytes", BYTES("Zm9=")},
    {"the last trailing bit", BYTES("AB==")},
    {"the highest trailing bit", BYTES("AI==")},
    {"a blank in front", BYTES(" Zm9v")},
    {"a blank in a group", BYTES("Zm v")},
    {"a line end behind", BYTES("Zm9v\n")},
    {"CRLF in the middle", BYTES("Zm9v\r\nYmFy")},
    {"a group of line ends", BYTES("Zm9v\r\n\r\n")},
    {"a NUL behind", BYTES("Zm9v\0")},
    {"a NUL in a group", BYTES("Zm9\0")},
    {"base64url", BYTES("-_-_")},
    {"a byte over 127", BYTES("Zm9\xf6")},
    {"a comma", BYTES("Zm9,")},
};

static bool
decodes_to(struct slice text, struct slice want)
{
	char storage[64];
	struct buf out = BUF_OVER(storage);

	return base64_decode(&out, exact(text)) && !out.overflow &&
	       slice_equal(buf_slice(&out), want);
}

static void
check_pairs(void)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		char storage[64];
		struct buf out = BUF_OVER(storage);
		struct slice text = slice_of(pairs[i].text);

		base64_encode(&out, exact(pairs[i].bytes));
		CHECK(pairs[i].text,
		      !out.overflow && slice_equal(buf_slice(&out), text) &&
			  text.len == BASE64_LEN(pairs[i].bytes.len) &&
			  decodes_to(text, pairs[i].bytes));
	}
}

static void
check_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		char storage[64];
		struct buf out = BUF_OVER(storage);

		buf_add(&out, SLICE("before"));
		CHECK(refused[i].name,
		      !base64_decode(&out, exact(refused[i].text)) &&
			  !out.overflow &&
			  slice_equal(buf_slice(&out), SLICE("before")));
	}
}

static bool
is_in_alphabet(int c)
{
	return c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				"qrstuvwxyz0123456789+/",
				c) != NULL;
}

/* Each byte in each of the four places of a group. */
static void
check_every_byte(void)
{
	static const char *const names[] = {
	    "all 256 bytes in the first place",
	    "all 256 bytes in the second place",
	    "all 256 bytes in the third place",
	    "all 256 bytes in the fourth place"};

	for (size_t place = 0; place < 4; place++) {
		unsigned seen = 0;
		bool right = true;

		for (int c = 0; c < 256; c++) {
			char text[4] = "AAAA", storage[3];
			struct buf out = BUF_OVER(storage);
			bool wants =
			    is_in_alphabet(c) || (c == '=' && place == 3);

			text[place] = (char)c;
			if (base64_decode(
				&out, exact((struct slice){text, 4})) != wants)
				right = false;
			seen += wants;
		}
		CHECK(names[place], right && seen == (place == 3 ? 65 : 64));
	}
}

static void
check_round_trips(void)
{
	bool one = true, two = true, lengths = true;
	char bytes[256], text[BASE64_LEN(256)], again[256];

	for (int i = 0; i < 65536; i++) {
		struct buf encoded = BUF_OVER(text), decoded = BUF_OVER(again);
		size_t n = i < 256 ? 1 : 2;

		bytes[0] = (char)i;
		bytes[1] = (char)(i >> 8);
		base64_encode(&encoded, (struct slice){bytes, n});
		if (encoded.len != 4 ||
		    !base64_decode(&decoded, buf_slice(&encoded)) ||
		    !slice_equal(buf_slice(&decoded), (struct slice){bytes, n}))
			*(n == 1 ? &one : &two) = false;
	}
	CHECK("each byte there and back", one);
	CHECK("each two bytes there and back", two);
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)(i * 7);
	for (size_t n = 0; n <= 256; n++) {
		struct buf encoded = BUF_OVER(text), decoded = BUF_OVER(again);

		base64_encode(&encoded, (struct slice){bytes, n});
		if (encoded.overflow || encoded.len != BASE64_LEN(n) ||
		    !base64_decode(&decoded, exact(buf_slice(&encoded))) ||
		    !slice_equal(buf_slice(&decoded), (struct slice){bytes, n}))
			lengths = false;
	}
	CHECK("0 to 256 bytes there and back", lengths);
}

static void
check_room(void)
{
	char storage[6];
	struct buf out = {.data = storage, .cap = 4};

	CHECK("no room for the third byte",
	      (out.cap = 2, !base64_decode(&out, SLICE("Zm9v"))) &&
		  out.overflow && out.len == 0);
	out = (struct buf){.data = storage, .cap = 5};
	CHECK("no room for the second group",
	      !base64_decode(&out, SLICE("Zm9vYmFy")) && out.overflow &&
		  out.len == 0);
	out = (struct buf){.data = storage, .cap = 6};
	CHECK("just room enough", base64_decode(&out, SLICE("Zm9vYmFy")) &&
				      !out.overflow && out.len == 6);
	CHECK("nothing needs no room",
	      base64_decode(&out, SLICE("")) &&
		  base64_decode(&out, (struct slice){0}));
	out = (struct buf){.data = storage, .cap = 3};
	base64_encode(&out, SLICE("f"));
	CHECK("no room for a whole group", out.overflow && out.len == 0);
	out.overflow = true;
	CHECK("nothing is decoded into what has overflowed",
	      !base64_decode(&out, SLICE("Zg==")));
}

int
main(void)
{
	check_pairs();
	check_refused();
	check_every_byte();
	check_round_trips();
	check_room();
	return check_done();
}

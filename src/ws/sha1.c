/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ws/sha1.h"

#define BLOCK_LEN 64

static uint32_t
rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* f(t) and K(t) of RFC 3174, section 5. */
static uint32_t
mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/* Section 6.1, steps a to e. */
static void
take_block(uint32_t h[5], const unsigned char *block)
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (unsigned t = 0; t < 16; t++, block += 4)
		w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
		       (uint32_t)block[2] << 8 | block[3];
	for (unsigned t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned t = 0; t < 80; t++) {
		uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void
sha1(struct slice bytes, unsigned char digest[SHA1_LEN])
{
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			 0xc3d2e1f0};
	uint64_t bits = (uint64_t)bytes.len * 8;
	/* What is left over, a bit, zeroes, and the length: one block or
	 * two (section 4). */
	unsigned char end[2 * BLOCK_LEN] = {0};
	size_t end_len;

	for (; bytes.len >= BLOCK_LEN; bytes = slice_skip(bytes, BLOCK_LEN))
		take_block(h, (const unsigned char *)bytes.ptr);
	if (bytes.len > 0)
		memcpy(end, bytes.ptr, bytes.len);
	end[bytes.len] = 0x80;
	end_len = bytes.len + 1 + 8 <= BLOCK_LEN ? BLOCK_LEN : 2 * BLOCK_LEN;
	for (size_t i = 0; i < 8; i++)
		end[end_len - 1 - i] = (unsigned char)(bits >> 8 * i);
	for (size_t i = 0; i < end_len; i += BLOCK_LEN)
		take_block(h, end + i);
	for (size_t i = 0; i < SHA1_LEN; i++)
		digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

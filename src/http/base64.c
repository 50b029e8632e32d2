/* SPDX-License-Identifier: ISC */
#include "http/base64.h"

/*
 *	bytes       aaaaaaaa bbbbbbbb cccccccc
 *	characters  aaaaaa aabbbb bbbbcc cccccc
 *
 * Of one byte alone there are two characters and "==", of two bytes three
 * and "=".
 */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct slice bytes)
{
	while (bytes.len > 0) {
		size_t n = bytes.len < 3 ? bytes.len : 3;
		uint32_t bits = 0;
		char text[4];

		for (size_t i = 0; i < 3; i++) {
			bits <<= 8;
			if (i < n)
				bits |= (unsigned char)bytes.ptr[i];
		}
		for (size_t i = 0; i < 4; i++)
			text[i] =
			    i <= n ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
		buf_add(out, (struct slice){text, sizeof(text)});
		bytes = slice_skip(bytes, n);
	}
}

/* The six bits that c stands for, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes n characters without padding, 2 to 4, to n - 1 bytes. */
static bool
decode_group(struct buf *out, const char *text, size_t n)
{
	uint32_t bits = 0;
	char bytes[3];

	for (size_t i = 0; i < 4; i++) {
		int value = i < n ? value_of(text[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	/* "Zm" and "Zn" would both be "f". */
	if (bits & 0xffffffu >> 8 * (n - 1))
		return false;
	for (size_t i = 0; i < 3; i++)
		bytes[i] = (char)(bits >> (16 - 8 * i));
	buf_add(out, (struct slice){bytes, n - 1});
	return true;
}

bool
base64_decode(struct buf *out, struct slice text)
{
	size_t before = out->len, last = 4;

	if (text.len % 4 != 0)
		return false;
	if (text.len > 0 && text.ptr[text.len - 1] == '=')
		last = text.ptr[text.len - 2] == '=' ? 2 : 3;
	for (size_t i = 0; i < text.len; i += 4)
		if (!decode_group(out, text.ptr + i,
				  text.len - i == 4 ? last : 4)) {
			out->len = before;
			return false;
		}
	if (out->overflow)
		out->len = before;
	return !out->overflow;
}

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
}

/*
 * Most of what is added is short. Copies of a size that is known here need
 * no call, and none of the instructions for long ones, which musl's memcpy
 * begins with and which take longer to begin than to do this.
 */
static void
copy(char *to, const char *from, size_t len)
{
	if (len > 32) {
		memcpy(to, from, len);
	} else if (len >= 16) {
		memcpy(to, from, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, from, 4);
		memcpy(to + len - 4, from + len - 4, 4);
	} else {
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
	}
}

void
buf_add(struct buf *b, struct slice s)
{
	if (b->overflow || s.len > b->cap - b->len) {
		b->overflow = true;
		return;
	}
	if (s.len > 0)
		copy(b->data + b->len, s.ptr, s.len);
	b->len += s.len;
}

void
buf_add_str(struct buf *b, const char *string)
{
	buf_add(b, slice_of(string));
}

void
buf_add_char(struct buf *b, char c)
{
	if (b->overflow || b->len == b->cap)
		b->overflow = true;
	else
		b->data[b->len++] = c;
}

void
buf_add_padded(struct buf *b, uint64_t n, size_t width)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	while (sizeof(digits) - at < width && at > 0)
		digits[--at] = '0';
	buf_add(b, (struct slice){digits + at, sizeof(digits) - at});
}

void
buf_add_u64(struct buf *b, uint64_t n)
{
	buf_add_padded(b, n, 1);
}

void
buf_add_hex(struct buf *b, uint64_t n)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[n % 16];
		n /= 16;
	} while (n > 0);
	buf_add(b, (struct slice){digits + at, sizeof(digits) - at});
}

struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){b->data, b->len};
}

char *
buf_end(struct buf *b)
{
	return b->data + b->len;
}

size_t
buf_room(const struct buf *b)
{
	return b->overflow ? 0 : b->cap - b->len;
}

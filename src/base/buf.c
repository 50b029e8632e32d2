/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
}

void
buf_add(struct buf *b, struct slice s)
{
	if (b->overflow || s.len > b->cap - b->len) {
		b->overflow = true;
		return;
	}
	if (s.len > 0)
		memcpy(b->data + b->len, s.ptr, s.len);
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
	buf_add(b, (struct slice){&c, 1});
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

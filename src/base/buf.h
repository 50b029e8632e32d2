/* SPDX-License-Identifier: ISC */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * A buf is a byte buffer over storage that its owner provides; it never
 * allocates. An append that does not fit changes nothing and sets
 * overflow, and so does every later append: build first, check once.
 * There is no printf here: stdio would cost every connection's process
 * page faults for code that it needs nowhere else.
 */
struct buf {
	char *data;
	size_t len, cap;
	bool overflow;
};

#define BUF_OVER(array) ((struct buf){.data = (array), .cap = sizeof(array)})

void buf_reset(struct buf *b);
void buf_add(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *string);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t n);

/* n in decimal with zeros in front until it has at least width digits. */
void buf_add_padded(struct buf *b, uint64_t n, size_t width);

/* n in lower-case hexadecimal, without leading zeros. */
void buf_add_hex(struct buf *b, uint64_t n);

struct slice buf_slice(const struct buf *b);

/* The bytes of b that are still free, and how many they are. */
char *buf_end(struct buf *b);
size_t buf_room(const struct buf *b);

#endif

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ws/utf8.h"

/*
 *	UTF8-2  = %xC2-DF tail
 *	UTF8-3  = %xE0 %xA0-BF tail / %xE1-EC 2tail /
 *		  %xED %x80-9F tail / %xEE-EF 2tail
 *	UTF8-4  = %xF0 %x90-BF 2tail / %xF1-F3 3tail / %xF4 %x80-8F 2tail
 *	tail    = %x80-BF
 *
 * What may come next depends on which of nine states those before led to.
 * A byte's entry in the table holds, six bits each, the next state for
 * every one of them, and a state is the place of its six bits: one load
 * and one shift a byte, and the loads need not wait for each other.
 */
enum {
	START = 0,
	ERROR = 6,
	TAIL_1 = 12, /* so many tails are to come */
	TAIL_2 = 18,
	TAIL_3 = 24,
	AFTER_E0 = 30,
	AFTER_ED = 36,
	AFTER_F0 = 42,
	AFTER_F4 = 48,
};

/* clang-format off */
#define ENTRY(start, tail_1, tail_2, tail_3, e0, ed, f0, f4)                   \
	((uint64_t)(start) << START | (uint64_t)ERROR << ERROR |               \
	 (uint64_t)(tail_1) << TAIL_1 | (uint64_t)(tail_2) << TAIL_2 |         \
	 (uint64_t)(tail_3) << TAIL_3 | (uint64_t)(e0) << AFTER_E0 |           \
	 (uint64_t)(ed) << AFTER_ED | (uint64_t)(f0) << AFTER_F0 |             \
	 (uint64_t)(f4) << AFTER_F4)
#define FIRST(next) \
	ENTRY(next, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR)
#define TAIL(e0, ed, f0, f4) \
	ENTRY(ERROR, START, TAIL_1, TAIL_2, e0, ed, f0, f4)

#define TIMES_4(entry) entry, entry, entry, entry
#define TIMES_16(entry) \
	TIMES_4(entry), TIMES_4(entry), TIMES_4(entry), TIMES_4(entry)

static const uint64_t table[256] = {
    /* 00-7F */
    TIMES_16(FIRST(START)), TIMES_16(FIRST(START)),
    TIMES_16(FIRST(START)), TIMES_16(FIRST(START)),
    TIMES_16(FIRST(START)), TIMES_16(FIRST(START)),
    TIMES_16(FIRST(START)), TIMES_16(FIRST(START)),
    /* 80-8F, 90-9F, A0-BF */
    TIMES_16(TAIL(ERROR, TAIL_1, ERROR, TAIL_2)),
    TIMES_16(TAIL(ERROR, TAIL_1, TAIL_2, ERROR)),
    TIMES_16(TAIL(TAIL_1, ERROR, TAIL_2, ERROR)),
    TIMES_16(TAIL(TAIL_1, ERROR, TAIL_2, ERROR)),
    /* C0 and C1 would be overlong; C2-DF */
    FIRST(ERROR), FIRST(ERROR), FIRST(TAIL_1), FIRST(TAIL_1),
    TIMES_4(FIRST(TAIL_1)), TIMES_4(FIRST(TAIL_1)), TIMES_4(FIRST(TAIL_1)),
    TIMES_16(FIRST(TAIL_1)),
    /* E0-EF */
    FIRST(AFTER_E0), FIRST(TAIL_2), FIRST(TAIL_2), FIRST(TAIL_2),
    TIMES_4(FIRST(TAIL_2)), TIMES_4(FIRST(TAIL_2)),
    FIRST(TAIL_2), FIRST(AFTER_ED), FIRST(TAIL_2), FIRST(TAIL_2),
    /* F0-F4; F5-FF would be above U+10FFFF */
    FIRST(AFTER_F0), FIRST(TAIL_3), FIRST(TAIL_3), FIRST(TAIL_3),
    FIRST(AFTER_F4), FIRST(ERROR), FIRST(ERROR), FIRST(ERROR),
    TIMES_4(FIRST(ERROR)), TIMES_4(FIRST(ERROR)),
};
/* clang-format on */

#define BLOCK_LEN 32

/* True if none of BLOCK_LEN bytes is above 7F. */
static bool
is_ascii(const char *block)
{
	uint64_t words[BLOCK_LEN / 8], all = 0;

	memcpy(words, block, BLOCK_LEN);
	for (size_t i = 0; i < BLOCK_LEN / 8; i++)
		all |= words[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static uint64_t
next_state(uint64_t state, char byte)
{
	return table[(unsigned char)byte] >> (state & 63);
}

/* The index of the byte that leads from state to ERROR. */
static size_t
find_error(uint64_t state, const char *bytes)
{
	for (size_t i = 0;; i++) {
		state = next_state(state, bytes[i]);
		if ((state & 63) == ERROR)
			return i;
	}
}

size_t
utf8_take(struct utf8 *u, struct slice bytes)
{
	uint64_t state = u->state, before;
	size_t at = 0, n;

	while (at < bytes.len) {
		n = bytes.len - at < BLOCK_LEN ? bytes.len - at : BLOCK_LEN;
		before = state;
		if (n < BLOCK_LEN) {
			for (size_t i = 0; i < n; i++)
				state = next_state(state, bytes.ptr[at + i]);
		} else if ((state & 63) != START || !is_ascii(bytes.ptr + at)) {
			for (size_t i = 0; i < BLOCK_LEN; i++)
				state = next_state(state, bytes.ptr[at + i]);
		}
		if ((state & 63) == ERROR) {
			u->state = ERROR;
			return at + find_error(before, bytes.ptr + at);
		}
		at += n;
	}
	u->state = state & 63;
	return bytes.len;
}

bool
utf8_is_whole(const struct utf8 *u)
{
	return u->state == START;
}

bool
utf8_is_valid(struct slice bytes)
{
	struct utf8 u = {0};

	return utf8_take(&u, bytes) == bytes.len && utf8_is_whole(&u);
}

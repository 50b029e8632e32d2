/* SPDX-License-Identifier: ISC */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A slice is a borrowed view of bytes that someone else owns. It is not
 * NUL-terminated. The empty slice has len 0 and any ptr, NULL included.
 * Slices are small: pass and return them by value.
 */
struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

/* A slice over a NUL-terminated string from the command line or libc. */
struct slice slice_of(const char *string);

bool slice_equal(struct slice a, struct slice b);

/* Compares as HTTP compares tokens: ASCII letters without case. */
bool slice_equal_nocase(struct slice a, struct slice b);

/*
 * Compares secrets: the time it takes tells their lengths, and nothing of
 * where they differ.
 */
bool bytes_equal_constant_time(struct slice a, struct slice b);

/*
 * The place of the first c in s, or NULL: memchr, where musl's looks at a
 * few bytes at a time.
 */
const char *slice_find(struct slice s, char c);

/* True if s begins with prefix. */
bool slice_starts(struct slice s, struct slice prefix);

/* s without its first n bytes; all of it goes if s is shorter. */
struct slice slice_skip(struct slice s, size_t n);

/* Removes the spaces and tabs at both ends (OWS in RFC 9110). */
struct slice slice_trim(struct slice s);

/*
 * Splits s at the first sep: "a=b" at '=' is "a" and "b". Without a sep,
 * before is all of s, after is empty, and the result is false.
 */
bool slice_cut(struct slice s, char sep, struct slice *before,
	       struct slice *after);

/* The first line of s, without its LF or CRLF, or all of it without one. */
struct slice slice_first_line(struct slice s);

/*
 * Takes the next element off a comma-separated list (#rule in RFC 9110,
 * section 5.6.1): trimmed, empty elements skipped. False at the end.
 */
bool slice_next_element(struct slice *list, struct slice *element);

/* Takes the next word off s, words being parted by spaces and tabs. */
bool slice_next_word(struct slice *s, struct slice *word);

/* Reads all of s as decimal digits. False for none, a non-digit, overflow. */
bool slice_to_u64(struct slice s, uint64_t *value);

/* The value of a hexadecimal digit of either case, or -1. */
int hex_digit(char c);

/* ASCII only, whatever the locale. */
char ascii_lower(char c);

#endif

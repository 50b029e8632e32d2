/* SPDX-License-Identifier: ISC */
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/slice.h"

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct slice
slice_of(const char *string)
{
	return (struct slice){string, strlen(string)};
}

static uint64_t
word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/*
 * Whole words where there are any: musl's memcmp goes by the byte, and is a
 * call.
 */
bool
slice_equal(struct slice a, struct slice b)
{
	const size_t n = sizeof(uint64_t);
	size_t at = 0;

	if (a.len != b.len)
		return false;
	if (a.len < n) {
		while (at < a.len && a.ptr[at] == b.ptr[at])
			at++;
		return at == a.len;
	}
	for (; at + n <= a.len; at += n)
		if (word_at(a.ptr + at) != word_at(b.ptr + at))
			return false;
	/* The last word, some of which was looked at before. */
	return word_at(a.ptr + a.len - n) == word_at(b.ptr + a.len - n);
}

bool
slice_equal_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	return true;
}

bool
bytes_equal_constant_time(struct slice a, struct slice b)
{
	/* volatile, or a compiler may leave the loop at the first one. */
	volatile unsigned char difference = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		difference |= (unsigned char)a.ptr[i] ^ (unsigned char)b.ptr[i];
	return difference == 0;
}

#ifdef __SSE2__
/* The first of 16 bytes that is wanted, or 16. */
static size_t
find_in_16(const char *at, __m128i wanted)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)at);
	int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));

	return found == 0 ? 16 : (size_t)__builtin_ctz((unsigned)found);
}

const char *
slice_find(struct slice s, char c)
{
	const __m128i wanted = _mm_set1_epi8(c);
	size_t at = 0, found;

	if (s.len < 16) {
		while (at < s.len && s.ptr[at] != c)
			at++;
		return at < s.len ? s.ptr + at : NULL;
	}
	for (; at + 16 <= s.len; at += 16)
		if ((found = find_in_16(s.ptr + at, wanted)) < 16)
			return s.ptr + at + found;
	/* The last 16, some of which were looked at before. */
	at = s.len - 16;
	found = find_in_16(s.ptr + at, wanted);
	return found < 16 ? s.ptr + at + found : NULL;
}
#else
const char *
slice_find(struct slice s, char c)
{
	return s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
}
#endif

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	       slice_equal((struct slice){s.ptr, prefix.len}, prefix);
}

struct slice
slice_skip(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return n == 0 ? s : (struct slice){s.ptr + n, s.len - n};
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = slice_skip(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
slice_cut(struct slice s, char sep, struct slice *before, struct slice *after)
{
	const char *at = slice_find(s, sep);
	size_t n;

	if (at == NULL) {
		*before = s;
		*after = (struct slice){0};
		return false;
	}
	n = (size_t)(at - s.ptr);
	*before = (struct slice){s.ptr, n};
	*after = (struct slice){at + 1, s.len - n - 1};
	return true;
}

bool
slice_next_element(struct slice *list, struct slice *element)
{
	while (list->len > 0) {
		slice_cut(*list, ',', element, list);
		*element = slice_trim(*element);
		if (element->len > 0)
			return true;
	}
	return false;
}

bool
slice_next_word(struct slice *s, struct slice *word)
{
	size_t n = 0;

	*s = slice_trim(*s);
	while (n < s->len && !is_blank(s->ptr[n]))
		n++;
	*word = (struct slice){s->ptr, n};
	*s = slice_trim(slice_skip(*s, n));
	return n > 0;
}

bool
slice_to_u64(struct slice s, uint64_t *value)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

struct slice
slice_first_line(struct slice bytes)
{
	struct slice line, rest;

	slice_cut(bytes, '\n', &line, &rest);
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

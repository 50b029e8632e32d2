/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

void
append(struct bytes *b, const void *ptr, size_t len)
{
	if (b->len + len + 1 > b->cap) {
		b->cap = (b->len + len + 1) * 2;
		b->ptr = realloc(b->ptr, b->cap);
		if (b->ptr == NULL)
			abort();
	}
	if (len > 0)
		memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
	b->ptr[b->len] = '\0';
}

static const char *
find(const char *at, const char *end, const char *what)
{
	return memmem(at, (size_t)(end - at), what, strlen(what));
}

static bool
has_field(const struct answer *a, const char *line)
{
	return find(a->head, a->head + a->head_len, line) != NULL;
}

/* Returns where what was read ends. */
static const char *
read_chunks(struct answer *a, const char *at, const char *end)
{
	for (;;) {
		const char *line = find(at, end, "\r\n");
		unsigned long size;
		size_t there;

		if (line == NULL)
			return end;
		size = strtoul(at, NULL, 16);
		at = line + 2;
		there = (size_t)(end - at);
		append(&a->content, at, size < there ? size : there);
		if (there < size + 2)
			return end;
		at += size + 2;
		if (size == 0) {
			a->is_whole = true;
			return at;
		}
	}
}

/* How long the frame of a server is that bytes begin with; 0: there is none. */
static size_t
frame_len(const unsigned char *at, size_t len)
{
	size_t head = 2, content;

	if (len < 2)
		return 0;
	content = at[1] & 127;
	if (content == 126 && len >= 4) {
		head = 4;
		content = (size_t)at[2] << 8 | at[3];
	}
	return content < 127 && head + content <= len ? head + content : 0;
}

/* All frames but pongs, which may come before or behind what a program says. */
static void
read_frames(struct answer *a, const char *at, const char *end)
{
	size_t len;

	while ((len = frame_len((const unsigned char *)at,
				(size_t)(end - at))) > 0) {
		if ((unsigned char)*at != 0x8a)
			append(&a->content, at, len);
		at += len;
	}
	append(&a->content, at, (size_t)(end - at));
}

static const char *
read_content(struct answer *a, const char *at, const char *end, bool is_head)
{
	const char *length =
	    find(a->head, a->head + a->head_len, "\r\nContent-Length: ");
	size_t there = (size_t)(end - at), size;

	append(&a->content, "", 0);
	if (has_field(a, "\r\nTransfer-Encoding: chunked\r\n") && !is_head)
		return read_chunks(a, at, end);
	a->is_whole = true;
	if (a->status == 101) {
		read_frames(a, at, end);
		return end;
	}
	if (length == NULL && a->is_last) {
		append(&a->content, at, there);
		return end;
	}
	if (length == NULL || is_head || a->status == 304)
		return at;
	size = strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
	a->is_whole = size <= there;
	append(&a->content, at, a->is_whole ? size : there);
	return at + (a->is_whole ? size : there);
}

void
answers_read(struct answers *a, const struct bytes *bytes, unsigned long heads)
{
	const char *at = bytes->ptr, *end = bytes->ptr + bytes->len;

	*a = (struct answers){0};
	while (at < end && a->count < ANSWERS_MAX) {
		struct answer *next = &a->answer[a->count];
		const char *behind = find(at, end, "\r\n\r\n");

		*next = (struct answer){.head = at};
		next->head_len =
		    (size_t)((behind != NULL ? behind + 4 : end) - at);
		if (next->head_len > 12)
			next->status = atoi(at + 9);
		if (behind == NULL) {
			a->count++;
			return;
		}
		at = behind + 4;
		if (next->status == 100)
			continue;
		next->is_last = has_field(next, "\r\nConnection: close\r\n");
		at = read_content(next, at, end, heads >> a->count & 1);
		a->count++;
	}
}

void
answers_free(struct answers *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->answer[i].content.ptr);
	a->count = 0;
}

static bool
is_same_content(const struct answer *a, const struct answer *b, bool is_whole)
{
	return (is_whole ? a->content.len == b->content.len
			 : a->content.len <= b->content.len) &&
	       (a->content.len == 0 ||
		memcmp(a->content.ptr, b->content.ptr, a->content.len) == 0);
}

/* But for the field that says that it is the last one. */
static bool
is_same_head(const struct answer *a, const struct answer *b)
{
	static const char close[] = "Connection: close\r\n";
	const char *x = a->head, *y = b->head;
	const char *x_end = x + a->head_len, *y_end = y + b->head_len;

	while (x < x_end || y < y_end) {
		if (x_end - x >= 19 && memcmp(x, close, 19) == 0)
			x += 19;
		if (y_end - y >= 19 && memcmp(y, close, 19) == 0)
			y += 19;
		if (x == x_end || y == y_end)
			return x == x_end && y == y_end;
		if (*x++ != *y++)
			return false;
	}
	return true;
}

/* The frames are those of b up to a place, where there may be a Close. */
static bool
are_frames(const struct answer *a, const struct answer *b)
{
	const unsigned char *x = (const unsigned char *)a->content.ptr;
	const unsigned char *y = (const unsigned char *)b->content.ptr;
	size_t at = 0, next;

	while ((next = frame_len(y + at, b->content.len - at)) > 0 &&
	       at + next <= a->content.len && memcmp(x + at, y + at, next) == 0)
		at += next;
	return at == a->content.len ||
	       (x[at] == 0x88 &&
		frame_len(x + at, a->content.len - at) == a->content.len - at);
}

/* It is the beginning of b, or all of it; or its error with another page. */
static bool
is_part(const struct answer *a, const struct answer *b)
{
	if (a->content.ptr == NULL)
		return a->head_len <= b->head_len &&
		       memcmp(a->head, b->head, a->head_len) == 0;
	if (a->status >= 400 && a->status == b->status && a->is_whole)
		return true;
	return is_same_head(a, b) && (is_same_content(a, b, a->is_whole) ||
				      (a->status == 101 && are_frames(a, b)));
}

static const char *
wrong(size_t i, const struct answer *a)
{
	static char text[512];

	snprintf(text, sizeof(text), "response %zu is wrong: %s%.*s...", i + 1,
		 a->is_whole ? "" : "(cut) ",
		 (int)(a->head_len < 400 ? a->head_len : 400), a->head);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\r' || *at == '\n')
			*at = *at == '\r' ? ' ' : '|';
	return text;
}

static const char *
check_same(const struct answers *a, const struct answers *right)
{
	if (a->count != right->count)
		return "another number of responses";
	for (size_t i = 0; i < a->count; i++) {
		const struct answer *x = &a->answer[i], *y = &right->answer[i];

		if (x->head_len != y->head_len ||
		    memcmp(x->head, y->head, x->head_len) != 0)
			return wrong(i, x);
		if (x->is_whole != y->is_whole || !is_same_content(x, y, true))
			return wrong(i, x);
	}
	return NULL;
}

/* Its own fault, and said so. */
static bool
is_own_fault(const struct answer *a, bool is_last)
{
	return a->status >= 500 && a->status <= 599 && a->content.ptr != NULL &&
	       (!a->is_last || is_last);
}

/* Frames are no requests, where there is no WebSocket. */
static bool
is_refused_frame(const struct answers *a, size_t i, const struct answers *right)
{
	return i == right->count && i > 0 &&
	       right->answer[i - 1].status == 101 &&
	       a->answer[i - 1].status >= 500 && a->answer[i].status == 400;
}

const char *
answers_check(const struct answers *a, const struct answers *right,
	      size_t count, bool must_be_same)
{
	if (must_be_same)
		return check_same(a, right);
	for (size_t i = 0; i < a->count; i++) {
		const struct answer *x = &a->answer[i];
		bool is_last = i + 1 == a->count, is_good = false;

		if (!x->is_whole && !is_last)
			return "something follows on a cut response";
		for (size_t j = 0; j < count && !is_good; j++)
			is_good = i < right[j].count &&
				  is_part(x, &right[j].answer[i]);
		if (!is_good &&
		    !(i < right->count && is_own_fault(x, is_last)) &&
		    !is_refused_frame(a, i, right))
			return i >= right->count ? "too many responses"
						 : wrong(i, x);
	}
	return NULL;
}

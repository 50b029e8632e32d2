/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "serve/names.h"

/* A record's number is its distance from the arena's start. */
#define NONE UINT32_MAX

struct record {
	uint32_t next; /* in a sorted list */
	uint16_t len;
	uint8_t kind;
	char bytes[];
};

static struct record *
record_at(const struct names *n, uint32_t at)
{
	return (struct record *)(void *)(n->arena + at);
}

static size_t
size_of(size_t name_len)
{
	size_t size = offsetof(struct record, bytes) + name_len;

	return (size + alignof(struct record) - 1) &
	       ~(alignof(struct record) - 1);
}

static struct name
name_at(const struct names *n, uint32_t at)
{
	const struct record *r = record_at(n, at);

	return (struct name){(enum entry_kind)r->kind, {r->bytes, r->len}};
}

static int
compare(struct name a, struct name b)
{
	size_t len = a.bytes.len < b.bytes.len ? a.bytes.len : b.bytes.len;
	int order;

	if (a.kind != b.kind)
		return a.kind < b.kind ? -1 : 1;
	order = len > 0 ? memcmp(a.bytes.ptr, b.bytes.ptr, len) : 0;
	if (order != 0 || a.bytes.len == b.bytes.len)
		return order;
	return a.bytes.len < b.bytes.len ? -1 : 1;
}

static void
set_mark(struct names_mark *mark, struct name name)
{
	mark->is_set = true;
	mark->kind = name.kind;
	mark->len = name.bytes.len;
	memcpy(mark->bytes, name.bytes.ptr, name.bytes.len);
}

static struct name
mark_name(const struct names_mark *mark)
{
	return (struct name){mark->kind, {mark->bytes, mark->len}};
}

void
names_init(struct names *n, char *arena, size_t cap)
{
	n->arena = arena;
	n->cap = cap;
	n->after.is_set = false;
	names_begin(n);
}

void
names_begin(struct names *n)
{
	n->len = 0;
	n->count = 0;
	n->first = NONE;
	n->before.is_set = false;
}

bool
names_want(const struct names *n, struct name name)
{
	return name.bytes.len <= NAME_LEN_MAX &&
	       (!n->before.is_set ||
		compare(name, mark_name(&n->before)) < 0) &&
	       (!n->after.is_set || compare(name, mark_name(&n->after)) > 0);
}

#define SAMPLES 32

/*
 * A name that about three quarters of all come before, by a sample. To
 * sort them all for this would cost many times as much.
 */
static struct name
guess_third_quartile(const struct names *n)
{
	struct name sample[SAMPLES];
	size_t count = 0, i = 0, to;

	for (uint32_t at = 0; at < n->len && count < SAMPLES; i++) {
		struct name name = name_at(n, at);

		at += (uint32_t)size_of(name.bytes.len);
		if (n->count > SAMPLES && i % (n->count / SAMPLES) != 0)
			continue;
		for (to = count++; to > 0 && compare(sample[to - 1], name) > 0;
		     to--)
			sample[to] = sample[to - 1];
		sample[to] = name;
	}
	assert(count > 0);
	return sample[count * 3 / 4];
}

/* Drops the last of the names for others, and what comes then. */
static void
make_room(struct names *n)
{
	uint32_t end = (uint32_t)n->len, size;
	struct name last;

	set_mark(&n->before, guess_third_quartile(n));
	last = mark_name(&n->before);
	n->len = 0;
	n->count = 0;
	for (uint32_t at = 0; at < end; at += size) {
		struct name name = name_at(n, at);

		size = (uint32_t)size_of(name.bytes.len);
		if (compare(name, last) > 0)
			continue;
		memmove(n->arena + n->len, n->arena + at, size);
		n->len += size;
		n->count++;
	}
}

void
names_add(struct names *n, struct name name)
{
	size_t size = size_of(name.bytes.len);
	struct record *r;

	if (!names_want(n, name))
		return;
	while (size > n->cap - n->len) {
		size_t before = n->len;

		make_room(n);
		/* The same name over and over: there is no room to be made. */
		if (!names_want(n, name) || n->len == before)
			return;
	}
	r = record_at(n, (uint32_t)n->len);
	r->kind = (uint8_t)name.kind;
	r->len = (uint16_t)name.bytes.len;
	if (name.bytes.len > 0)
		memcpy(r->bytes, name.bytes.ptr, name.bytes.len);
	n->len += size;
	n->count++;
}

/* Merges two sorted lists; of equal names those of a come first. */
static uint32_t
merge(struct names *n, uint32_t a, uint32_t b)
{
	uint32_t list, *end = &list;

	while (a != NONE && b != NONE) {
		uint32_t *next =
		    compare(name_at(n, a), name_at(n, b)) <= 0 ? &a : &b;

		*end = *next;
		end = &record_at(n, *next)->next;
		*next = *end;
	}
	*end = a != NONE ? a : b;
	return list;
}

/*
 * Merge sort from the bottom up: lists[i] is empty, or has 2^i records. It
 * needs no memory but the links, and no order makes it slow.
 */
void
names_sort(struct names *n)
{
	uint32_t lists[32], at = 0;
	size_t i, size;

	for (i = 0; i < 32; i++)
		lists[i] = NONE;
	for (; at < n->len; at += (uint32_t)size) {
		uint32_t list = at;

		size = size_of(record_at(n, at)->len);
		record_at(n, at)->next = NONE;
		for (i = 0; lists[i] != NONE; i++) {
			list = merge(n, lists[i], list);
			lists[i] = NONE;
		}
		lists[i] = list;
	}
	n->first = NONE;
	for (i = 0; i < 32; i++)
		n->first = merge(n, lists[i], n->first);
}

bool
names_take(struct names *n, struct name *name)
{
	while (n->first != NONE) {
		*name = name_at(n, n->first);
		n->first = record_at(n, n->first)->next;
		/* It may have been there twice. */
		if (n->after.is_set &&
		    compare(*name, mark_name(&n->after)) == 0)
			continue;
		set_mark(&n->after, *name);
		return true;
	}
	return false;
}

bool
names_are_left(const struct names *n)
{
	return n->before.is_set;
}

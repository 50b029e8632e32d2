/* SPDX-License-Identifier: ISC */
#include "base/arena.h"

void *
arena_allocate(void *arena, unsigned count, unsigned size)
{
	struct arena *a = arena;
	size_t len = (size_t)count * size;
	void *part;

	len = (len + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	if (len > a->cap - a->len)
		return NULL;
	part = a->data + a->len;
	a->len += len;
	return part;
}

void
arena_release(void *arena, void *part)
{
	(void)arena;
	(void)part;
}

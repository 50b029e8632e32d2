/* SPDX-License-Identifier: ISC */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * An arena hands out parts of one area that its owner provides, aligned
 * like the area itself, which begins on 16 bytes. Single parts are never
 * taken back: setting len to 0 takes back all of them.
 */
struct arena {
	char *data;
	size_t cap, len;
};

#define ARENA_ALIGNMENT 16
#define ARENA_OVER(array) ((struct arena){(array), sizeof(array), 0})

/*
 * zlib's zalloc and zfree, with the arena as opaque: count times size
 * bytes, or NULL if there are not so many left; and nothing.
 */
void *arena_allocate(void *arena, unsigned count, unsigned size);
void arena_release(void *arena, void *part);

#endif

/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"
#include "conn/tls_memory.h"

/* What a handshake takes, in one call instead of a fault for each page. */
#define AT_ONCE (26 * PAGE)

/*
 * A block's size, with its head, is a multiple of 16 up to 128, and one of
 * four steps between two powers of two above. The largest holds more than a
 * record.
 */
#define STEP 16
#define SMALL_MAX 128
#define BLOCK_MAX 65536
#define CLASSES (SMALL_MAX / STEP + 1 + 4 * 9)

/* Of the launcher's nothing is given back, nor written to, in a child. */
enum owner {
	OWNER_LAUNCHER,
	OWNER_LAUNCHER_AREA,
	OWNER_CONNECTION, /* malloc's: the area is full, or it is too big */
	OWNER_CONNECTION_AREA
};

struct block {
	alignas(STEP) uint32_t owner; /* an enum owner */
	uint32_t size_class;
	union {
		size_t cap;         /* bytes behind the head */
		struct block *next; /* of its class, while it is free */
	} as;
};

struct area {
	size_t used;
	struct block *free[CLASSES];
	alignas(STEP) char bytes[1 << 20];
};

static alignas(PAGE) struct area launchers, connections;
static bool is_connection;

/*
 * What a handshake writes to of all that was there before it lies together:
 * counts of references, locks, and the generators of random numbers. Some
 * 100 KiB of 500; the rest are tables.
 */
static bool
is_written_by_handshakes(const char *file)
{
	static const char *const parts[] = {
	    "/threads_pthread.c", "/evp/",       "/implementations/",
	    "/ssl_lib.c",         "/ssl_cert.c", "/err_blocks.c",
	    "/tasn_new.c",        "/ec_key.c"};

	for (size_t i = 0; file != NULL && i < sizeof(parts) / sizeof(*parts);
	     i++)
		if (strstr(file, parts[i]) != NULL)
			return true;
	return false;
}

/* Rounds *size up to that of its class, which is returned. */
static uint32_t
classify(size_t *size)
{
	uint32_t power, part;
	size_t step;

	if (*size <= SMALL_MAX) {
		*size = (*size + STEP - 1) / STEP * STEP;
		return (uint32_t)(*size / STEP);
	}
	power = 63 - (uint32_t)__builtin_clzll(*size - 1);
	step = (size_t)1 << (power - 2);
	part = (uint32_t)((*size - 1) / step - 4);
	*size = step * (part + 5);
	return SMALL_MAX / STEP + 1 + (power - 7) * 4 + part;
}

static struct block *
take_from_area(struct area *area, size_t size)
{
	uint32_t size_class = classify(&size);
	struct block *b = area->free[size_class];

	if (b != NULL) {
		area->free[size_class] = b->as.next;
	} else {
		if (sizeof(area->bytes) - area->used < size)
			return NULL;
		b = (struct block *)(area->bytes + area->used);
		area->used += size;
	}
	b->owner = is_connection ? OWNER_CONNECTION_AREA : OWNER_LAUNCHER_AREA;
	b->size_class = size_class;
	b->as.cap = size - sizeof(*b);
	return b;
}

static void *
allocate(size_t len, const char *file, int line)
{
	size_t size = len + sizeof(struct block);
	struct block *b = NULL;

	(void)line;
	if (len == 0 || size < len)
		return NULL;
	if (size <= BLOCK_MAX) {
		if (is_connection)
			b = take_from_area(&connections, size);
		else if (is_written_by_handshakes(file))
			b = take_from_area(&launchers, size);
	}
	if (b == NULL) {
		if ((b = malloc(size)) == NULL)
			return NULL;
		b->owner = is_connection ? OWNER_CONNECTION : OWNER_LAUNCHER;
		b->as.cap = len;
	}
	return b + 1;
}

static void
give_back(struct area *area, struct block *b)
{
	b->as.next = area->free[b->size_class];
	area->free[b->size_class] = b;
}

static void
release(void *ptr, const char *file, int line)
{
	struct block *b;

	(void)file;
	(void)line;
	if (ptr == NULL)
		return;
	b = (struct block *)ptr - 1;
	switch ((enum owner)b->owner) {
	case OWNER_LAUNCHER:
		if (!is_connection)
			free(b);
		break;
	case OWNER_LAUNCHER_AREA:
		if (!is_connection)
			give_back(&launchers, b);
		break;
	case OWNER_CONNECTION:
		free(b);
		break;
	case OWNER_CONNECTION_AREA:
		give_back(&connections, b);
		break;
	}
}

static void *
reallocate(void *ptr, size_t len, const char *file, int line)
{
	size_t cap;
	void *grown;

	if (ptr == NULL)
		return allocate(len, file, line);
	cap = ((const struct block *)ptr - 1)->as.cap;
	if (len > 0 && len <= cap)
		return ptr;
	grown = allocate(len, file, line);
	if (grown != NULL)
		memcpy(grown, ptr, cap);
	if (grown != NULL || len == 0)
		release(ptr, file, line);
	return grown;
}

void
tls_memory_init(void)
{
	CRYPTO_set_mem_functions(allocate, reallocate, release);
}

void
tls_memory_enter(void)
{
	is_connection = true;
	/* Where it is not known, pages come one by one. */
	madvise(&connections, AT_ONCE, MADV_POPULATE_WRITE);
}

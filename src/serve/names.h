/* SPDX-License-Identifier: ISC */
#ifndef SERVE_NAMES_H
#define SERVE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Sorts any number of names in bounded memory, in several passes over
 * them: each finds the first ones behind those that were taken before.
 *
 *	names_init(&names, arena, sizeof(arena));
 *	do {
 *		names_begin(&names);
 *		for (each one of all the entries)
 *			names_add(&names, entry);
 *		names_sort(&names);
 *		while (names_take(&names, &entry))
 *			...
 *	} while (names_are_left(&names));
 *
 * A name that is there in one pass and not in the next, or twice in one,
 * does no harm: none is taken twice, and the passes come to an end.
 */

/* In this order: all directories come before all files. */
enum entry_kind { ENTRY_DIRECTORY, ENTRY_FILE };

/* What names are sorted by: the kind, then the name's bytes. */
struct name {
	enum entry_kind kind;
	struct slice bytes;
};

/*
 * The longest name. vfat, exFAT and NTFS have names of 255 characters,
 * for each of which Linux allows 6 bytes.
 */
#define NAME_LEN_MAX 1530

/* The least arena, which no name is too long for. */
#define NAMES_ARENA_MIN (64 * 1024)

struct names {
	char *arena; /* records, one behind another */
	size_t len, cap;
	size_t count;
	uint32_t first; /* of those that are sorted, and not taken yet */

	/* A pass wants what comes after the one and before the other. */
	struct names_mark {
		bool is_set;
		enum entry_kind kind;
		size_t len;
		char bytes[NAME_LEN_MAX];
	} after, before;
};

/*
 * Sets names up over cap bytes at arena, at least NAMES_ARENA_MIN and at
 * most 2^31, aligned as for an uint32_t. A name takes 8 to 11 bytes more
 * there than it is long.
 */
void names_init(struct names *n, char *arena, size_t cap);

/* Begins a pass, which is to see all names again. */
void names_begin(struct names *n);

/* True if this pass has a use for name; names_add asks for itself. */
bool names_want(const struct names *n, struct name name);

/* Keeps name, if it is one of the first. A longer one is left out. */
void names_add(struct names *n, struct name name);

/* Ends the pass: now names can be taken. */
void names_sort(struct names *n);

/*
 * Takes the next name, which lives until names_begin. False if there is
 * none: then this pass is done with.
 */
bool names_take(struct names *n, struct name *name);

/* True if the pass has left names for another one. */
bool names_are_left(const struct names *n);

#endif

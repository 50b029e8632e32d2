/* SPDX-License-Identifier: ISC */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/names.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Of just its size, for AddressSanitizer. */
static char *arena;
static struct names names;

/* Entries, in the order in which a directory would give them. */
struct entries {
	struct name *name;
	size_t count;
};

static struct name
make_name(enum entry_kind kind, const char *text, size_t len)
{
	char *copy = malloc(len);

	if (copy == NULL)
		abort();
	memcpy(copy, text, len);
	return (struct name){kind, {copy, len}};
}

static void
free_entries(struct entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		free((char *)(uintptr_t)e->name[i].bytes.ptr);
	free(e->name);
}

/* Directories before files, then as bytes; a plain sort, to compare with. */
static int
compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	size_t len = x->bytes.len < y->bytes.len ? x->bytes.len : y->bytes.len;
	int order;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	order = memcmp(x->bytes.ptr, y->bytes.ptr, len);
	return order != 0 ? order
			  : (x->bytes.len > y->bytes.len) -
				(x->bytes.len < y->bytes.len);
}

static bool
is_equal(struct name a, struct name b)
{
	return a.kind == b.kind && slice_equal(a.bytes, b.bytes);
}

/*
 * True if all entries are taken, each once, and in order, in max_passes
 * at most. Sorts them.
 */
static bool
is_sorted_right(struct entries *e, size_t max_passes)
{
	size_t taken = 0, passes = 0, unique = 0;
	struct name *want = malloc(e->count * sizeof(*want));
	bool is_right = true;
	struct name name;

	if (want == NULL)
		abort();
	memcpy(want, e->name, e->count * sizeof(*want));
	qsort(want, e->count, sizeof(*want), compare);
	for (size_t i = 0; i < e->count; i++)
		if (i == 0 || !is_equal(want[i], want[unique - 1]))
			want[unique++] = want[i];
	names_init(&names, arena, NAMES_ARENA_MIN);
	do {
		names_begin(&names);
		for (size_t i = 0; i < e->count; i++)
			names_add(&names, e->name[i]);
		names_sort(&names);
		while (names_take(&names, &name)) {
			if (taken == unique || !is_equal(name, want[taken]))
				is_right = false;
			else
				taken++;
		}
	} while (names_are_left(&names) && ++passes < 1000);
	free(want);
	return is_right && taken == unique && passes < max_passes;
}

static unsigned
next_random(void)
{
	static unsigned state = 1;

	state = state * 1103515245 + 12345;
	return state >> 8;
}

/* How a directory's entries may come. */
enum order { ASCENDING, DESCENDING, SCRAMBLED, SAWTOOTH, ORDERS };

static const char *const order_names[] = {"ascending", "descending",
					  "scrambled", "sawtooth"};

static size_t
number_of(enum order order, size_t i, size_t count)
{
	switch (order) {
	case ASCENDING:
		return i;
	case DESCENDING:
		return count - 1 - i;
	case SCRAMBLED:
		return i * 7919 % count;
	default:
		return i % 2 ? count - 1 - i / 2 : i / 2;
	}
}

/* Names with a number in front, or at the end, and len bytes long. */
static struct entries
make_entries(enum order order, size_t count, size_t len, bool is_at_end)
{
	struct entries e = {malloc(count * sizeof(*e.name)), count};
	char text[NAME_LEN_MAX];

	if (e.name == NULL)
		abort();
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < count; i++) {
		size_t number = number_of(order, i, count);
		char *at = is_at_end ? text + len - 6 : text;

		for (size_t digit = 6; digit-- > 0; number /= 10)
			at[digit] = (char)('0' + number % 10);
		e.name[i] = make_name(i % 5 == 0 ? ENTRY_DIRECTORY : ENTRY_FILE,
				      text, len);
	}
	return e;
}

static void
check_orders(void)
{
	char name[100];

	for (int order = 0; order < ORDERS; order++) {
		/* 64 KiB hold 2,700 names of 12 bytes, and 46 of 1400. */
		struct entries few = make_entries(order, 2000, 12, true);
		struct entries many = make_entries(order, 10000, 12, true);
		struct entries first = make_entries(order, 10000, 12, false);
		struct entries large = make_entries(order, 500, 1400, true);

		snprintf(name, sizeof(name), "%s: in one pass",
			 order_names[order]);
		CHECK(name, is_sorted_right(&few, 1));
		snprintf(name, sizeof(name), "%s: in several passes",
			 order_names[order]);
		CHECK(name, is_sorted_right(&many, 7));
		snprintf(name, sizeof(name), "%s: different at the front",
			 order_names[order]);
		CHECK(name, is_sorted_right(&first, 7));
		snprintf(name, sizeof(name), "%s: long names",
			 order_names[order]);
		CHECK(name, is_sorted_right(&large, 25));
		free_entries(&few);
		free_entries(&many);
		free_entries(&first);
		free_entries(&large);
	}
}

/* Any bytes, any lengths, and names that are there twice. */
static void
check_random_names(void)
{
	struct entries e = {malloc(5000 * sizeof(*e.name)), 0};
	bool is_right = true;
	char text[300];

	if (e.name == NULL)
		abort();
	for (int round = 0; round < 5; round++) {
		while (e.count < 1000 * (size_t)(round + 1)) {
			size_t len = next_random() % (e.count % 3 ? 8 : 255);

			for (size_t i = 0; i <= len; i++)
				text[i] = (char)(next_random() % 256);
			e.name[e.count++] = make_name(
			    next_random() % 2 ? ENTRY_DIRECTORY : ENTRY_FILE,
			    text, len + 1);
		}
		is_right = is_right && is_sorted_right(&e, 20);
	}
	CHECK("any bytes, any lengths, and twice the same", is_right);
	free_entries(&e);
}

static void
check_ends(void)
{
	char text[NAME_LEN_MAX + 1];
	struct entries e = {NULL, 0};
	struct name name;
	bool is_taken;

	names_init(&names, arena, NAMES_ARENA_MIN);
	names_sort(&names);
	CHECK("nothing", !names_take(&names, &name) && !names_are_left(&names));

	memset(text, 'n', sizeof(text));
	names_begin(&names);
	names_add(&names, (struct name){ENTRY_FILE, {text, NAME_LEN_MAX + 1}});
	names_add(&names, (struct name){ENTRY_FILE, {text, NAME_LEN_MAX}});
	names_sort(&names);
	is_taken = names_take(&names, &name);
	CHECK("the longest name, and a longer one",
	      is_taken && name.bytes.len == NAME_LEN_MAX &&
		  !names_take(&names, &name));

	/* There is no room for it, and none to be made. */
	e = make_entries(ASCENDING, 5000, 12, false);
	for (size_t i = 1; i < e.count; i++)
		memcpy((char *)(uintptr_t)e.name[i].bytes.ptr,
		       e.name[0].bytes.ptr, 12);
	CHECK("the same name over and over", is_sorted_right(&e, 2));
	free_entries(&e);
}

/* What comes and goes between two passes. */
static void
check_changes(void)
{
	struct entries e = make_entries(SCRAMBLED, 10000, 12, true);
	struct entries other = make_entries(DESCENDING, 10000, 13, true);
	struct name name, last = {0};
	bool is_ordered = true;
	size_t taken = 0, passes = 0;

	names_init(&names, arena, NAMES_ARENA_MIN);
	do {
		struct entries *now = passes % 2 ? &other : &e;

		names_begin(&names);
		for (size_t i = 0; i < now->count; i++)
			names_add(&names, now->name[i]);
		names_sort(&names);
		for (; names_take(&names, &name); taken++) {
			if (taken > 0 && compare(&last, &name) >= 0)
				is_ordered = false;
			if (taken > 0)
				free((char *)(uintptr_t)last.bytes.ptr);
			last = make_name(name.kind, name.bytes.ptr,
					 name.bytes.len);
		}
	} while (names_are_left(&names) && ++passes < 100);
	free((char *)(uintptr_t)last.bytes.ptr);
	CHECK("other names in each pass: in order, and with an end",
	      is_ordered && taken > 2000 && passes < 100);
	free_entries(&e);
	free_entries(&other);
}

int
main(void)
{
	arena = malloc(NAMES_ARENA_MIN);
	if (arena == NULL)
		abort();
	check_orders();
	check_random_names();
	check_ends();
	check_changes();
	free(arena);
	return check_done();
}

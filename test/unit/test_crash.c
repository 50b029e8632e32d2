/* SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "check.h"
#include "host/crash.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static struct crashes crashes;

static bool
refuses(const struct crashes *c, uint64_t key, int64_t now)
{
	return crash_why(c, key, now) != NULL;
}

/* Crashes of one client, one after the other. */
static const struct {
	const char *name;
	int64_t now, pause;
} rows[] = {
    {"the first is free", 0, 0},
    {"the second", 10, 0},
    {"the third", 20, 0},
    {"the fourth has a pause", 30, 1 * SECOND},
    {"the next twice that, in the middle of it", 40, 2 * SECOND},
    {"and twice", 10 * SECOND, 4 * SECOND},
    {"and twice, however long ago", 40 * MINUTE, 8 * SECOND},
    {"16", 41 * MINUTE, 16 * SECOND},
    {"32", 42 * MINUTE, 32 * SECOND},
    {"64", 43 * MINUTE, 64 * SECOND},
    {"128", 44 * MINUTE, 128 * SECOND},
    {"256", 45 * MINUTE, 256 * SECOND},
    {"512", 46 * MINUTE, 512 * SECOND},
    {"1024", 47 * MINUTE, 1024 * SECOND},
    {"2048", 48 * MINUTE, 2048 * SECOND},
    {"an hour at most", 49 * MINUTE, HOUR},
    {"an hour", 50 * MINUTE, HOUR},
    {"within two hours nothing is forgotten", 170 * MINUTE, HOUR},
    {"then it is", 290 * MINUTE + 1, 0},
    {"and begins anew", 290 * MINUTE + 2, 0},
    {"to the third", 290 * MINUTE + 3, 0},
    {"and fourth", 290 * MINUTE + 4, SECOND},
};

static void
test_pauses(void)
{
	crashes = (struct crashes){.pause_ms = SECOND};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t now = SECOND + rows[i].now, end = now + rows[i].pause;

		CHECK(rows[i].name,
		      crash_count(&crashes, 7, now) == rows[i].pause &&
			  refuses(&crashes, 7, end - 1) ==
			      (rows[i].pause > 0) &&
			  !refuses(&crashes, 7, end) &&
			  !refuses(&crashes, 8, now));
	}
}

/* The key of ::1 is 0, and that of unix sockets is none. */
static void
test_keys(void)
{
	crashes = (struct crashes){.pause_ms = SECOND};
	for (int i = 0; i < CRASHES_FREE; i++) {
		crash_count(&crashes, 0, 100);
		crash_count(&crashes, CHILDREN_NO_KEY, 100);
	}
	CHECK("a key of 0 is one", crash_count(&crashes, 0, 100) == SECOND);
	CHECK("who has no key is not refused",
	      crash_count(&crashes, CHILDREN_NO_KEY, 100) == 0 &&
		  !refuses(&crashes, CHILDREN_NO_KEY, 100));
	crashes = (struct crashes){.pause_ms = 0};
	for (int i = 0; i <= CRASHES_FREE; i++)
		crash_count(&crashes, 1, 100);
	CHECK("without a pause nobody is",
	      !refuses(&crashes, 1, 100) && crashes.count == 0);
	crashes = (struct crashes){.pause_ms = INT64_C(3600) * SECOND};
	for (int i = 0; i < 100; i++)
		crash_count(&crashes, 1, 100);
	CHECK("the longest pause grows no more",
	      crash_count(&crashes, 1, 100) == HOUR);
}

static void
test_full(void)
{
	uint64_t kept = 0;

	crashes = (struct crashes){.pause_ms = SECOND};
	for (uint64_t key = 0; key <= CRASHES_KEPT; key++)
		for (int i = 0; i <= CRASHES_FREE; i++)
			crash_count(&crashes, key, (int64_t)key);
	for (uint64_t key = 0; key <= CRASHES_KEPT; key++)
		kept += refuses(&crashes, key, CRASHES_KEPT);
	CHECK("of too many the oldest is forgotten",
	      kept == CRASHES_KEPT && !refuses(&crashes, 0, 1) &&
		  crash_count(&crashes, 0, CRASHES_KEPT) == 0);
}

int
main(void)
{
	test_pauses();
	test_keys();
	test_full();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The whole unit-test framework: TAP on stdout, one line a check.
 *
 *	CHECK(row->input, got == row->want);
 *	return check_done();
 */
static int check_count, check_failed;

static inline void
check_that(bool ok, const char *name, const char *expr, const char *file,
	   int line)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++check_count, name);
	if (!ok) {
		printf("# %s:%d: %s\n", file, line, expr);
		check_failed++;
	}
}

static inline int
check_done(void)
{
	printf("1..%d\n", check_count);
	return check_failed != 0;
}

#define CHECK(name, expr) check_that((expr), (name), #expr, __FILE__, __LINE__)

#endif

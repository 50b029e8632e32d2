/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "base/clock.h"

/* Set once, before the first request. */
static int64_t fixed_now = -1;

int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_seconds(void)
{
	struct timespec t;

	if (fixed_now >= 0)
		return fixed_now;
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return t.tv_sec;
}

void
clock_fix(int64_t now)
{
	fixed_now = now;
}

bool
clock_is_fixed(void)
{
	return fixed_now >= 0;
}

int64_t
clock_deadline(int64_t ms)
{
	return ms == 0 ? NEVER : clock_ms() + ms;
}

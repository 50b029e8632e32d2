/* SPDX-License-Identifier: ISC */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Milliseconds of a clock that never steps, for deadlines. It is the
 * kernel's coarse clock: read without a system call, a tick (1 to 10 ms)
 * behind at most.
 */
int64_t clock_ms(void);

/* Microseconds of the same clock, exact: how long a request took. */
int64_t clock_us(void);

/* Seconds since 1970, UTC: for Date and the log. */
int64_t clock_seconds(void);

/* Makes clock_seconds return now from here on, for reproducible answers. */
void clock_fix(int64_t now);

/* True if clock_fix was called: then nothing may be left to chance. */
bool clock_is_fixed(void);

/* No deadline. Later than any time that clock_ms returns. */
#define NEVER INT64_MAX

/* A deadline for who does not want to wait at all. */
#define IMMEDIATELY 0

/* The time ms milliseconds from now; 0 stands for no time-out: NEVER. */
int64_t clock_deadline(int64_t ms);

#endif

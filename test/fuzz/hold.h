/* SPDX-License-Identifier: ISC */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdlib.h>

/* Ends a fuzz target whose input shows that a property does not hold. */
static inline void
hold(bool property)
{
	if (!property)
		abort();
}

#endif

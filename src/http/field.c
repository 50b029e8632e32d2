/* SPDX-License-Identifier: ISC */
#include "http/field.h"

bool
field_next(const struct field **field, size_t *count, struct slice name,
	   struct slice *value)
{
	while (*count > 0) {
		const struct field *f = (*field)++;

		--*count;
		if (slice_equal_nocase(f->name, name)) {
			*value = f->value;
			return true;
		}
	}
	return false;
}

size_t
field_find(const struct field *field, size_t count, struct slice name,
	   struct slice *value)
{
	struct slice another;
	size_t lines = 0;

	*value = (struct slice){0};
	while (field_next(&field, &count, name, lines == 0 ? value : &another))
		lines++;
	return lines;
}

/* SPDX-License-Identifier: ISC */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdlib.h>
#include <string.h>

#include "http/http.h"

/* Field lines as tests and fuzzers write them: "Name: value\n" each. */
struct fields {
	struct field field[64];
	char *block[2 * 64]; /* where names and values lie */
	size_t count;
};

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. The block is the caller's to free.
 */
static inline struct slice
fields_exact(struct slice s, char **block)
{
	*block = malloc(s.len + 1);
	if (*block == NULL)
		abort();
	if (s.len > 0)
		memcpy(*block + 1, s.ptr, s.len);
	return (struct slice){*block + 1, s.len};
}

/* Adds a field; what there is no room for is left out. */
static inline void
fields_add(struct fields *fields, struct slice name, struct slice value)
{
	struct field *f = &fields->field[fields->count];
	char **block = &fields->block[2 * fields->count];

	if (fields->count == sizeof(fields->field) / sizeof(fields->field[0]))
		return;
	f->name = fields_exact(name, &block[0]);
	f->value = fields_exact(slice_trim(value), &block[1]);
	fields->count++;
}

static inline void
fields_free(struct fields *fields)
{
	for (size_t i = 0; i < 2 * fields->count; i++)
		free(fields->block[i]);
	fields->count = 0;
}

/* The fields of text. They live until the next call. */
static inline const struct fields *
fields_of(struct slice text)
{
	static struct fields fields;
	struct slice line, name, value;

	fields_free(&fields);
	while (text.len > 0) {
		slice_cut(text, '\n', &line, &text);
		slice_cut(line, ':', &name, &value);
		fields_add(&fields, name, value);
	}
	return &fields;
}

#endif

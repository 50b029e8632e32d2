/* SPDX-License-Identifier: ISC */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include "http/http.h"

/*
 * Finds fields among the count at field by their whole names. Whose value
 * is a list may come on several lines, which mean the same as one line
 * with commas between them (RFC 9110, section 5.3).
 */

/*
 * Takes fields off the front, up to and with the next of that name: value
 * is its value. False at the end.
 */
bool field_next(const struct field **field, size_t *count, struct slice name,
		struct slice *value);

/*
 * Returns how many lines of that name there are. value is that of the
 * first, or an empty slice whose ptr is NULL.
 */
size_t field_find(const struct field *field, size_t count, struct slice name,
		  struct slice *value);

#endif

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "conn/tls_names.h"

static bool
is_label(struct slice label)
{
	if (label.len == 0 || label.len > 63)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return true;
}

bool
tls_name_is_valid(struct slice name)
{
	struct slice label, rest = name;
	bool is_more = true;

	if (name.len > TLS_NAME_MAX)
		return false;
	if (slice_starts(name, SLICE("*.")))
		rest = slice_skip(name, 2);
	while (is_more) {
		is_more = slice_cut(rest, '.', &label, &rest);
		if (!is_label(label))
			return false;
	}
	return true;
}

static int
compare(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	return order != 0 ? order : a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int
compare_entries(const void *a, const void *b)
{
	return compare(((const struct tls_name *)a)->name,
		       ((const struct tls_name *)b)->name);
}

void
tls_names_sort(struct tls_names *names)
{
	if (names->count > 0)
		qsort(names->entry, names->count, sizeof(*names->entry),
		      compare_entries);
}

static int
find(const struct tls_names *names, struct slice name)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(name, names->entry[middle].name);

		if (order == 0)
			return names->entry[middle].value;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

struct slice
tls_name_pattern(struct slice host, char storage[TLS_NAME_MAX])
{
	const char *dot = slice_find(host, '.');
	size_t len;

	if (dot == NULL || dot == host.ptr || host.len >= TLS_NAME_MAX)
		return (struct slice){0};
	len = (size_t)(host.ptr + host.len - dot);
	storage[0] = '*';
	memcpy(storage + 1, dot, len);
	return (struct slice){storage, len + 1};
}

int
tls_names_find(const struct tls_names *names, struct slice host)
{
	char text[TLS_NAME_MAX], storage[TLS_NAME_MAX];
	struct slice name, pattern;
	int value;

	if (host.len > 0 && host.ptr[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len > sizeof(text))
		return -1;
	for (size_t i = 0; i < host.len; i++)
		text[i] = ascii_lower(host.ptr[i]);
	name = (struct slice){text, host.len};
	/* Nobody is called "*.example.com". */
	if (name.ptr[0] == '*')
		return -1;
	value = find(names, name);
	if (value >= 0)
		return value;
	pattern = tls_name_pattern(name, storage);
	return pattern.len > 0 ? find(names, pattern) : -1;
}

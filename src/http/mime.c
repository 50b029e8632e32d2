/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "http/http.h"
#include "http/mime.h"

/* The longest is "webmanifest", and a NUL. */
#define KEY_CAP 12

/*
 * The types one behind the other, and a row a type with where it begins:
 * a connection touches this table, and a table of pointers would have to be
 * relocated too, which makes the pages it lies in private to each process.
 */
#define JOINED(a, b) a##b
#define MEMBER(line) JOINED(type_, line)

static const struct names {
#define TYPE(extension, type) char MEMBER(__LINE__)[sizeof(type)];
#include "http/mime_builtin.h"
#undef TYPE
} names = {
#define TYPE(extension, type) type,
#include "http/mime_builtin.h"
#undef TYPE
};

static const struct {
	char extension[KEY_CAP];
	uint16_t type; /* where its name begins */
} builtin[] = {
#define TYPE(extension, type)                                                  \
	{extension, offsetof(struct names, MEMBER(__LINE__))},
#include "http/mime_builtin.h"
#undef TYPE
};

#define BUILTIN_COUNT (sizeof(builtin) / sizeof(builtin[0]))

static struct slice
type_of(size_t index)
{
	return slice_of((const char *)&names + builtin[index].type);
}

struct mime_rule
mime_builtin(size_t index)
{
	if (index >= BUILTIN_COUNT)
		return (struct mime_rule){0};
	return (struct mime_rule){slice_of(builtin[index].extension),
				  type_of(index)};
}

static struct slice
last_segment(struct slice path)
{
	size_t start = path.len;

	while (start > 0 && path.ptr[start - 1] != '/')
		start--;
	return slice_skip(path, start);
}

/* What stands behind the last dot of name, unless that begins it. */
static struct slice
extension_of(struct slice name)
{
	size_t start = name.len;

	while (start > 0 && name.ptr[start - 1] != '.')
		start--;
	return start > 1 ? slice_skip(name, start) : (struct slice){0};
}

/*
 * Writes extension in lower case and padded with NULs, as it stands in
 * the table. False if no row can be like it.
 */
static bool
make_key(char key[KEY_CAP], struct slice extension)
{
	if (extension.len == 0 || extension.len >= KEY_CAP)
		return false;
	memset(key, 0, KEY_CAP);
	for (size_t i = 0; i < extension.len; i++) {
		/* "html\0" is not html, though it is padded to the same. */
		if (extension.ptr[i] == '\0')
			return false;
		key[i] = ascii_lower(extension.ptr[i]);
	}
	return true;
}

struct slice
mime_type(struct slice path)
{
	char key[KEY_CAP];
	size_t low = 0, high = BUILTIN_COUNT;

	if (!make_key(key, extension_of(last_segment(path))))
		return SLICE("application/octet-stream");
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(key, builtin[middle].extension, KEY_CAP);

		if (order == 0)
			return type_of(middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SLICE("application/octet-stream");
}

bool
mime_is_text(struct slice type)
{
	const struct slice text = SLICE("text/");

	return type.len >= text.len &&
	       slice_equal_nocase((struct slice){type.ptr, text.len}, text);
}

static bool
ends_with(struct slice s, struct slice end)
{
	return s.len >= end.len &&
	       slice_equal_nocase(slice_skip(s, s.len - end.len), end);
}

bool
mime_is_compressible(struct slice type)
{
	static const struct slice types[] = {
	    {"application/javascript", 22},
	    {"application/json", 16},
	    {"application/rtf", 15},
	    {"application/sql", 15},
	    {"application/toml", 16},
	    {"application/vnd.ms-fontobject", 29},
	    {"application/wasm", 16},
	    {"application/xml", 15},
	    {"application/xml-dtd", 19},
	    {"application/yaml", 16},
	    {"font/otf", 8},
	    {"font/ttf", 8},
	    {"image/bmp", 9},
	    {"image/vnd.microsoft.icon", 24},
	    {"model/obj", 9},
	    {"model/stl", 9},
	};

	if (mime_is_text(type) || ends_with(type, SLICE("+xml")) ||
	    ends_with(type, SLICE("+json")))
		return true;
	/* The length here: what is of none of them is asked about as often. */
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].len == type.len &&
		    slice_equal_nocase(type, types[i]))
			return true;
	return false;
}

void
mime_add(struct buf *out, struct slice type)
{
	buf_add(out, type);
	if (mime_is_text(type))
		buf_add(out, SLICE("; charset=utf-8"));
}

static bool
is_type(struct slice s)
{
	struct slice name, subtype;

	return s.len <= MIME_TYPE_MAX && slice_cut(s, '/', &name, &subtype) &&
	       is_token(name) && is_token(subtype);
}

/* Without the dot in front, as mime.types has it: ".html" fits no file. */
static bool
is_extension(struct slice s)
{
	if (s.len == 0 || s.len > MIME_EXTENSION_MAX || s.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '\177' ||
		    s.ptr[i] == '/')
			return false;
	return true;
}

static bool
next_word(struct slice *line, struct slice *word)
{
	return slice_next_word(line, word) && word->ptr[0] != '#';
}

/* Adds the rules of one line. Returns why it is refused, or NULL. */
static const char *
parse_line(struct mime_table *table, struct slice line)
{
	struct slice type, extension;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!next_word(&line, &type))
		return NULL;
	if (!is_type(type))
		return "not a media type";
	while (next_word(&line, &extension)) {
		if (!is_extension(extension))
			return "not a file name extension";
		if (table->count == table->cap)
			return "too many extensions";
		table->rules[table->count++] =
		    (struct mime_rule){extension, type};
	}
	return NULL;
}

bool
mime_table_parse(struct mime_table *table, struct slice text, size_t *bad_line)
{
	size_t count = table->count;
	struct slice line;

	for (size_t number = 1; text.len > 0; number++) {
		slice_cut(text, '\n', &line, &text);
		table->refusal = parse_line(table, line);
		if (table->refusal == NULL)
			continue;
		table->count = count;
		*bad_line = number;
		return false;
	}
	return true;
}

/* True if name is something, a dot, and extension. */
static bool
has_extension(struct slice name, struct slice extension)
{
	struct slice end;

	if (name.len < extension.len + 2)
		return false;
	end = slice_skip(name, name.len - extension.len - 1);
	return end.ptr[0] == '.' &&
	       slice_equal_nocase(slice_skip(end, 1), extension);
}

struct slice
mime_table_type(const struct mime_table *table, struct slice path)
{
	struct slice name = last_segment(path);

	for (size_t i = table->count; i > 0; i--)
		if (has_extension(name, table->rules[i - 1].extension))
			return table->rules[i - 1].type;
	return mime_type(path);
}

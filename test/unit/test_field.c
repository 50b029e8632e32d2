/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "check.h"
#include "fields.h"
#include "http/field.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	const char *want;	/* the values of X, each in angle brackets */
} rows[] = {
    {IN(""),				""},
    {IN("X: a\n"),			"<a>"},
    {IN("X:\n"),			"<>"},
    {IN("Y: a\n"),			""},
    {IN("Y: a\nX: b\nZ: c\n"),		"<b>"},
    /* "Field names are case-insensitive" (RFC 9110, section 5.1) */
    {IN("x: a\n"),			"<a>"},
    /* "the order in which field lines with the same name are received is
     * therefore significant" (RFC 9110, section 5.3) */
    {IN("X: a\nY: b\nx: c\nX:\n"),	"<a><c><>"},
    /* the whole name, and nothing else */
    {IN("XX: a\n"),			""},
    {IN(": X\n"),			""},
    {IN("Y: X: a\n"),			""},
    {IN("X\0: a\n"),			""},
};
/* clang-format on */

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fields *f = fields_of(rows[i].in);
		const struct field *field = f->field;
		size_t count = f->count, lines = 0;
		char storage[64];
		struct buf out = BUF_OVER(storage);
		struct slice value, first, wanted = {0};

		while (field_next(&field, &count, SLICE("X"), &value)) {
			if (lines++ == 0)
				wanted = value;
			buf_add_char(&out, '<');
			buf_add(&out, value);
			buf_add_char(&out, '>');
		}
		CHECK(rows[i].name,
		      slice_equal(buf_slice(&out), slice_of(rows[i].want)));
		CHECK(rows[i].name,
		      field_find(f->field, f->count, SLICE("X"), &first) ==
			      lines &&
			  first.ptr == wanted.ptr && first.len == wanted.len);
	}
	return check_done();
}

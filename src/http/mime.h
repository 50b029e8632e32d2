/* SPDX-License-Identifier: ISC */
#ifndef HTTP_MIME_H
#define HTTP_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Media types by the name of a file (RFC 9110, section 8.3). A type here
 * is "type/subtype" without parameters; mime_add makes the field's value
 * of it.
 */

/* type "/" subtype, each of at most 127 (RFC 6838, section 4.2). */
#define MIME_TYPE_MAX 255

/* "webmanifest" has 11; what is longer is hardly an extension. */
#define MIME_EXTENSION_MAX 32

/* Debian's /etc/mime.types, longer than most, has 1552 extensions. */
#define MIME_RULES_MAX 2048

/*
 * The type of the file at path, from the built-in table; for one that it
 * does not know, application/octet-stream. The extension stands behind
 * the last dot of the last segment, in letters of either case; ".html"
 * and "html." have none. The result is static.
 */
struct slice mime_type(struct slice path);

/* True if type is text/..., which goes out with a charset. */
bool mime_is_text(struct slice type);

/*
 * True if files of type are worth compressing: text, and what is text in
 * all but name. Pictures, sound and archives are compressed already.
 */
bool mime_is_compressible(struct slice type);

/*
 * Appends type as the value of Content-Type: with "; charset=utf-8" if it
 * is text, else as it is. At most MIME_TYPE_MAX and 15 bytes more.
 */
void mime_add(struct buf *out, struct slice type);

/* Files whose names end in a dot and extension are of type. */
struct mime_rule {
	struct slice extension, type;
};

/*
 * The rules of the --mime files. They lie in the caller's storage for cap
 * rules, and point into the text that was parsed: it must stay where it
 * is as long as the table is in use.
 */
struct mime_table {
	struct mime_rule *rules;
	size_t count, cap;

	const char *refusal; /* why a line was refused, for the message */
};

/*
 * Adds the rules in text, which is in the format of mime.types:
 *
 *	# comment
 *	text/markdown		md markdown
 *	application/gzip	gz tar.gz	# another
 *	audio/mpeg
 *
 * Lines end in LF or CRLF, the last one in either or in nothing; a line
 * without extensions adds none. False if a line is refused: *bad_line is
 * its number, counted from 1, table->refusal says why, and the table has
 * the rules that it had before.
 */
bool mime_table_parse(struct mime_table *table, struct slice text,
		      size_t *bad_line) __attribute__((warn_unused_result));

/*
 * The type of the file at path: from the last of the table's rules that
 * fits, else from the built-in table. A rule's extension may have dots
 * in it: "tar.gz" fits a.tar.gz, and so does "gz".
 */
struct slice mime_table_type(const struct mime_table *table, struct slice path);

/*
 * Row number index of the built-in table, which is sorted by extension;
 * behind the last row, the empty one. For the test of that order.
 */
struct mime_rule mime_builtin(size_t index);

#endif

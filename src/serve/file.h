/* SPDX-License-Identifier: ISC */
#ifndef SERVE_FILE_H
#define SERVE_FILE_H

#include "serve/exchange.h"

#define FILE_METHODS                                                           \
	(METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) |                    \
	 METHOD_BIT(METHOD_OPTIONS))

/* A file that is smaller is hardly smaller when it is compressed. */
#define COMPRESSED_MIN 256

/*
 * True if a segment of path begins with a dot, but for /.well-known (RFC
 * 8615): there is no such name.
 */
bool file_is_hidden(struct slice path);

/*
 * Answers GET and HEAD from the regular file that the path names beneath
 * the root; a directory by its index file, without one by a listing, if
 * the site has them, and without its slash by a redirect to it. Names that
 * begin with a dot do not exist, save /.well-known/ (RFC 8615). Returns
 * STATUS_NONE, or the status to refuse with; what x->res owns is the
 * caller's to give back.
 */
enum status file_handle(struct exchange *x);

/* True for a path with such a name in it. */
bool file_is_hidden(struct slice path);

/* Closes the file that was served last. */
void file_forget(struct kept_file *kept);

/*
 * Makes the regular file that path, as in a target, names beneath the root
 * the content of a response of that status, whole and as it is. It may be
 * a hidden one. Returns STATUS_NONE, or why there is no such page; the
 * response is as before then, but for its refusal.
 */
enum status file_serve_page(struct exchange *x, struct slice path, int status);

#endif

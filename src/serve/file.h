/* SPDX-License-Identifier: ISC */
#ifndef SERVE_FILE_H
#define SERVE_FILE_H

#include "serve/exchange.h"

#define FILE_METHODS                                                           \
	(METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) |                    \
	 METHOD_BIT(METHOD_OPTIONS))

/*
 * Answers GET and HEAD from the regular file that the path names beneath
 * the root; a directory by its index file, or, without its slash, by a
 * redirect to it. Names that begin with a dot do not exist, save
 * /.well-known/ (RFC 8615). Returns STATUS_NONE, or the status to refuse
 * with; the descriptor in x->res is the caller's to close.
 */
enum status file_handle(struct exchange *x);

#endif

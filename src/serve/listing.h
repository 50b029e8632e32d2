/* SPDX-License-Identifier: ISC */
#ifndef SERVE_LISTING_H
#define SERVE_LISTING_H

#include "serve/exchange.h"

/*
 * Answers GET and HEAD with a list of what is in the directory that the
 * target names, whose path ends in a slash: as HTML, or as JSON where the
 * request's Accept would rather have that (RFC 9110, section 12.5.1). It
 * is read, sorted and made while it is sent, in 4 MiB that are mapped for
 * it, however long it is.
 *
 * fd is the directory, opened for reading. Returns STATUS_NONE, or the
 * status to refuse with; either way fd is in x->res, the caller's to
 * close, and so is what is mapped.
 */
enum status listing_serve(struct exchange *x, int fd);

#endif

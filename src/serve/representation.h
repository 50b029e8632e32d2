/* SPDX-License-Identifier: ISC */
#ifndef SERVE_REPRESENTATION_H
#define SERVE_REPRESENTATION_H

#include "http/accept.h"
#include "serve/exchange.h"

/* Whether fd holds the coding's bytes, or they are made while sending. */
enum coder { CODER_NONE, CODER_GZIP };

/*
 * Answers GET and HEAD from an opened file, which is what the target's
 * representation in that coding consists of: with its validators, if the
 * request's conditions hold (RFC 9110, section 13), and with the parts
 * that its Range asks for (section 14). st is that of fd, type the media
 * type without charset. Returns STATUS_NONE, or the status to refuse
 * with; either way fd is in x->res, the caller's to close.
 */
enum status representation_serve(struct exchange *x, int fd,
				 const struct stat *st, struct slice type,
				 enum coding coding, enum coder coder);

/*
 * True if a representation of that type may come in several codings, so
 * that Vary must say so (RFC 9110, section 12.5.5).
 */
bool representation_is_negotiated(const struct site *site, struct slice type);

/* Adds Content-Type, and that it is what it says. */
void representation_add_type(struct exchange *x, struct slice type);
/*
 * True if the answer may be compressed on the fly: no --header rule for it
 * says that it has a coding already, or forbids to change it
 * (Cache-Control: no-transform).
 */
bool representation_is_transformable(const struct exchange *x);

#endif

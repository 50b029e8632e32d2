/* SPDX-License-Identifier: ISC */
#ifndef SERVE_LOCATION_H
#define SERVE_LOCATION_H

#include "serve/exchange.h"

/*
 * Sends the client elsewhere (RFC 9110, section 10.2.2). Nothing of what
 * it sent gets into the field but percent-encoded.
 */

/* By a --redirect rule. */
enum status location_by_rule(struct exchange *x,
			     const struct redirect_rule *rule);

/* To a directory, whose slash was left out. */
enum status location_of_directory(struct exchange *x);

/* To where, which is as Location has it. */
enum status location_set(struct exchange *x, int status, struct slice where);

/*
 * To the same target by https, at the site's port for that. A client that
 * names no host cannot be sent there.
 */
enum status location_of_https(struct exchange *x);

#endif

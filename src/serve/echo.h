/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ECHO_H
#define SERVE_ECHO_H

#include "serve/exchange.h"

#define ECHO_METHODS                                                           \
	(METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) |                    \
	 METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_PUT) |                    \
	 METHOD_BIT(METHOD_DELETE) | METHOD_BIT(METHOD_PATCH) |                \
	 METHOD_BIT(METHOD_OPTIONS))

/*
 * Makes the request's content the response's, as it comes, with its
 * length where that is known.
 */
enum status echo_handle(struct exchange *x);

#endif

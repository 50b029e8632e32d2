/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "serve/exchange.h"

/*
 * Decides the response: by the first handler that wants the request, or
 * an error page, written over page, which has ERROR_PAGE_MAX bytes. The
 * response is whole afterwards; a file in it is the caller's to close.
 */
void route_decide(struct exchange *x, struct buf *page);

#endif

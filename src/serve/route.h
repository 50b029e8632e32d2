/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "serve/exchange.h"

/*
 * Decides the response: by the first handler that wants the request, or
 * an error page, written over page, which has ERROR_PAGE_MAX bytes. The
 * response is whole afterwards; a file in it is the caller's to close, and
 * memory the caller's to unmap.
 */
void route_decide(struct exchange *x, struct buf *page);

/*
 * Adds to a response that is decided what the rules of the site want to
 * know, or say.
 */
void route_finish(struct exchange *x);

/*
 * Makes the response an error page of that status: the site's own, or
 * that of error_page. What was in it of a file is closed; fields that are
 * there already are kept.
 */
void route_refuse(struct exchange *x, enum status status, struct buf *page);

#endif

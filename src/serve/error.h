/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ERROR_H
#define SERVE_ERROR_H

#include "http/response.h"

/* Storage for the largest error page. */
#define ERROR_PAGE_MAX 1536

/*
 * Makes res a small HTML page for its status, written over page. Fields
 * that are there already are kept; res->refusal is shown to the client,
 * escaped, if status is 400: it says what to mend.
 */
void error_page(struct response *res, int status, struct buf *page);

#endif

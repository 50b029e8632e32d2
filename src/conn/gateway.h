/* SPDX-License-Identifier: ISC */
#ifndef CONN_GATEWAY_H
#define CONN_GATEWAY_H

#include "conn/conn.h"

/* How often a response may send the request on within this server. */
#define LOCAL_REDIRECTS_MAX 10

/*
 * Makes of a program that a handler has started for the current request
 * the response that it decides on: what it sends, a file, the answer to
 * another target, or, if none of that works, an error page over page.
 */
void gateway_answer(struct conn *c, struct exchange *x, struct buf *page);

/* Waits for the end of the program, if there was one, and logs it. */
void gateway_end(struct conn *c);

#endif

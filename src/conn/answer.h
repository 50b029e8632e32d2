/* SPDX-License-Identifier: ISC */
#ifndef CONN_ANSWER_H
#define CONN_ANSWER_H

#include "conn/conn.h"

/* What becomes of the response to c's current request, once it is decided. */

/* Sends it, or adds it to what is pending. Returns 0 or an io_error. */
int answer_send(struct conn *c);

/* Gives back what it owns. */
void answer_release(struct conn *c);

/* Its line in the log, and why it was refused, if it was. */
void answer_log(struct conn *c);

/*
 * Answers with an error page and gives the connection up: what comes next
 * on it cannot be told.
 */
void answer_refuse(struct conn *c, enum status status, const char *why);

#endif

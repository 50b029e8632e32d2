/* SPDX-License-Identifier: ISC */
#ifndef CONN_TALK_H
#define CONN_TALK_H

#include "conn/websocket.h"

/*
 * Talks until both sides are done: the client has been told, in time, that
 * it ends, or is gone, and of the program's process group nothing is left.
 * The 101 is pending in the stream, and what came behind the request is in
 * the reader. What goes wrong is logged.
 */
void talk_over(struct websocket *w, struct stream *stream,
	       struct reader *reader);

#endif

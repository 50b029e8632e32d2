/* SPDX-License-Identifier: ISC */
#ifndef CONN_PREFACE_H
#define CONN_PREFACE_H

#include "conn/conn.h"

/*
 * Takes what comes in front of the first request: the header of the PROXY
 * protocol, which must be there within header_ms, unless it is optional.
 * c->proxied is told of it. Returns false if the connection is to be closed
 * without a word to the client; the log has been told why, unless not a
 * byte came: so proxies see whether we are alive.
 */
bool preface_take(struct conn *c) MUST_CHECK;

/*
 * The same for who puts another stream into c before it is served: rest is
 * what was read behind the header, and lies where c will read to.
 */
bool preface_take_first(struct conn *c, struct slice *rest) MUST_CHECK;

#endif

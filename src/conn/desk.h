/* SPDX-License-Identifier: ISC */
#ifndef CONN_DESK_H
#define CONN_DESK_H

#include "conn/conn.h"

/* What handlers may write on while they answer one request. */
struct desk {
	struct buf page, name, rewrite;
};

/*
 * Clears the desk and lays the connection's current request on it: the
 * exchange that handlers work on. Both point into c's storage.
 */
struct exchange desk_lay(struct desk *desk, struct conn *c);

#endif

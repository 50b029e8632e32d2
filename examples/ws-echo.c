/* SPDX-License-Identifier: ISC */
/*
 * Sends a WebSocket's messages back, text as text and binary as binary:
 *
 *	perch-listen --websocket '/echo packets examples/ws-echo' 8080
 */
#include "perch-packets.h"

/* What is not touched costs nothing: the largest message, and a head. */
static char message[(1 << 20) + 8];

int
main(void)
{
	ssize_t len;
	char kind;

	while ((len = perch_receive(&kind, message, sizeof(message))) >= 0)
		if ((kind == 't' || kind == 'b') &&
		    perch_send(kind, message, (size_t)len) != 0)
			break;
	return 0;
}

/* SPDX-License-Identifier: ISC */
#ifndef HOST_ERRAND_H
#define HOST_ERRAND_H

#include "host/config.h"
#include "serve/agent.h"

/*
 * What the broker does for an order of a connection, of which it believes
 * nothing: who has taken a connection over may send anything. The program is
 * what the options have for the path, beneath a root that the broker has opened
 * itself; of its environment the connection says only what of a request it may
 * say (http/cgi_name.h).
 */
struct errand {
	enum agent_kind kind;
	bool is_spooled;
	struct slice host, path;
	struct slice variables; /* each with a NUL behind it */
};

/* Where all are done. */
struct errands {
	const struct config *config;
	struct root root;
	struct hosts hosts;
};

/*
 * Cuts a packet. Returns NULL, or what is wrong with it: no connection of ours
 * sends such a one.
 */
const char *errand_parse(struct errand *e, struct slice packet);

/*
 * Starts the program that e is for, with content_fd as its standard input,
 * unless that is -1. Returns 0 or an errno value: EACCES for what no connection
 * of ours asks for, and *why.
 */
int errand_start(struct errands *where, const struct errand *e, int content_fd,
		 struct joint *j, const char **why);

#endif

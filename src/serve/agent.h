/* SPDX-License-Identifier: ISC */
#ifndef SERVE_AGENT_H
#define SERVE_AGENT_H

#include "base/limits.h"
#include "base/slice.h"
#include "serve/joint.h"

/*
 * How a connection has programs started, whose sandbox lets it start none:
 * by the broker (host/broker.h), a process outside of it, over a socket of
 * packets that is its own. It names no program and sends no descriptor: the
 * broker finds by itself what the options have for a path.
 *
 *	connection -> broker: struct agent_order, host, path, NAME=VALUE NUL...
 *	connection <- broker: struct agent_answer, and descriptors with it
 *
 * There is one program at a time. When it ends, the broker says so without
 * being asked: the socket is readable then, as a pidfd would be.
 */
struct agent {
	int fd; /* -1: the broker is gone, or does not answer */
	/* Of the program. */
	bool has_ended;
	int exit_status; /* or -1: it was killed by a signal */
};

enum agent_kind {
	AGENT_CGI,            /* what --cgi has for the path */
	AGENT_WEBSOCKET,      /* what --websocket has for it */
	AGENT_WEBSOCKET_AUTH, /* --websocket-auth, for the path of a WebSocket
			       */
	AGENT_PASSWORD,       /* perch-auth; the path is the file of --auth */
	AGENT_SPOOL,          /* a file in --cgi-spool, for the next program */
	AGENT_TELL,           /* SIGTERM to the program and its group */
	AGENT_KILL,           /* SIGKILL */
	AGENT_RELEASE,        /* forget it; no answer comes */
};

/* What is sent, before the lengths' bytes and variables. */
struct agent_order {
	uint32_t kind;
	uint32_t is_spooled; /* its standard input is that file */
	uint32_t host_len, path_len;
};

enum agent_reply { AGENT_DONE, AGENT_ENDED };

enum { AGENT_IN, AGENT_OUT, AGENT_ERRORS, AGENT_FDS };

struct agent_answer {
	uint32_t reply;
	int32_t error; /* an errno value, or 0 */
	int32_t exit_status;
	uint32_t fds; /* bits: which of AGENT_FDS come with it, in order */
};

/* The longest packet: no environment is longer (serve/cgi.h). */
#define AGENT_PACKET_MAX (CGI_TEXT_MAX + 2 * REQUEST_LINE_CAP)

/* An order to start something; all it points to stays the caller's. */
struct agent_start {
	enum agent_kind kind;
	bool is_spooled;
	struct slice host; /* of --hosts; or empty */
	struct slice path;
	struct slice variables; /* each with a NUL behind it */
};

/*
 * Has a program started. Returns 0 and sets *j, whose pid is 0, or returns an
 * errno value: E2BIG if it is too much for a packet, EAGAIN if there is no
 * broker.
 */
int agent_begin(struct agent *a, const struct agent_start *start,
		struct joint *j);

/* Returns a new file for a program's content, or a negative errno value. */
int agent_spool(struct agent *a);

/* Looks whether the program has ended: a->has_ended. Does not wait. */
bool agent_check(struct agent *a);

/* Sends AGENT_TELL or AGENT_KILL. Returns 0, or an errno value. */
int agent_signal(struct agent *a, enum agent_kind kind);

/* Forgets the program: one that has not ended is killed, with its group. */
void agent_release(struct agent *a);

#endif

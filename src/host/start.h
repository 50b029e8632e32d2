/* SPDX-License-Identifier: ISC */
#ifndef HOST_START_H
#define HOST_START_H

#include "conn/fd_stream.h"

/*
 * Puts right the signals that whoever started perch has left us. Those that
 * it has blocked come through; SIGPIPE is held instead, so that a write to
 * who is gone returns: one system call does both. Programs that are started
 * get a mask of their own, and a pending SIGPIPE is not passed on.
 */
void start_signals(void);

/*
 * Returns NULL, or why f cannot be over the connection that we were started
 * for: LISTEN_FDS has passed it, and standard input is no socket.
 */
const char *start_check(const struct fd_stream *f);

/*
 * Returns NULL, or what fd is if it is a socket that listens. Reading from
 * one fails at once: so this need not be asked, at the price of a system
 * call, before it is known that no request has come.
 */
const char *start_explain(int fd);

#endif

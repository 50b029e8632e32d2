/* SPDX-License-Identifier: ISC */
#ifndef HOST_CONNECTION_H
#define HOST_CONNECTION_H

#include "conn/fd_stream.h"
#include "host/config.h"

/*
 * Opens the document root of c, as whoever we are now. Returns 0, or the
 * exit status 2 after saying what is wrong with it.
 */
int connection_open_root(struct conn *c, const struct config *config);

/*
 * Reads the rules that lie in the root, if they are wanted: before a fork
 * they are read once, and complained of once.
 */
void connection_read_rules(struct conn *c, const struct config *config);

/*
 * Sets c up to serve the client at fd, whose stream is s, as config says.
 * Config, s and fd stay the caller's. Makes no system call.
 */
void connection_set_up(struct conn *c, const struct config *config,
		       struct stream *s, int fd);

/*
 * True if a broker starts programs for connections, since they may not: they
 * are in a sandbox or a chroot, or the programs are another user's.
 */
bool connection_has_broker(const struct config *config);

/*
 * Puts the process of one connection, c, which was not set up yet and whose
 * client speaks by what in says, into its sandbox, with a broker of its own if
 * it starts programs. Returns 0, or the exit status 1 after saying what is
 * wrong.
 */
int connection_confine(struct conn *c, const struct config *config,
		       enum fd_kind in);

#endif

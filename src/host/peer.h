/* SPDX-License-Identifier: ISC */
#ifndef HOST_PEER_H
#define HOST_PEER_H

#include <sys/socket.h>

#include "base/buf.h"

/*
 * Who is at the other end of fd 0: from the environment that whoever
 * started us made, else from the socket. First that is set:
 * TCPREMOTEIP (UCSPI), REMOTE_ADDR (systemd), REMOTE_HOST (stunnel,
 * xinetd), SOCAT_PEERADDR, NCAT_REMOTE_ADDR, getpeername. The address is
 * numeric, without "::ffff:" in front of IPv4; "-" if it is not known or
 * the peer is no Internet address, which is no error. Found out at the
 * first call, and kept.
 */
struct slice peer_address(void);

/* Says who it is, to a process that has accepted the connection itself. */
void peer_set(const struct sockaddr_storage *address);

/* True if that was said: the environment is about something else. */
bool peer_is_accepted(void);

/* Appends the numeric address as peer_address has it, or "-". */
void peer_format(const struct sockaddr_storage *address, struct buf *out);

#endif

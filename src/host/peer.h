/* SPDX-License-Identifier: ISC */
#ifndef HOST_PEER_H
#define HOST_PEER_H

#include <sys/socket.h>

#include "http/forwarded.h"
#include "http/proxy.h"

/*
 * Who is at the other end of fd 0. First that is set: the fields of a
 * request, where they are trusted; the PROXY header; what accepted the
 * connection; the environment that whoever started us made: TCPREMOTEIP
 * (UCSPI), REMOTE_ADDR (systemd), REMOTE_HOST (stunnel, xinetd),
 * SOCAT_PEERADDR, NCAT_REMOTE_ADDR; getpeername. The address is numeric,
 * without "::ffff:" in front of IPv4; "-" if it is not known or the peer is
 * no Internet address, which is no error. All but the first is found out at
 * the first call, and kept; what was returned is good until the next of
 * the functions that set something.
 */
struct slice peer_address(void);

/* Says who it is, to a process that has accepted the connection itself. */
void peer_set(const struct sockaddr_storage *address);

/* True if that was said: the environment is about something else. */
bool peer_is_accepted(void);

/* Takes the word of a PROXY header, as conn/conn.h has it. */
void peer_set_proxied(const struct proxy_header *header);

/* Returns that header, if one came, or NULL. */
const struct proxy_header *peer_proxied(void);

/* Believes the fields of peers that are in networks, which stay. */
void peer_trust(const struct networks *networks);

/*
 * Looks in the fields of req for who its client is, if the peer is to be
 * trusted; NULL forgets what the last request said.
 */
void peer_set_forwarded(const struct request *req);

/* Returns what was found, or NULL. */
const struct forwarded *peer_forwarded(void);

/* Appends the numeric address as peer_address has it, or "-". */
void peer_format(const struct sockaddr_storage *address, struct buf *out);

/* Returns the port of the address, or 0 if it has none. */
unsigned peer_port(const struct sockaddr_storage *address);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_ENDPOINT_H
#define HOST_ENDPOINT_H

#include "serve/exchange.h"

/*
 * Finds out both ends of the connection fd, for programs: the addresses
 * and ports of its socket. Where that is none, or belongs to a proxy in
 * front, it is what whoever started us says: the address that
 * peer_address has, and the ports and the local end of UCSPI
 * (TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT) or systemd (REMOTE_PORT). The
 * result is static.
 */
void endpoint_find(int fd, struct endpoints *ends);

#endif

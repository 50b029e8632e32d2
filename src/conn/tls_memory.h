/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_MEMORY_H
#define CONN_TLS_MEMORY_H

/*
 * OpenSSL's memory. What a connection allocates would lie between what was
 * allocated before the fork, and a page of that is copied for each child
 * that writes a byte to it: a handshake would copy 60. So a connection has
 * an area of its own, dense and empty; and freeing writes to nothing that
 * was there before.
 */

/* Before any other call to OpenSSL: later, it has no effect. */
void tls_memory_init(void);

/* In a child: from now on, what is allocated is the connection's. */
void tls_memory_enter(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef WS_SHA1_H
#define WS_SHA1_H

#include "base/slice.h"

#define SHA1_LEN 20

/*
 * Writes the SHA-1 digest of bytes, fewer than 2^61, to digest (RFC 3174).
 * It is there for the accept key of a WebSocket handshake and for nothing
 * else: it no longer keeps any secret. OpenSSL's would cost each
 * connection more than a millisecond to set up.
 */
void sha1(struct slice bytes, unsigned char digest[SHA1_LEN]);

#endif

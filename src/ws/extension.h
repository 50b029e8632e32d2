/* SPDX-License-Identifier: ISC */
#ifndef WS_EXTENSION_H
#define WS_EXTENSION_H

#include "base/buf.h"
#include "base/io.h"
#include "http/http.h"

/*
 * Sec-WebSocket-Extensions (RFC 6455, section 9.1) and what permessage-
 * deflate is agreed on with (RFC 7692, section 7.1). The server's side:
 * "server" parameters are about what we compress, "client" parameters
 * about what we inflate. A window of bits is one of 2^bits bytes.
 */
#define WINDOW_BITS_MIN 8
#define WINDOW_BITS_MAX 15

/* What we want, before anything was offered. All zeroes: no extension. */
struct deflate_policy {
	bool is_on; /* or else every offer is declined */
	/* The largest windows that there is memory for, 8 to 15. */
	int server_bits, client_bits;
	/* Each message for itself, even if the client can do better. */
	bool server_no_context_takeover, client_no_context_takeover;
};

/* What was agreed on. All zeroes: no extension. */
struct deflate_terms {
	bool is_on;
	int server_bits, client_bits;
	bool server_no_context_takeover, client_no_context_takeover;
	/* The response names them if the offer did. */
	bool says_server_bits, says_client_bits;
};

/* How long what extension_add appends is at most. */
#define EXTENSION_MAX 128

/*
 * Reads the Sec-WebSocket-Extensions lines among the count fields at
 * field, as one list, and chooses the first offer of permessage-deflate
 * that is valid and that policy can keep. Extensions that are not known
 * are passed over, and so are offers with parameters that are unknown,
 * repeated, or have bad values (section 7.1). A window that policy's
 * memory is too small for is made smaller where the client lets us; where
 * it does not, the offer is declined. False if the fields break the
 * grammar: then the handshake fails.
 */
MUST_CHECK bool extension_choose(struct deflate_terms *terms,
				 const struct deflate_policy *policy,
				 const struct field *field, size_t count);

/* Appends the value of the response's field; terms are on. */
void extension_add(struct buf *out, const struct deflate_terms *terms);

#endif

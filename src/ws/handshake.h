/* SPDX-License-Identifier: ISC */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include "http/base64.h"
#include "http/request.h"
#include "ws/extension.h"
#include "ws/sha1.h"

/* What the server wants, whoever the client is. */
struct handshake_policy {
	/*
	 * The origins that scripts may come from besides our own. "*" is
	 * any; in others a "*" stands for any run of characters but "/",
	 * and case does not matter: "*://chat.example.com".
	 */
	const struct slice *origin;
	size_t origin_count;
	/* The subprotocols that there are; case-sensitive. */
	const struct slice *protocol;
	size_t protocol_count;
	struct deflate_policy deflate;
};

/* What the handshake has come to. Slices point into the request. */
struct handshake {
	char accept[BASE64_LEN(SHA1_LEN)];
	struct slice protocol; /* ptr NULL: none */
	struct deflate_terms deflate;

	const char *refusal; /* why it was refused, for the log */
};

/*
 * True if the request asks to go on with the WebSocket protocol, rightly
 * or not: its Upgrade lists "websocket". Never true of HTTP/1.0, whose
 * Upgrade is ignored (RFC 9110, section 7.8).
 */
bool handshake_is_wanted(const struct request *req);

/*
 * Checks a request for a resource that speaks nothing but WebSocket (RFC
 * 6455, section 4.2). Returns STATUS_NONE if it may be answered with 101
 * and handshake_add_fields; or the status to refuse it with, and refusal
 * says why: 405 for another method than GET, 426 for no upgrade or another
 * version than 13, 403 for an origin that is not allowed, or 400. 405
 * wants Allow, 426 wants handshake_add_versions.
 *
 * A request without Origin is no browser's, which anything but a browser
 * could have sent as well: it is let through. Otherwise its host and port
 * must be those that the request went to, or a pattern match it.
 */
enum status handshake_check(struct handshake *h, const struct request *req,
			    const struct handshake_policy *policy);

/*
 * Appends the fields of the 101, as lines: Upgrade, Connection, and the
 * Sec-WebSocket ones.
 */
void handshake_add_fields(struct buf *out, const struct handshake *h);

/* Appends those of a 426: Upgrade and Sec-WebSocket-Version. */
void handshake_add_versions(struct buf *out);

#endif

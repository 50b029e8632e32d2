/* SPDX-License-Identifier: ISC */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "http/ip.h"

/*
 * The header of the PROXY protocol, version 1 or 2, as HAProxy's document
 * "The PROXY protocol, versions 1 & 2" has it: what a proxy sends in front
 * of a connection to say between whom that was, before it came along.
 */
struct proxy_header {
	size_t len; /* bytes that it takes, once it is whole */
	/*
	 * False if it says nothing of a client: LOCAL, for connections of the
	 * proxy's own such as health checks, UNKNOWN, UNSPEC, UNIX. Then the
	 * ends are those of the socket.
	 */
	bool has_ends;
	struct ip source, destination;
	uint16_t source_port, destination_port; /* 0: not told */
	bool is_tls;                            /* the client speaks TLS */
	const char *refusal;                    /* of PROXY_MALFORMED */
};

enum proxy_result {
	PROXY_TAKEN,
	PROXY_NEEDS_MORE, /* so far it is the start of one */
	PROXY_ABSENT,     /* the bytes are the start of something else */
	PROXY_MALFORMED,
};

/* The longest of version 1, and the longest that version 2 can announce. */
#define PROXY_V1_MAX 107
#define PROXY_V2_MAX (16 + 65535)

/*
 * Looks for a header at the start of bytes, all that have come so far, of
 * max bytes at most. Sets header unless more are needed. What lies behind
 * header->len belongs to the client. A checksum (CRC-32C), if there is one,
 * must be right; other TLVs are skipped, but the one that tells of TLS.
 */
enum proxy_result proxy_parse(struct proxy_header *header, struct slice bytes,
			      size_t max);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HTTP_IP_H
#define HTTP_IP_H

#include "base/buf.h"

/*
 * Numeric addresses of the Internet, and networks of them. One that is
 * IPv4 is kept as IPv6 maps it, ::ffff:192.0.2.1, and written as IPv4: it
 * is the same client, whatever socket or text it came through.
 */
struct ip {
	unsigned char byte[16];
};

/* The most bytes that ip_format writes. */
#define IP_TEXT_MAX 45

/*
 * Reads all of text: "192.0.2.1" or "2001:db8::1", without a port,
 * brackets or a zone. False, and ip unchanged, if it is anything else.
 */
bool ip_parse(struct ip *ip, struct slice text);

bool ip_is_v4(const struct ip *ip);

/* Appends ip as inet_ntop(3) writes it. */
void ip_format(const struct ip *ip, struct buf *out);

/* The addresses that are equal to base in their first bits, 0 to 128. */
struct network {
	struct ip base;
	unsigned bits;
};

/*
 * Reads "192.0.2.0/24", "2001:db8::/32" or a single address. Bits of the
 * address behind the prefix are ignored. Returns NULL, or what is wrong.
 */
const char *network_parse(struct network *network, struct slice text);

/* True if ip is in network. No IPv4 address is in a network of IPv6. */
bool network_has(const struct network *network, const struct ip *ip);

/* Networks on one command line. */
#define NETWORKS_MAX 64

/* A list of networks, and of those that have no address: unix sockets. */
struct networks {
	struct network network[NETWORKS_MAX];
	size_t count;
	bool has_unix;
};

/*
 * Adds what network_parse reads, or those without an address for "unix".
 * Returns NULL, or what is wrong with text.
 */
const char *networks_add(struct networks *networks, struct slice text);

/* True if ip is in one of them. */
bool networks_have(const struct networks *networks, const struct ip *ip);

#endif

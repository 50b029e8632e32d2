/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "http/ip.h"

/* Where the four bytes of IPv4 begin, and the bits in front of them. */
#define V4_AT 12
#define V4_BITS 96

static const unsigned char v4_prefix[V4_AT] = {[10] = 0xff, [11] = 0xff};

bool
ip_parse(struct ip *ip, struct slice text)
{
	char string[IP_TEXT_MAX + 1];
	struct ip parsed;

	if (text.len == 0 || text.len > IP_TEXT_MAX ||
	    memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(string, text.ptr, text.len);
	string[text.len] = '\0';
	if (strchr(string, ':') != NULL) {
		if (inet_pton(AF_INET6, string, parsed.byte) != 1)
			return false;
	} else {
		memcpy(parsed.byte, v4_prefix, V4_AT);
		if (inet_pton(AF_INET, string, parsed.byte + V4_AT) != 1)
			return false;
	}
	*ip = parsed;
	return true;
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->byte, v4_prefix, V4_AT) == 0;
}

void
ip_format(const struct ip *ip, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->byte + V4_AT, text, sizeof(text));
	else
		inet_ntop(AF_INET6, ip->byte, text, sizeof(text));
	buf_add_str(out, text);
}

const char *
network_parse(struct network *network, struct slice text)
{
	struct slice address, length;
	bool has_length = slice_cut(text, '/', &address, &length);
	struct network parsed = {.bits = 128};
	uint64_t bits;

	if (!ip_parse(&parsed.base, address))
		return "not a numeric address";
	if (has_length) {
		/* By the text: ::ffff:0:0/96 counts as IPv6 counts. */
		unsigned before =
		    memchr(address.ptr, ':', address.len) != NULL ? 0 : V4_BITS;

		if (!slice_to_u64(length, &bits) || bits > 128 - before)
			return "not a length of a prefix";
		parsed.bits = before + (unsigned)bits;
	}
	*network = parsed;
	return NULL;
}

bool
network_has(const struct network *network, const struct ip *ip)
{
	unsigned bytes = network->bits / 8, rest = network->bits % 8;

	if (ip_is_v4(&network->base) != ip_is_v4(ip) ||
	    memcmp(network->base.byte, ip->byte, bytes) != 0)
		return false;
	return rest == 0 ||
	       (network->base.byte[bytes] ^ ip->byte[bytes]) >> (8 - rest) == 0;
}

const char *
networks_add(struct networks *networks, struct slice text)
{
	const char *error;

	if (slice_equal(text, SLICE("unix"))) {
		networks->has_unix = true;
		return NULL;
	}
	if (networks->count == NETWORKS_MAX)
		return "too many of them";
	error = network_parse(&networks->network[networks->count], text);
	if (error == NULL)
		networks->count++;
	return error;
}

bool
networks_have(const struct networks *networks, const struct ip *ip)
{
	for (size_t i = 0; i < networks->count; i++)
		if (network_has(&networks->network[i], ip))
			return true;
	return false;
}

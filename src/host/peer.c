/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/peer.h"

/* Longer than any numeric address with its zone. */
#define ADDRESS_MAX 64

/* The connection's other end. */
static struct {
	bool is_known, is_accepted, is_proxied;
	struct sockaddr_storage accepted;
	struct proxy_header header;
	char text[ADDRESS_MAX];
	size_t len;
} peer;

/* The client of one request. */
static struct {
	const struct networks *trusted; /* or NULL */
	struct forwarded found;
	char text[IP_TEXT_MAX];
	size_t len;
} forwarded;

/* IPv4 that came through a socket of both families is written as IPv4. */
static struct slice
without_mapping(struct slice text)
{
	static const struct slice mapped = {"::ffff:", 7};

	return slice_starts(text, mapped) && memchr(text.ptr, '.', text.len)
		   ? slice_skip(text, mapped.len)
		   : text;
}

static void
set_text(struct slice text)
{
	text = without_mapping(text);
	memcpy(peer.text, text.ptr, text.len);
	peer.len = text.len;
}

/* What is no address in a variable is not believed. */
static bool
is_numeric(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (hex_digit(text.ptr[i]) < 0 && text.ptr[i] != '.' &&
		    text.ptr[i] != ':')
			return false;
	return text.len > 0 && text.len <= ADDRESS_MAX;
}

static bool
take_environment(void)
{
	static const char *const names[] = {"TCPREMOTEIP", "REMOTE_ADDR",
					    "REMOTE_HOST", "SOCAT_PEERADDR",
					    "NCAT_REMOTE_ADDR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		struct slice text;

		if (value == NULL)
			continue;
		text = slice_of(value);
		/* socat writes [::1]. */
		if (text.len > 2 && text.ptr[0] == '[' &&
		    text.ptr[text.len - 1] == ']')
			text = (struct slice){text.ptr + 1, text.len - 2};
		if (is_numeric(text)) {
			set_text(text);
			return true;
		}
	}
	return false;
}

void
peer_format(const struct sockaddr_storage *address, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "-";
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	else if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	buf_add(out, without_mapping(slice_of(text)));
}

unsigned
peer_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

static void
take_socket(const struct sockaddr_storage *address)
{
	char text[INET6_ADDRSTRLEN];
	struct buf out = BUF_OVER(text);

	peer_format(address, &out);
	set_text(buf_slice(&out));
}

static struct slice
connection_address(void)
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(address);

	if (!peer.is_known) {
		peer.is_known = true;
		if (peer.is_accepted) {
			take_socket(&peer.accepted);
		} else if (!take_environment()) {
			if (getpeername(0, (struct sockaddr *)&address, &len) !=
			    0)
				address.ss_family = AF_UNSPEC;
			take_socket(&address);
		}
	}
	return (struct slice){peer.text, peer.len};
}

struct slice
peer_address(void)
{
	if (forwarded.found.is_known)
		return (struct slice){forwarded.text, forwarded.len};
	return connection_address();
}

void
peer_set(const struct sockaddr_storage *address)
{
	peer.accepted = *address;
	peer.is_accepted = true;
	peer.is_known = false;
}

bool
peer_is_accepted(void)
{
	return peer.is_accepted;
}

void
peer_set_proxied(const struct proxy_header *header)
{
	struct buf out = BUF_OVER(peer.text);

	peer.header = *header;
	peer.is_proxied = true;
	if (!header->has_ends)
		return;
	ip_format(&header->source, &out);
	peer.len = out.len;
	peer.is_known = true;
}

const struct proxy_header *
peer_proxied(void)
{
	return peer.is_proxied ? &peer.header : NULL;
}

void
peer_trust(const struct networks *networks)
{
	forwarded.trusted = networks;
}

static bool
is_trusted(struct slice address)
{
	struct ip ip;

	return ip_parse(&ip, address) ? networks_have(forwarded.trusted, &ip)
				      : forwarded.trusted->has_unix;
}

void
peer_set_forwarded(const struct request *req)
{
	struct buf out = BUF_OVER(forwarded.text);

	forwarded.found.is_known = false;
	if (req == NULL || !is_trusted(connection_address()))
		return;
	forwarded.found = forwarded_find(req, forwarded.trusted);
	ip_format(&forwarded.found.address, &out);
	forwarded.len = out.len;
}

const struct forwarded *
peer_forwarded(void)
{
	return forwarded.found.is_known ? &forwarded.found : NULL;
}

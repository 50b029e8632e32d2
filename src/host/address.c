/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "host/address.h"

static const char *
parse_unix(struct address *address, struct slice path)
{
	struct sockaddr_un *name = (struct sockaddr_un *)&address->name;

	if (path.len == 0 || path.ptr[0] != '/')
		return "not an absolute path";
	if (path.len >= sizeof(name->sun_path))
		return "the path is too long for a socket";
	address->kind = ADDRESS_UNIX;
	name->sun_family = AF_UNIX;
	memcpy(name->sun_path, path.ptr, path.len);
	address->len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	return NULL;
}

/*
 * Port 0 would be one that the kernel chooses, and nobody could know it.
 */
static bool
parse_port(struct slice text, in_port_t *port)
{
	uint64_t n;

	if (!slice_to_u64(text, &n) || n < 1 || n > 65535)
		return false;
	*port = htons((uint16_t)n);
	return true;
}

/* Stores host and port; all of IPv6 if host is empty. */
static bool
set_v6(struct address *address, const char *host, in_port_t port)
{
	struct sockaddr_in6 *name = (struct sockaddr_in6 *)&address->name;

	*name =
	    (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
	address->len = sizeof(*name);
	return *host == '\0' ||
	       inet_pton(AF_INET6, host, &name->sin6_addr) == 1;
}

static bool
set_v4(struct address *address, const char *host, in_port_t port)
{
	struct sockaddr_in *name = (struct sockaddr_in *)&address->name;

	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
	address->len = sizeof(*name);
	return inet_pton(AF_INET, host, &name->sin_addr) == 1;
}

static const char *
parse_tcp(struct address *address, struct slice text)
{
	bool is_v6 = text.len > 0 && text.ptr[0] == '[';
	char numeric[INET6_ADDRSTRLEN] = "";
	struct slice host = {0}, port = text;
	in_port_t number;

	address->kind = ADDRESS_TCP;
	if (is_v6) {
		if (!slice_cut(slice_skip(text, 1), ']', &host, &port) ||
		    port.len == 0 || port.ptr[0] != ':')
			return "not [ADDRESS]:PORT";
		port = slice_skip(port, 1);
	} else if (!slice_cut(text, ':', &host, &port)) {
		address->kind = ADDRESS_ANY;
		host = (struct slice){0};
		port = text;
	}
	if (!parse_port(port, &number))
		return "not a port from 1 to 65535";
	if (address->kind == ADDRESS_ANY)
		return set_v6(address, "", number) ? NULL : "no IPv6";
	if (host.len == 0 || host.len >= sizeof(numeric))
		return "not a numeric address";
	memcpy(numeric, host.ptr, host.len);
	return (is_v6 ? set_v6(address, numeric, number)
		      : set_v4(address, numeric, number))
		   ? NULL
		   : "not a numeric address";
}

const char *
address_parse(struct address *address, struct slice text)
{
	static const struct slice unix_prefix = {"unix:", 5};

	*address = (struct address){.text = text};
	if (memchr(text.ptr, '\0', text.len) != NULL)
		return "not an address";
	if (slice_equal(text, ADDRESS_OF_SYSTEMD)) {
		address->kind = ADDRESS_SYSTEMD;
		return NULL;
	}
	if (slice_equal(text, SLICE("inetd"))) {
		address->kind = ADDRESS_INETD;
		return NULL;
	}
	if (slice_starts(text, unix_prefix))
		return parse_unix(address, slice_skip(text, unix_prefix.len));
	return parse_tcp(address, text);
}

/* SPDX-License-Identifier: ISC */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "host/endpoint.h"
#include "host/peer.h"

#define ADDRESS_MAX 64
#define PORT_MAX 8

static struct {
	char address[ADDRESS_MAX];
	char remote_port[PORT_MAX], local_port[PORT_MAX];
} text;

static struct slice
add_port(const struct sockaddr_storage *address, char *storage)
{
	struct buf out = {.data = storage, .cap = PORT_MAX};
	in_port_t port = 0;

	if (address->ss_family == AF_INET)
		port = ((const struct sockaddr_in *)address)->sin_port;
	else if (address->ss_family == AF_INET6)
		port = ((const struct sockaddr_in6 *)address)->sin6_port;
	if (port != 0)
		buf_add_u64(&out, ntohs(port));
	return buf_slice(&out);
}

/* A variable's value that is made of the characters of addresses. */
static void
take_variable(const char *name, struct slice *place)
{
	const char *value = peer_is_accepted() ? NULL : getenv(name);
	struct slice s = slice_of(value != NULL ? value : "");

	for (size_t i = 0; i < s.len; i++)
		if (hex_digit(s.ptr[i]) < 0 && s.ptr[i] != '.' &&
		    s.ptr[i] != ':')
			return;
	if (s.len > 0 && s.len <= ADDRESS_MAX)
		*place = s;
}

void
endpoint_find(int fd, struct endpoints *ends)
{
	struct sockaddr_storage remote = {.ss_family = AF_UNSPEC};
	struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
	struct buf address = BUF_OVER(text.address);
	socklen_t remote_len = sizeof(remote), local_len = sizeof(local);

	*ends = (struct endpoints){.remote_address = peer_address()};
	if (slice_equal(ends->remote_address, SLICE("-")))
		ends->remote_address = (struct slice){0};
	if (getpeername(fd, (struct sockaddr *)&remote, &remote_len) == 0)
		ends->remote_port = add_port(&remote, text.remote_port);
	if (getsockname(fd, (struct sockaddr *)&local, &local_len) == 0 &&
	    (local.ss_family == AF_INET || local.ss_family == AF_INET6)) {
		peer_format(&local, &address);
		ends->local_address = buf_slice(&address);
		ends->local_port = add_port(&local, text.local_port);
	}
	take_variable("REMOTE_PORT", &ends->remote_port);
	take_variable("TCPREMOTEPORT", &ends->remote_port);
	take_variable("TCPLOCALIP", &ends->local_address);
	take_variable("TCPLOCALPORT", &ends->local_port);
	/* What speaks TLS in front of us by UCSPI says so. */
	ends->is_tls = !peer_is_accepted() && getenv("SSL_PROTOCOL") != NULL;
}

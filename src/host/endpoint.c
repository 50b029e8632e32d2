/* SPDX-License-Identifier: ISC */
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
write_port(unsigned port, char *storage)
{
	struct buf out = {.data = storage, .cap = PORT_MAX};

	if (port != 0)
		buf_add_u64(&out, port);
	return buf_slice(&out);
}

static void
take_socket(int fd, struct endpoints *ends)
{
	struct sockaddr_storage remote = {.ss_family = AF_UNSPEC};
	struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
	struct buf address = BUF_OVER(text.address);
	socklen_t remote_len = sizeof(remote), local_len = sizeof(local);

	if (getpeername(fd, (struct sockaddr *)&remote, &remote_len) == 0)
		ends->remote_port =
		    write_port(peer_port(&remote), text.remote_port);
	if (getsockname(fd, (struct sockaddr *)&local, &local_len) == 0 &&
	    peer_port(&local) != 0) {
		peer_format(&local, &address);
		ends->local_address = buf_slice(&address);
		ends->local_port =
		    write_port(peer_port(&local), text.local_port);
	}
}

/* A variable's value that is made of the characters of addresses. */
static struct slice
variable(const char *name)
{
	const char *value = peer_is_accepted() ? NULL : getenv(name);
	struct slice s = slice_of(value != NULL ? value : "");

	for (size_t i = 0; i < s.len; i++)
		if (hex_digit(s.ptr[i]) < 0 && s.ptr[i] != '.' &&
		    s.ptr[i] != ':')
			return (struct slice){0};
	return s.len <= ADDRESS_MAX ? s : (struct slice){0};
}

static void
replace(struct slice *place, struct slice value)
{
	if (value.len > 0)
		*place = value;
}

/*
 * A port that is another than the socket's is one of another socket: ours
 * is a pair that was made for us, as by stunnel, and its ends are nobody's.
 */
static void
take_variables(struct endpoints *ends)
{
	struct slice port = variable("TCPREMOTEPORT");

	if (port.len == 0)
		port = variable("REMOTE_PORT");
	if (port.len > 0 && !slice_equal(port, ends->remote_port))
		*ends = (struct endpoints){.remote_port = port};
	replace(&ends->local_address, variable("TCPLOCALIP"));
	replace(&ends->local_port, variable("TCPLOCALPORT"));
	/* What speaks TLS in front of us by UCSPI says so. */
	ends->is_tls = !peer_is_accepted() && getenv("SSL_PROTOCOL") != NULL;
}

static void
take_proxied(const struct proxy_header *header, struct endpoints *ends)
{
	struct buf address = BUF_OVER(text.address);

	if (header->has_ends) {
		ip_format(&header->destination, &address);
		ends->local_address = buf_slice(&address);
		ends->remote_port =
		    write_port(header->source_port, text.remote_port);
		ends->local_port =
		    write_port(header->destination_port, text.local_port);
	}
	if (header->is_tls)
		ends->is_tls = true;
}

void
endpoint_find(int fd, struct endpoints *ends)
{
	*ends = (struct endpoints){.is_tls = false};
	take_socket(fd, ends);
	take_variables(ends);
	if (peer_proxied() != NULL)
		take_proxied(peer_proxied(), ends);
	if (peer_forwarded() != NULL)
		ends->remote_port =
		    write_port(peer_forwarded()->port, text.remote_port);
	ends->remote_address = peer_address();
	if (slice_equal(ends->remote_address, SLICE("-")))
		ends->remote_address = (struct slice){0};
}

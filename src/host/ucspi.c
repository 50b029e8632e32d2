/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/peer.h"
#include "host/ucspi.h"

/* Longer than "TCPREMOTEPORT=" and any numeric address. */
#define VARIABLE_MAX 80

enum { VARIABLES = 5 };

static struct {
	char **block; /* the last slots are for text */
	size_t fixed; /* what stands before them */
	char text[VARIABLES][VARIABLE_MAX];
} environment;

/*
 * What is for us alone, or says of another connection what it says: peer.h
 * has the list of those that are believed.
 */
static bool
is_dropped(struct slice variable)
{
	static const char *const prefixes[] = {
	    "LISTEN_",   "NOTIFY_SOCKET=", "WATCHDOG_", "PERCH_", "PROTO=",
	    "TCPREMOTE", "TCPLOCAL",       "REMOTE_",   "SOCAT_", "NCAT_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (slice_starts(variable, slice_of(prefixes[i])))
			return true;
	return false;
}

int
ucspi_init(char *extra)
{
	size_t count = 0, kept = 0;

	while (environ[count] != NULL)
		count++;
	environment.block =
	    calloc(count + VARIABLES + 2, sizeof(*environment.block));
	if (environment.block == NULL)
		return ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!is_dropped(slice_of(environ[i])))
			environment.block[kept++] = environ[i];
	if (extra != NULL)
		environment.block[kept++] = extra;
	environment.fixed = kept;
	return 0;
}

char *const *
ucspi_environment(void)
{
	return environment.block;
}

/* Writes NAME=VALUE into the text of that number. */
static void
set(size_t number, const char *name, struct slice value)
{
	struct buf text = {.data = environment.text[number],
			   .cap = VARIABLE_MAX - 1};

	buf_add_str(&text, name);
	buf_add(&text, value);
	text.data[text.len] = '\0';
	environment.block[environment.fixed + number] = text.data;
}

static void
set_end(size_t number, const char *ip_name, const char *port_name,
	const struct sockaddr_storage *address)
{
	char storage[VARIABLE_MAX];
	struct buf text = BUF_OVER(storage);

	peer_format(address, &text);
	set(number, ip_name, buf_slice(&text));
	buf_reset(&text);
	buf_add_u64(&text, peer_port(address));
	set(number + 1, port_name, buf_slice(&text));
}

void
ucspi_set(int fd, const struct sockaddr_storage *peer)
{
	struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(local);

	if (peer->ss_family != AF_INET && peer->ss_family != AF_INET6) {
		set(0, "PROTO=", SLICE("UNIX"));
		environment.block[environment.fixed + 1] = NULL;
		return;
	}
	getsockname(fd, (struct sockaddr *)&local, &len);
	set(0, "PROTO=", SLICE("TCP"));
	set_end(1, "TCPREMOTEIP=", "TCPREMOTEPORT=", peer);
	set_end(3, "TCPLOCALIP=", "TCPLOCALPORT=", &local);
}

bool
ucspi_is_connection(void)
{
	return getenv(UCSPI_CONNECTION) != NULL;
}

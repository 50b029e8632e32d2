/* SPDX-License-Identifier: ISC */
/* perch: serves the one connection on its standard input and output. */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "conn/stop.h"
#include "host/config.h"
#include "host/peer.h"

/* Static: untouched parts of them cost nothing. */
static struct config config;
static struct conn conn;
static struct fd_stream stream;

int
main(int argc, char **argv)
{
	int error;

	switch (config_read(&config, PROGRAM_PERCH, argc, argv)) {
	case CONFIG_EXIT_OK:
		return 0;
	case CONFIG_EXIT_USAGE:
		return 2;
	case CONFIG_SERVE:
		break;
	}
	/* Launchers leak descriptors: of other clients, of their own. */
	syscall(SYS_close_range, 3u, ~0u, 0u);
	error = root_open(&conn.root, config.site.directory);
	if (error) {
		config_refuse(config.site.directory, strerror(error));
		return 2;
	}
	if (config.checks)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	stop_install();
	fd_stream_init(&stream, STDIN_FILENO, STDOUT_FILENO, conn.storage.out,
		       config.conn.pace, conn_read_timeout(&config.conn));
	conn.settings = &config.conn;
	conn.site = &config.site;
	conn.stream = &stream.stream;
	conn.in_fd = STDIN_FILENO;
	conn.remote = peer_address;
	conn_serve(&conn);
	return 0;
}

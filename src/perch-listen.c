/* SPDX-License-Identifier: ISC */
/*
 * perch-listen: accepts connections, and serves each in a process of its
 * own, or starts a program for it.
 */
#include <signal.h>
#include <unistd.h>

#include "conn/fd_stream.h"
#include "host/connection.h"
#include "host/listen.h"
#include "host/orders.h"
#include "host/stack.h"
#include "host/ucspi.h"

/*
 * Static: untouched parts cost nothing. Together, and with what else every
 * process writes to (src/layout.ld): that is copied page by page.
 */
static struct {
	struct fd_stream stream;
	struct conn conn;
} served;
static struct config config;

static void
serve(int fd)
{
	struct conn *c = &served.conn;

	fd_stream_init_socket(&served.stream, fd, conn_out(c), config.conn.pace,
			      conn_read_timeout(&config.conn));
	connection_set_up(c, &config, &served.stream.stream, fd);
	conn_serve(c);
}

static const struct service service = {.serve = serve};

int
main(int argc, char **argv)
{
	bool is_connection = ucspi_is_connection();
	int error;

	argv = stack_copy_arguments(argc, argv);
	if (argv == NULL)
		return 1;
	switch (config_read(&config, PROGRAM_LISTEN, argc, argv)) {
	case CONFIG_EXIT_OK:
		return 0;
	case CONFIG_EXIT_USAGE:
		return 2;
	case CONFIG_SERVE:
		break;
	}
	if (!is_connection && !config.checks &&
	    (error = listen_inherit(&config)))
		return error;
	if (config.listen.program == NULL) {
		if ((error = connection_open_root(&served.conn, &config)))
			return error;
		connection_read_rules(&served.conn, &config);
	}
	if (config.checks)
		return listen_check(&config);
	if (!is_connection)
		return listen_run(&config, served.conn.root.fd, argv, &service);
	/* --exec: this image is for one connection. */
	signal(SIGPIPE, SIG_IGN);
	orders_ignore();
	if ((error = connection_confine(&served.conn, &config, FD_SOCKET)))
		return error;
	serve(STDIN_FILENO);
	return 0;
}

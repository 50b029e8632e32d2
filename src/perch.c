/* SPDX-License-Identifier: ISC */
/* perch: serves the one connection on its standard input and output. */
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "conn/fd_stream.h"
#include "conn/stop.h"
#include "host/connection.h"
#include "host/start.h"

/* Static: untouched parts cost nothing. */
static struct {
	struct fd_stream stream;
	struct conn conn;
} served;
static struct config config;

int
main(int argc, char **argv)
{
	struct conn *c = &served.conn;
	const char *refusal;
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
	if ((error = connection_open_root(c, &config)))
		return error;
	if (config.checks) {
		connection_read_rules(c, &config);
		return 0;
	}
	start_signals();
	stop_install();
	fd_stream_init(&served.stream, STDIN_FILENO, STDOUT_FILENO, conn_out(c),
		       config.conn.pace, conn_read_timeout(&config.conn));
	refusal = start_check(&served.stream);
	if (refusal != NULL) {
		config_refuse("standard input", refusal);
		return 2;
	}
	if ((error = connection_confine(c, &config, served.stream.in_kind)))
		return error;
	connection_set_up(c, &config, &served.stream.stream, STDIN_FILENO);
	conn_serve(c);
	refusal = c->served == 0 ? start_explain(STDIN_FILENO) : NULL;
	if (refusal != NULL) {
		config_refuse("standard input", refusal);
		return 2;
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * perch-listen: accepts connections, and serves each in a process of its
 * own, or starts a program for it.
 */
#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include "conn/fd_stream.h"
#include "host/endpoint.h"
#include "host/listen.h"
#include "host/orders.h"
#include "host/peer.h"
#include "host/stack.h"
#include "host/ucspi.h"

/*
 * Static: untouched parts cost nothing. Together and on a page's start:
 * what a connection writes to is copied for it page by page.
 */
static struct {
	struct fd_stream stream;
	struct conn conn;
} served;
static struct config config;
static struct root root;

static void
serve(int fd)
{
	struct conn *c = &served.conn;

	fd_stream_init_socket(&served.stream, fd, conn_out(c), config.conn.pace,
			      conn_read_timeout(&config.conn));
	c->settings = &config.conn;
	c->site = &config.site;
	c->root = root;
	c->stream = &served.stream.stream;
	c->in_fd = fd;
	c->remote = peer_address;
	c->endpoints = endpoint_find;
	c->proxied = peer_set_proxied;
	if (config.trusted != NULL) {
		peer_trust(config.trusted);
		c->forwarded = peer_set_forwarded;
	}
	conn_serve(c);
}

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
	if (config.listen.program == NULL &&
	    (error = root_open(&root, config.site.directory))) {
		config_refuse(config.site.directory, strerror(error));
		return 2;
	}
	/* Read here they are read once, and complained of once. */
	if (config.site.has_page_rules && !config.site.has_hosts &&
	    config.listen.program == NULL) {
		page_rules_read(&served.conn.storage.page_rules, &root, "");
		served.conn.storage.page_rules.is_current = false;
	}
	if (config.checks)
		return listen_check(&config);
	if (!is_connection)
		return listen_run(&config, argv, serve, NULL);
	/* --exec: this image is for one connection. */
	signal(SIGPIPE, SIG_IGN);
	orders_ignore();
	serve(STDIN_FILENO);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/* perch: serves the one connection on its standard input and output. */
#include <stdalign.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "conn/fd_stream.h"
#include "conn/stop.h"
#include "host/config.h"
#include "host/endpoint.h"
#include "host/peer.h"
#include "host/start.h"

/*
 * Static: untouched parts cost nothing. Together and on a page's start:
 * what a connection writes to is copied for it page by page.
 */
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
	error = root_open(&c->root, config.site.directory);
	if (error) {
		config_refuse(config.site.directory, strerror(error));
		return 2;
	}
	if (config.checks) {
		if (config.site.has_page_rules && !config.site.has_hosts)
			page_rules_read(&c->storage.page_rules, &c->root, "");
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
	c->settings = &config.conn;
	c->site = &config.site;
	c->stream = &served.stream.stream;
	c->in_fd = STDIN_FILENO;
	c->remote = peer_address;
	c->endpoints = endpoint_find;
	c->proxied = peer_set_proxied;
	if (config.trusted != NULL) {
		peer_trust(config.trusted);
		c->forwarded = peer_set_forwarded;
	}
	conn_serve(c);
	refusal = c->served == 0 ? start_explain(STDIN_FILENO) : NULL;
	if (refusal != NULL) {
		config_refuse("standard input", refusal);
		return 2;
	}
	return 0;
}

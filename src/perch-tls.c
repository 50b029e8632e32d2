/* SPDX-License-Identifier: ISC */
/*
 * perch-tls: perch-listen with TLS. What costs most is done once, before
 * the first fork; a child does its own handshake, and serves.
 */
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conn/fd_stream.h"
#include "conn/preface.h"
#include "conn/tls_stream.h"
#include "conn/tls_variables.h"
#include "host/code.h"
#include "host/connection.h"
#include "host/endpoint.h"
#include "host/listen.h"
#include "host/opener.h"
#include "host/orders.h"
#include "host/stack.h"
#include "host/watch.h"

/*
 * Static: untouched parts cost nothing. Together and on a page's start:
 * what a connection writes to is copied for it page by page.
 */
static struct {
	alignas(PAGE) struct fd_stream socket;
	struct tls_stream stream;
	struct conn conn;
} served;
static struct config config;
static struct tls tls;
static struct watch watch;

static void
find_endpoints(int fd, struct endpoints *ends)
{
	endpoint_find(fd, ends);
	ends->is_tls = true;
}

static struct conn *
lay_out(int fd)
{
	struct conn *c = &served.conn;

	fd_stream_init_socket(&served.socket, fd, conn_out(c), config.conn.pace,
			      conn_read_timeout(&config.conn));
	connection_set_up(c, &config, &served.socket.stream, fd);
	c->endpoints = find_endpoints;
	return c;
}

static void
serve(int fd)
{
	struct conn *c = lay_out(fd);
	struct slice early = {0};
	const char *why;

	/* A proxy says who is there before the client says anything. */
	if (config.conn.proxy != PROXY_NEVER && !preface_take_first(c, &early))
		return;
	config.conn.proxy = PROXY_NEVER;
	switch (tls_stream_start(&served.stream, &tls, c->stream, early,
				 clock_deadline(config.tls.handshake_ms),
				 &why)) {
	case TLS_STARTED:
		c->stream = &served.stream.stream;
		if (config.site.programs != NULL)
			tls_variables_add(&served.stream, config.site.programs);
		conn_serve(c);
		tls_stream_close(&served.stream);
		break;
	case TLS_IS_HTTP:
		lay_out(fd);
		c->refusal = "no TLS on a port for TLS";
		conn_serve(c);
		break;
	case TLS_FAILED:
		access_note(c->remote(), why);
		stream_linger(c->stream, config.conn.body.drain,
			      clock_deadline(config.conn.body.drain_ms));
		break;
	case TLS_SAID_NOTHING:
		break;
	}
}

/* Between connections. */
static int64_t
tend(void)
{
	int64_t now = clock_ms();

	tls_tickets_tend(&tls.tickets);
	if (watch_has_settled(&watch))
		orders_ask_reload();
	return now + (config.tls_watch_ms > 0 ? config.tls_watch_ms : 60000);
}

static int
store_tickets(void)
{
	return tls_tickets_store(&tls.tickets);
}

/* Lists all files of TLS that the options name. */
static size_t
list_files(const char *path[WATCHED_MAX])
{
	const struct tls_settings *s = &config.tls;
	size_t count = 0;

	for (size_t i = 0; i < s->certificate_count; i++) {
		path[count++] = s->certificate[i];
		if (i < s->key_count)
			path[count++] = s->key[i];
		if (s->ocsp[i] != NULL)
			path[count++] = s->ocsp[i];
	}
	if (s->client_ca != NULL)
		path[count++] = s->client_ca;
	if (s->tickets != NULL)
		path[count++] = s->tickets;
	return count;
}

static int
refuse(const char *file, const char *error)
{
	config_refuse(file != NULL ? file : "TLS", error);
	return 2;
}

/*
 * Prepares for reading files again when --user has effect. They are looked
 * at before they are read: what changes meanwhile is read again.
 */
static int
prepare_files(void)
{
	const char *path[WATCHED_MAX];
	size_t count = list_files(path);
	int error = 0;

	if (!config.checks && config.listen.user != NULL && geteuid() == 0 &&
	    opener_fd() < 0)
		error = opener_start(path, count);
	if (error) {
		refuse(NULL, strerror(error));
		return 1;
	}
	for (size_t i = 0; i < count && config.tls_watch_ms > 0; i++)
		watch_add(&watch, path[i]);
	config.tls.open = opener_open;
	return 0;
}

/* Reads keys while we still may. Returns an exit status. */
static int
prepare_tls(void)
{
	const char *file = NULL, *error = tls_init(&tls, &config.tls, &file);

	if (error != NULL)
		return refuse(file, error);
	tls_tickets_restore(&tls.tickets, listen_tickets_fd());
	close(listen_tickets_fd());
	for (size_t i = 0; i < config.tls.certificate_count; i++)
		if (tls.certificate[i].complaint != NULL)
			log_message(LOG_LEVEL_NOTICE, config.tls.certificate[i],
				    tls.certificate[i].complaint);
	if (config.checks)
		return 0;
	if ((error = tls_warm(&tls)) != NULL)
		return refuse(NULL, error);
	code_make_huge();
	return tls_stream_init(&tls) ? 0 : refuse(NULL, "no memory");
}

static const struct service service = {serve, tend, store_tickets};

int
main(int argc, char **argv)
{
	int error;

	argv = stack_copy_arguments(argc, argv);
	if (argv == NULL || stack_move_environment() != 0)
		return 1;
	switch (config_read(&config, PROGRAM_TLS, argc, argv)) {
	case CONFIG_EXIT_OK:
		return 0;
	case CONFIG_EXIT_USAGE:
		return 2;
	case CONFIG_SERVE:
		break;
	}
	if ((error = listen_inherit(&config)) || (error = prepare_files()))
		return error;
	if ((error = connection_open_root(&served.conn, &config)))
		return error;
	connection_read_rules(&served.conn, &config);
	if ((error = prepare_tls()))
		return error;
	if (config.checks)
		return listen_check(&config);
	return listen_run(&config, served.conn.root.fd, argv, &service);
}

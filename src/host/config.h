/* SPDX-License-Identifier: ISC */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include "conn/conn.h"
#include "conn/tls.h"
#include "host/sandbox.h"
#include "http/ip.h"

/* Listening addresses on one command line. */
#define ADDRESSES_MAX 32

/* What perch-listen is told beside what every connection is. */
struct listen_settings {
	struct slice address[ADDRESSES_MAX];
	size_t address_count;
	char **program; /* behind "--", NULL-terminated; or NULL */
	bool executes;  /* --exec */
	uint64_t backlog, max_connections, max_per_address;
	uint64_t retry_after; /* seconds */
	uint64_t socket_mode; /* of unix: sockets */
	int64_t grace_ms;
	int64_t crash_pause_ms; /* 0: none */
	int64_t ready_fd;       /* or -1 */
	const char *user;       /* or NULL */
	bool has_chroot;        /* --chroot */
};

/* The programs that share one table of options. */
enum program { PROGRAM_PERCH = 1, PROGRAM_LISTEN = 2, PROGRAM_TLS = 4 };

/* Everything that the command line and its --config files say. */
struct config {
	enum program program;
	struct site site;
	struct conn_settings conn;
	struct listen_settings listen;
	struct tls_settings tls;
	int64_t tls_watch_ms; /* how often its files are looked at; 0: never */
	struct networks *trusted; /* --trust-forwarded; or NULL */
	enum sandbox_mode sandbox;
	bool checks; /* --check: stop before serving */
};

/* What to do after the command line is read. */
enum config_result {
	CONFIG_SERVE,
	CONFIG_EXIT_OK,    /* --help and --version have said their part */
	CONFIG_EXIT_USAGE, /* one line on stderr has said what is wrong */
};

/*
 * Fills config with the defaults and then from the command line. What it
 * holds points into argv, or into memory that is never freed. Reads
 * --config and --mime files; opens nothing else.
 */
enum config_result config_read(struct config *config, enum program program,
			       int argc, char **argv);

/* True if a connection may start programs: for CGI, WebSockets, --auth. */
bool config_starts_programs(const struct config *config);

/* Whose programs are, if they have a user of their own; or NULL. */
const struct user *config_program_user(const struct config *config);

const char *config_program_name(enum program program);

/* Says "PROGRAM: what: detail" on stderr; for main, before it exits. */
enum config_result config_refuse(const char *what, const char *detail);

#endif

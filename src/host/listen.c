/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/broker.h"
#include "host/connection.h"
#include "host/handover.h"
#include "host/launcher.h"
#include "host/listen.h"
#include "host/monitor.h"
#include "host/notify.h"
#include "host/opener.h"
#include "host/orders.h"
#include "host/passwd.h"
#include "host/privilege.h"
#include "host/stack.h"
#include "host/ucspi.h"

enum { EXIT_OK = 0, EXIT_SYSTEM = 1, EXIT_USAGE = 2 };

/* Static: what is not touched costs nothing. */
static struct handover handover;
static struct launcher launcher;
static struct address addresses[ADDRESSES_MAX];
static struct user user;

/* What is run on another stack. */
struct start {
	int root; /* that connections serve from */
	int status;
};

static int
refuse(int status, const char *what, const char *detail)
{
	config_refuse(what, detail);
	return status;
}

static int
refuse_address(struct slice address, const char *detail)
{
	struct log_line line;

	log_begin(&line);
	buf_add(&line.text, address);
	buf_add_str(&line.text, ": ");
	buf_add_str(&line.text, detail);
	log_end(&line, LOG_LEVEL_ERROR);
	return EXIT_USAGE;
}

int
listen_check(const struct config *config)
{
	const struct listen_settings *s = &config->listen;
	const char *error;

	for (size_t i = 0; i < s->address_count; i++) {
		error = address_parse(&addresses[i], s->address[i]);
		if (error != NULL)
			return refuse_address(s->address[i], error);
	}
	if (s->user != NULL && ((error = passwd_find(&user, s->user)) ||
				(error = privilege_check(config, &user))))
		return refuse(EXIT_USAGE, s->user, error);
	if (s->program == NULL)
		return EXIT_OK;
	if (s->executes)
		return refuse(EXIT_USAGE, "--exec",
			      "a PROGRAM is always executed");
	error = image_find(&launcher.program, s->program[0]);
	return error == NULL ? EXIT_OK
			     : refuse(EXIT_USAGE, s->program[0], error);
}

int
listen_inherit(const struct config *config)
{
	int ready_fd = (int)config->listen.ready_fd;
	const char *error;
	int fd;

	/* A connection must not become our standard error. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
	error = handover_read(&handover);
	if (error != NULL)
		return refuse(EXIT_USAGE, error, NULL);
	opener_adopt(handover.part[HANDOVER_OPENER]);
	if (config->checks)
		return EXIT_OK;
	/* Written at the first start; now the number may be another's. */
	if (handover.is_reload)
		ready_fd = -1;
	else if (ready_fd >= 0 && fcntl(ready_fd, F_GETFD) < 0)
		return refuse(EXIT_USAGE, "--ready-fd", "it is not open");
	handover_close_others(&handover, ready_fd);
	return EXIT_OK;
}

int
listen_tickets_fd(void)
{
	return handover.part[HANDOVER_TICKETS];
}

/* All that systemd has passed. */
static int
adopt_all(const struct address *address)
{
	struct launcher *l = &launcher;
	size_t before = l->listener_count;
	int fd;

	while ((fd = handover_take(&handover, address->text)) >= 0) {
		struct listener *new = &l->listener[l->listener_count++];

		socket_adopt(new, fd, address->text);
		if (!socket_check(new))
			return EXIT_USAGE;
	}
	return l->listener_count > before
		   ? EXIT_OK
		   : refuse_address(address->text, "no socket was passed");
}

/*
 * Takes the socket on standard input. Where it is standard error too, as
 * inetd has it, no line of the log may go there.
 */
static int
take_input(const struct config *config)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (fd >= 0)
		log_open(config_program_name(config->program), fd, -1);
	return fd;
}

static int
open_one(const struct config *config, const struct address *address)
{
	struct listener *new = &launcher.listener[launcher.listener_count];
	int fd;

	if (address->kind == ADDRESS_SYSTEMD)
		return adopt_all(address);
	if (launcher.listener_count == LISTENERS_MAX)
		return refuse_address(address->text, "too many sockets");
	fd = handover_take(&handover, address->text);
	if (fd < 0 && address->kind == ADDRESS_INETD &&
	    (fd = take_input(config)) < 0)
		return refuse_address(address->text,
				      "standard input is not open");
	if (fd >= 0) {
		socket_adopt(new, fd, address->text);
		if (!socket_check(new))
			return EXIT_USAGE;
		/* --backlog may be a new one. */
		listen(fd, (int)config->listen.backlog);
	} else if (!socket_open(new, address, &config->listen)) {
		return EXIT_SYSTEM;
	}
	launcher.listener_count++;
	return EXIT_OK;
}

static int
close_sockets(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < launcher.listener_count; i++)
		socket_close(&launcher.listener[i]);
	return 0;
}

static int
open_sockets(const struct config *config)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < config->listen.address_count; i++) {
		int error = open_one(config, &addresses[i]);

		/* A reload must not end what works. */
		if (error && !handover.is_reload)
			return error;
		if (error)
			status = error;
	}
	handover_release(&handover, (int)config->listen.ready_fd);
	for (size_t i = 0; i < launcher.listener_count; i++) {
		const struct listener *l = &launcher.listener[i];

		if (socket_set_options(l, config))
			continue;
		refuse_address(l->address, strerror(errno));
		return EXIT_SYSTEM;
	}
	return launcher.listener_count > 0 ? EXIT_OK : status;
}

/*
 * The table is shared memory, which a fork need not copy, and children do
 * not get it at all: they could change whom the launcher signals.
 */
static int
make_table(const struct config *config)
{
	size_t cap = (size_t)config->listen.max_connections;
	uint64_t seed = (uint64_t)clock_us();
	struct children *table;
	uint64_t *pass;
	size_t size;

	if (handover_children(&handover) > cap)
		cap = handover_children(&handover);
	size = sizeof(*table) + children_size(cap) + sizeof(struct crashes) +
	       sizeof(*pass);
	table = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED || madvise(table, size, MADV_DONTFORK) != 0)
		return refuse(EXIT_SYSTEM, "table of children",
			      strerror(errno));
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed ^= (uint64_t)getpid() << 32;
	children_init(table, table + 1, cap, seed);
	launcher.children = table;
	pass = (uint64_t *)((char *)table + size) - 1;
	launcher.crashes = (struct crashes *)(void *)pass - 1;
	/* The address of a proxy has many clients behind it. */
	if (config->conn.proxy == PROXY_NEVER && config->trusted == NULL)
		launcher.crashes->pause_ms = config->listen.crash_pause_ms;
	if (getrandom(pass, sizeof(*pass), 0) != sizeof(*pass))
		return refuse(EXIT_SYSTEM, "getrandom", strerror(errno));
	launcher.pass = pass;
	handover_fill(&handover, table);
	return EXIT_OK;
}

static int
drop_privileges(const struct config *config)
{
	const char *name = config->listen.user;
	const char *error = privilege_drop(config, name != NULL ? &user : NULL);

	if (error == NULL)
		return EXIT_OK;
	refuse(EXIT_SYSTEM, name != NULL ? name : "--program-sandbox: user",
	       error);
	/* At a reload we may be someone already, and cannot be another. */
	return handover.is_reload && geteuid() != 0 ? EXIT_OK : EXIT_SYSTEM;
}

/* What is started for a connection, if the launcher does not fork. */
static int
make_program(const struct config *config, char **argv)
{
	static char connection[] = UCSPI_CONNECTION "=1";
	struct launcher *l = &launcher;
	const char *error = reload_init(&l->reload, argv);

	if (error != NULL)
		return refuse(EXIT_SYSTEM, "/proc/self/exe", error);
	if (config->listen.program != NULL) {
		l->program.argv = config->listen.program;
	} else if (config->listen.executes) {
		l->program = l->reload.self;
		l->program.holds_signals = true;
	} else {
		return EXIT_OK;
	}
	if (ucspi_init(config->listen.executes ? connection : NULL))
		return refuse(EXIT_SYSTEM, strerror(ENOMEM), NULL);
	l->program.environment = ucspi_environment();
	return EXIT_OK;
}

static int
prepare(const struct config *config, char **argv)
{
	int error;

	signal(SIGPIPE, SIG_IGN);
	if ((error = orders_install()))
		return refuse(EXIT_SYSTEM, "eventfd", strerror(error));
	if ((error = reaper_init(&launcher.reaper)))
		return refuse(EXIT_SYSTEM, "signalfd", strerror(error));
	if ((error = listen_check(config)) || (error = open_sockets(config)) ||
	    (error = make_table(config)) || (error = drop_privileges(config)))
		return error;
	return make_program(config, argv);
}

static int
tell_ready(void *argument)
{
	const struct config *config = argument;

	if (handover.is_reload)
		log_message(LOG_LEVEL_NOTICE, "reloaded", NULL);
	else if (config->listen.ready_fd >= 0)
		notify_ready_fd((int)config->listen.ready_fd);
	notify_ready();
	return 0;
}

/*
 * What this thread may not do then its children may not, who pay nothing
 * for it. A program in their place has its own affairs.
 */
static int
enter_sandbox(const struct config *config, int root)
{
	bool has_broker = connection_has_broker(config);
	struct sandbox sandbox = {.root = root,
				  .pass = launcher.pass,
				  .has_broker = has_broker,
				  .encrypts = config->program == PROGRAM_TLS};
	const char *missing;
	int error;

	if (launcher.program.path[0] != '\0' ||
	    (config->sandbox == SANDBOX_OFF && privilege_needed(config) == 0))
		return EXIT_OK;
	log_settle();
	error = monitor_start();
	if (error)
		return refuse(EXIT_SYSTEM, "monitor", strerror(error));
	/* The monitor keeps what --user has left, and sees all files. */
	error = privilege_leave(config, root);
	if (error)
		return refuse(EXIT_SYSTEM, "--user", strerror(error));
	error = sandbox_enter(&sandbox, config->sandbox, &missing);
	if (error)
		return refuse(EXIT_SYSTEM,
			      missing != NULL ? missing : "sandbox",
			      strerror(error));
	if (missing != NULL)
		log_message(LOG_LEVEL_NOTICE, "sandbox", missing);
	error = has_broker ? broker_start(config, root) : 0;
	return error ? refuse(EXIT_SYSTEM, "broker", strerror(error)) : EXIT_OK;
}

static void
run(void *argument)
{
	struct start *start = argument;

	start->status = enter_sandbox(launcher.config, start->root);
	if (start->status)
		return;
	/* Only now all is open that will be, and all else closed. */
	monitor_run(tell_ready, (void *)launcher.config);
	launcher_run(&launcher);
}

int
listen_run(const struct config *config, int root, char **argv,
	   const struct service *service)
{
	struct start start = {.root = root};
	int error = prepare(config, argv);

	if (error) {
		close_sockets(NULL);
		return error;
	}
	launcher.config = config;
	launcher.service = service;
	/* What speaks TLS, or what a program speaks, cannot be answered. */
	overload_init(&launcher.overload,
		      config->listen.program == NULL &&
			  config->program != PROGRAM_TLS,
		      config->listen.retry_after);
	/* So that no child has to look up how the clocks are read. */
	clock_ms();
	clock_us();
	clock_seconds();
	stack_leave(run, &start);
	if (start.status)
		monitor_run(close_sockets, NULL);
	return start.status;
}

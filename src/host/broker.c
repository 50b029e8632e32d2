/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parcel.h"
#include "host/broker.h"
#include "host/customers.h"
#include "host/monitor.h"
#include "host/sandbox.h"

/* One that ends at once is not started again and again. */
#define PAUSE_MS 1000

/* How long a broker may be behind, while it is given connections. */
#define BEHIND_MS 100

static struct {
	const struct config *config;
	int root;
	bool is_wanted;
	pid_t pid;   /* of the launcher's; or 0 */
	int line;    /* to it; or -1 */
	int channel; /* of the connection; or -1 */
	int64_t due; /* clock_ms: when another may be started */
	struct agent agent;
} broker = {.line = -1, .channel = -1};

/* --- the broker */

/* Closes all descriptors but these and the standard ones. */
static void
close_others(const int *kept, int count)
{
	int last = STDERR_FILENO;

	for (int i = 0; i < count; i++)
		if (kept[i] > last)
			last = kept[i];
	for (int fd = STDERR_FILENO + 1; fd < last; fd++) {
		bool is_kept = false;

		for (int i = 0; i < count; i++)
			is_kept = is_kept || kept[i] == fd;
		if (!is_kept)
			close(fd);
	}
	syscall(SYS_close_range, (unsigned)last + 1, ~0u, 0u);
}

/* Nothing of what we were started with stays, but where the log goes. */
static void
withdraw(int end, int root)
{
	const int kept[] = {end, root, log_descriptor()};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (log_descriptor() != STDERR_FILENO)
		dup2(null, STDERR_FILENO);
	close_others(kept, sizeof(kept) / sizeof(kept[0]));
	/* The end of the socket is its sign, whoever else is told to stop. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "perch-broker", 0ul, 0ul, 0ul);
	/* Programs may run as the same user. */
	prctl(PR_SET_DUMPABLE, 0ul, 0ul, 0ul, 0ul);
}

/* It has a socket or two for each connection; programs get what is usual. */
static void
take_descriptors(void)
{
	struct rlimit limit;

	sandbox_restore_limits();
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	spawn_set_descriptors(limit.rlim_cur, limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * Of what --user has left, or a service manager, that to start programs as
 * their user, and to signal them. They get nothing of it.
 */
static void
take_capabilities(const struct config *config)
{
	if (geteuid() == 0)
		return;
	if (config_program_user(config) != NULL)
		capability_keep(CAPABILITIES_OF_USERS, CAPABILITY(CAP_KILL),
				false);
	else if (config->listen.user != NULL)
		capability_keep(0, 0, false);
}

static _Noreturn void
be_broker(const struct config *config, int root, int end, bool is_own)
{
	static struct customers customers;
	const struct errands where = {.config = config, .root = {.fd = root}};
	int error;

	withdraw(end, root);
	take_capabilities(config);
	if (!is_own)
		take_descriptors();
	error = customers_init(&customers, &where,
			       is_own ? 1 : config->listen.max_connections);
	if (error) {
		log_message(LOG_LEVEL_ERROR, "broker", strerror(error));
		_exit(1);
	}
	if (is_own)
		customers_add(&customers, end);
	customers_serve(&customers, is_own ? -1 : end);
	_exit(0);
}

/* --- who has one */

/* Returns our end of the socket to it, or a negative errno value. */
static int
start(const struct config *config, int root, bool is_own, pid_t *pid)
{
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	log_settle();
	*pid = fork();
	error = *pid < 0 ? errno : 0;
	if (*pid == 0)
		be_broker(config, root, pair[1], is_own);
	close(pair[1]);
	if (error)
		close(pair[0]);
	return error ? -error : pair[0];
}

/* By the monitor: in the sandbox none could start anything. */
static int
start_another(void *unused)
{
	int line = start(broker.config, broker.root, false, &broker.pid);

	(void)unused;
	broker.due = clock_ms() + PAUSE_MS;
	if (broker.line >= 0)
		close(broker.line);
	broker.line = line >= 0 ? line : -1;
	if (line < 0)
		broker.pid = 0;
	return line < 0 ? -line : 0;
}

int
broker_start(const struct config *config, int root)
{
	broker.is_wanted = true;
	broker.config = config;
	broker.root = root;
	return monitor_run(start_another, NULL);
}

int
broker_start_own(const struct config *config, int root)
{
	pid_t pid;
	int channel = start(config, root, true, &pid);

	broker.is_wanted = true;
	broker.channel = channel >= 0 ? channel : -1;
	return channel < 0 ? -channel : 0;
}

static void
send_end(int fd)
{
	for (int i = 0; i < BEHIND_MS; i++) {
		int error = parcel_send(broker.line, SLICE("c"), &fd, 1);

		if (error != EAGAIN && error != ETOOMANYREFS)
			return;
		poll(NULL, 0, 1);
	}
}

void
broker_offer(void)
{
	int pair[2] = {-1, -1};

	if (broker.is_wanted && broker.pid == 0 && clock_ms() >= broker.due)
		monitor_run(start_another, NULL);
	if (broker.line >= 0 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		/* If it is not taken, the connection sees the end of it. */
		send_end(pair[1]);
		close(pair[1]);
	}
	/* It is the same number each time: no page is written to. */
	if (broker.channel != pair[0])
		broker.channel = pair[0];
}

void
broker_withdraw(void)
{
	if (broker.channel >= 0)
		close(broker.channel);
}

void
broker_leave(void)
{
	if (broker.line >= 0)
		close(broker.line);
}

struct agent *
broker_agent(void)
{
	if (!broker.is_wanted)
		return NULL;
	broker.agent = (struct agent){.fd = broker.channel};
	return &broker.agent;
}

bool
broker_take_end(pid_t pid)
{
	if (broker.pid == 0 || pid != broker.pid)
		return false;
	log_message(LOG_LEVEL_ERROR, "the broker of programs has ended",
		    "there will be another");
	broker.pid = 0;
	return true;
}

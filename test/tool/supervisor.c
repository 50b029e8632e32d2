/* SPDX-License-Identifier: ISC */
/*
 * supervisor SOCKET... -- PROGRAM ARG...: starts PROGRAM as systemd would,
 * for tests where there is none. The sockets are passed from descriptor 3
 * on, with LISTEN_FDS and LISTEN_PID:
 *
 *	tcp:PORT    listens on 127.0.0.1
 *	unix:PATH   listens there
 *	udp:PORT    bound, but no stream
 *	file:PATH   no socket at all
 *
 * What the program says to NOTIFY_SOCKET, which is bound if it is set,
 * goes to standard output, a line for each variable. SIGTERM and SIGHUP
 * are passed on. Exits with the program's status.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t program;

static void
pass_on(int number)
{
	if (program > 0)
		kill(program, number);
}

static void
check(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(111);
}

static int
bind_internet(int type, const char *port)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)atoi(port)),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type, 0), on = 1;

	check(fd, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	check(bind(fd, (struct sockaddr *)&name, sizeof(name)), port);
	return fd;
}

/* A path, or @NAME in the abstract namespace. */
static int
bind_unix(int type, const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	check(fd, "socket");
	memcpy(name.sun_path, path, strnlen(path, sizeof(name.sun_path) - 1));
	if (path[0] == '@')
		name.sun_path[0] = '\0';
	check(bind(fd, (struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			       strlen(path))),
	      path);
	return fd;
}

static int
open_socket(const char *text)
{
	const char *rest = strchr(text, ':') + 1;
	int fd;

	if (strncmp(text, "udp", 3) == 0)
		return bind_internet(SOCK_DGRAM, rest);
	if (strncmp(text, "file", 4) == 0) {
		fd = open(rest, O_RDONLY);
		check(fd, rest);
		return fd;
	}
	fd = strncmp(text, "tcp", 3) == 0 ? bind_internet(SOCK_STREAM, rest)
					  : bind_unix(SOCK_STREAM, rest);
	check(listen(fd, 16), text);
	return fd;
}

static void
set_number(const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	setenv(name, text, 1);
}

/* Prints what arrives until the program has ended. Returns its status. */
static int
watch(int notify_fd)
{
	struct pollfd p = {.fd = notify_fd, .events = POLLIN};
	char text[1024];
	int status;

	for (;;) {
		bool has_ended = waitpid(program, &status, WNOHANG) > 0;

		while (poll(&p, 1, has_ended ? 0 : 20) > 0) {
			ssize_t n = read(notify_fd, text, sizeof(text) - 1);

			text[n < 0 ? 0 : n] = '\0';
			puts(text);
			fflush(stdout);
		}
		if (has_ended)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 112;
	}
}

int
main(int argc, char **argv)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	int notify_fd = notify ? bind_unix(SOCK_DGRAM, notify) : -1;
	int fds[16], count = 0;

	if (notify_fd >= 0)
		fcntl(notify_fd, F_SETFD, FD_CLOEXEC);
	while (*++argv != NULL && strcmp(*argv, "--") != 0 && count < 16)
		fds[count++] = open_socket(*argv);
	if (argc < 2 || *argv == NULL || argv[1] == NULL)
		return 111;
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	program = fork();
	check(program, "fork");
	if (program > 0) {
		for (int fd = 3; fd < 64; fd++)
			if (fd != notify_fd)
				close(fd);
		return watch(notify_fd);
	}
	/* First out of the way of each other. */
	for (int i = 0; i < count; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
	for (int i = 0; i < count; i++)
		dup2(fds[i], 3 + i);
	if (count > 0) {
		set_number("LISTEN_FDS", count);
		set_number("LISTEN_PID", getpid());
	}
	execvp(argv[1], argv + 1);
	check(-1, argv[1]);
	return 111;
}

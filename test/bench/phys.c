/* SPDX-License-Identifier: ISC */
/*
 * The least that a process for each connection can cost: it reads what has
 * come, writes one answer of 1 KiB that was made before, and exits.
 *
 *	phys         the connection is on standard input and output
 *	phys PORT    accept on 127.0.0.1, and fork
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_LEN = 1024, BACKLOG = 1024 };

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
			   "Content-Length: 1024\r\nConnection: close\r\n\r\n";
static char answer[sizeof(head) - 1 + BODY_LEN];

static void
serve(int in, int out)
{
	char request[4096];

	if (read(in, request, sizeof(request)) > 0 &&
	    write(out, answer, sizeof(answer)) < 0)
		_exit(1);
	_exit(0);
}

static int
listen_on(const char *port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)atoi(port)),
				   .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		perror("phys");
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	int listener, fd;

	memcpy(answer, head, sizeof(head) - 1);
	/* What is in the file of 1 KiB that the others send. */
	for (int i = 0; i < BODY_LEN; i++)
		answer[sizeof(head) - 1 + (size_t)i] =
		    "all work and no play\n"[i % 21];
	if (argc < 2)
		serve(0, 1);
	signal(SIGCHLD, SIG_IGN);
	listener = listen_on(argv[1]);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0)
			serve(fd, fd);
		close(fd);
	}
}

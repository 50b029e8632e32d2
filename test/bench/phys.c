/* SPDX-License-Identifier: ISC */
/*
 * The least that a process for each connection can cost: it reads what has
 * come, writes one answer of 1 KiB that was made before, and exits; or goes on.
 *
 *	phys              the connection is on standard input and output
 *	phys PORT         accept on 127.0.0.1, and fork
 *	phys PORT keep    and keep the connection alive
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_LEN = 1024, BACKLOG = 1024 };

#define FIELDS                                                                 \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"                      \
	"Content-Length: 1024\r\nConnection: "
static const char last_head[] = FIELDS "close\r\n\r\n";
static const char kept_head[] = FIELDS "keep-alive\r\n\r\n";
static char answer[sizeof(kept_head) + BODY_LEN];
static size_t answer_len;

static void
prepare(const char *head, size_t len)
{
	memcpy(answer, head, len);
	/* What is in the file of 1 KiB that the others send. */
	for (size_t i = 0; i < BODY_LEN; i++)
		answer[len + i] = "all work and no play\n"[i % 21];
	answer_len = len + BODY_LEN;
}

static void
serve(int in, int out, bool is_kept)
{
	char request[4096];

	do
		if (read(in, request, sizeof(request)) <= 0 ||
		    write(out, answer, answer_len) < 0)
			_exit(1);
	while (is_kept);
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
	bool is_kept = argc > 2;
	int listener, fd;

	if (is_kept)
		prepare(kept_head, sizeof(kept_head) - 1);
	else
		prepare(last_head, sizeof(last_head) - 1);
	if (argc < 2)
		serve(0, 1, false);
	signal(SIGCHLD, SIG_IGN);
	listener = listen_on(argv[1]);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0)
			serve(fd, fd, is_kept);
		close(fd);
	}
}

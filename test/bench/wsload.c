/* SPDX-License-Identifier: ISC */
/*
 * wsload PORT PATH CONNECTIONS BYTES SECONDS: each connection sends a message
 * of so many bytes, text, and the next when that has come back whole. Says
 * when all are there, and when time is over how many messages there were;
 * waits for a line after both.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024

static char frame[1 << 20], scratch[1 << 20];
static size_t frame_len, answer_len;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
compose(size_t len)
{
	size_t at = 1;

	frame[0] = (char)0x81;
	if (len < 126) {
		frame[at++] = (char)(0x80 | len);
	} else if (len < 65536) {
		frame[at++] = (char)(0x80 | 126);
		frame[at++] = (char)(len >> 8);
		frame[at++] = (char)len;
	} else {
		frame[at++] = (char)(0x80 | 127);
		for (int i = 7; i >= 0; i--)
			frame[at++] = (char)((uint64_t)len >> 8 * i);
	}
	answer_len = at + len;
	memcpy(frame + at, "\1\2\3\4", 4);
	at += 4;
	for (size_t i = 0; i < len; i++)
		frame[at + i] = (char)('a' ^ (1 + i % 4));
	frame_len = at + len;
}

static void
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("send");
		bytes += n;
		len -= (size_t)n;
	}
}

static int
open_socket(uint16_t port, const char *path)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), len;
	size_t got = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	len = snprintf(scratch, sizeof(scratch),
		       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
		       "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		       "Sec-WebSocket-Version: 13\r\n\r\n",
		       path, port);
	send_all(fd, scratch, (size_t)len);
	do {
		ssize_t n = read(fd, scratch + got, 1);

		if (n <= 0)
			die("handshake");
		got++;
	} while (got < 4 || memcmp(scratch + got - 4, "\r\n\r\n", 4) != 0);
	if (memcmp(scratch, "HTTP/1.1 101", 12) != 0)
		exit(1);
	return fd;
}

/* And waits until that has been heard. */
static void
say(const char *what)
{
	printf("%s\n", what);
	fflush(stdout);
	while (getchar() != '\n' && !feof(stdin))
		;
}

int
main(int argc, char **argv)
{
	static struct pollfd p[CONNECTIONS_MAX];
	static size_t got[CONNECTIONS_MAX];
	unsigned long messages = 0;
	double end;
	nfds_t count;

	if (argc != 6)
		return 2;
	count = (nfds_t)atoi(argv[3]);
	compose((size_t)atoi(argv[4]));
	for (nfds_t i = 0; i < count; i++)
		p[i] = (struct pollfd){
		    .fd = open_socket((uint16_t)atoi(argv[1]), argv[2]),
		    .events = POLLIN};
	say("ready");
	for (nfds_t i = 0; i < count; i++)
		send_all(p[i].fd, frame, frame_len);
	end = now() + atof(argv[5]);
	while (now() < end) {
		poll(p, count, 1000);
		for (nfds_t i = 0; i < count; i++) {
			ssize_t n;

			if (!p[i].revents)
				continue;
			n = read(p[i].fd, scratch, sizeof(scratch));
			if (n <= 0)
				die("read");
			got[i] += (size_t)n;
			if (got[i] < answer_len)
				continue;
			got[i] = 0;
			messages++;
			send_all(p[i].fd, frame, frame_len);
		}
	}
	snprintf(scratch, sizeof(scratch), "%lu", messages);
	say(scratch);
	return 0;
}

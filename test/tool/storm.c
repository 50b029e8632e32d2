/* SPDX-License-Identifier: ISC */
/*
 * Clients by the thousand, from as many addresses of 127.0.0.0/8.
 *
 *	storm PORT rate COUNT SECONDS   so many connections a second: most ask
 *	                                for / and get it, others are reset, or
 *	                                half-closed, at some place or other
 *	storm PORT idle COUNT           so many, silent, until standard input
 *	                                ends; "ready" says that all are there
 *
 * Prints counts, as "served 5 broken 3 failed 0 slowest 12 ms". What is broken
 * is so by us; a connection that does not get what it asks for has failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n"
			      "Connection: close\r\n\r\n";

#define ADDRESSES 4000
#define OPEN_MAX_COUNT 16384
#define PATIENCE_MS 30000

enum kind { IS_SERVED, IS_RESET, IS_HALF_CLOSED };

struct client {
	enum kind kind;
	bool has_sent;
	size_t len; /* of the request that is sent */
	int64_t since;
	size_t got;
	char start[16];
};

static struct client client[OPEN_MAX_COUNT];
static unsigned port, open_count, served, broken, failed;
static int64_t slowest;

static void
die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
begin(unsigned number)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		die("socket");
	if (fd >= OPEN_MAX_COUNT) {
		errno = EMFILE;
		die("too many");
	}
	from.sin_addr.s_addr = htonl(0x7f010001u + number % ADDRESSES);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* The kernel chooses the port when it knows to whom. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		die("bind");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS)
		die("connect");
	return fd;
}

static void
end(int fd, bool is_reset)
{
	struct linger linger = {.l_onoff = 1};

	if (is_reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	open_count--;
}

/* It can be written to. */
static void
send_request(int poller, int fd, struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data = {.fd = fd}};

	if (c->len > 0 &&
	    send(fd, request, c->len, MSG_NOSIGNAL) != (ssize_t)c->len) {
		failed++;
		end(fd, false);
		return;
	}
	c->has_sent = true;
	if (c->kind == IS_RESET) {
		broken++;
		end(fd, true);
		return;
	}
	if (c->kind == IS_HALF_CLOSED)
		shutdown(fd, SHUT_WR);
	epoll_ctl(poller, EPOLL_CTL_MOD, fd, &e);
}

static void
take(int fd, struct client *c)
{
	char block[4096];
	ssize_t n = recv(fd, block, sizeof(block), 0);
	int64_t ms;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0) {
		size_t room = sizeof(c->start) - c->got % sizeof(c->start);

		if (c->got < sizeof(c->start))
			memcpy(c->start + c->got, block,
			       (size_t)n < room ? (size_t)n : room);
		c->got += (size_t)n;
		return;
	}
	ms = clock_ms() - c->since;
	slowest = ms > slowest ? ms : slowest;
	if (c->kind == IS_HALF_CLOSED)
		broken++;
	else if (n == 0 && c->got > 12 && memcmp(c->start + 9, "200", 3) == 0)
		served++;
	else
		failed++;
	end(fd, false);
}

static void
look(int poller, int timeout_ms)
{
	struct epoll_event event[256];
	int n = epoll_wait(poller, event, 256, timeout_ms);

	for (int i = 0; i < n; i++) {
		int fd = event[i].data.fd;

		if (!client[fd].has_sent)
			send_request(poller, fd, &client[fd]);
		else
			take(fd, &client[fd]);
	}
}

/* One of four breaks off, each at another byte. */
static void
start(int poller, unsigned number)
{
	int fd = begin(number);
	struct epoll_event e = {.events = EPOLLOUT, .data = {.fd = fd}};
	struct client *c = &client[fd];

	*c = (struct client){.len = sizeof(request) - 1, .since = clock_ms()};
	if (rand() % 4 == 0) {
		c->kind = rand() % 2 ? IS_RESET : IS_HALF_CLOSED;
		c->len = (size_t)rand() % sizeof(request);
	}
	open_count++;
	epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
}

static void
storm(unsigned rate, unsigned seconds)
{
	int poller = epoll_create1(EPOLL_CLOEXEC);
	int64_t begun = clock_ms(), now = begun;
	unsigned count = 0, all = rate * seconds;

	while (count < all || open_count > 0) {
		unsigned due =
		    (unsigned)((uint64_t)(now - begun) * rate / 1000);

		for (; count < due && count < all; count++)
			start(poller, count);
		look(poller, count < all ? 1 : 100);
		now = clock_ms();
		if (now - begun > seconds * 1000 + PATIENCE_MS) {
			failed += open_count;
			break;
		}
	}
	printf("served %u broken %u failed %u slowest %lld ms\n", served,
	       broken, failed, (long long)slowest);
}

static void
be_idle(unsigned count)
{
	char byte;

	for (unsigned i = 0; i < count; i++) {
		struct pollfd p = {.fd = begin(i), .events = POLLOUT};

		if (poll(&p, 1, PATIENCE_MS) != 1 || p.revents != POLLOUT)
			die("connect");
	}
	printf("ready\n");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
}

int
main(int argc, char **argv)
{
	struct rlimit files = {OPEN_MAX_COUNT, OPEN_MAX_COUNT};

	if (argc < 4)
		return 2;
	setrlimit(RLIMIT_NOFILE, &files);
	port = (unsigned)atoi(argv[1]);
	if (strcmp(argv[2], "idle") == 0)
		be_idle((unsigned)atoi(argv[3]));
	else if (argc > 4)
		storm((unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
	return failed > 0;
}

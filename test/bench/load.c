/* SPDX-License-Identifier: ISC */

/*
 * A load client for benchmarks: one thread, epoll, as many connections as
 * asked for, each with its next request on the wire as soon as the last one
 * is answered. It reads what it gets: a status other than 200, a body shorter
 * or longer than announced, or a connection that ends too early is an error,
 * is said on stderr, and makes the exit status 1.
 *
 * With --step the same connections serve one batch after another:
 *
 *	stdin   ->  a line        one batch of --requests, please
 *	stdout  <-  a line        what it took
 *	stdin   ->  end of file   close the connections and exit
 *
 * so that whoever measures the server can look at its clock between batches,
 * without the cost of opening connections in the figure.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD_MAX = 8 * 1024,
	READ_MAX = 256 * 1024,
	EVENTS_MAX = 256,
	CONNECTIONS_MAX = 20 * 1000,
	REQUESTS_MAX = 100 * 1000 * 1000,
	PIPELINE_MAX = 1000,
	STALL_MS = 20 * 1000, /* this long without any event: give up */
	ERRORS_SAID_MAX = 10,
	ERRORS_MAX = 100, /* more than this: the server is not there */
	EXIT_USAGE = 2,
};

struct options {
	const char *host;
	const char *port;
	const char *path;
	uint64_t connections;
	uint64_t requests; /* in a batch */
	uint64_t pipeline;
	uint64_t length; /* of each body; UNKNOWN: as the first one */
	bool close;      /* a new connection for each request */
	bool gzip;       /* accept that coding, and content in chunks */
	bool burst;      /* all connections send, then all are awaited */
	bool step;
};

static const uint64_t UNKNOWN = UINT64_MAX;

/*
 * One connection, closed while fd is -1. It is busy while answers are awaited
 * or, when it is `ending`, until the server has closed it.
 */
struct conn {
	int fd;
	bool ending; /* the server will close after this answer */
	bool in_body;
	bool wants_room;  /* epoll says when more can be sent */
	uint64_t awaited; /* requests without a whole answer */
	size_t unsent;    /* bytes of them that are not sent yet */
	int64_t sent_ns;
	uint64_t body_left;
	bool chunked;
	char tail[7]; /* of what came in chunks */
	size_t head_len;
	char head[HEAD_MAX];
};

struct client {
	struct options opt;
	struct addrinfo *addr;
	int epoll_fd;
	char *text; /* opt.pipeline copies of the request */
	size_t text_len;
	size_t request_len;
	struct conn *conns;
	uint32_t *latency_us; /* of this batch */
	uint64_t left;        /* requests that are not sent yet */
	uint64_t answered;
	uint64_t errors;
	uint64_t errors_said;
	uint64_t opened;
};

static char incoming[READ_MAX];

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *format, ...)
{
	va_list args;

	fputs("load: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static bool
is_busy(const struct conn *conn)
{
	return conn->fd >= 0 && (conn->awaited > 0 || conn->ending);
}

static void
conn_close(struct conn *conn)
{
	close(conn->fd);
	conn->fd = -1;
}

/* What was awaited on this connection will not come: each is an error. */
__attribute__((format(printf, 3, 4))) static void
conn_fail(struct client *client, struct conn *conn, const char *format, ...)
{
	va_list args;

	if (client->errors_said++ < ERRORS_SAID_MAX) {
		fprintf(stderr, "load: connection %td: ", conn - client->conns);
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
		fputc('\n', stderr);
	}
	client->errors += conn->awaited > 0 ? conn->awaited : 1;
	conn->awaited = 0;
	if (conn->fd >= 0)
		conn_close(conn);
	if (client->errors > ERRORS_MAX)
		die("too many errors");
}

/* Opens conn without waiting for the handshake; fd stays -1 on failure. */
static void
conn_open(struct client *client, struct conn *conn)
{
	struct addrinfo *addr = client->addr;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
	int one = 1;

	*conn = (struct conn){.fd = -1, .ending = client->opt.close};
	conn->fd = socket(addr->ai_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(conn->fd, addr->ai_addr, addr->ai_addrlen) < 0 &&
	    errno != EINPROGRESS) {
		conn_fail(client, conn, "connect: %s", strerror(errno));
		return;
	}
	if (epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) < 0)
		die("epoll_ctl: %s", strerror(errno));
	client->opened++;
}

/* Sends what it can; asks to be called again when there is room for more. */
static void
conn_send(struct client *client, struct conn *conn)
{
	const char *end = client->text + client->text_len;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
	ssize_t n;

	n = send(conn->fd, end - conn->unsent, conn->unsent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		conn_fail(client, conn, "send: %s", strerror(errno));
		return;
	}
	if (n > 0)
		conn->unsent -= (size_t)n;
	if (conn->wants_room == (conn->unsent > 0))
		return;
	conn->wants_room = conn->unsent > 0;
	if (conn->wants_room)
		event.events |= EPOLLOUT;
	if (epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, conn->fd, &event) < 0)
		die("epoll_ctl: %s", strerror(errno));
}

/* Gives conn its next requests, if it is free and there are any left. */
static void
conn_start(struct client *client, struct conn *conn)
{
	int64_t start_ns;
	uint64_t count;

	while (!is_busy(conn) && client->left > 0) {
		count = client->opt.close ? 1 : client->opt.pipeline;
		if (count > client->left)
			count = client->left;
		client->left -= count;
		start_ns = now_ns();
		if (conn->fd < 0)
			conn_open(client, conn);
		conn->sent_ns = start_ns;
		conn->awaited = count;
		conn->unsent = count * client->request_len;
		conn_send(client, conn);
	}
}

/* Takes one line of a head; false if it says what we cannot read. */
static bool
take_field(struct client *client, struct conn *conn, const char *line)
{
	const char *value = strchr(line, ':');
	size_t name_len;
	char *end;

	if (value == NULL) {
		conn_fail(client, conn, "not a field: %s", line);
		return false;
	}
	name_len = (size_t)(value++ - line);
	value += strspn(value, " \t");
	if (name_len == 14 && strncasecmp(line, "Content-Length", 14) == 0) {
		errno = 0;
		conn->body_left = strtoull(value, &end, 10);
		if (errno != 0 || end == value || *end != '\0') {
			conn_fail(client, conn, "Content-Length: %s", value);
			return false;
		}
	}
	if (name_len == 17 && strncasecmp(line, "Transfer-Encoding", 17) == 0) {
		conn->chunked = client->opt.gzip;
		if (!conn->chunked)
			conn_fail(client, conn, "Transfer-Encoding: %s", value);
		return conn->chunked;
	}
	/* A list is possible here, but no server under test sends one. */
	if (name_len == 10 && strncasecmp(line, "Connection", 10) == 0 &&
	    strcasecmp(value, "close") == 0)
		conn->ending = true;
	return true;
}

/* Reads the head, a string that ends with an empty line. */
static bool
take_head(struct client *client, struct conn *conn)
{
	char *line = conn->head;
	char *end = strstr(line, "\r\n");

	if (end == NULL || strncmp(line, "HTTP/1.", 7) != 0) {
		conn_fail(client, conn, "not an answer: %.40s", line);
		return false;
	}
	*end = '\0';
	if (strlen(line) < 12 || strncmp(line + 8, " 200", 4) != 0) {
		conn_fail(client, conn, "answered %s", line);
		return false;
	}
	if (line[7] == '0')
		conn->ending = true;
	conn->body_left = UNKNOWN;
	conn->chunked = false;
	for (line = end + 2; (end = strstr(line, "\r\n")) != line;
	     line = end + 2) {
		if (end == NULL) {
			conn_fail(client, conn, "a zero byte in the head");
			return false;
		}
		*end = '\0';
		if (!take_field(client, conn, line))
			return false;
	}
	if (conn->chunked)
		return true;
	if (conn->body_left == UNKNOWN) {
		conn_fail(client, conn, "no Content-Length");
		return false;
	}
	if (client->opt.length == UNKNOWN)
		client->opt.length = conn->body_left;
	if (conn->body_left != client->opt.length) {
		conn_fail(client, conn,
			  "Content-Length %" PRIu64 " instead of %" PRIu64,
			  conn->body_left, client->opt.length);
		return false;
	}
	return true;
}

/*
 * Moves bytes to the head until it is complete. Returns how many it took, 0
 * after a failure.
 */
static size_t
consume_head(struct client *client, struct conn *conn, const char *bytes,
	     size_t len)
{
	size_t old_len = conn->head_len;
	size_t from = old_len < 3 ? 0 : old_len - 3;
	char *end;

	if (len > HEAD_MAX - 1 - old_len)
		len = HEAD_MAX - 1 - old_len;
	memcpy(conn->head + old_len, bytes, len);
	conn->head_len += len;
	conn->head[conn->head_len] = '\0';
	end = memmem(conn->head + from, conn->head_len - from, "\r\n\r\n", 4);
	if (end == NULL) {
		if (conn->head_len < HEAD_MAX - 1)
			return len;
		conn_fail(client, conn, "a head of over %d bytes", HEAD_MAX);
		return 0;
	}
	end[4] = '\0';
	len = (size_t)(end + 4 - conn->head) - old_len;
	conn->head_len = 0;
	if (!take_head(client, conn))
		return 0;
	conn->in_body = true;
	return len;
}

/*
 * Takes all of it, and sees the end: compressed content that held these
 * seven bytes itself, at the end of what was received, is not believed in.
 */
static size_t
consume_chunks(struct conn *conn, const char *bytes, size_t len)
{
	static const char last[] = "\r\n0\r\n\r\n";
	size_t n = sizeof(last) - 1;

	if (len >= n) {
		memcpy(conn->tail, bytes + len - n, n);
	} else {
		memmove(conn->tail, conn->tail + len, n - len);
		memcpy(conn->tail + n - len, bytes, len);
	}
	if (memcmp(conn->tail, last, n) == 0) {
		memset(conn->tail, 0, n);
		conn->body_left = 0;
	}
	return len;
}

/* Reads answers from bytes. Returns false after a failure. */
static bool
consume(struct client *client, struct conn *conn, const char *bytes, size_t len)
{
	size_t n;

	while (len > 0) {
		if (conn->awaited == 0) {
			conn_fail(client, conn, "%zu bytes too many", len);
			return false;
		}
		if (conn->in_body && conn->chunked) {
			n = consume_chunks(conn, bytes, len);
		} else if (conn->in_body) {
			n = len < conn->body_left ? len : conn->body_left;
			conn->body_left -= n;
		} else {
			n = consume_head(client, conn, bytes, len);
			if (n == 0)
				return false;
		}
		bytes += n;
		len -= n;
		if (conn->in_body && conn->body_left == 0) {
			conn->in_body = false;
			conn->awaited--;
			client->latency_us[client->answered++] =
			    (uint32_t)((now_ns() - conn->sent_ns) / 1000);
		}
	}
	return true;
}

static void
conn_receive(struct client *client, struct conn *conn)
{
	ssize_t n = recv(conn->fd, incoming, sizeof(incoming), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0)
		conn_fail(client, conn, "recv: %s", strerror(errno));
	else if (n > 0)
		consume(client, conn, incoming, (size_t)n);
	else if (conn->awaited > 0)
		conn_fail(client, conn, "closed with %" PRIu64 " unanswered",
			  conn->awaited);
	else
		conn_close(conn);
}

static bool
is_any_busy(const struct client *client)
{
	for (uint64_t i = 0; i < client->opt.connections; i++) {
		if (is_busy(&client->conns[i]))
			return true;
	}
	return false;
}

static void
start_all(struct client *client)
{
	for (uint64_t i = 0; i < client->opt.connections; i++)
		conn_start(client, &client->conns[i]);
}

/* Waits for something to happen once, and deals with it. */
static void
serve_events(struct client *client)
{
	static struct epoll_event events[EVENTS_MAX];
	struct conn *conn;
	int count;

	count = epoll_wait(client->epoll_fd, events, EVENTS_MAX, STALL_MS);
	if (count < 0 && errno != EINTR)
		die("epoll_wait: %s", strerror(errno));
	if (count == 0)
		die("nothing for %d s, %" PRIu64 " of %" PRIu64 " answered",
		    STALL_MS / 1000, client->answered, client->opt.requests);
	for (int i = 0; i < count; i++) {
		conn = events[i].data.ptr;
		if (conn->wants_room && events[i].events & EPOLLOUT)
			conn_send(client, conn);
		if (conn->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
			conn_receive(client, conn);
		if (!client->opt.burst)
			conn_start(client, conn);
	}
}

static int
compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
print_batch(struct client *client, double seconds)
{
	uint64_t n = client->answered;

	qsort(client->latency_us, n, sizeof(*client->latency_us), compare_u32);
	printf("requests=%" PRIu64 " errors=%" PRIu64 " connects=%" PRIu64
	       " seconds=%.3f rate=%.0f p50_us=%" PRIu32 " p99_us=%" PRIu32
	       "\n",
	       n, client->errors, client->opened, seconds, (double)n / seconds,
	       n > 0 ? client->latency_us[n / 2] : 0,
	       n > 0 ? client->latency_us[n * 99 / 100] : 0);
	fflush(stdout);
}

/* Sends opt.requests and waits until each is answered or has failed. */
static void
run_batch(struct client *client)
{
	int64_t start = now_ns();

	client->left = client->opt.requests;
	client->answered = 0;
	client->errors = 0;
	client->opened = 0;
	start_all(client);
	while (client->left > 0 || is_any_busy(client)) {
		serve_events(client);
		if (client->opt.burst && !is_any_busy(client))
			start_all(client);
	}
	print_batch(client, (double)(now_ns() - start) / 1e9);
}

/* Runs a batch for each line of standard input. */
static void
run_steps(struct client *client)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin) != NULL)
		run_batch(client);
}

static void *
allocate(uint64_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		die("not enough memory");
	return memory;
}

/* Writes the request opt.pipeline times. */
static void
write_text(struct client *client)
{
	const struct options *opt = &client->opt;
	char *request;
	int len;

	len = asprintf(&request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n%s\r\n",
		       opt->path, opt->host, opt->port,
		       opt->close  ? "Connection: close\r\n"
		       : opt->gzip ? "Accept-Encoding: gzip\r\n"
				   : "");
	if (len < 0)
		die("not enough memory");
	client->request_len = (size_t)len;
	client->text_len = opt->pipeline * client->request_len;
	client->text = allocate(client->text_len, 1);
	for (uint64_t i = 0; i < opt->pipeline; i++)
		memcpy(client->text + i * client->request_len, request,
		       client->request_len);
	free(request);
}

static void
client_init(struct client *client, struct options opt)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int error;

	*client = (struct client){.opt = opt};
	error = getaddrinfo(opt.host, opt.port, &hints, &client->addr);
	if (error != 0)
		die("%s %s: %s", opt.host, opt.port, gai_strerror(error));
	client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (client->epoll_fd < 0)
		die("epoll_create1: %s", strerror(errno));
	client->conns = allocate(opt.connections, sizeof(*client->conns));
	for (uint64_t i = 0; i < opt.connections; i++)
		client->conns[i].fd = -1;
	client->latency_us =
	    allocate(opt.requests, sizeof(*client->latency_us));
	write_text(client);
}

static void
client_release(struct client *client)
{
	for (uint64_t i = 0; i < client->opt.connections; i++) {
		if (client->conns[i].fd >= 0)
			conn_close(&client->conns[i]);
	}
	close(client->epoll_fd);
	freeaddrinfo(client->addr);
	free(client->conns);
	free(client->latency_us);
	free(client->text);
}

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: load HOST PORT --connections N --requests TOTAL\n"
	      "            [--close] [--pipeline DEPTH] [--burst] [--gzip] "
	      "[--step]\n"
	      "            [--path /x] [--length BYTES]\n",
	      stderr);
	exit(EXIT_USAGE);
}

/* Reads a decimal number of at most max. */
static uint64_t
read_number(const char *option, const char *text, uint64_t max)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    number > max) {
		fprintf(stderr, "load: --%s %s: at most %" PRIu64 "\n", option,
			text, max);
		exit(EXIT_USAGE);
	}
	return number;
}

static struct options
read_options(int argc, char **argv)
{
	static const struct option options[] = {
	    {"connections", required_argument, NULL, 'c'},
	    {"requests", required_argument, NULL, 'n'},
	    {"pipeline", required_argument, NULL, 'd'},
	    {"path", required_argument, NULL, 'p'},
	    {"length", required_argument, NULL, 'l'},
	    {"close", no_argument, NULL, 'x'},
	    {"burst", no_argument, NULL, 'b'},
	    {"gzip", no_argument, NULL, 'g'},
	    {"step", no_argument, NULL, 's'},
	    {0},
	};
	struct options opt = {.path = "/", .pipeline = 1, .length = UNKNOWN};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			opt.connections =
			    read_number("connections", optarg, CONNECTIONS_MAX);
		else if (c == 'n')
			opt.requests =
			    read_number("requests", optarg, REQUESTS_MAX);
		else if (c == 'd')
			opt.pipeline =
			    read_number("pipeline", optarg, PIPELINE_MAX);
		else if (c == 'l')
			opt.length = read_number("length", optarg, INT64_MAX);
		else if (c == 'p')
			opt.path = optarg;
		else if (c == 'x')
			opt.close = true;
		else if (c == 'b')
			opt.burst = true;
		else if (c == 'g')
			opt.gzip = true;
		else if (c == 's')
			opt.step = true;
		else
			usage();
	}
	if (argc - optind != 2 || opt.connections == 0 || opt.requests == 0 ||
	    opt.pipeline == 0 || *opt.path != '/')
		usage();
	opt.host = argv[optind];
	opt.port = argv[optind + 1];
	return opt;
}

int
main(int argc, char **argv)
{
	struct client client;
	uint64_t errors;

	client_init(&client, read_options(argc, argv));
	if (client.opt.step)
		run_steps(&client);
	else
		run_batch(&client);
	errors = client.errors_said;
	client_release(&client);
	return errors > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

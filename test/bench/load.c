/* SPDX-License-Identifier: ISC */

/*
 * A load client for benchmarks: one thread, epoll, as many connections as
 * asked for, each with its next request on the wire as soon as the last one
 * is answered. A request may be a message to a WebSocket that echoes. It
 * reads what it gets, and ends with status 1 and the reason at the first
 * answer that is not as it should be.
 *
 * The same connections serve one batch after another:
 *
 *	stdin   ->  a line        one batch, please
 *	stdout  <-  a line        what it took
 *	stdin   ->  end of file   close the connections and exit
 *
 * so that whoever measures the server can look at its clock between batches,
 * without the cost of opening connections in the figure. The line is
 *
 *	answers=812 connects=0 seconds=0.0803 latency_us=5:61,10:62,...,99.9:410
 *
 * where latencies are quantiles in percent.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "stream.h"

enum {
	READ_MAX = 256 * 1024,
	EVENTS_MAX = 256,
	CONNECTIONS_MAX = 20 * 1000,
	PIPELINE_MAX = 1000,
	MESSAGE_MAX = 1024 * 1024,
	TIME_MAX_MS = 3600 * 1000,
	SAMPLES_MAX = 1024 * 1024, /* answers in a batch */
	/* Connections without a first answer: no backlog is to overflow. */
	OPENING_MAX = 256,
	STALL_MS = 20 * 1000, /* this long without any event: give up */
	EXIT_USAGE = 2,
};

struct options {
	const char *host;
	const char *port;
	const char *path;
	uint64_t connections;
	uint64_t time_ms; /* of a batch; 0: a request on each connection */
	uint64_t pipeline;
	uint64_t message;  /* bytes of one to a WebSocket; 0: HTTP */
	bool close;        /* a new connection for each request */
	bool burst;        /* all connections send, then all are awaited */
	bool gzip;         /* accept that coding */
	bool not_modified; /* ask for what is newer than SITE_DATE, and get 304
			    */
	bool refused;      /* each is answered with 503 */
	bool first_byte;   /* latency is until then, and not until the last */
	bool tls;
	bool resume; /* sessions of TLS */
};

/* When the driver has last changed each file that it serves. */
#define SITE_DATE "Tue, 14 Nov 2023 22:13:20 GMT"

/*
 * One connection, closed while stream.fd is -1. It is busy while answers are
 * awaited or, when it is `ending`, until the server has closed it.
 */
struct conn {
	struct stream stream;
	bool is_fresh;     /* nothing has been answered yet */
	bool is_ending;    /* the server will close after this answer */
	bool is_upgrading; /* it is the handshake that is awaited */
	bool wants_room;   /* epoll says when more can be sent */
	bool has_begun;    /* to answer what was sent last */
	uint64_t awaited;  /* requests without a whole answer */
	const char *unsent;
	size_t unsent_len;
	int64_t sent_ns;
	SSL_SESSION *session;
	struct answer answer;
};

struct client {
	struct options opt;
	struct addrinfo *addr;
	int epoll_fd;
	SSL_CTX *tls;
	char *text; /* opt.pipeline copies of the request, or a frame */
	size_t request_len;
	char *handshake; /* of a WebSocket */
	struct conn *conns;
	uint64_t busy;    /* connections */
	uint64_t opening; /* connections that are fresh */
	bool is_over;     /* the time for this batch */
	int64_t end_ns;
	uint64_t body_len; /* of each answer; UNKNOWN before the first */
	uint64_t answered;
	uint64_t opened;
};

static const uint64_t UNKNOWN = UINT64_MAX;

static char incoming[READ_MAX];
static uint32_t latency_us[SAMPLES_MAX];

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
	return conn->stream.fd >= 0 && (conn->awaited > 0 || conn->is_ending);
}

static void
conn_watch(struct client *client, struct conn *conn, int operation)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};

	if (conn->wants_room)
		event.events |= EPOLLOUT;
	if (epoll_ctl(client->epoll_fd, operation, conn->stream.fd, &event) < 0)
		die("epoll_ctl: %s", strerror(errno));
}

static void
conn_open(struct client *client, struct conn *conn)
{
	SSL_SESSION *session = conn->session;

	*conn = (struct conn){.is_fresh = true,
			      .is_ending = client->opt.close,
			      .is_upgrading = client->opt.message > 0};
	if (!stream_open(&conn->stream, client->addr, client->tls, session))
		die("connect: %s", stream_why(&conn->stream));
	conn->session = session;
	conn_watch(client, conn, EPOLL_CTL_ADD);
	client->opened++;
	client->opening++;
}

static void
conn_close(struct client *client, struct conn *conn)
{
	if (client->opt.resume) {
		if (conn->session != NULL &&
		    !SSL_session_reused(conn->stream.ssl))
			die("a session was not resumed");
		SSL_SESSION_free(conn->session);
		conn->session = SSL_get1_session(conn->stream.ssl);
	}
	stream_close(&conn->stream);
}

/* Sends what it can; asks to be called again when there is room for more. */
static void
conn_send(struct client *client, struct conn *conn)
{
	bool had_room = !conn->wants_room;
	ssize_t n;

	n = stream_send(&conn->stream, conn->unsent, conn->unsent_len);
	if (n == STREAM_FAILED)
		die("send: %s", stream_why(&conn->stream));
	if (n > 0) {
		conn->unsent += n;
		conn->unsent_len -= (size_t)n;
	}
	conn->wants_room = n != STREAM_WAIT && conn->unsent_len > 0;
	if (conn->wants_room == had_room)
		conn_watch(client, conn, EPOLL_CTL_MOD);
}

static void
conn_ask(struct client *client, struct conn *conn)
{
	conn->has_begun = false;
	conn->unsent = client->text;
	conn->unsent_len = conn->awaited * client->request_len;
	if (conn->is_upgrading) {
		conn->unsent = client->handshake;
		conn->unsent_len = strlen(client->handshake);
	}
	conn_send(client, conn);
}

/* Gives conn, which is free, its next requests. */
static void
conn_start(struct client *client, struct conn *conn)
{
	conn->sent_ns = now_ns();
	if (conn->stream.fd < 0) {
		int64_t sent_ns = conn->sent_ns;

		conn_open(client, conn);
		conn->sent_ns = sent_ns;
	}
	conn->awaited = client->opt.close ? 1 : client->opt.pipeline;
	client->busy++;
	conn_ask(client, conn);
}

static void
note_latency(struct client *client, const struct conn *conn)
{
	if (client->answered < SAMPLES_MAX)
		latency_us[client->answered] =
		    (uint32_t)((now_ns() - conn->sent_ns) / 1000);
}

/* Takes an answer that is whole. */
static void
conn_finish(struct client *client, struct conn *conn)
{
	if (conn->is_upgrading) {
		conn->is_upgrading = false;
		conn->sent_ns = now_ns();
		conn_ask(client, conn);
		return;
	}
	if (client->body_len == UNKNOWN)
		client->body_len = conn->answer.whole_len;
	/* What is compressed on the fly may differ by its chunks. */
	if (conn->answer.whole_len != client->body_len && !client->opt.gzip)
		die("%" PRIu64 " bytes instead of %" PRIu64,
		    conn->answer.whole_len, client->body_len);
	if (conn->is_fresh)
		client->opening--;
	conn->is_fresh = false;
	conn->is_ending |= conn->answer.is_last;
	conn->awaited--;
	if (!client->opt.first_byte)
		note_latency(client, conn);
	client->answered++;
}

static void
conn_read(struct client *client, struct conn *conn, const char *bytes,
	  size_t len)
{
	const struct options *opt = &client->opt;
	enum answer_state state;
	size_t n;

	if (opt->first_byte && !conn->has_begun && !conn->is_upgrading)
		note_latency(client, conn);
	conn->has_begun = true;
	while (len > 0) {
		if (conn->awaited == 0)
			die("%zu bytes too many", len);
		if (opt->message > 0 && !conn->is_upgrading)
			n = answer_read_message(&conn->answer, bytes, len,
						&state);
		else
			n = answer_read_response(&conn->answer,
						 conn->is_upgrading  ? 101
						 : opt->not_modified ? 304
						 : opt->refused      ? 503
								     : 200,
						 bytes, len, &state);
		bytes += n;
		len -= n;
		if (state == ANSWER_WRONG)
			die("answered %.200s", conn->answer.head);
		if (state == ANSWER_WHOLE)
			conn_finish(client, conn);
	}
}

static void
conn_receive(struct client *client, struct conn *conn)
{
	ssize_t n = stream_receive(&conn->stream, incoming, sizeof(incoming));

	if (n == STREAM_WAIT || n == STREAM_FULL)
		return;
	if (n > 0) {
		conn_read(client, conn, incoming, (size_t)n);
		return;
	}
	/* Of a batch in a pipeline the rest is for another connection, where
	 * the server has had enough of this one and said so. */
	if (client->opt.close || !conn->is_ending) {
		if (n == STREAM_FAILED)
			die("receive: %s", stream_why(&conn->stream));
		if (conn->awaited > 0)
			die("closed with %" PRIu64 " unanswered",
			    conn->awaited);
	}
	conn->awaited = 0;
	conn_close(client, conn);
}

static bool
may_start(struct client *client, const struct conn *conn)
{
	if (!client->is_over)
		client->is_over =
		    now_ns() >= client->end_ns ||
		    client->answered + client->busy * client->opt.pipeline >=
			SAMPLES_MAX;
	return !client->is_over && !is_busy(conn);
}

/* Waits for something to happen once, and deals with it. */
static void
serve_events(struct client *client)
{
	static struct epoll_event events[EVENTS_MAX];
	struct conn *conn;
	bool was_busy;
	int count;

	count = epoll_wait(client->epoll_fd, events, EVENTS_MAX, STALL_MS);
	if (count < 0 && errno != EINTR)
		die("epoll_wait: %s", strerror(errno));
	if (count == 0)
		die("nothing for %d s, %" PRIu64 " answered", STALL_MS / 1000,
		    client->answered);
	for (int i = 0; i < count; i++) {
		conn = events[i].data.ptr;
		was_busy = is_busy(conn);
		if (conn->unsent_len > 0)
			conn_send(client, conn);
		if (events[i].events & ~(uint32_t)EPOLLOUT)
			conn_receive(client, conn);
		if (was_busy && !is_busy(conn))
			client->busy--;
		if (!client->opt.burst && may_start(client, conn))
			conn_start(client, conn);
	}
}

/* A request on each connection that is free. */
static void
start_all(struct client *client)
{
	for (uint64_t i = 0; i < client->opt.connections; i++) {
		if (!is_busy(&client->conns[i]))
			conn_start(client, &client->conns[i]);
		while (client->opening >= OPENING_MAX)
			serve_events(client);
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
	static const double percents[] = {1,  5,  10, 25, 50,
					  75, 90, 95, 99, 99.9};
	uint64_t n =
	    client->answered < SAMPLES_MAX ? client->answered : SAMPLES_MAX;
	char separator = '=';

	qsort(latency_us, n, sizeof(*latency_us), compare_u32);
	printf("answers=%" PRIu64 " connects=%" PRIu64
	       " seconds=%.6f latency_us",
	       client->answered, client->opened, seconds);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		printf("%c%g:%" PRIu32, separator, percents[i],
		       latency_us[(uint64_t)((double)n * percents[i] / 100)]);
		separator = ',';
	}
	putchar('\n');
	fflush(stdout);
}

/* Sends requests until time is over, and waits until each is answered. */
static void
run_batch(struct client *client)
{
	int64_t start = now_ns();

	client->end_ns = start + (int64_t)client->opt.time_ms * 1000000;
	client->is_over = false;
	client->answered = 0;
	client->opened = 0;
	start_all(client);
	while (client->busy > 0) {
		serve_events(client);
		if (client->opt.burst && client->busy == 0 &&
		    may_start(client, &client->conns[0]))
			start_all(client);
	}
	print_batch(client, (double)(now_ns() - start) / 1e9);
}

static void *
allocate(uint64_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		die("not enough memory");
	return memory;
}

__attribute__((format(printf, 1, 2))) static char *
compose(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		die("not enough memory");
	return text;
}

/* Writes the request opt.pipeline times. */
static void
write_requests(struct client *client)
{
	const struct options *opt = &client->opt;
	char *request;

	request = compose(
	    "GET %s HTTP/1.1\r\nHost: %s:%s\r\n%s%s%s\r\n", opt->path,
	    opt->host, opt->port, opt->close ? "Connection: close\r\n" : "",
	    opt->gzip ? "Accept-Encoding: gzip\r\n" : "",
	    opt->not_modified ? "If-Modified-Since: " SITE_DATE "\r\n" : "");
	client->request_len = strlen(request);
	client->text = allocate(opt->pipeline, client->request_len);
	for (uint64_t i = 0; i < opt->pipeline; i++)
		memcpy(client->text + i * client->request_len, request,
		       client->request_len);
	free(request);
}

/* Writes the handshake, and a frame of text with a mask, see RFC 6455. */
static void
write_message(struct client *client)
{
	static const char mask[] = {1, 2, 3, 4};
	const struct options *opt = &client->opt;
	size_t at = 2;
	int bits = 0;

	client->handshake =
	    compose("GET %s HTTP/1.1\r\nHost: %s:%s\r\n"
		    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		    "Sec-WebSocket-Version: 13\r\n\r\n",
		    opt->path, opt->host, opt->port);
	client->body_len = opt->message;
	client->text = allocate(opt->message + 14, 1);
	client->text[0] = (char)0x81;
	if (opt->message < 126) {
		client->text[1] = (char)(0x80 | opt->message);
	} else {
		bits = opt->message <= UINT16_MAX ? 16 : 64;
		client->text[1] = (char)(0x80 | (bits == 16 ? 126 : 127));
	}
	while ((bits -= 8) >= 0)
		client->text[at++] = (char)(opt->message >> bits);
	memcpy(client->text + at, mask, sizeof(mask));
	at += sizeof(mask);
	for (size_t i = 0; i < opt->message; i++)
		client->text[at + i] = (char)('a' ^ mask[i % 4]);
	client->request_len = at + opt->message;
}

static void
tls_init(struct client *client)
{
	client->tls = SSL_CTX_new(TLS_client_method());
	if (client->tls == NULL)
		die("no TLS");
	SSL_CTX_set_min_proto_version(client->tls, TLS1_3_VERSION);
	SSL_CTX_set_mode(client->tls, SSL_MODE_ENABLE_PARTIAL_WRITE);
}

static void
client_init(struct client *client, struct options opt)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct rlimit files;
	int error;

	*client = (struct client){.opt = opt, .body_len = UNKNOWN};
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	error = getaddrinfo(opt.host, opt.port, &hints, &client->addr);
	if (error != 0)
		die("%s %s: %s", opt.host, opt.port, gai_strerror(error));
	client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (client->epoll_fd < 0)
		die("epoll_create1: %s", strerror(errno));
	client->conns = allocate(opt.connections, sizeof(*client->conns));
	for (uint64_t i = 0; i < opt.connections; i++)
		client->conns[i].stream.fd = -1;
	if (opt.tls)
		tls_init(client);
	if (opt.message > 0)
		write_message(client);
	else
		write_requests(client);
}

static void
client_release(struct client *client)
{
	for (uint64_t i = 0; i < client->opt.connections; i++) {
		stream_close(&client->conns[i].stream);
		SSL_SESSION_free(client->conns[i].session);
	}
	close(client->epoll_fd);
	freeaddrinfo(client->addr);
	SSL_CTX_free(client->tls);
	free(client->conns);
	free(client->text);
	free(client->handshake);
}

__attribute__((noreturn)) static void
usage(void)
{
	fputs(
	    "usage: load HOST PORT [--connections N] [--time MS] [--path /x]\n"
	    "            [--close] [--burst] [--pipeline DEPTH] [--gzip]\n"
	    "            [--not-modified] [--first-byte] [--tls [--resume]]\n"
	    "            [--websocket BYTES] [--refused]\n",
	    stderr);
	exit(EXIT_USAGE);
}

/* Reads a decimal number of at most max. */
static uint64_t
read_number(const char *text, uint64_t max)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    number > max) {
		fprintf(stderr, "load: %s: at most %" PRIu64 "\n", text, max);
		exit(EXIT_USAGE);
	}
	return number;
}

static struct options
read_options(int argc, char **argv)
{
	static const struct option options[] = {
	    {"connections", required_argument, NULL, 'c'},
	    {"time", required_argument, NULL, 't'},
	    {"path", required_argument, NULL, 'p'},
	    {"pipeline", required_argument, NULL, 'd'},
	    {"websocket", required_argument, NULL, 'w'},
	    {"close", no_argument, NULL, 'x'},
	    {"burst", no_argument, NULL, 'b'},
	    {"gzip", no_argument, NULL, 'g'},
	    {"not-modified", no_argument, NULL, 'n'},
	    {"refused", no_argument, NULL, 'o'},
	    {"first-byte", no_argument, NULL, 'f'},
	    {"tls", no_argument, NULL, 's'},
	    {"resume", no_argument, NULL, 'r'},
	    {0},
	};
	struct options opt = {.path = "/", .connections = 1, .pipeline = 1};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			opt.connections = read_number(optarg, CONNECTIONS_MAX);
		else if (c == 't')
			opt.time_ms = read_number(optarg, TIME_MAX_MS);
		else if (c == 'p')
			opt.path = optarg;
		else if (c == 'd')
			opt.pipeline = read_number(optarg, PIPELINE_MAX);
		else if (c == 'w')
			opt.message = read_number(optarg, MESSAGE_MAX);
		else if (c == 'x')
			opt.close = true;
		else if (c == 'b')
			opt.burst = true;
		else if (c == 'g')
			opt.gzip = true;
		else if (c == 'n')
			opt.not_modified = true;
		else if (c == 'o')
			opt.refused = true;
		else if (c == 'f')
			opt.first_byte = true;
		else if (c == 's')
			opt.tls = true;
		else if (c == 'r')
			opt.resume = true;
		else
			usage();
	}
	if (argc - optind != 2 || opt.connections == 0 || opt.pipeline == 0 ||
	    *opt.path != '/' || (opt.resume && !(opt.tls && opt.close)))
		usage();
	opt.host = argv[optind];
	opt.port = argv[optind + 1];
	return opt;
}

int
main(int argc, char **argv)
{
	struct client client;
	char line[64];

	client_init(&client, read_options(argc, argv));
	while (fgets(line, sizeof(line), stdin) != NULL)
		run_batch(&client);
	client_release(&client);
	return EXIT_SUCCESS;
}

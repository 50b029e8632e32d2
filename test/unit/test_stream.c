/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "conn/fd_stream.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What lies between the stream and its client. */
enum link { LINK_UNIX, LINK_TCP, LINK_PIPE, LINK_FILE, LINK_APPEND };

static const char *const link_names[] = {"socket", "TCP", "pipe", "file",
					 "file to append to"};

struct ends {
	int ours, theirs;
};

static char out_storage[OUT_CAP];

static void
die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(2);
}

/* The byte at an offset of all that is sent here. */
static char
byte_at(size_t offset)
{
	return (char)(offset * 31 + offset / 977);
}

static void
fill(char *bytes, size_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(offset + i);
}

/* A file of its own without a name. */
static int
make_file(size_t len)
{
	char name[] = "/tmp/perch-stream-XXXXXX", block[16384];
	int fd = mkstemp(name);

	if (fd < 0 || unlink(name) != 0)
		die("mkstemp");
	for (size_t at = 0; at < len;) {
		size_t n = len - at < sizeof(block) ? len - at : sizeof(block);

		fill(block, at, n);
		if (write(fd, block, n) != (ssize_t)n)
			die("write");
		at += n;
	}
	return fd;
}

/* Two ends of a TCP connection with buffers that are soon full. */
static struct ends
make_tcp(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ends e = {.theirs =
			     socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	int size = 16384;

	if (listener < 0 || e.theirs < 0 ||
	    bind(listener, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
	    listen(listener, 1) != 0 ||
	    setsockopt(e.theirs, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    connect(e.theirs, (struct sockaddr *)&address, len) != 0)
		die("TCP");
	e.ours = accept(listener, NULL, NULL);
	if (e.ours < 0 ||
	    setsockopt(e.ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		die("accept");
	close(listener);
	return e;
}

static struct ends
make_ends(enum link link)
{
	int fd[2], size = 16384;

	switch (link) {
	case LINK_UNIX:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0 ||
		    setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &size,
			       sizeof(size)) != 0)
			die("socketpair");
		return (struct ends){fd[1], fd[0]};
	case LINK_TCP:
		return make_tcp();
	case LINK_PIPE:
		if (pipe(fd) != 0 || fcntl(fd[1], F_SETPIPE_SZ, size) < 0)
			die("pipe");
		return (struct ends){fd[1], fd[0]};
	default:
		fd[0] = make_file(0);
		if (link == LINK_APPEND && fcntl(fd[0], F_SETFL, O_APPEND) != 0)
			die("O_APPEND");
		return (struct ends){fd[0], -1};
	}
}

static void
sleep_ms(int64_t ms)
{
	usleep((useconds_t)ms * 1000);
}

/* How a client reads: step bytes each pause_ms; step 0: nothing. */
struct reader_habit {
	const char *name;
	size_t step;
	int delay_ms, pause_ms;
};

static const struct reader_habit eager = {"that reads", 65536, 0, 0};
static const struct reader_habit late = {"that comes late", 65536, 100, 0};
/* 800 KB a second, and 10. */
static const struct reader_habit slow = {"that is slow", 16384, 0, 20};
static const struct reader_habit drip = {"that reads drops", 100, 0, 10};
static const struct reader_habit asleep = {"that reads nothing", 0, 0, 0};

/* Reads to the end. True if len bytes came, and the right ones. */
static bool
read_all(int fd, const struct reader_habit *habit, size_t len)
{
	static char block[65536];
	size_t at = 0;
	ssize_t n;

	while (habit->step == 0)
		pause();
	sleep_ms(habit->delay_ms);
	while ((n = read(fd, block, habit->step)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (block[i] != byte_at(at++))
				return false;
		if (habit->pause_ms > 0)
			sleep_ms(habit->pause_ms);
	}
	return n == 0 && at == len;
}

/* A process of its own that reads from the other end of e, and has that. */
static pid_t
start_reader(struct ends *e, const struct reader_habit *habit, size_t len)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		alarm(20);
		close(e->ours);
		_exit(read_all(e->theirs, habit, len) ? 0 : 1);
	}
	close(e->theirs);
	return pid;
}

static bool
has_succeeded(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/*
 * Ends our end, and says if len bytes came to the other; for a file they
 * are in it.
 */
static bool
has_received(struct ends *e, pid_t reader, size_t len)
{
	if (e->theirs >= 0) {
		close(e->ours);
		return has_succeeded(reader);
	}
	return lseek(e->ours, 0, SEEK_SET) == 0 &&
	       read_all(e->ours, &eager, len) && close(e->ours) == 0;
}

/* Sends from memory what lies at an offset, in pieces of odd sizes. */
static int
write_bytes(struct stream *s, size_t offset, size_t len)
{
	static char block[70001];

	for (size_t step = 1; len > 0; step = step * 3 % sizeof(block)) {
		size_t n = len < step ? len : step;

		fill(block, offset, n);
		if (stream_write(s, (struct slice){block, n}))
			return s->error;
		offset += n;
		len -= n;
	}
	return stream_flush(s);
}

struct transfer {
	const char *name;
	enum link link;
	bool is_nonblocking, is_file;
	size_t len;
	const struct reader_habit *habit;
	struct stream_pace pace;
	int want;
	int64_t min_ms, max_ms;
};

/* True if t went as it should, and left the descriptor as it was. */
static bool
transfer(const struct transfer *t)
{
	struct ends e = make_ends(t->link);
	int file = t->is_file ? make_file(t->len) : -1, flags, result;
	struct fd_stream f;
	pid_t reader = -1;
	int64_t start, ms;
	size_t first = t->is_file && t->len > 10 ? 10 : 0;
	bool is_good;

	if (e.theirs >= 0)
		reader = start_reader(&e, t->habit, t->len);
	flags = fcntl(e.ours, F_GETFL);
	if (t->is_nonblocking)
		flags |= O_NONBLOCK;
	if (fcntl(e.ours, F_SETFL, flags) != 0)
		die("F_SETFL");
	fd_stream_init(&f, e.ours, e.ours, out_storage, t->pace, 0);
	start = clock_us();
	if (t->is_file) {
		write_bytes(&f.stream, 0, first);
		result =
		    stream_send_file(&f.stream, file, first, t->len - first);
		close(file);
	} else {
		result = write_bytes(&f.stream, 0, t->len);
	}
	ms = (clock_us() - start) / 1000;
	is_good = result == t->want && f.stream.error == result &&
		  fcntl(e.ours, F_GETFL) == flags && ms >= t->min_ms &&
		  ms <= t->max_ms;
	if (result == 0)
		return has_received(&e, reader, t->len) && is_good &&
		       f.stream.sent == t->len;
	/* The error sticks, and nothing waits any more. */
	start = clock_us();
	is_good = is_good && write_bytes(&f.stream, 0, 200000) == result &&
		  stream_flush(&f.stream) == result &&
		  stream_read(&f.stream, &result, 1, NEVER) == result &&
		  clock_us() - start < 200000;
	kill(reader, SIGKILL);
	has_succeeded(reader);
	return is_good;
}

static void
check_send_file(void)
{
	static const size_t sizes[] = {0, 1, 16 * 1024, 5 * 1024 * 1024};
	char name[128];

	for (enum link link = LINK_UNIX; link <= LINK_APPEND; link++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			struct transfer t = {
			    .link = link,
			    .is_file = true,
			    .is_nonblocking = link <= LINK_PIPE && i % 2,
			    .len = sizes[i],
			    .habit = &eager,
			    .pace = {10000, 256},
			    .max_ms = 9000,
			};

			snprintf(name, sizeof(name),
				 "a file of %zu bytes to a %s", sizes[i],
				 link_names[link]);
			CHECK(name, transfer(&t));
		}
	}
}

/* A file that is not as long as was promised. */
static bool
send_short(enum link link)
{
	struct ends e = make_ends(link);
	int file = make_file(1000), flags = fcntl(e.ours, F_GETFL), result;
	struct fd_stream f;
	pid_t reader = -1;
	int64_t start = clock_us();

	if (e.theirs >= 0)
		reader = start_reader(&e, &eager, 1000);
	fd_stream_init(&f, e.ours, e.ours, out_storage,
		       (struct stream_pace){10000, 256}, 0);
	write_bytes(&f.stream, 0, 10);
	result = stream_send_file(&f.stream, file, 10, 100000);
	close(file);
	return result == IO_EOF && clock_us() - start < 2000000 &&
	       fcntl(e.ours, F_GETFL) == flags &&
	       has_received(&e, reader, 1000);
}

static void
check_short_files(void)
{
	for (enum link link = LINK_UNIX; link <= LINK_APPEND; link++)
		CHECK(link_names[link], send_short(link));
}

/* A client that is gone ends in IO_FAILED, and no signal. */
static bool
write_to_nobody(enum link link, bool is_file)
{
	struct ends e = make_ends(link);
	int file = make_file(50000), flags = fcntl(e.ours, F_GETFL);
	struct fd_stream f;
	int result = 0;

	close(e.theirs);
	fd_stream_init(&f, e.ours, e.ours, out_storage,
		       (struct stream_pace){10000, 256}, 0);
	for (int i = 0; i < 100 && result == 0; i++)
		result = is_file ? stream_send_file(&f.stream, file, 0, 50000)
				 : write_bytes(&f.stream, 0, 50000);
	close(file);
	return result == IO_FAILED && fcntl(e.ours, F_GETFL) == flags &&
	       stream_flush(&f.stream) == IO_FAILED && close(e.ours) == 0;
}

static void
check_nobody(void)
{
	for (enum link link = LINK_UNIX; link <= LINK_PIPE; link++) {
		CHECK(link_names[link], write_to_nobody(link, false));
		CHECK(link_names[link], write_to_nobody(link, true));
	}
}

/* A stream that reads from one end of a link; the other is the client's. */
static struct fd_stream
open_input(enum link link, struct ends *e, int64_t read_timeout_ms)
{
	struct fd_stream f;

	*e = make_ends(link);
	if (link == LINK_PIPE) {
		int fd = e->ours;

		e->ours = e->theirs;
		e->theirs = fd;
	}
	fd_stream_init(&f, e->ours, e->ours, out_storage,
		       (struct stream_pace){1000, 0}, read_timeout_ms);
	return f;
}

/*
 * Reads once. True if that took min_ms, and no longer than a busy machine
 * may take: three seconds more, less than the longest SO_RCVTIMEO here.
 */
static bool
read_takes(struct fd_stream *f, int64_t deadline, ssize_t want, int64_t min_ms)
{
	int64_t start = clock_us(), ms;
	char byte;
	ssize_t n = stream_read(&f->stream, &byte, 1, deadline);

	ms = (clock_us() - start) / 1000;
	return n == want && ms >= min_ms && ms <= min_ms + 3000;
}

/* Bytes, each so much later than the one before. */
static pid_t
start_sender(struct ends *e, int count, int pause_ms)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		alarm(20);
		for (int i = 0; i < count; i++) {
			sleep_ms(pause_ms);
			if (write(e->theirs, "x", 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	return pid;
}

static bool
read_near_deadline(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 5000);

	return read_takes(&f, clock_deadline(100), IO_TIMEOUT, 80);
}

static bool
read_usual_deadline(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 150);

	return read_takes(&f, clock_deadline(150), IO_TIMEOUT, 120);
}

static bool
read_far_deadline(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 100);

	return read_takes(&f, clock_deadline(300), IO_TIMEOUT, 280);
}

static bool
read_past_deadline(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 5000);

	return read_takes(&f, clock_ms() - 100, IO_TIMEOUT, 0);
}

/* However the bytes drip, a loop with one deadline comes to its end. */
static bool
read_dripping(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 5000);
	pid_t sender = start_sender(&e, 1000, 10);
	int64_t start = clock_us(), deadline = clock_deadline(250);
	ssize_t n, count = -1;
	char byte;

	do {
		n = stream_read(&f.stream, &byte, 1, deadline);
		count++;
	} while (n == 1);
	kill(sender, SIGKILL);
	has_succeeded(sender);
	return n == IO_TIMEOUT && count > 0 && clock_us() - start > 230000 &&
	       clock_us() - start < 1250000;
}

/* SO_RCVTIMEO passes, and the deadline, if there is one, has not come. */
static bool
read_late_byte(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 100);
	pid_t sender = start_sender(&e, 2, 250);

	return read_takes(&f, NEVER, 1, 0) &&
	       read_takes(&f, clock_deadline(5000), 1, 0) &&
	       has_succeeded(sender);
}

static bool
read_nonblocking(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 0);
	pid_t sender = start_sender(&e, 2, 100);
	int flags = fcntl(e.ours, F_GETFL) | O_NONBLOCK;

	return fcntl(e.ours, F_SETFL, flags) == 0 &&
	       read_takes(&f, NEVER, 1, 0) &&
	       read_takes(&f, clock_deadline(5000), 1, 0) &&
	       read_takes(&f, clock_deadline(100), IO_TIMEOUT, 80) &&
	       has_succeeded(sender) && fcntl(e.ours, F_GETFL) == flags;
}

/* All that has been sent, then the end, and no time-out for either. */
static bool
read_end(enum link link)
{
	struct ends e;
	struct fd_stream f = open_input(link, &e, 5000);

	return !f.stream.ops->has_input(&f.stream) &&
	       write(e.theirs, "x", 1) == 1 &&
	       f.stream.ops->has_input(&f.stream) && close(e.theirs) == 0 &&
	       read_takes(&f, clock_deadline(1000), 1, 0) &&
	       read_takes(&f, clock_deadline(1000), 0, 0) &&
	       read_takes(&f, NEVER, 0, 0);
}

/* Time-outs take their time: all of these pass at once. */
static const struct {
	const char *name;
	bool (*run)(enum link link);
} reads[] = {
    {"a deadline before SO_RCVTIMEO", read_near_deadline},
    {"a deadline with SO_RCVTIMEO", read_usual_deadline},
    {"a deadline behind SO_RCVTIMEO", read_far_deadline},
    {"a deadline that is over", read_past_deadline},
    {"a deadline and bytes that drip", read_dripping},
    {"a byte behind SO_RCVTIMEO", read_late_byte},
    {"O_NONBLOCK", read_nonblocking},
    {"the end of the input", read_end},
};

static const struct transfer transfers[] = {
    {.habit = &late, .want = 0, .len = 1000000},
    {.habit = &asleep, .want = IO_TIMEOUT, .len = 1000000, .min_ms = 250},
    {.habit = &asleep,
     .want = IO_TIMEOUT,
     .len = 1000000,
     .min_ms = 250,
     .is_nonblocking = true},
    {.habit = &drip,
     .want = IO_TIMEOUT,
     .len = 1000000,
     .min_ms = 250,
     .pace.min_rate = 200000},
    /* The kernel counts what left a UNIX socket in steps of up to 64 KB,
     * so a client that reads less than that in a time-out would not do. */
    {.habit = &slow,
     .want = 0,
     .len = 600000,
     .min_ms = 200,
     .pace.min_rate = 100000},
    {.habit = &late, .want = 0, .len = 1000000, .is_nonblocking = true},
};

struct scenario {
	char name[128];
	pid_t pid;
};

#define SCENARIOS_MAX 128

static struct scenario scenarios[SCENARIOS_MAX];
static size_t scenario_count;

/* Names a scenario, and returns true in the process that is to run it. */
static bool
start_scenario(const char *a, const char *b, const char *c)
{
	struct scenario *s = &scenarios[scenario_count++];

	if (scenario_count == SCENARIOS_MAX)
		die("too many scenarios");
	snprintf(s->name, sizeof(s->name), "%s %s %s", a, b, c);
	fflush(stdout);
	s->pid = fork();
	if (s->pid < 0)
		die("fork");
	if (s->pid == 0)
		alarm(20);
	return s->pid == 0;
}

static void
start_transfers(enum link link)
{
	for (size_t i = 0; i < 2 * COUNT(transfers); i++) {
		struct transfer t = transfers[i / 2];

		t.link = link;
		t.is_file = i % 2;
		t.pace.timeout_ms = 300;
		t.max_ms = t.min_ms + 2500;
		if (start_scenario(t.is_file ? "a file to a" : "output to a",
				   link_names[link], t.habit->name))
			_exit(transfer(&t) ? 0 : 1);
	}
}

static void
check_scenarios(void)
{
	for (enum link link = LINK_UNIX; link <= LINK_PIPE; link++) {
		start_transfers(link);
		for (size_t i = 0; i < COUNT(reads); i++)
			if (start_scenario(link_names[link],
					   "input:", reads[i].name))
				_exit(reads[i].run(link) ? 0 : 1);
	}
	for (size_t i = 0; i < scenario_count; i++)
		CHECK(scenarios[i].name, has_succeeded(scenarios[i].pid));
}

/* What waits to be sent is sent before there is a wait for more. */
static void
check_order(void)
{
	struct ends e = make_ends(LINK_TCP);
	struct fd_stream f;
	char byte = 0;
	bool is_held;

	fd_stream_init(&f, e.ours, e.ours, out_storage,
		       (struct stream_pace){1000, 0}, 1000);
	stream_write(&f.stream, SLICE("a"));
	is_held = recv(e.theirs, &byte, 1, MSG_DONTWAIT) < 0;
	CHECK("output is collected", is_held && f.stream.sent == 0);
	CHECK("until there is a read",
	      stream_read(&f.stream, &byte, 1, clock_deadline(10)) ==
		      IO_TIMEOUT &&
		  recv(e.theirs, &byte, 1, MSG_DONTWAIT) == 1 && byte == 'a');
	close(e.ours);
	close(e.theirs);
}

/* A file as input: its bytes, its end, and never a wait. */
static void
check_file_input(void)
{
	int fd = make_file(5);
	struct fd_stream f;
	char bytes[8];

	if (lseek(fd, 0, SEEK_SET) != 0)
		die("lseek");
	fd_stream_init(&f, fd, fd, out_storage, (struct stream_pace){0}, 1000);
	CHECK("a file's bytes", stream_read(&f.stream, bytes, sizeof(bytes),
					    clock_deadline(1000)) == 5 &&
				    bytes[4] == byte_at(4));
	CHECK("a file's end",
	      stream_read(&f.stream, bytes, sizeof(bytes), NEVER) == 0);
	CHECK("nothing left in it", !f.stream.ops->has_input(&f.stream));
	close(fd);
}

/* A client that is still sending gets its answer, for there is no reset. */
static void
check_linger(void)
{
	static char unwanted[200000];
	struct ends e = make_ends(LINK_TCP);
	struct fd_stream f;
	char bytes[16];
	ssize_t n;
	int64_t start;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(e.ours);
		n = send(e.theirs, unwanted, sizeof(unwanted), MSG_NOSIGNAL);
		_exit(n == sizeof(unwanted) &&
			      recv(e.theirs, bytes, 16, MSG_WAITALL) == 6 &&
			      memcmp(bytes, "answer", 6) == 0
			  ? 0
			  : 1);
	}
	close(e.theirs);
	fd_stream_init(&f, e.ours, e.ours, out_storage,
		       (struct stream_pace){1000, 0}, 1000);
	stream_write(&f.stream, SLICE("answer"));
	stream_linger(&f.stream, 1000000, clock_deadline(5000));
	close(e.ours);
	CHECK("who is still sending gets the answer", has_succeeded(pid));

	e = make_ends(LINK_UNIX);
	fd_stream_init(&f, e.ours, e.ours, out_storage,
		       (struct stream_pace){1000, 0}, 1000);
	start = clock_us();
	stream_linger(&f.stream, 1000000, clock_deadline(100));
	CHECK("who does nothing is left at the deadline",
	      clock_us() - start > 80000 && clock_us() - start < 1000000 &&
		  read(e.theirs, bytes, 1) == 0);
	close(e.ours);
	close(e.theirs);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	check_send_file();
	check_short_files();
	check_nobody();
	check_order();
	check_file_input();
	check_linger();
	check_scenarios();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
/*
 * Talks to a program over a connection of its own, step by step.
 *
 *	talk [--tcp|--unix|--pipe] STEP... -- PROGRAM [ARG]...
 *	talk --connect PORT STEP...
 *
 * The program gets the other end as its descriptors 0 and 1; with
 * --connect it is whoever listens on that port of 127.0.0.1. Steps:
 *
 *	send:TEXT          send TEXT, in which \r \n \0 \\ \xHH are known
 *	file:NAME          send what is in the file
 *	drip:SECONDS:TEXT  send TEXT byte by byte, so long apart
 *	zeros:COUNT        send so many zero bytes, while reading (and
 *	                   dropping), then read until as many have come
 *	sleep:SECONDS      do nothing
 *	half               end our output
 *	read:COUNT         read so many bytes, or to the end
 *	read               read to the end
 *	slow:COUNT:SECONDS:MAX
 *	                   read so many bytes at a time, so long apart, until
 *	                   the program ends, or for MAX seconds
 *	truncate:NAME      cut a file to one byte
 *	append:NAME        make a file 4000 bytes longer
 *	remove:NAME        remove a file
 *	reset              close with a reset
 *	term               send the program SIGTERM
 *
 * What was read goes to stdout; then, on stderr, one line: how long it all
 * took in seconds until the program ended, its exit status, the bytes read,
 * and the most memory in KiB that it had. The program's own stderr passes
 * through.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HANGS_SECONDS 20
#define BLOCK ((size_t)256 * 1024)

/* Touched only after the fork, and so no part of the program's memory. */
static char block[BLOCK];
static const char zeros[BLOCK];

static int in = -1, out = -1;
static uint64_t total;

/* What is talked to, unless it is whoever listens. */
static pid_t program;
static bool has_ended;
static int program_status;
static long peak;

static void
die(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	exit(111);
}

static void
refuse(const char *step)
{
	fprintf(stderr, "talk: no such step: %s\n", step);
	exit(111);
}

static int
check(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct timespec
span(double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds};

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	return t;
}

static void
pause_for(double seconds)
{
	struct timespec t = span(seconds);

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static bool
reap(int options)
{
	if (program > 0 && !has_ended)
		has_ended = waitpid(program, &program_status, options) > 0;
	return has_ended;
}

/*
 * To be asked while it lives: what wait4 says in the end may be 0, since
 * the kernel's counters are not exact.
 */
static void
note_memory(void)
{
	static const char name[] = "\nVmHWM:";
	char path[32], text[4096];
	const char *found;
	ssize_t n;
	int fd;

	if (program == 0 || has_ended)
		return;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)program);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	found = strstr(text, name);
	if (found != NULL)
		peak = atol(found + sizeof(name) - 1);
}

/* Waits so long for the program to end; SIGCHLD is blocked. */
static bool
wait_for(double seconds)
{
	double end = now() + seconds;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (!reap(WNOHANG)) {
		double left = end - now();
		struct timespec t = span(left > 0 ? left : 0);

		if (left <= 0)
			return false;
		sigtimedwait(&set, NULL, &t);
	}
	return true;
}

static struct sockaddr_in
loopback(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int
connect_to(struct sockaddr_in name)
{
	int fd =
	    check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	check(connect(fd, (struct sockaddr *)&name, sizeof(name)), "connect");
	return fd;
}

/* Makes the connection: in and out, and the program's ends of it. */
static void
connect_by(const char *kind, int theirs[2])
{
	struct sockaddr_in name = loopback("0");
	socklen_t len = sizeof(name);
	int listener, on = 1, to[2], from[2];

	if (strcmp(kind, "--pipe") == 0) {
		check(pipe2(to, O_CLOEXEC), "pipe");
		check(pipe2(from, O_CLOEXEC), "pipe");
		in = from[0];
		out = to[1];
		theirs[0] = to[0];
		theirs[1] = from[1];
		return;
	}
	if (strcmp(kind, "--unix") == 0) {
		check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to),
		      "socketpair");
		in = out = to[0];
		theirs[0] = theirs[1] = to[1];
		return;
	}
	listener =
	    check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	check(bind(listener, (struct sockaddr *)&name, len), "bind");
	check(listen(listener, 1), "listen");
	check(getsockname(listener, (struct sockaddr *)&name, &len), "name");
	in = out = connect_to(name);
	theirs[0] = theirs[1] =
	    check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	close(listener);
	check(setsockopt(in, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
	      "TCP_NODELAY");
}

static void
start(char **argv, const int theirs[2])
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	program = check(vfork(), "vfork");
	if (program == 0) {
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (dup2(theirs[0], 0) < 0 || dup2(theirs[1], 1) < 0)
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(theirs[0]);
	if (theirs[1] != theirs[0])
		close(theirs[1]);
}

static void
send_all(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(out, text, len);

		if (n < 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void
send_file(const char *path)
{
	int fd = check(open(path, O_RDONLY | O_CLOEXEC), path);
	ssize_t n;

	while ((n = read(fd, block, BLOCK)) > 0)
		send_all(block, (size_t)n);
	close(fd);
}

/* Reads what is there, up to len; whether there was any. */
static size_t
take(size_t len)
{
	ssize_t n = read(in, block, len < BLOCK ? len : BLOCK);

	if (n <= 0)
		return 0;
	total += (size_t)n;
	return (size_t)n;
}

static void
send_zeros(uint64_t count)
{
	uint64_t left = count;
	int flags = fcntl(out, F_GETFL);

	fcntl(out, F_SETFL, flags | O_NONBLOCK);
	while (left > 0) {
		struct pollfd fds[] = {{.fd = in, .events = POLLIN},
				       {.fd = out, .events = POLLOUT}};

		if (poll(fds, 2, 5000) <= 0)
			break;
		if (fds[0].revents != 0 && take(BLOCK) == 0)
			break;
		if (fds[1].revents != 0) {
			ssize_t n =
			    write(out, zeros, left < BLOCK ? left : BLOCK);

			if (n > 0)
				left -= (uint64_t)n;
		}
	}
	fcntl(out, F_SETFL, flags);
	note_memory();
	while (total < count && take(BLOCK) > 0)
		;
}

static void
copy_out(uint64_t want)
{
	size_t n;

	while (want > 0 && (n = take(want < BLOCK ? want : BLOCK)) > 0) {
		if (fwrite(block, 1, n, stdout) != n || fflush(stdout) != 0)
			die("stdout");
		want -= n;
		note_memory();
	}
}

static void
read_slowly(size_t count, double pause, double seconds)
{
	double end = now() + seconds;

	while (now() < end && take(count) > 0)
		if (program == 0)
			pause_for(pause);
		else if (wait_for(pause))
			break;
}

static void
close_with_reset(void)
{
	struct linger now_or_never = {.l_onoff = 1, .l_linger = 0};

	setsockopt(in, SOL_SOCKET, SO_LINGER, &now_or_never,
		   sizeof(now_or_never));
	close(in);
	if (out == in)
		out = -1;
	in = -1;
}

static void
end_output(void)
{
	if (out == in) {
		shutdown(out, SHUT_WR);
		return;
	}
	close(out);
	out = -1;
}

static void
lengthen(const char *path)
{
	int fd = check(
	    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666), path);

	for (size_t i = 0; i < 4000; i++)
		block[i] = "more"[i % 4];
	if (write(fd, block, 4000) != 4000)
		die(path);
	close(fd);
}

/* In place; the length of what it makes. */
static size_t
unescape(char *text)
{
	static const char names[] = "rn0\\", bytes[] = "\r\n\0\\";
	char *to = text, hex[3] = "", *end;

	for (const char *at = text; *at != '\0'; at++) {
		const char *name;

		if (at[0] != '\\' || at[1] == '\0') {
			*to++ = *at;
		} else if (at[1] == 'x' && at[2] != '\0' && at[3] != '\0') {
			memcpy(hex, at + 2, 2);
			*to++ = (char)strtol(hex, &end, 16);
			if (end != hex + 2)
				refuse(at);
			at += 3;
		} else if ((name = strchr(names, at[1])) != NULL) {
			*to++ = bytes[name - names];
			at++;
		} else {
			*to++ = *at;
		}
	}
	return (size_t)(to - text);
}

static void
drip(double pause, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		send_all(text + i, 1);
		pause_for(pause);
	}
}

/* Returns what follows NAME: in step, or NULL if that is not its name. */
static char *
after(const char *name, char *step)
{
	size_t len = strlen(name);

	if (strncmp(step, name, len) != 0 || step[len] != ':')
		return NULL;
	return step + len + 1;
}

/* Reads a number and what ends it: a colon, or the end. */
static double
number(char **at, char end, const char *step)
{
	char *behind;
	double value = strtod(*at, &behind);

	if (behind == *at || *behind != end)
		refuse(step);
	*at = end == '\0' ? behind : behind + 1;
	return value;
}

static void
take_step(char *step)
{
	char *at;
	double count, pause;

	if ((at = after("send", step)) != NULL) {
		send_all(at, unescape(at));
	} else if ((at = after("file", step)) != NULL) {
		send_file(at);
	} else if ((at = after("drip", step)) != NULL) {
		pause = number(&at, ':', step);
		drip(pause, at, unescape(at));
	} else if ((at = after("zeros", step)) != NULL) {
		send_zeros((uint64_t)number(&at, '\0', step));
	} else if ((at = after("sleep", step)) != NULL) {
		pause_for(number(&at, '\0', step));
	} else if (strcmp(step, "half") == 0) {
		end_output();
	} else if ((at = after("read", step)) != NULL) {
		copy_out((uint64_t)number(&at, '\0', step));
	} else if (strcmp(step, "read") == 0) {
		copy_out(UINT64_MAX);
	} else if ((at = after("slow", step)) != NULL) {
		count = number(&at, ':', step);
		pause = number(&at, ':', step);
		read_slowly((size_t)count, pause, number(&at, '\0', step));
	} else if ((at = after("truncate", step)) != NULL) {
		check(truncate(at, 1), at);
	} else if ((at = after("append", step)) != NULL) {
		lengthen(at);
	} else if ((at = after("remove", step)) != NULL) {
		check(unlink(at), at);
	} else if (strcmp(step, "reset") == 0) {
		close_with_reset();
	} else if (strcmp(step, "term") == 0 && program > 0) {
		if (!has_ended)
			kill(program, SIGTERM);
	} else {
		refuse(step);
	}
}

/* The other end stays open: what ends the program must be its own clock. */
static void
report(double started)
{
	char status[32] = "hangs";

	if (!wait_for(HANGS_SECONDS)) {
		kill(program, SIGKILL);
		reap(0);
	} else if (WIFSIGNALED(program_status)) {
		snprintf(status, sizeof(status), "signal %d",
			 WTERMSIG(program_status));
	} else {
		snprintf(status, sizeof(status), "%d",
			 WEXITSTATUS(program_status));
	}
	fprintf(stderr, "talk: %.2f s, status %s, %ju bytes, %ld KiB\n",
		now() - started, status, (uintmax_t)total, peak);
}

int
main(int argc, char **argv)
{
	const char *kind = "--tcp";
	char **step = argv + 1, **behind;
	int theirs[2];
	double started;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && strcmp(argv[1], "--connect") == 0) {
		in = out = connect_to(loopback(argv[2]));
		for (step = argv + 3; *step != NULL; step++)
			take_step(*step);
		return 0;
	}
	if (*step != NULL &&
	    (strcmp(*step, "--tcp") == 0 || strcmp(*step, "--unix") == 0 ||
	     strcmp(*step, "--pipe") == 0))
		kind = *step++;
	for (behind = step; *behind != NULL && strcmp(*behind, "--") != 0;)
		behind++;
	if (*behind == NULL || behind[1] == NULL) {
		fprintf(stderr, "usage: talk [--tcp|--unix|--pipe] STEP... "
				"-- PROGRAM [ARG]...\n");
		return 111;
	}
	connect_by(kind, theirs);
	started = now();
	start(behind + 1, theirs);
	for (; step < behind; step++) {
		take_step(*step);
		note_memory();
	}
	report(started);
	return 0;
}

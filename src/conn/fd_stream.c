/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/fd_stream.h"
#include "conn/stop.h"

static enum fd_kind
kind_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return FD_FILE;
	if (S_ISSOCK(st.st_mode))
		return FD_SOCKET;
	return S_ISFIFO(st.st_mode) ? FD_PIPE : FD_FILE;
}

static bool
set_read_timeout(int fd, int64_t ms)
{
	struct timeval t = {.tv_sec = (time_t)(ms / 1000),
			    .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == 0;
}

/* What is not TCP refuses this, and needs it no more. */
static void
set_no_delay(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

bool
fd_stream_set_options(int fd, int64_t read_timeout_ms)
{
	set_no_delay(fd);
	return set_read_timeout(fd, read_timeout_ms);
}

/* poll takes an int; a longer wait is waited in parts. */
static int
poll_time(int64_t ms)
{
	return ms < 0 ? 0 : ms > 1000000000 ? 1000000000 : (int)ms;
}

/* Waits until fd is ready. Returns 0, or an io_error. */
static int
wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left =
		    deadline == NEVER ? NEVER : deadline - clock_ms();
		int n;

		if (left <= 0)
			return IO_TIMEOUT;
		n = poll(&p, 1, deadline == NEVER ? -1 : poll_time(left));
		if (n > 0 || (n < 0 && errno != EINTR))
			return n > 0 ? 0 : IO_FAILED;
		if (stop_requested_idle())
			return IO_EOF;
	}
}

/* A deadline so much short of SO_RCVTIMEO is left to it: the clock ticks
 * between the two looks at it. */
#define CLOCK_SLACK_MS 50

static bool
is_armed(const struct fd_stream *f, int64_t deadline)
{
	if (f->in_kind != FD_SOCKET)
		return false;
	return deadline == NEVER
		   ? f->armed_ms == 0
		   : f->armed_ms != 0 &&
			 deadline - clock_ms() + CLOCK_SLACK_MS >= f->armed_ms;
}

static ssize_t
read_at_once(struct fd_stream *f, void *dst, size_t cap)
{
	struct pollfd p = {.fd = f->stream.in_fd, .events = POLLIN};
	ssize_t n;

	if (f->in_kind != FD_SOCKET && poll(&p, 1, 0) != 1)
		return IO_LATER;
	n = f->in_kind == FD_SOCKET
		? recv(f->stream.in_fd, dst, cap, MSG_DONTWAIT)
		: read(f->stream.in_fd, dst, cap);
	return n >= 0                              ? n
	       : errno == EAGAIN || errno == EINTR ? IO_LATER
						   : IO_FAILED;
}

static ssize_t
fd_read(struct stream *s, void *dst, size_t cap, int64_t deadline)
{
	struct fd_stream *f = (struct fd_stream *)s;
	bool must_wait;

	if (deadline == IMMEDIATELY)
		return read_at_once(f, dst, cap);
	must_wait = !is_armed(f, deadline);
	for (;;) {
		ssize_t n;
		int error;

		if (must_wait &&
		    (error = wait_readable(f->stream.in_fd, deadline)))
			return error == IO_EOF ? 0 : error;
		n = f->in_kind == FD_SOCKET ? recv(f->stream.in_fd, dst, cap,
						   must_wait ? MSG_DONTWAIT : 0)
					    : read(f->stream.in_fd, dst, cap);
		if (n >= 0)
			return n;
		if (errno == EINTR && stop_requested_idle())
			return 0;
		/* SO_RCVTIMEO, or an O_NONBLOCK that we were given. */
		if (errno == EAGAIN)
			must_wait = true;
		else if (errno != EINTR)
			return IO_FAILED;
	}
}

/* The bytes that the kernel holds and the client has not taken yet. */
static uint64_t
queued(const struct fd_stream *f)
{
	int n = 0;

	if (f->out_kind == FD_FILE ||
	    ioctl(f->stream.out_fd,
		  f->out_kind == FD_SOCKET ? SIOCOUTQ : FIONREAD, &n) != 0 ||
	    n < 0)
		return 0;
	return (uint64_t)n;
}

static uint64_t
taken(const struct fd_stream *f)
{
	uint64_t n = queued(f);

	return n > f->stream.sent ? 0 : f->stream.sent - n;
}

static int
wait_for(struct fd_stream *f, struct pollfd *p, int timeout_ms)
{
	if (f->stream.waiter == NULL)
		return poll(p, 1, timeout_ms);
	return f->stream.waiter->wait(f->stream.waiter, p, timeout_ms);
}

/*
 * Waits until the client has made room. What counts is what it took, not
 * what fits: a large buffer may have no room for long while it is read
 * steadily, and a client that reads a drop now and then must not hold a
 * process for ever. Only the time spent in here counts, so that a slow
 * source of ours is not held against the client.
 */
static int
wait_writable(struct fd_stream *f)
{
	struct pollfd p = {.fd = f->stream.out_fd, .events = POLLOUT};
	int64_t timeout = f->pace.timeout_ms;
	int64_t start = clock_ms();
	int n;

	if (timeout == 0) {
		n = wait_for(f, &p, -1);
		return n < 0 && errno != EINTR ? IO_FAILED : 0;
	}
	if (f->waited_ms == 0)
		f->taken_before = taken(f);
	n = wait_for(f, &p, poll_time(timeout - f->waited_ms));
	if (n < 0 && errno != EINTR)
		return IO_FAILED;
	f->waited_ms += clock_ms() - start;
	if (n == 0 || f->waited_ms >= timeout) {
		uint64_t now_taken = taken(f);
		uint64_t wanted = f->pace.min_rate * (uint64_t)timeout / 1000;

		if (now_taken <= f->taken_before ||
		    now_taken - f->taken_before < wanted)
			return IO_TIMEOUT;
		f->waited_ms = 0;
	}
	return 0;
}

static void
open_output(struct fd_stream *f)
{
	if (f->out_kind != FD_UNKNOWN)
		return;
	f->out_kind = kind_of(f->stream.out_fd);
	if (f->out_kind == FD_SOCKET)
		set_no_delay(f->stream.out_fd);
}

/* What a pipe takes without blocking once poll has said it has room. */
#define PIPE_WRITE_MAX 4096

static int
fd_write(struct stream *s, struct slice bytes, enum stream_more more)
{
	struct fd_stream *f = (struct fd_stream *)s;
	bool must_wait;

	open_output(f);
	must_wait = f->out_kind == FD_PIPE;
	while (bytes.len > 0) {
		size_t len = bytes.len;
		ssize_t n;
		int error;

		if (must_wait && (error = wait_writable(f)))
			return error;
		must_wait = f->out_kind == FD_PIPE;
		if (f->out_kind == FD_PIPE && len > PIPE_WRITE_MAX)
			len = PIPE_WRITE_MAX;
		n = f->out_kind == FD_SOCKET
			? send(f->stream.out_fd, bytes.ptr, len,
			       MSG_DONTWAIT | MSG_NOSIGNAL |
				   (more == STREAM_MORE ? MSG_MORE : 0))
			: write(f->stream.out_fd, bytes.ptr, len);
		if (n < 0 && errno == EAGAIN)
			must_wait = true;
		else if (n < 0 && errno != EINTR)
			return IO_FAILED;
		if (n > 0) {
			bytes = slice_skip(bytes, (size_t)n);
			s->sent += (uint64_t)n;
		}
	}
	return 0;
}

/*
 * sendfile has no MSG_DONTWAIT of its own: it goes by the descriptor. A
 * blocking one would, with a client that reads a drop at a time, not
 * return before all of the slice is taken. Pipes, which others may hold
 * open too, are left alone: splice can be told for each call.
 */
static void
set_blocking(struct fd_stream *f, bool is_blocking)
{
	if (f->out_kind != FD_SOCKET)
		return;
	if (f->out_flags < 0)
		f->out_flags = fcntl(f->stream.out_fd, F_GETFL);
	if (f->out_flags >= 0 && !(f->out_flags & O_NONBLOCK))
		fcntl(f->stream.out_fd, F_SETFL,
		      is_blocking ? f->out_flags : f->out_flags | O_NONBLOCK);
}

/* What sendfile cannot do for these descriptors is read and written. */
static int
copy_file(struct fd_stream *f, int fd, uint64_t offset, uint64_t len)
{
	char block[16384];

	while (len > 0) {
		size_t want = len < sizeof(block) ? (size_t)len : sizeof(block);
		ssize_t n = pread(fd, block, want, (off_t)offset);
		int error;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? IO_EOF : IO_FAILED;
		error = fd_write(&f->stream, (struct slice){block, (size_t)n},
				 STREAM_LAST);
		if (error)
			return error;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int
send_slices(struct fd_stream *f, int fd, uint64_t *offset, uint64_t *len)
{
	if (f->out_kind == FD_PIPE && f->in_kind == FD_SOCKET)
		return IO_INVALID; /* its sandbox has no splice */
	while (*len > 0) {
		off_t at = (off_t)*offset;
		size_t want = *len < SEND_SLICE ? (size_t)*len : SEND_SLICE;
		ssize_t n = f->out_kind == FD_PIPE
				? splice(fd, &at, f->stream.out_fd, NULL, want,
					 SPLICE_F_NONBLOCK)
				: sendfile(f->stream.out_fd, fd, &at, want);
		int error;

		if (n == 0)
			return IO_EOF;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if ((error = wait_writable(f)))
				return error;
			continue;
		}
		if (n < 0)
			return errno == EINVAL || errno == ENOSYS ? IO_INVALID
								  : IO_FAILED;
		f->stream.sent += (uint64_t)n;
		*offset += (uint64_t)n;
		*len -= (uint64_t)n;
	}
	return 0;
}

static int
fd_send_file(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	struct fd_stream *f = (struct fd_stream *)s;
	int error;

	open_output(f);
	set_blocking(f, false);
	error = send_slices(f, fd, &offset, &len);
	set_blocking(f, true);
	return error == IO_INVALID ? copy_file(f, fd, offset, len) : error;
}

static void
fd_end_output(struct stream *s)
{
	struct fd_stream *f = (struct fd_stream *)s;

	open_output(f);
	if (f->out_kind == FD_SOCKET)
		shutdown(f->stream.out_fd, SHUT_WR);
	else if (f->out_kind == FD_PIPE && f->stream.out_fd != f->stream.in_fd)
		close(f->stream.out_fd);
}

static bool
fd_has_input(struct stream *s)
{
	struct fd_stream *f = (struct fd_stream *)s;
	int n = 0;

	return f->in_kind != FD_FILE &&
	       ioctl(f->stream.in_fd, FIONREAD, &n) == 0 && n > 0;
}

static const struct stream_ops fd_ops = {
    fd_read, fd_write, fd_send_file, fd_end_output, fd_has_input, NULL};

void
fd_stream_init_socket(struct fd_stream *f, int fd, char *out_storage,
		      struct stream_pace pace, int64_t read_timeout_ms)
{
	*f = (struct fd_stream){
	    .stream = {.ops = &fd_ops,
		       .in_fd = fd,
		       .out_fd = fd,
		       .out = {.data = out_storage, .cap = OUT_CAP}},
	    .in_kind = FD_SOCKET,
	    .out_kind = FD_SOCKET,
	    .out_flags = -1,
	    .armed_ms = read_timeout_ms,
	    .pace = pace};
}

void
fd_stream_init(struct fd_stream *f, int in_fd, int out_fd, char *out_storage,
	       struct stream_pace pace, int64_t read_timeout_ms)
{
	fd_stream_init_socket(f, in_fd, out_storage, pace, read_timeout_ms);
	f->stream.out_fd = out_fd;
	f->out_kind = FD_UNKNOWN;
	f->in_kind = kind_of(in_fd);
	/* Without, it is waited for by poll. */
	if (f->in_kind == FD_SOCKET && !set_read_timeout(in_fd, f->armed_ms))
		f->armed_ms = 0;
}

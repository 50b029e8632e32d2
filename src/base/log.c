/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* Chosen once, by the first line that is written. */
enum log_sink {
	SINK_UNKNOWN,
	SINK_STDERR,
	SINK_JOURNAL,
	SINK_SYSLOG,
	SINK_NOWHERE
};

static struct {
	const char *program;
	int in_fd, out_fd;
	bool has_journal;
	uint64_t journal_device, journal_inode;
	enum log_sink sink;
	int syslog_fd;
	bool is_socket; /* stderr */
} out = {.program = "perch", .in_fd = -1, .out_fd = -1, .syslog_fd = -1};

void
log_open(const char *program, int in_fd, int out_fd)
{
	out.program = program;
	out.in_fd = in_fd;
	out.out_fd = out_fd;
	out.sink = SINK_UNKNOWN;
}

void
log_expect_journal(const char *stream)
{
	struct slice device, inode;

	out.has_journal = stream != NULL &&
			  slice_cut(slice_of(stream), ':', &device, &inode) &&
			  slice_to_u64(device, &out.journal_device) &&
			  slice_to_u64(inode, &out.journal_inode);
	out.sink = SINK_UNKNOWN;
}

/* What it was of our parent need not be ours. */
static bool
is_journal(const struct stat *st)
{
	return out.has_journal && out.journal_device == st->st_dev &&
	       out.journal_inode == st->st_ino;
}

/* A terminal may be all three descriptors at once, and is no connection. */
static bool
is_same_file(int fd, const struct stat *other)
{
	struct stat st;

	return fd >= 0 && fd != STDERR_FILENO && fstat(fd, &st) == 0 &&
	       st.st_dev == other->st_dev && st.st_ino == other->st_ino &&
	       !S_ISCHR(st.st_mode);
}

static enum log_sink
open_sink(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "/dev/log"};
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) != 0)
		return SINK_NOWHERE;
	out.is_socket = S_ISSOCK(st.st_mode);
	if (!is_same_file(out.in_fd, &st) && !is_same_file(out.out_fd, &st))
		return is_journal(&st) ? SINK_JOURNAL : SINK_STDERR;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SINK_NOWHERE;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return SINK_NOWHERE;
	}
	out.syslog_fd = fd;
	return SINK_SYSLOG;
}

void
log_settle(void)
{
	if (out.sink == SINK_UNKNOWN)
		out.sink = open_sink();
}

int
log_descriptor(void)
{
	return out.sink == SINK_STDERR || out.sink == SINK_JOURNAL
		   ? STDERR_FILENO
		   : out.syslog_fd;
}

bool
log_has_datagrams(void)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (out.sink == SINK_SYSLOG)
		return true;
	return out.is_socket &&
	       getsockopt(STDERR_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) ==
		   0 &&
	       type == SOCK_DGRAM;
}

void
log_begin_access(struct log_line *line)
{
	/* Room for the mark of a cut line and the newline. */
	line->text = (struct buf){.data = line->storage,
				  .cap = sizeof(line->storage) - 4};
}

void
log_begin(struct log_line *line)
{
	log_begin_access(line);
	buf_add_str(&line->text, out.program);
	buf_add_str(&line->text, ": ");
}

/* Appends s with every byte that a terminal might obey made visible. */
static void
add_visible(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= 0x20 && c <= 0x7e) {
			buf_add_char(b, (char)c);
			continue;
		}
		/* All four or none: half an escape would mislead. */
		if (buf_room(b) < 4) {
			b->overflow = true;
			return;
		}
		buf_add_str(b, "\\x");
		buf_add_char(b, "0123456789abcdef"[c >> 4]);
		buf_add_char(b, "0123456789abcdef"[c & 15]);
	}
}

/*
 * A reader of the log that has stopped must not stop the server: what
 * does not go through at once is lost.
 */
static void
write_stderr(struct slice line)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	while (line.len > 0) {
		ssize_t n;

		if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
			return;
		n = write(STDERR_FILENO, line.ptr, line.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line = slice_skip(line, (size_t)n);
	}
}

static void
write_syslog(enum log_level level, struct slice line)
{
	char storage[LOG_LINE_MAX + 64];
	struct buf packet = BUF_OVER(storage);

	/* Facility 3, daemon: RFC 3164, section 4.1.1. */
	buf_add_char(&packet, '<');
	buf_add_u64(&packet, 3 * 8 + (unsigned)level);
	buf_add_char(&packet, '>');
	buf_add_str(&packet, out.program);
	buf_add_char(&packet, '[');
	buf_add_u64(&packet, (uint64_t)getpid());
	buf_add_str(&packet, "]: ");
	buf_add(&packet, line);
	send(out.syslog_fd, packet.data, packet.len,
	     MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
log_end(struct log_line *line, enum log_level level)
{
	char storage[LOG_LINE_MAX];
	struct buf visible = {.data = storage, .cap = sizeof(storage) - 4};
	struct slice text = buf_slice(&line->text);

	log_settle();
	if (out.sink == SINK_NOWHERE)
		return;
	/* sd-daemon(3). The access log has the unit's own level. */
	if (out.sink == SINK_JOURNAL && level != LOG_LEVEL_INFO) {
		buf_add_char(&visible, '<');
		buf_add_u64(&visible, (unsigned)level);
		buf_add_char(&visible, '>');
	}
	add_visible(&visible, text);
	if (line->text.overflow || visible.overflow) {
		visible.overflow = false;
		visible.cap = sizeof(storage) - 1;
		buf_add_str(&visible, "...");
	}
	if (out.sink == SINK_SYSLOG) {
		write_syslog(level, buf_slice(&visible));
		return;
	}
	visible.cap = sizeof(storage);
	buf_add_char(&visible, '\n');
	write_stderr(buf_slice(&visible));
}

void
log_message(enum log_level level, const char *text, const char *detail)
{
	struct log_line line;

	log_begin(&line);
	buf_add_str(&line.text, text);
	if (detail != NULL) {
		buf_add_str(&line.text, ": ");
		buf_add_str(&line.text, detail);
	}
	log_end(&line, level);
}

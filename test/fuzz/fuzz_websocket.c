/* SPDX-License-Identifier: ISC */
/*
 * A WebSocket's whole conversation, from a client in memory: the input is
 * two bytes of options and then the bytes of frames; the program sends back
 * what it is sent.
 *
 * Properties, beside those of struct memory_stream:
 *
 *	the output is well-formed frames, not masked, the last of them a
 *	close, unless the stream broke;
 *	its messages are the first of the client's, whole and in order, and
 *	texts among them are UTF-8;
 *	it does not hang on the pieces in which the input comes.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "conn/talk.h"
#define FRAMES_AT 2
#include "frames.h"
#include "memory_stream.h"
#include "ws/utf8.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a program of packets has its socket. */
#define PACKETS_FD 3

static char out[OUT_CAP], in[READER_CAP];
static int report_fd = STDERR_FILENO;

static void
fail(const char *what)
{
	dprintf(report_fd, "PROPERTY: %s\n", what);
	abort();
}

static struct slice
nobody(void)
{
	return SLICE("-");
}

/* An echo, which must not outlive a run. */
static pid_t
start_echo(struct cgi_program *p, bool is_packets)
{
	int pair[2], to[2], from[2], errors[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
	    pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ||
	    pipe2(errors, O_NONBLOCK | O_CLOEXEC) != 0)
		abort();
	/* This process is large: a program is cheaper than a fork of it. */
	pid = vfork();
	if (pid == 0) {
		setpgid(0, 0);
		if (is_packets)
			dup2(pair[1], PACKETS_FD);
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		if (is_packets)
			execl("examples/ws-echo", "ws-echo", (char *)NULL);
		else
			execl("build/tool/copy", "copy", (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		abort();
	close(pair[1]);
	close(to[0]);
	close(from[1]);
	close(errors[1]);
	fcntl(to[1], F_SETFL, O_NONBLOCK);
	fcntl(from[0], F_SETFL, O_NONBLOCK);
	p->joint.pid = pid;
	p->joint.errors = errors[0];
	p->is_packets = is_packets;
	p->joint.in = is_packets ? pair[0] : to[1];
	p->joint.out = is_packets ? -1 : from[0];
	if (is_packets) {
		close(to[1]);
		close(from[0]);
	} else {
		close(pair[0]);
	}
	return pid;
}

/* What a run came to: messages, and the close. */
static struct memory
talk(struct slice input, bool is_packets, bool escapes, size_t step,
     unsigned fail_at)
{
	static struct cgi_program program;
	struct websocket_limits limits = {.message_max = 1000,
					  .parts = 65536,
					  .grace_ms = 1000000,
					  .close_ms = 1000000,
					  .escapes = escapes};
	struct memory result = {0};
	struct memory_stream m;
	struct reader reader;
	struct websocket *w;

	memory_stream_init(&m, input, out);
	m.step = step;
	m.fail_at = fail_at;
	m.fail_with = IO_FAILED;
	reader_init(&reader, &m.stream, in, sizeof(in));
	start_echo(&program, is_packets);
	w = websocket_open(&limits, &program, nobody, 0);
	if (w == NULL)
		abort();
	talk_over(w, &m.stream, &reader);
	websocket_release(w);
	if (m.breach != NULL)
		fail(m.breach);
	memory_add(&result, m.output.ptr, m.output.len);
	memory_stream_free(&m);
	return result;
}

/* Pongs may come before or behind messages: appends both for themselves. */
static void
sort_frames(struct slice rest, struct memory *sorted)
{
	struct memory pongs = {0};
	bool is_closed = false;

	while (rest.len > 0) {
		const unsigned char *b = (const unsigned char *)rest.ptr;
		size_t head = 2, len;

		if (rest.len < 2 || is_closed)
			fail("half a frame, or one behind the close");
		len = b[1];
		if (len == 126 && rest.len >= 4) {
			len = (size_t)b[2] << 8 | b[3];
			head = 4;
		}
		if (len > 1000 || rest.len < head + len)
			fail("a frame that is masked, too long, or not whole");
		if (b[0] == 0x81 &&
		    !utf8_is_valid((struct slice){rest.ptr + head, len}))
			fail("a text that is not UTF-8");
		if (b[0] != 0x81 && b[0] != 0x82 && b[0] != 0x8a &&
		    b[0] != 0x88)
			fail("a frame of another kind");
		is_closed = b[0] == 0x88;
		memory_add(b[0] == 0x8a ? &pongs : sorted, rest.ptr,
			   head + len);
		rest = slice_skip(rest, head + len);
	}
	if (!is_closed)
		fail("no close");
	memory_add(sorted, pongs.ptr, pongs.len);
	free(pongs.ptr);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* stderr itself, where the log goes, is closed after this. */
	report_fd = dup(STDERR_FILENO);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = {(const char *)data, size};
	bool is_packets, escapes;
	unsigned fail_at;
	struct memory whole = {0}, pieces = {0}, got;

	if (size < 2)
		return 0;
	is_packets = data[0] & 1;
	escapes = data[0] & 2;
	fail_at = data[1];
	input = slice_skip(input, 2);
	got = talk(input, is_packets, escapes, 0, 0);
	sort_frames(memory_slice(&got), &whole);
	free(got.ptr);
	got = talk(input, is_packets, escapes, 1, 0);
	sort_frames(memory_slice(&got), &pieces);
	free(got.ptr);
	if (!slice_equal(memory_slice(&whole), memory_slice(&pieces)))
		fail("it depends on the pieces of the input");
	if (fail_at > 0) {
		got = talk(input, is_packets, escapes, data[0] & 4, fail_at);
		free(got.ptr);
	}
	free(whole.ptr);
	free(pieces.ptr);
	return 0;
}

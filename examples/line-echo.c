/* SPDX-License-Identifier: ISC */
/*
 * The second server of the course, a line protocol: "quit" is answered
 * with "Bye." and ends the connection, any other line with "Echo: LINE".
 *
 *	perch-listen 127.0.0.1:1234 -- examples/line-echo
 */
#include <stdio.h>

#include "base/clock.h"
#include "conn/fd_stream.h"
#include "conn/reader.h"

/* Bytes of a line without its newline. */
#define LINE_LEN_MAX 4096

/* A client that says nothing is not waited for for ever. */
#define IDLE_MS (300 * 1000)

/* How much more is read, and for how long, once all has been said. */
#define LINGER_MAX (64 * 1024)
#define LINGER_MS 1000

static char in[READER_CAP], out[OUT_CAP];

/* Answers one line. False if it was the last. */
static bool
answer(struct stream *s, struct slice line)
{
	struct slice word = line;

	/* telnet ends its lines in CRLF. */
	if (word.len > 0 && word.ptr[word.len - 1] == '\r')
		word.len--;
	if (slice_equal(word, SLICE("quit"))) {
		stream_write(s, SLICE("Bye.\n"));
		return false;
	}
	stream_write(s, SLICE("Echo: "));
	stream_write(s, line);
	stream_write(s, SLICE("\n"));
	return true;
}

/* A client that breaks the protocol is told, and so is the log. */
static int
refuse(struct stream *s, const char *why)
{
	stream_write(s, SLICE("Error: "));
	stream_write(s, slice_of(why));
	stream_write(s, SLICE("\n"));
	stream_linger(s, LINGER_MAX, clock_deadline(LINGER_MS));
	fprintf(stderr, "line-echo: %s\n", why);
	return 1;
}

int
main(void)
{
	struct fd_stream fds;
	struct stream *s = &fds.stream;
	struct reader reader;

	fd_stream_init(&fds, 0, 1, out, (struct stream_pace){0}, 0);
	reader_init(&reader, s, in, sizeof(in));
	for (;;) {
		struct slice bytes = reader_bytes(&reader);
		struct slice line, rest;
		bool is_whole = slice_cut(bytes, '\n', &line, &rest);
		ssize_t n;

		if (line.len > LINE_LEN_MAX)
			return refuse(s, "a line is longer than 4096 bytes");
		if (is_whole) {
			bool goes_on = answer(s, line);

			reader_take(&reader, line.len + 1);
			if (goes_on)
				continue;
			stream_linger(s, LINGER_MAX, clock_deadline(LINGER_MS));
			return s->error != 0;
		}
		n = reader_fill(&reader, clock_deadline(IDLE_MS));
		if (n < 0)
			return 1;
		if (n == 0 && bytes.len > 0)
			return refuse(s, "the last line has no newline");
		if (n == 0)
			return s->error != 0;
	}
}

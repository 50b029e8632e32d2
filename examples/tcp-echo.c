/* SPDX-License-Identifier: ISC */
/*
 * The first server of the course: what a client sends comes back, and a
 * line "q" ends the connection.
 *
 *	perch-listen 127.0.0.1:1234 -- examples/tcp-echo
 */
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "conn/fd_stream.h"
#include "conn/reader.h"

/* A client that says nothing is not waited for for ever. */
#define IDLE_MS (300 * 1000)

/* How much more is read, and for how long, once all has been said. */
#define LINGER_MAX (64 * 1024)
#define LINGER_MS 1000

static char in[READER_CAP], out[OUT_CAP];

/*
 * Looks for the end of a line "q" in bytes. line and len hold the begin of
 * a line whose end has not come yet, as far as it matters here. Returns
 * how many bytes to send back, all of them if there is no such line.
 */
static size_t
find_quit(struct slice bytes, char line[3], size_t *len, bool *quits)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.ptr[i];

		if (c != '\n') {
			/* Three are enough to see that it is not "q\r". */
			if (*len < 3)
				line[(*len)++] = c;
			continue;
		}
		*quits = (*len == 1 || (*len == 2 && line[1] == '\r')) &&
			 line[0] == 'q';
		*len = 0;
		if (*quits)
			return i + 1;
	}
	return bytes.len;
}

int
main(void)
{
	struct fd_stream fds;
	struct reader reader;
	char line[3];
	size_t len = 0;
	bool quits = false;

	fd_stream_init(&fds, 0, 1, out, (struct stream_pace){0}, 0);
	reader_init(&reader, &fds.stream, in, sizeof(in));
	while (!quits) {
		ssize_t n = reader_fill(&reader, clock_deadline(IDLE_MS));
		struct slice bytes = reader_bytes(&reader);

		if (n <= 0)
			return n < 0;
		bytes.len = find_quit(bytes, line, &len, &quits);
		stream_write(&fds.stream, bytes);
		reader_take(&reader, reader_bytes(&reader).len);
	}
	stream_linger(&fds.stream, LINGER_MAX, clock_deadline(LINGER_MS));
	return fds.stream.error != 0;
}

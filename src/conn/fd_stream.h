/* SPDX-License-Identifier: ISC */
#ifndef CONN_FD_STREAM_H
#define CONN_FD_STREAM_H

#include "conn/stream.h"

/*
 * A stream over two descriptors, which stay the caller's. They may be one
 * socket, two pipes, two files, or any of these.
 *
 * Waiting for input costs no system call of its own where it can be left
 * to SO_RCVTIMEO, which is set once. Where a deadline is nearer than that
 * time-out, or the input is no socket, it is poll. Output never blocks:
 * it is tried, and poll waits if it would.
 */
struct fd_stream {
	struct stream stream;
	enum fd_kind {
		FD_UNKNOWN,
		FD_SOCKET,
		FD_PIPE,
		FD_FILE
	} in_kind,
	    out_kind;
	int out_flags;    /* of out_fd as it was given; -1: not asked yet */
	int64_t armed_ms; /* SO_RCVTIMEO of in_fd; 0: none */
	struct stream_pace pace;

	/* The window in which the pace of the output is measured. */
	int64_t waited_ms;
	uint64_t taken_before;
};

/*
 * Sets f up over the descriptors, with out_storage of OUT_CAP bytes for
 * pending output. read_timeout_ms is the shortest time-out for reading
 * that will be usual; 0 if there is none.
 */
void fd_stream_init(struct fd_stream *f, int in_fd, int out_fd,
		    char *out_storage, struct stream_pace pace,
		    int64_t read_timeout_ms);

/*
 * The same over one connected socket whose options are already set, as
 * those of an accepted socket are that inherits its listener's:
 * SO_RCVTIMEO to read_timeout_ms, TCP_NODELAY. Makes no system call.
 */
void fd_stream_init_socket(struct fd_stream *f, int fd, char *out_storage,
			   struct stream_pace pace, int64_t read_timeout_ms);

/*
 * Sets these options on a socket: a connected one, or a listener. False if
 * reads will have no time-out.
 */
bool fd_stream_set_options(int fd, int64_t read_timeout_ms);

#endif

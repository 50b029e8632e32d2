/* SPDX-License-Identifier: ISC */
#ifndef SERVE_JOINT_H
#define SERVE_JOINT_H

#include "serve/spawn.h"

/* By which of its descriptors a program is joined with who uses it. */
enum joint_kind {
	JOINT_PIPES,   /* standard input, output and error */
	JOINT_PACKETS, /* 3: a socket of packets; output goes with errors */
	JOINT_SECRET,  /* 3: PIPE_BUF at most to read; output goes nowhere */
};

/* A program that was started, and our ends, which are the owner's to close. */
struct joint {
	pid_t pid;
	/*
	 * What we send it goes there, non-blocking: a pipe, or our end of the
	 * socket, both ways; -1: it has its standard input from elsewhere. A
	 * secret's pipe blocks.
	 */
	int in;
	int out;    /* from its standard output, non-blocking; or -1 */
	int errors; /* from its standard error */
};

/*
 * Starts s, whose descriptors are filled in. content_fd, unless it is -1,
 * becomes its standard input in the place of a pipe, and stays the caller's.
 * Returns 0, or an errno value: then nothing was started, and nothing is
 * open.
 */
int joint_start(struct joint *j, struct spawn *s, enum joint_kind kind,
		int content_fd);

/* Closes our ends. */
void joint_close(struct joint *j);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Runs a program and makes system calls of it fail, or be short, as the
 * kernel would: by ptrace(2), so that it is the program as it is built.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* In place of an error: one byte less than all, that is, one byte. */
#define FAULT_SHORT (-1)

/*
 * The at-th call of this number, from 0, and with is_lasting all after it.
 * process: 0 is the program, 1 its first child until it is another program.
 */
struct fault {
	int process;
	long number; /* -1: none */
	int at;
	int error;
	bool is_lasting;
};

#define CALLS_MAX 4096

struct call {
	int process;
	long number;
};

struct trace {
	struct call call[CALLS_MAX]; /* filled if it is not NULL */
	size_t count;
};

struct outcome {
	int status;       /* of waitpid */
	bool hangs;       /* it was killed after TRACE_SECONDS */
	bool is_injected; /* the call was made */
	int fds; /* open when it ended, beside the first three; or -1 */
	bool has_orphans; /* processes that it has left behind */
};

#define TRACE_SECONDS 15

/*
 * Starts argv with descriptors 0, 1 and 2, and waits for its end. The
 * caller's process must be a subreaper without other children. calls may
 * be NULL. follows: its children are traced as well.
 */
struct outcome trace_run(char *const *argv, const int fd[3],
			 const struct fault *fault, struct trace *calls);

#endif

/* SPDX-License-Identifier: ISC */
/* Conversations, each of which is to survive every fault of a system call. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

enum connection { BY_TCP, BY_PIPES };

#define SCENARIO_ARGS 24

struct scenario {
	const char *name;
	/* Of perch; SITE and SPOOL stand for their paths, and SELF for the
	 * file of this program. */
	const char *args[SCENARIO_ARGS];
	/* As well, for responses that are right too where something fails:
	 * each, and all of them. */
	const char *otherwise[3];
	const char *request;
	size_t request_len; /* 0: up to its NUL */
	const char *statuses;
	unsigned long heads; /* bits of the requests whose method is HEAD */
	enum connection connection;
	/* The client does not say that it will send nothing more. */
	bool is_silent;
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* Makes a site in directory, with self as its program. */
void scenario_make_site(const char *directory, const char *self);

/* What self does as a program of that site. Does not return. */
_Noreturn void scenario_program(int argc, char **argv);

#endif

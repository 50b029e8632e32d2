/* SPDX-License-Identifier: ISC */
#ifndef SERVE_SPAWN_H
#define SERVE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "serve/confine.h"

/* Descriptors 0 to 3 of a program can be handed to it. */
#define SPAWN_FDS 4

/* In the place of a descriptor: what is ours under that number stays. */
#define SPAWN_OURS (-1)

/* One setrlimit(2) of a program: soft and hard limit alike. */
struct spawn_limit {
	int resource; /* RLIMIT_CPU, ... */
	uint64_t value;
};

enum spawn_flags {
	/* Its own process group, whose number is the process's. */
	SPAWN_OWN_GROUP = 1,
	/* The kernel kills it when we die, however that comes about. What
	 * it starts itself, and what is set-user-ID, lives on. */
	SPAWN_DIES_WITH_US = 2,
	/* All signals as a fresh login has them, those that whoever started
	 * us ignores included; else those that we catch. */
	SPAWN_FRESH_SIGNALS = 4,
	/* It gets the descriptors that are named, those below them, and no
	 * other, whatever was leaked to us. */
	SPAWN_CLOSES_REST = 8,
	/* SIGTERM and the like wait until the program lets them through. */
	SPAWN_HOLDS_SIGNALS = 16,
};

/*
 * A program to be started: what CGI, WebSocket, perch-auth and the
 * launcher need. All it points to stays the caller's, and so do the
 * descriptors; the child has copies.
 */
struct spawn {
	/*
	 * The program's file: opened (O_PATH will do), or -1. It is run by
	 * descriptor, so that it is the file that was looked at. What is
	 * no machine code but a script for an interpreter cannot be run so
	 * without leaving it a descriptor: then path is, to which it may
	 * be relative, directory_fd.
	 */
	int program_fd;
	const char *path;
	int directory_fd; /* it starts there; -1: where we are */
	char *const *argv;
	char *const *environment;
	int fd[SPAWN_FDS]; /* what become its 0 to 3, or SPAWN_OURS */
	const struct spawn_limit *limit;
	size_t limit_count;
	const struct confinement *confinement; /* or NULL: none */
	unsigned flags;                        /* of enum spawn_flags */
};

/*
 * From here on programs get this limit of descriptors, soft and hard, where
 * this process has taken more for itself.
 */
void spawn_set_descriptors(uint64_t soft, uint64_t hard);

/*
 * The one place where this program starts others. By vfork, which costs
 * the same however much memory we have, and tells us whether the program
 * could be executed. Returns the process, which is the caller's to wait
 * for, or a negative errno value: then nothing was started.
 */
pid_t spawn_start(const struct spawn *s);

#endif

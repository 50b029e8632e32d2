/* SPDX-License-Identifier: ISC */
#ifndef HOST_WATCH_H
#define HOST_WATCH_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "conn/tls.h"

/* All that perch-tls reads. */
#define WATCHED_MAX (3 * TLS_CERTIFICATES_MAX + 2)

/*
 * Files that others may replace. What is looked at is what their names
 * lead to: who renews certificates changes links, or renames.
 */
struct watch {
	struct watched {
		const char *path;
		dev_t device;
		ino_t inode;
		off_t size;
		struct timespec changed;
	} file[WATCHED_MAX];
	size_t count;
	bool has_change; /* seen, and not told yet */
};

/* Adds a file, as it is now; path stays the caller's. */
void watch_add(struct watch *w, const char *path);

/*
 * Looks at all files. True once after each change, when another look has
 * found them to be as the last did: a certificate and its key are two. What
 * cannot be seen is taken for unchanged.
 */
bool watch_has_settled(struct watch *w);

#endif

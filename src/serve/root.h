/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ROOT_H
#define SERVE_ROOT_H

#include <sys/stat.h>

#include "base/buf.h"
#include "http/http.h"

/*
 * The document root: a directory, opened once. Every file is opened
 * beneath it and nowhere else, whatever links lie in it.
 */
struct root {
	int fd;
	/* The kernel lacks openat2: paths are walked part by part. */
	bool walks;
};

/* Opens directory. Returns 0, or an errno value. */
int root_open(struct root *root, const char *directory);

/*
 * Opens path, which is relative and holds no ".." part, for reading.
 * Symbolic links are followed as long as they stay beneath the root
 * (openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS); where the
 * kernel has no openat2, none is. Does not block on a FIFO. Returns a
 * descriptor that the caller closes, or a negative errno value: EXDEV or
 * ELOOP for a link that leads out.
 */
int root_open_file(struct root *root, const char *path);

/* Opens the directory path, likewise, to be a root itself. */
int root_open_directory(struct root *root, const char *path);
/*
 * What path leads to, by the same rules, but that it need not be readable.
 * Where no link is followed, one that path ends in is what it leads to.
 * Returns 0, or a negative errno value.
 */
int root_stat(struct root *root, const char *path, struct stat *st);

/*
 * The same with O_PATH: for a program to be run, which need not be
 * readable, or the directory that it starts in.
 */
int root_open_path(struct root *root, const char *path);

/*
 * Appends the absolute name that the root has now, without a slash at its
 * end. False if it is not known.
 */
bool root_add_path(const struct root *root, struct buf *out);

/*
 * What an errno value says of a file is 503 where the system has run out of
 * something, 500 where it fails otherwise, and STATUS_NONE where it is said
 * of the file: that there is none, or that it may not be had. Only then may
 * the file be taken for one that is not there.
 */
enum status root_trouble(int error);

/* True if both are of the same file, and it has not changed between them. */
bool root_is_same(const struct stat *a, const struct stat *b);

#endif

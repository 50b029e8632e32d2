/* SPDX-License-Identifier: ISC */
#ifndef HOST_OPENER_H
#define HOST_OPENER_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * A process that keeps the privileges which --user gives up, for what
 * changes while we serve: keys, and what else of TLS only root may read. It
 * opens, for reading, the files that the options have named at the start,
 * and no others; it is sent a name, and sends a descriptor back. It ends
 * with the last who can ask.
 *
 * Those are the launcher, its next images and the check of new options. Who
 * serves a connection leaves it first.
 */

/*
 * Starts it. Paths stay the caller's. Must not be called before all that
 * was leaked to us is closed. Returns 0, or an errno value.
 */
int opener_start(const char *const *paths, size_t count);

/* Uses the one of the image before, whose socket is fd; -1: there is none. */
void opener_adopt(int fd);

/* Its socket, or -1. */
int opener_fd(void);

void opener_leave(void);

/*
 * Opens path for reading, by the opener if we may not. Returns the
 * descriptor, or a negative errno value.
 */
int opener_open(const char *path);

/* Likewise stat(2). Returns 0 or an errno value. */
int opener_stat(const char *path, struct stat *st);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_DIRECTORY_H
#define SERVE_DIRECTORY_H

#include <stdalign.h>

#include "base/buf.h"
#include "base/io.h"
#include "serve/names.h"
#include "serve/root.h"

/*
 * Reads what is in a directory and can be served, in the order of names.h:
 * regular files and directories, and links that lead to such beneath the
 * root. What begins with a dot is left out.
 */
struct directory {
	int fd; /* not owned */
	struct root *root;
	struct buf path; /* of the directory, beneath the root */
	struct names names;
	bool hides_page_rules; /* it is the root of a site that has them */
	bool has_begun;

	/*
	 * What fits is sorted in one pass over the directory: 100,000 names
	 * of 25 bytes. With less, names of 255 bytes take many passes.
	 */
	alignas(uint64_t) char block[32 * 1024]; /* as the kernel gives it */
	alignas(uint64_t) char arena[4000 * 1024];
};

/* One entry; its name lives until the next. */
struct entry {
	struct name name;
	uint64_t size;
	int64_t modified; /* seconds since 1970 */
};

/*
 * Begins to read from fd, which the caller has opened and closes. path is
 * its name beneath the root, with a slash at the end or empty; names are
 * written behind it, into the rest of its buffer, and what does not fit
 * there is left out: no path can be that long.
 */
void directory_init(struct directory *d, int fd, struct root *root,
		    struct buf path);

/*
 * Reads the next entry. Returns 1, or 0 at the end, or a negative errno
 * value, also if what an entry is could not be found out. The directory may
 * change meanwhile: what is gone is left out, and what is new may be.
 */
int directory_next(struct directory *d, struct entry *entry) MUST_CHECK;

#endif

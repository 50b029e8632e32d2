/* SPDX-License-Identifier: ISC */
#ifndef CONN_GZIP_H
#define CONN_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/io.h"

/* What deflate asks for at most: a window of 32 KiB, memory level 8. */
#define GZIP_ARENA (288 * 1024)

/* Read from the source at a time. */
#define GZIP_BLOCK (16 * 1024)

/* Storage that is touched only where something is compressed. */
struct gzip_storage {
	_Alignas(ARENA_ALIGNMENT) char arena[GZIP_ARENA];
	char block[GZIP_BLOCK];
};

/*
 * The gzip coding (RFC 9110, section 8.4.1.3; RFC 1952) of another
 * source, as a source. Where that would have to wait for more, what it
 * yielded until then comes out whole first, so that a stream of events
 * passes as it happens. The state of deflate is set up when it is first
 * needed, and used again for what comes later on the connection.
 */
struct gzip {
	struct source source;
	struct source *from;
	struct gzip_storage *storage;
	struct arena arena;   /* deflate's five allocations */
	struct z_stream_s *z; /* in it too */
	bool is_ready, is_ended;
	bool holds;   /* input whose output has not all come yet */
	bool flushes; /* it is on its way */
	int level, window_bits;
};

void gzip_init(struct gzip *g, struct gzip_storage *storage);

/*
 * Begins to compress from, of which size bytes are to be expected, or any
 * number if it is UINT64_MAX, at level 1 to 9: a small source needs a
 * small window, and so less memory. False if zlib fails.
 */
bool gzip_begin(struct gzip *g, struct source *from, uint64_t size,
		int level) MUST_CHECK;

/* Reads len bytes of a file from offset; one that ends before is IO_EOF. */
struct file_source {
	struct source source;
	int fd;
	uint64_t offset, left;
};
void file_source_init(struct file_source *f, int fd, uint64_t offset,
		      uint64_t len);

#endif

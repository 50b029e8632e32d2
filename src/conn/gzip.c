/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#include "conn/gzip.h"

/* True if there is something to be had, and nothing more for now. */
static bool
must_flush(const struct gzip *g)
{
	return g->flushes || (g->holds && g->from->would_wait != NULL &&
			      g->from->would_wait(g->from));
}

/*
 * Runs deflate once. Returns false when the output must go: it is full,
 * or ended, or all that there is for now.
 */
static bool
go_on(struct gzip *g, int flush, int *error)
{
	int result = deflate(g->z, flush);

	if (result == Z_STREAM_END) {
		g->is_ended = true;
		return false;
	}
	if (result != Z_OK && result != Z_BUF_ERROR) {
		*error = IO_FAILED;
		return false;
	}
	if (flush == Z_SYNC_FLUSH) {
		g->flushes = g->z->avail_out == 0;
		g->holds = false;
		return false;
	}
	return true;
}

static bool
gzip_would_wait(struct source *self)
{
	struct gzip *g = (struct gzip *)self;

	return !g->is_ended && !g->holds && !g->flushes &&
	       g->z->avail_in == 0 && g->from->would_wait != NULL &&
	       g->from->would_wait(g->from);
}

static ssize_t
gzip_read(struct source *self, void *dst, size_t cap)
{
	struct gzip *g = (struct gzip *)self;

	if (g->is_ended)
		return 0;
	g->z->next_out = dst;
	g->z->avail_out = (uInt)(cap < UINT32_MAX ? cap : UINT32_MAX);
	while (g->z->avail_out > 0) {
		int flush = Z_NO_FLUSH, error = 0;

		if (g->z->avail_in == 0 && must_flush(g)) {
			flush = Z_SYNC_FLUSH;
		} else if (g->z->avail_in == 0) {
			ssize_t n = g->from->read(g->from, g->storage->block,
						  GZIP_BLOCK);

			if (n < 0)
				return n;
			g->z->next_in = (Bytef *)g->storage->block;
			g->z->avail_in = (uInt)n;
			g->holds = n > 0;
			if (n == 0)
				flush = Z_FINISH;
		}
		if (go_on(g, flush, &error))
			continue;
		if (error)
			return error;
		/* Nothing at all would be the end. */
		if (g->is_ended || g->z->next_out != dst)
			break;
	}
	return (ssize_t)((char *)g->z->next_out - (char *)dst);
}

void
gzip_init(struct gzip *g, struct gzip_storage *storage)
{
	*g = (struct gzip){.source = {gzip_read, gzip_would_wait},
			   .storage = storage};
}

/* The least window, of 2^9 to 2^15 bytes, that holds size bytes. */
static int
window_bits_for(uint64_t size)
{
	int bits = 9;

	while (bits < MAX_WBITS && (uint64_t)1 << bits < size)
		bits++;
	return bits;
}

bool
gzip_begin(struct gzip *g, struct source *from, uint64_t size, int level)
{
	int bits = window_bits_for(size);
	int memory = bits - 7 < 8 ? bits - 7 : 8;

	g->from = from;
	g->is_ended = g->holds = g->flushes = false;
	if (g->is_ready && bits <= g->window_bits && level == g->level)
		return deflateReset(g->z) == Z_OK;
	g->arena = ARENA_OVER(g->storage->arena);
	g->z = arena_allocate(&g->arena, 1, sizeof(*g->z));
	*g->z = (z_stream){.zalloc = arena_allocate,
			   .zfree = arena_release,
			   .opaque = &g->arena};
	g->window_bits = bits;
	g->level = level;
	/* 16 asks for the format of gzip. */
	g->is_ready = deflateInit2(g->z, level, Z_DEFLATED, bits + 16, memory,
				   Z_DEFAULT_STRATEGY) == Z_OK;
	return g->is_ready;
}

static ssize_t
file_read(struct source *self, void *dst, size_t cap)
{
	struct file_source *f = (struct file_source *)self;
	ssize_t n;

	if (f->left == 0)
		return 0;
	if (cap > f->left)
		cap = (size_t)f->left;
	do
		n = pread(f->fd, dst, cap, (off_t)f->offset);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? IO_EOF : IO_FAILED;
	f->offset += (uint64_t)n;
	f->left -= (uint64_t)n;
	return n;
}

void
file_source_init(struct file_source *f, int fd, uint64_t offset, uint64_t len)
{
	*f = (struct file_source){
	    .source.read = file_read, .fd = fd, .offset = offset, .left = len};
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "check.h"
#include "conn/gzip.h"

/* A source of blocks; behind each of them it would have to wait. */
struct blocks {
	struct source source;
	const struct slice *block;
	size_t count, at, taken;
	bool is_ready;  /* the next block is there */
	bool is_greedy; /* it never has to wait */
	unsigned waits; /* reads that had to */
};

static ssize_t
blocks_read(struct source *self, void *dst, size_t cap)
{
	struct blocks *b = (struct blocks *)self;
	struct slice rest;

	if (b->at == b->count)
		return 0;
	b->waits += !b->is_ready;
	rest = slice_skip(b->block[b->at], b->taken);
	if (rest.len > cap)
		rest.len = cap;
	memcpy(dst, rest.ptr, rest.len);
	b->taken += rest.len;
	b->is_ready = true;
	if (b->taken == b->block[b->at].len) {
		b->at++;
		b->taken = 0;
		b->is_ready = b->is_greedy;
	}
	return (ssize_t)rest.len;
}

static bool
blocks_would_wait(struct source *self)
{
	return !((struct blocks *)self)->is_ready;
}

static struct gzip_storage storage;
static struct gzip gzip;
static char text[1 << 20];
static size_t text_len;

/* Decodes what has come so far into text. */
static bool
decode(z_stream *z, char *bytes, size_t len)
{
	int result;

	z->next_in = (Bytef *)bytes;
	z->avail_in = (uInt)len;
	z->next_out = (Bytef *)text + text_len;
	z->avail_out = (uInt)(sizeof(text) - text_len);
	result = inflate(z, Z_SYNC_FLUSH);
	text_len = sizeof(text) - z->avail_out;
	return (result == Z_OK || result == Z_STREAM_END ||
		result == Z_BUF_ERROR) &&
	       z->avail_in == 0;
}

/*
 * Passes all blocks, read cap bytes at a time. True if each was there,
 * whole, before the next was waited for.
 */
static bool
passes(struct blocks *b, size_t cap)
{
	static char bytes[65536];
	size_t total = 0;
	z_stream z = {.zalloc = Z_NULL};
	bool is_good = inflateInit2(&z, 31) == Z_OK;
	ssize_t n = 1;

	text_len = 0;
	if (!gzip_begin(&gzip, &b->source, UINT64_MAX, 6))
		return false;
	while (is_good && n > 0) {
		bool must_wait = gzip.source.would_wait(&gzip.source);

		/* Only when all that was taken has come out. */
		if (must_wait) {
			total = 0;
			for (size_t i = 0; i < b->at; i++)
				total += b->block[i].len;
			is_good = text_len == total;
		}
		n = gzip.source.read(&gzip.source, bytes, cap);
		if (n > 0)
			is_good = is_good && decode(&z, bytes, (size_t)n);
	}
	total = 0;
	for (size_t i = 0; i < b->count; i++) {
		is_good =
		    is_good && total + b->block[i].len <= text_len &&
		    memcmp(text + total, b->block[i].ptr, b->block[i].len) == 0;
		total += b->block[i].len;
	}
	inflateEnd(&z);
	return is_good && n == 0 && total == text_len;
}

int
main(void)
{
	static char noise[100000];
	unsigned seed = 1;
	struct slice small[] = {SLICE("data: 1\n\n"), SLICE("data: 2\n\n"),
				SLICE("data: 3\n\n")};
	struct slice large[] = {
	    {noise, sizeof(noise)}, SLICE("x"), {noise, sizeof(noise) / 3}};
	static const size_t caps[] = {16, 100, 4096, 32768};

	for (size_t i = 0; i < sizeof(noise); i++) {
		seed = seed * 1103515245 + 12345;
		noise[i] = (char)(seed >> 16);
	}
	gzip_init(&gzip, &storage);
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct blocks b = {.source = {blocks_read, blocks_would_wait},
				   .block = small,
				   .count = 3};

		CHECK("each event comes out before the next is waited for",
		      passes(&b, caps[i]) && b.waits == 3);
		b.block = large;
		b.at = b.taken = b.waits = 0;
		CHECK("so do blocks that do not get smaller",
		      passes(&b, caps[i]) && b.waits == 3);
		b.at = b.waits = 0;
		b.is_greedy = b.is_ready = true;
		CHECK("and what is there all the time",
		      passes(&b, caps[i]) && b.waits == 0);
		b.source.would_wait = NULL;
		b.at = 0;
		CHECK("or never has to wait", passes(&b, caps[i]));
	}
	return check_done();
}

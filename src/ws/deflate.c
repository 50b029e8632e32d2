/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <string.h>
#include <zlib.h>

#include "ws/deflate.h"

/*
 * A message is compressed, brought to a byte's end by an empty block, and
 * of that block the last four bytes are cut off, which are always the same
 * (RFC 7692, section 7.2.1):
 *
 *	blocks of the message | 000 padding | 00 00 ff ff
 *	                                      not sent
 */
static const char tail[] = {0x00, 0x00, (char)0xff, (char)0xff};
#define TAIL_LEN sizeof(tail)

/*
 * deflate cannot do with a window of 2^8 bytes. But in one of 2^9 it goes
 * back by no more than 512 - 262 bytes, its longest match and what it
 * looks ahead: that keeps to 2^8 as well.
 */
#define DEFLATE_BITS_MIN 9

static uInt
clamp(size_t len)
{
	return (uInt)(len < UINT32_MAX ? len : UINT32_MAX);
}

static z_stream *
new_stream(struct arena *arena)
{
	z_stream *z = arena_allocate(arena, 1, sizeof(*z));

	if (z != NULL)
		*z = (z_stream){.zalloc = arena_allocate,
				.zfree = arena_release,
				.opaque = arena};
	return z;
}

void
deflater_init(struct deflater *d, const struct deflate_terms *terms, int level,
	      int memory_level, struct arena arena)
{
	*d = (struct deflater){
	    .arena = arena,
	    .level = level,
	    .window_bits = terms->server_bits > DEFLATE_BITS_MIN
			       ? terms->server_bits
			       : DEFLATE_BITS_MIN,
	    .memory_level = memory_level,
	    .keeps_context = !terms->server_no_context_takeover,
	};
}

static bool
begin_deflate(struct deflater *d)
{
	if (d->z != NULL)
		return true;
	d->z = new_stream(&d->arena);
	/* Less than 0 asks for no header and no checksum. */
	return d->z != NULL &&
	       deflateInit2(d->z, d->level, Z_DEFLATED, -d->window_bits,
			    d->memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
}

/* Returns how many bytes came out. There is nothing that could go wrong. */
static size_t
run_deflate(struct deflater *d, struct slice *in, int flush, void *dst,
	    size_t cap)
{
	uInt given = clamp(in->len), room = clamp(cap);
	int result;

	/* zlib does not write there. */
	d->z->next_in = (Bytef *)in->ptr;
	d->z->avail_in = given;
	d->z->next_out = dst;
	d->z->avail_out = room;
	result = deflate(d->z, flush);
	assert(result == Z_OK || result == Z_BUF_ERROR);
	*in = slice_skip(*in, given - d->z->avail_in);
	return room - d->z->avail_out;
}

/* Finds what there is before the tail, after all blocks are out. */
static void
end_message(struct deflater *d)
{
	unsigned char end[sizeof(d->rest) + TAIL_LEN + 1];
	struct slice nothing = {0};
	size_t len = run_deflate(d, &nothing, Z_SYNC_FLUSH, end, sizeof(end));

	assert(len > TAIL_LEN && len < sizeof(end) &&
	       memcmp(end + len - TAIL_LEN, tail, TAIL_LEN) == 0);
	d->rest_len = len - TAIL_LEN;
	memcpy(d->rest, end, d->rest_len);
	d->is_ending = true;
}

static size_t
take_rest(struct deflater *d, char *dst, size_t cap)
{
	size_t n = d->rest_len < cap ? d->rest_len : cap;

	memcpy(dst, d->rest, n);
	d->rest_len -= n;
	memmove(d->rest, d->rest + n, d->rest_len);
	return n;
}

ssize_t
deflater_read(struct deflater *d, struct slice *in, enum message_part part,
	      char *dst, size_t cap)
{
	size_t n = 0;

	if (d->is_ending && d->rest_len == 0) {
		if (!d->keeps_context && d->z != NULL)
			deflateReset(d->z);
		d->is_ending = d->has_input = false;
		return 0;
	}
	if (!d->is_ending && in->len == 0 && part == MESSAGE_MORE)
		return 0;
	if (!d->is_ending && in->len == 0 && !d->has_input) {
		/* An empty block, which zlib will not make twice in a row
		 * (section 7.2.3.6). */
		d->rest[0] = 0;
		d->rest_len = 1;
		d->is_ending = true;
	}
	if (!d->is_ending) {
		if (!begin_deflate(d))
			return IO_FAILED;
		d->has_input = true;
		while (n < cap && in->len > 0)
			n += run_deflate(d, in, Z_NO_FLUSH, dst + n, cap - n);
		if (part == MESSAGE_MORE || n == cap)
			return (ssize_t)n;
		n += run_deflate(d, in, Z_BLOCK, dst + n, cap - n);
		if (n == cap)
			return (ssize_t)n;
		end_message(d);
	}
	return (ssize_t)(n + take_rest(d, dst + n, cap - n));
}

void
inflater_init(struct inflater *i, const struct deflate_terms *terms,
	      uint64_t message_max, struct arena arena)
{
	*i = (struct inflater){
	    .arena = arena,
	    .window_bits = terms->client_bits,
	    .keeps_context = !terms->client_no_context_takeover,
	    .message_max = message_max,
	};
}

static bool
begin_inflate(struct inflater *i)
{
	if (i->z == NULL) {
		i->z = new_stream(&i->arena);
		if (i->z == NULL || inflateInit2(i->z, -i->window_bits) != Z_OK)
			return false;
	}
	if (!i->is_begun) {
		i->is_begun = true;
		i->left = i->message_max;
		i->tail_len = 0;
	}
	return true;
}

/*
 * Returns how many bytes came out, or an enum io_error. One byte more than
 * may come out is asked for, to see whether there is one.
 */
static ssize_t
run_inflate(struct inflater *i, struct slice *in, char *dst, size_t cap)
{
	uInt given = clamp(in->len);
	uInt room = clamp(cap <= i->left ? cap : (size_t)i->left + 1);
	uInt taken, n;
	int result;

	i->z->next_in = (Bytef *)in->ptr;
	i->z->avail_in = given;
	i->z->next_out = (Bytef *)dst;
	i->z->avail_out = room;
	result = inflate(i->z, Z_SYNC_FLUSH);
	taken = given - i->z->avail_in;
	n = room - i->z->avail_out;
	*in = slice_skip(*in, taken);
	if (n > i->left)
		return IO_TOO_LARGE;
	i->left -= n;
	if (result == Z_MEM_ERROR)
		return IO_FAILED;
	/* Bit 7: a block has ended. Bits 0 to 5: of a byte, so many bits
	 * are not used yet. */
	if (taken > 0 || n > 0)
		i->at_boundary =
		    result == Z_STREAM_END ||
		    ((i->z->data_type & 0x80) && !(i->z->data_type & 0x3f));
	/*
	 * A block with BFINAL ends a stream, but not the message, nor what
	 * later ones may refer to (section 7.2.3.4).
	 */
	if (result == Z_STREAM_END)
		result = inflateResetKeep(i->z);
	return result == Z_OK || result == Z_BUF_ERROR ? (ssize_t)n
						       : IO_INVALID;
}

ssize_t
inflater_read(struct inflater *i, struct slice *in, enum message_part part,
	      char *dst, size_t cap)
{
	struct slice rest;
	ssize_t n;

	if (!begin_inflate(i))
		return IO_FAILED;
	do {
		n = run_inflate(i, in, dst, cap);
		if (n != 0)
			return n;
	} while (in->len > 0);
	if (part == MESSAGE_MORE)
		return 0;
	while (i->tail_len < TAIL_LEN) {
		rest =
		    (struct slice){tail + i->tail_len, TAIL_LEN - i->tail_len};
		n = run_inflate(i, &rest, dst, cap);
		i->tail_len = TAIL_LEN - rest.len;
		if (n != 0)
			return n;
	}
	/* The tail was what it stands for: the end of an empty block. */
	if (!i->at_boundary)
		return IO_INVALID;
	if (!i->keeps_context && inflateReset(i->z) != Z_OK)
		return IO_FAILED;
	i->is_begun = false;
	return 0;
}

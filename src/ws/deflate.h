/* SPDX-License-Identifier: ISC */
#ifndef WS_DEFLATE_H
#define WS_DEFLATE_H

#include "base/arena.h"
#include "base/io.h"
#include "ws/extension.h"

/*
 * permessage-deflate (RFC 7692, section 7.2): messages to and from zlib's
 * raw streams, in pieces of any size on both sides. Neither direction
 * allocates; both take their memory from arenas when the first message
 * comes, and touch none before. From then on a deflater or inflater stays
 * where it is, since zlib points to it.
 */

/*
 * What they need, in bytes: for a window of 2^bits and a memory level of 1
 * to 9. 15 and 8 come to 264 KiB and 40 KiB, 12 and 5 to 40 KiB and 12.
 * zlib wants 9 bits at least to compress.
 */
#define DEFLATER_BYTES(bits, memory_level)                                     \
	(((size_t)1 << ((bits) > 9 ? (bits) + 2 : 11)) +                       \
	 ((size_t)1 << ((memory_level) + 9)) + 8 * 1024)
#define INFLATER_BYTES(bits) (((size_t)1 << (bits)) + 8 * 1024)

/* Whether more of the message follows what is given. */
enum message_part {
	MESSAGE_MORE,
	MESSAGE_LAST,
};

struct deflater {
	struct arena arena;
	struct z_stream_s *z; /* in the arena, once there is one */
	int level, window_bits, memory_level;
	bool keeps_context;

	bool has_input; /* the message is not empty so far */
	bool is_ending; /* all of it is compressed but for the rest */
	unsigned char rest[2];
	size_t rest_len;
};

/*
 * Prepares to compress under terms, at level 1 to 9 and with a memory
 * level of 1 to 9. arena has DEFLATER_BYTES for terms->server_bits, and is
 * used by nothing else.
 */
void deflater_init(struct deflater *d, const struct deflate_terms *terms,
		   int level, int memory_level, struct arena arena);

/*
 * Compresses bytes from the front of in to at most cap bytes, not 0, at
 * dst. Returns how many those are; to be called until it returns 0: then
 * all of in is consumed, and if it was the last part, the message is
 * complete and the next may begin. Or IO_FAILED: the arena is too small.
 */
MUST_CHECK ssize_t deflater_read(struct deflater *d, struct slice *in,
				 enum message_part part, char *dst, size_t cap);

struct inflater {
	struct arena arena;
	struct z_stream_s *z;
	int window_bits;
	bool keeps_context;

	uint64_t message_max, left; /* bytes that may come of the message */
	bool is_begun;
	bool at_boundary; /* between two blocks */
	size_t tail_len;  /* of what the sender cut off, so much was given */
};

/*
 * Prepares to inflate under terms messages of at most message_max bytes.
 * arena has INFLATER_BYTES for terms->client_bits, and is used by nothing
 * else.
 */
void inflater_init(struct inflater *i, const struct deflate_terms *terms,
		   uint64_t message_max, struct arena arena);

/*
 * Inflates bytes from the front of in to at most cap bytes, not 0, at dst.
 * Returns how many those are; to be called until it returns 0: then all of
 * in is consumed, and if it was the last part, the message is complete.
 * Or IO_INVALID for what is not compressed by the rules, IO_TOO_LARGE when
 * the first byte over message_max has come out, IO_FAILED: none of them
 * can be gone on from.
 */
MUST_CHECK ssize_t inflater_read(struct inflater *i, struct slice *in,
				 enum message_part part, char *dst, size_t cap);

#endif

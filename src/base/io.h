/* SPDX-License-Identifier: ISC */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

/* Functions that can fail carry this: an unread result is a bug. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Why a transfer stopped. All but the last end the connection. */
enum io_error {
	IO_EOF = -1,       /* ended early: fewer bytes than promised */
	IO_TIMEOUT = -2,   /* a deadline passed, or the rate was too low */
	IO_FAILED = -3,    /* the descriptor broke; nothing more will pass */
	IO_INVALID = -4,   /* the bytes break the framing they came in */
	IO_TOO_LARGE = -5, /* more bytes than a limit allows */
	/* Nothing now, to who asked not to wait: this one ends nothing. */
	IO_LATER = -6,
};

/*
 * A source yields bytes in order, once: a request's content, an encoder
 * in front of another source. read fills up to cap bytes of dst and
 * returns how many, 0 at the end, or an enum io_error. It may return
 * fewer than cap at any time; cap is never 0. Embedded as first member.
 */
struct source {
	ssize_t (*read)(struct source *self, void *dst, size_t cap);
	/* True if a read would have to wait; NULL if it never has to for
	 * long, or if nobody needs what has been read before that. */
	bool (*would_wait)(struct source *self);
};

#endif

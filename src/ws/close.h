/* SPDX-License-Identifier: ISC */
#ifndef WS_CLOSE_H
#define WS_CLOSE_H

#include "base/io.h"
#include "base/slice.h"

/* The status codes that we send or know of (RFC 6455, section 7.4.1). */
enum close_code {
	CLOSE_NONE = 0,
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL_ERROR = 1002,
	CLOSE_UNSUPPORTED_DATA = 1003,
	CLOSE_NO_STATUS = 1005, /* for a frame without a code; never sent */
	CLOSE_ABNORMAL = 1006,  /* for none at all; never sent either */
	CLOSE_INVALID_DATA = 1007,
	CLOSE_POLICY_VIOLATION = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL_ERROR = 1011,
};

/* What a close frame holds in bytes at most: a code and this of reason. */
#define CLOSE_REASON_MAX 123

/*
 * True if code may stand in a close frame: 1000 to 1003, 1007 to 1014,
 * which are defined or registered with IANA, and 3000 to 4999, which are
 * for libraries and applications. Not 1004, 1005, 1006 and 1015, which
 * are reserved, nor what is not defined.
 */
bool close_code_is_valid(unsigned code);

struct close {
	unsigned code;       /* CLOSE_NO_STATUS if the frame is empty */
	struct slice reason; /* UTF-8, inside the payload */

	const char *refusal;
};

/*
 * Parses the unmasked payload of a close frame (section 5.5.1). False if
 * it is malformed: then code is what to fail the connection with, and
 * refusal says why.
 */
MUST_CHECK bool close_parse(struct close *c, struct slice payload);

#endif

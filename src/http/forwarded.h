/* SPDX-License-Identifier: ISC */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "http/ip.h"
#include "http/request.h"

/* Who a request came from, as the proxies on its way have noted it. */
struct forwarded {
	bool is_known;
	struct ip address;
	uint16_t port; /* 0: not told */
};

/*
 * Finds the client in X-Forwarded-For and in Forwarded (RFC 7239), which
 * name those that a request has passed, each proxy adding at the end whom
 * it had it from. To be called only if the peer itself is trusted. The
 * client is the last that is not in trusted; everything in front of it is
 * only what it says itself. Where one on the way is not told ("unknown",
 * a name that hides it, a mistake) it is the one behind that, and unknown
 * if there is none. If all are trusted it is the first.
 *
 * A proxy that adds to one of the two fields lets the other pass, whatever
 * a client has written there: if both are there and do not name the same
 * address, the client is not known.
 */
struct forwarded forwarded_find(const struct request *req,
				const struct networks *trusted);

#endif

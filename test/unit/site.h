/* SPDX-License-Identifier: ISC */
#ifndef SITE_H
#define SITE_H

#include <stdlib.h>
#include <string.h>

#include "http/target.h"
#include "serve/pages.h"

/*
 * For the tests and fuzz targets of _redirects and _headers: the request
 * that a client makes with "/path?query", or "http://host/path?query", or
 * the same with https for one that came by TLS.
 */
static inline bool
make_request(struct page_request *req, struct slice raw, char *storage)
{
	struct target t;
	struct slice port;

	if (target_parse(&t, METHOD_GET, raw, storage) != STATUS_NONE)
		return false;
	*req = (struct page_request){.path = t.path,
				     .encoded_slash = t.encoded_slash,
				     .has_query = t.has_query,
				     .query = t.query};
	req->is_secure = slice_starts(raw, SLICE("https://"));
	return t.form != TARGET_ABSOLUTE ||
	       authority_parse(t.authority, &req->host, &port);
}

/* A copy that ends where its block of memory ends. The caller frees ptr. */
static inline struct slice
copy_exactly(struct slice s)
{
	char *block = malloc(s.len);

	if (block == NULL && s.len > 0)
		abort();
	if (s.len > 0)
		memcpy(block, s.ptr, s.len);
	return (struct slice){block, s.len};
}

#endif

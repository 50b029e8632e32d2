/* SPDX-License-Identifier: ISC */
#ifndef SERVE_LISTING_PAGE_H
#define SERVE_LISTING_PAGE_H

#include <limits.h>

#include "base/buf.h"
#include "http/escape.h"
#include "serve/directory.h"

/*
 * What a listing looks like, piece by piece: a page in HTML, or JSON. All
 * links are relative and begin with a dot, so that they hold behind a
 * proxy that takes a part of the path away, and no name is taken for a
 * scheme, a host or a query.
 */

/*
 * Room for any piece: the largest is a head, with the path twice, or with
 * one segment and the way up to it.
 */
#define LISTING_PIECE_MAX (PATH_MAX * ESCAPE_HTML_MAX + 4096)

/* What has been listed, for the last line. */
struct listing_totals {
	uint64_t directories, files, bytes;
};

/*
 * The page as far as its heading, of which the segments of the path go
 * on. path is that of the request, decoded; it ends in a slash.
 */
void listing_page_add_head(struct buf *out, struct slice path);

/*
 * Takes the next segment off rest, which is the path at first and must not
 * be empty: the root's slash, or a name with its slash. Each is a link to
 * its directory, but for the last.
 */
void listing_page_add_segment(struct buf *out, struct slice *rest);

/* What stands between the heading and the first entry. */
void listing_page_add_top(struct buf *out, struct slice path);

void listing_page_add_entry(struct buf *out, const struct entry *entry);

void listing_page_add_end(struct buf *out, const struct listing_totals *totals);

/*
 * One entry as a JSON object. name is for people, href leads there,
 * relative to the directory and byte for byte: {"name":"a b",
 * "href":"./a%20b","type":"file","size":3,"modified":"..."}. A directory
 * has no size.
 */
void listing_json_add_entry(struct buf *out, const struct entry *entry);

#endif

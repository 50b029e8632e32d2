/* SPDX-License-Identifier: ISC */
#ifndef SERVE_WILDCARD_H
#define SERVE_WILDCARD_H

#include "serve/pages.h"

/*
 * The patterns of _redirects and _headers: an absolute path, perhaps with
 * http://host or https://host in front. A ":name" in it, a letter and then
 * letters, digits and underscores, stands for one byte or more but a
 * slash, in the host but a dot. One star stands for any bytes, or none,
 * and is called "splat". No segment has two of them, so that a match needs
 * no trying back and forth. A byte that a URL encodes may stand in a
 * pattern encoded or not.
 *
 * A slash at the end of pattern or path makes no difference, as at
 * Netlify; at Cloudflare it does. So a star behind the slash of "/a/"
 * matches "/a", too.
 */

/* Names in a pattern, and in the parameters beside it. */
#define CAPTURES_MAX 16

/* What names stand for. The values point into the request. */
struct captures {
	struct capture {
		struct slice name, value;
		bool is_query; /* value is encoded as queries are */
	} capture[CAPTURES_MAX];
	size_t count;
};

/* Adds a name. NULL, or what is wrong: one too many, or one used twice. */
const char *captures_add(struct captures *captures, struct capture capture);

/* What the name stands for, or NULL. */
const struct capture *captures_find(const struct captures *captures,
				    struct slice name);

enum wildcard_scheme { SCHEME_ANY, SCHEME_HTTP, SCHEME_HTTPS };

struct wildcard {
	enum wildcard_scheme scheme;
	struct slice host; /* empty: any */
	struct slice path;
};

/*
 * Cuts text, which must stay, into pattern, and its names, without values,
 * into names. NULL, or what is wrong with it.
 */
const char *wildcard_parse(struct wildcard *pattern, struct slice text,
			   struct captures *names);

/*
 * True if pattern matches; captures then holds what its names stand for, and
 * nothing else. Hosts are compared without case, paths with it. The scheme
 * is not looked at.
 */
bool wildcard_matches(const struct wildcard *pattern,
		      const struct page_request *req,
		      struct captures *captures);

/*
 * Takes the next ":name" off s: before is what stands in front of it, name
 * is without the colon. If there is none, before is all of s, and the
 * result is false.
 */
bool wildcard_next_name(struct slice *s, struct slice *before,
			struct slice *name);

#endif

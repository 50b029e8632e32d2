/* SPDX-License-Identifier: ISC */
#ifndef SERVE_REDIRECTS_H
#define SERVE_REDIRECTS_H

#include "serve/wildcard.h"

/*
 * The file _redirects, as Netlify defines it. A rule is a line:
 *
 *	FROM [NAME=VALUE]... TO [STATUS[!]] [# comment]
 *
 *	/old/:year/:name      /archive/:year/:name
 *	/store id=:id         /blog/:id               302
 *	/news/:section        https://news.example/:section 308!
 *
 * FROM is a pattern. A rule with parameters wants each of them in the
 * query, with that value or any for a :name; others may be there too. TO
 * is a path or a URL, and what the names stand for is put in.
 *
 * STATUS is 301 by default (302 at Cloudflare). With 301, 302, 303, 307
 * and 308 TO goes out as Location, with the request's query if there are
 * neither parameters nor a query in TO. With 200, and with 400 to 599, TO
 * is a path whose file is served with that status: a rewrite. A '!' says
 * that the rule counts even where there is a file.
 *
 * Refused are what would need more than this server knows: conditions
 * behind the status (Country=, Language=, Role=, Cookie=, ...), and
 * rewrites to another host, which are the work of a proxy.
 */
struct redirect {
	struct wildcard from;
	struct slice parameters; /* words */
	struct slice to;
	int status;
	bool is_forced;
	size_t line; /* from 1 */
};

/* The rules of a file, over the caller's storage for cap of them. */
struct redirects {
	struct redirect *rule;
	size_t cap, count;
};

/*
 * Adds the rules in text, to which they point as long as they are used.
 * A line that is refused goes to errors, and does not keep the others
 * from being taken.
 */
void redirects_parse(struct redirects *redirects, struct slice text,
		     struct page_errors *errors);

/* True if the rule serves another file, instead of sending the client. */
bool redirect_is_rewrite(const struct redirect *rule);

/*
 * Finds the first rule that matches req, and writes what its TO comes to
 * over target: the value of a Location, or for a rewrite a request target
 * in origin-form, to be parsed like a client's. A rule is passed over that
 * would send a client where it is already; so "/a /a/" and a catch-all
 * with 301 end. To see that, target wants room for twice what it comes to;
 * with a host in TO it is not seen. NULL if there is no rule. target may
 * have overflowed.
 */
const struct redirect *redirects_find(const struct redirects *redirects,
				      const struct page_request *req,
				      struct buf *target);

#endif

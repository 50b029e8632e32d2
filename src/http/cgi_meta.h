/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CGI_META_H
#define HTTP_CGI_META_H

#include "base/buf.h"
#include "http/request.h"

/* What a program is told of a request, beside what stands in its head. */
struct cgi_facts {
	const struct request *req;
	const char *method;       /* HEAD is HEAD */
	struct slice query;       /* not decoded */
	struct slice script_name; /* the part of the path that it answers */
	struct slice path_info;   /* the rest, decoded; empty: none */
	struct slice script_filename;
	struct slice document_root; /* absolute, without a slash at its end */
	bool has_content_length;
	uint64_t content_length; /* bytes */
	/* Numeric, or empty where they are not known. */
	struct slice remote_address, remote_port;
	struct slice local_address, local_port;
	bool is_tls;
	struct slice request_id;
	struct slice auth_type, remote_user; /* empty: not authenticated */
	struct slice websocket_protocol;     /* empty: none */
	bool passes_authorization;           /* --cgi-auth */
	/* "NAME=VALUE": they go before what a request says. */
	const char *const *extra;
	size_t extra_count;
};

/*
 * The environment of a program, over the caller's storage: text for the
 * variables, and cap pointers to them, of which the last is NULL.
 */
struct cgi_meta {
	struct buf text;
	char **variable;
	size_t count, cap;
};

/*
 * Makes the meta-variables of RFC 3875, section 4.1, and those that have
 * become usual. A field of the request becomes HTTP_NAME, lines of the
 * same name one variable with ", " between them, and "; " for Cookie.
 * Left out are: Proxy, since HTTP_PROXY means something else to programs;
 * credentials; what frames the request, which the content is not in any
 * more; and names with anything but letters, digits and hyphens in them,
 * since two of them could become the same variable. False if storage is
 * too small.
 */
bool cgi_meta_make(struct cgi_meta *meta, const struct cgi_facts *facts);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_ACCESS_H
#define CONN_ACCESS_H

#include "http/request.h"
#include "http/response.h"

enum access_format {
	ACCESS_COMBINED,
	ACCESS_COMMON,
	ACCESS_JSON,
	ACCESS_NONE,
};

/* What the access log says of one request. */
struct access {
	struct slice remote;         /* numeric address, or "-" */
	struct slice user;           /* of --auth, or empty */
	int64_t now;                 /* seconds since 1970 */
	struct slice request_line;   /* as sent, however malformed */
	struct slice referer, agent; /* empty where there is none */
	int status;
	uint64_t content_sent; /* bytes */
	int64_t duration_us;
	uint64_t ordinal; /* on this connection, from 1 */
	bool is_redacted; /* the queries are left out: they may be secret */
};

/*
 * Writes one line: the common or combined log format with duration and
 * ordinal behind it, or an object of JSON. What the client chose is cut
 * to a bounded length and escaped.
 */
void access_log(enum access_format format, const struct access *a);

/* Says why a request of this client got the status that it got. */
void access_refuse(struct slice remote, int status, const char *why);

/*
 * Says why a response was cut short, as the client sees too: for what the
 * io_error stands, or if it is not NULL, why.
 */
void access_cut(struct slice remote, int error, const char *why);

/* Says why a WebSocket is failed, and with what code the client is told. */
void access_fail(struct slice remote, unsigned code, const char *why);

/* Says what else became of this client's connection. */
void access_note(struct slice remote, const char *what);

/*
 * --explain: what decided the response, as its handlers have noted it. Of
 * the access only the request line counts.
 */
void access_explain(const struct access *a, const struct response *res,
		    struct slice explanation);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_CONN_H
#define CONN_CONN_H

#include <limits.h>
#include <stdalign.h>

#include "conn/access.h"
#include "conn/body.h"
#include "conn/cache.h"
#include "conn/output.h"
#include "conn/websocket.h"
#include "conn/writer.h"
#include "http/proxy.h"
#include "serve/error.h"
#include "serve/exchange.h"

/* Whether a header of the PROXY protocol comes in front of the requests. */
enum proxy_use { PROXY_NEVER, PROXY_OPTIONAL, PROXY_REQUIRED };

/* Limits and time-outs of a connection; a time of 0 is none. */
struct conn_settings {
	struct head_limits head;
	struct body_limits body;
	struct stream_pace pace;
	struct relay_limits program;
	struct websocket_limits websocket;
	struct cache_limits cache;
	int64_t header_ms;         /* absolute, for a whole head */
	int64_t idle_ms;           /* between two requests */
	uint64_t max_requests;     /* on one connection, 0: any number */
	uint64_t max_proxy_header; /* bytes */
	enum proxy_use proxy;
	enum access_format access;
	bool explain, log_redact;
};

/*
 * The shortest time-out that reads of a connection have, for
 * fd_stream_set_options.
 */
int64_t conn_read_timeout(const struct conn_settings *settings);

/*
 * Where a request's fields, its path and the response's fields lie, close
 * together: each is as long as this head needs it, and those of nearly
 * all requests share a page with struct conn. A page that is touched is
 * what a short connection costs most.
 */
#define CONN_ARENA                                                             \
	(FIELDS_CAP * sizeof(struct field) + REQUEST_LINE_CAP + 2 +            \
	 RESPONSE_FIELDS_MAX)

/*
 * One client's connection. The first part lives as long as it does;
 * current belongs to the request that is served and is emptied by one
 * assignment. The storage behind it is touched only as far as it is
 * needed: an idle connection costs a few pages.
 */
struct conn {
	const struct conn_settings *settings;
	const struct site *site;
	struct root root;
	struct stream *stream;
	struct agent *agent; /* who starts programs; NULL: we do */
	int in_fd;           /* for SIGTERM while idle, or -1 */
	/* Why a client that speaks another protocol gets 400; or NULL. */
	const char *refusal;
	struct slice (*remote)(void); /* the client's address, for the log */
	/* Both ends of in_fd's connection, for programs; or NULL. */
	void (*endpoints)(int fd, struct endpoints *ends);
	/* Told of the PROXY header, unless settings->proxy says never. */
	void (*proxied)(const struct proxy_header *header);
	/* Told of each request, whose fields may say who the client is, and
	 * of NULL when it does not count any more; or NULL. */
	void (*forwarded)(const struct request *req);

	struct reader reader;
	struct writer writer;
	struct gzip gzip;
	uint64_t served;  /* requests answered */
	bool must_linger; /* the client may still be sending */
	struct kept_file kept;
	struct cache cache;

	struct conn_request {
		struct request req;
		struct response res;
		struct body body;
		struct slice head;         /* as sent */
		struct slice request_line; /* likewise, for the log */
		size_t head_lines;         /* as many fields at most */
		bool head_sent;            /* too late for another answer */
		bool has_program;          /* storage.output is in use */
		unsigned redirects;        /* of programs, so far */
		uint64_t content_sent;
		int64_t started_us;
		struct slice user; /* who has said the right password */
		struct buf explanation;
	} current;

	struct conn_storage {
		struct file_parts parts;
		alignas(struct field) char arena[CONN_ARENA];
		char in[READER_CAP];
		char out[OUT_CAP + PAGE]; /* see conn_out */
		char page[ERROR_PAGE_MAX];
		char name[PATH_MAX];
		char rewrite[EXCHANGE_REWRITE_MAX];
		struct gzip_storage gzip;
		char block[WRITER_BLOCK];
		char explanation[LOG_LINE_MAX];

		/* For programs: the one that runs, its target after a local
		 * redirect, as sent and as a path. */
		struct cgi_program program;
		struct output output;
		char location[REQUEST_LINE_CAP + 1];
		char path[REQUEST_LINE_CAP + 2];

		/* What is remembered from request to request, if anything. */
		struct hosts hosts;
		struct auth auth;
		struct page_rules page_rules;
		struct cache_storage cache;
	} storage;
};

/*
 * The OUT_CAP bytes for c's stream, at the start of a page: the answer to a
 * simple request lies on one.
 */
static inline char *
conn_out(struct conn *c)
{
	return c->storage.out + -(uintptr_t)c->storage.out % PAGE;
}

/*
 * Serves requests until either side is done, and ends the output. The
 * stream must be set up over conn_out(c). Whatever the client does is
 * no failure of ours and has no result.
 */
void conn_serve(struct conn *c);

#endif

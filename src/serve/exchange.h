/* SPDX-License-Identifier: ISC */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include <sys/stat.h>

#include "http/mime.h"
#include "http/request.h"
#include "http/response.h"
#include "serve/auth.h"
#include "serve/hosts.h"
#include "serve/page_rules.h"
#include "serve/root.h"
#include "serve/rules.h"

#define INDEX_MAX 16

/* What is served: made from the options once, the same for all requests. */
struct site {
	const char *directory;
	struct slice index[INDEX_MAX];
	size_t index_count;
	struct rules rules;
	struct mime_table mime;
	struct auth_settings auth;
	struct slice fallback;     /* --fallback, NUL-terminated, or empty */
	struct programs *programs; /* --cgi; or NULL */
	struct websockets *websockets; /* --websocket; or NULL */
	bool has_hosts;                /* --hosts */
	bool has_page_rules;           /* --pages-rules */
	bool lists;                    /* --listing */
	bool ignores_siblings;         /* --no-precompressed */
	unsigned https_port;           /* --redirect-https; 0: serve here */
	uint64_t gzip_level;           /* --gzip; 0: never on the fly */
};

/* Both ends of a connection: numeric, or empty where they are not known. */
struct endpoints {
	struct slice remote_address, remote_port;
	struct slice local_address, local_port;
	bool is_tls;
};

/*
 * The file that was served last on a connection, still open: who asks for
 * the same again, as polls and reloads do, costs two system calls less.
 * It is looked up by its name each time, and used only if that leads to
 * the same file, unchanged: never a stale byte, and no way around the
 * rules by which it was opened.
 */
struct kept_file {
	int fd; /* or -1 */
	struct stat st;
	struct slice type;
	size_t path_len; /* of the request's path; an index name follows */
	char name[128];
};

/* The parts of a file that a response has, where they are several. */
struct file_parts {
	struct ranges ranges;
	struct multipart multipart;
	char boundary[32];
	char type[MIME_TYPE_MAX + 16];
};

/* A rewritten target, and the path that is parsed from it. */
#define EXCHANGE_REWRITE_MAX (2 * REQUEST_LINE_CAP)

/*
 * One request and the response that becomes of it. A handler reads the
 * first and decides the second; it sends nothing.
 */
struct exchange {
	const struct site *site;
	struct root *root; /* of the host, once that is known */
	const struct request *req;
	/* What is served: the request's, or what a rule puts in its place. */
	const struct target *target;
	struct target rewritten;
	struct source *content;  /* of the request; empty for GET and HEAD */
	uint64_t content_length; /* or LENGTH_UNKNOWN */
	struct response *res;
	struct kept_file *kept;
	struct stat *opened; /* gets what the file was; or NULL */
	struct auth *auth;
	struct slice user; /* who has said the right password, if asked */
	struct hosts *hosts;
	struct page_rules *page_rules;
	struct file_parts *parts;
	struct cgi_program *program; /* for what a handler starts */
	struct agent *agent;         /* who starts it; NULL: we do */
	struct slice file_type;      /* what a file is of; empty: by its name */
	bool serves_hidden;          /* names that begin with a dot, too */
	bool asks_for_websocket;     /* program says who may have one */
	int in_fd;                   /* the connection, or -1 */
	void (*endpoints)(int fd, struct endpoints *ends); /* or NULL */
	int content_error;   /* the io_error that content ended with, or 0 */
	struct buf *name;    /* for that of a file: PATH_MAX bytes */
	struct buf *rewrite; /* for a target: EXCHANGE_REWRITE_MAX */
	struct buf *explanation; /* --explain, or NULL */
};

/* Adds "what: detail" to the explanation, if there is to be one. */
void exchange_explain(struct exchange *x, const char *what,
		      struct slice detail);

#endif

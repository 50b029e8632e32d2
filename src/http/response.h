/* SPDX-License-Identifier: ISC */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "http/http.h"
#include "http/range.h"

#define LENGTH_UNKNOWN UINT64_MAX

/* Where the content of a response comes from. */
enum content_kind {
	CONTENT_NONE,
	CONTENT_BYTES,  /* memory that lives as long as the response */
	CONTENT_FILE,   /* a part of a regular file */
	CONTENT_PARTS,  /* several parts of a regular file, in multipart */
	CONTENT_SOURCE, /* whatever a source yields */
	/* The program that was started says, and what its response is: it
	 * is one of the others, or an error, when it goes to the writer. */
	CONTENT_PROGRAM,
	/* None; behind the head the client and the program that was started
	 * speak another protocol. */
	CONTENT_WEBSOCKET,
};

/*
 * A response that is decided but not sent. Handlers fill it in; only
 * conn/writer turns it into bytes, so the status line, the framing and
 * HEAD are handled in one place.
 */
struct response {
	int status;
	/*
	 * Complete "Name: value\r\n" lines over the caller's storage; no
	 * framing fields, those are the writer's.
	 */
	struct buf fields;

	/*
	 * More such lines, of the site: they take the place of fields of
	 * the same name, and one without a value removes them.
	 */
	struct slice site_fields;

	enum content_kind content;
	struct slice bytes; /* CONTENT_BYTES */
	int file_fd;        /* a file's: owned; conn closes it */
	bool file_is_kept;  /* unless it will be needed again */
	uint64_t file_offset;
	const struct ranges *ranges; /* CONTENT_PARTS, with file_fd */
	const struct multipart *multipart;
	struct source *source; /* CONTENT_SOURCE */
	uint64_t length;       /* of the content, or LENGTH_UNKNOWN */
	void *memory;          /* mapped for a source: owned; conn unmaps it */
	size_t memory_len;

	/* The decoded path of what the content is, for the rules about it;
	 * empty if it is nothing but an error's page. */
	struct slice path;
	int gzip_level; /* to compress it while it is sent; 0: not */
	bool has_date;  /* in fields: the writer's are not wanted */
	bool has_server;
	bool is_raw;         /* the source yields head and all */
	bool close;          /* end the connection after this one */
	const char *refusal; /* why it is an error, for the log, or NULL */
};

/* The empty response, with its fields to be written over storage. */
void response_init(struct response *res, char *storage, size_t cap);

/*
 * Appends a field. A value that holds what no field may (CR, LF, NUL and
 * other controls) makes the fields overflow, which the writer answers
 * with 500: nothing can be smuggled into a head.
 */
void response_field(struct response *res, struct slice name,
		    struct slice value);

/* Records why the request is refused, and returns status. */
enum status response_refuse(struct response *res, enum status status,
			    const char *why);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PAGE_RULES_H
#define SERVE_PAGE_RULES_H

#include <sys/stat.h>

#include "serve/headers.h"
#include "serve/redirects.h"
#include "serve/root.h"

/* The largest _redirects or _headers that is read, bytes. */
#define PAGE_FILE_MAX (1024 * 1024)

/*
 * What all fields of _headers for one response may be long: with all else
 * of its head it fits into the pending output.
 */
#define PAGE_FIELDS_MAX (7 * 1024)

/*
 * --pages-rules: what the files _redirects and _headers in a root say. All
 * zeroes: they have not been looked at yet.
 */
struct page_rules {
	bool is_read;
	bool is_current; /* they were looked at since a connection began */
	/* The files as they were read; st_nlink 0: there was none. */
	struct stat redirects_st, headers_st;
	struct redirects redirects;
	struct headers headers;
	/* Each file's rules, and the text that they point to: mapped. */
	struct page_memory {
		void *ptr;
		size_t len;
	} redirects_memory, headers_memory;
	char fields[PAGE_FIELDS_MAX]; /* for one request */
};

/*
 * Reads the files in root, if they are not those that were read before.
 * Lines that make no sense are said in the log, with their numbers and
 * with the name of the directory if it is not empty; so is a file that is
 * there and cannot be read. Then the rules are not current, and the result
 * is the status of every response: none that they say is made without them.
 */
enum status page_rules_read(struct page_rules *pages, struct root *root,
			    const char *directory);

/*
 * Sets fields to complete "Name: value\r\n" lines for a response to req;
 * one without a value says that there shall be no such field. They are
 * valid until the next call. False if they do not fit.
 */
bool page_rules_fields(struct page_rules *pages, const struct page_request *req,
		       struct slice *fields);

/* True for the name of one of the files, which are nobody's business. */
bool page_rules_have_name(struct slice name);

#endif

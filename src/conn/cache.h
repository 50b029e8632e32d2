/* SPDX-License-Identifier: ISC */
#ifndef CONN_CACHE_H
#define CONN_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/slice.h"

/* --file-cache and --file-cache-valid. */
struct cache_limits {
	uint64_t size;    /* bytes; 0: nothing is kept */
	int64_t valid_ms; /* how long an answer may be given again */
};

/*
 * An answer from a file, whole, as it was sent. What it says was true when
 * it was decided; from until on it must be decided anew.
 */
struct cache_entry {
	int64_t until;        /* clock_ms */
	struct slice head;    /* of the request, from its line to the end */
	struct slice answer;  /* head and content, or the head alone: */
	int fd;               /* of the file that the content is in; or -1 */
	struct stat st;       /* what that file was */
	uint64_t offset, len; /* of the content in it */
	size_t date_at;       /* of the value of Date in it */
	size_t request_len;   /* of the request's line, without its end */
	struct slice referer; /* in head, for the log; or empty */
	struct slice agent;
	int status;
	uint64_t content_sent;
};

#define CACHE_ENTRIES_MAX 16

/* Touched only where a request is repeated. */
struct cache_storage {
	struct cache_entry entry[CACHE_ENTRIES_MAX];
	char bytes[FILE_CACHE_CAP];
};

/*
 * The answers that a connection may be given again, or of a large one its
 * head, and its file open. The key is the head of
 * a request, all of it: whoever sends the same bytes again on the same
 * connection means the same, whatever fields decide about the answer.
 *
 * The first request for something leaves nothing but a mark, of two bytes:
 * most things are asked for once, and are to cost neither time nor memory.
 * What is asked for again is kept.
 */
struct cache {
	struct cache_storage *storage;
	struct cache_limits limits;
	size_t used; /* of storage->bytes */
	unsigned short count, next_mark;
	uint16_t mark[CACHE_ENTRIES_MAX]; /* of the last heads; 0: none */
};

void cache_init(struct cache *cache, struct cache_storage *storage,
		struct cache_limits limits);

/*
 * The answer to the request whose head bytes begins with, or NULL. It is
 * valid until cache_keep is called.
 */
struct cache_entry *cache_find(struct cache *cache, struct slice bytes,
			       int64_t now);

/*
 * Marks the head of a request. True if it was seen before, so that its
 * answer is worth to be kept.
 */
bool cache_mark(struct cache *cache, struct slice head);

/*
 * Copies an entry, with all that it points to, in the place of what was
 * kept for its head. Where there is no room everything else goes. False if it
 * is too large; else its file is the cache's to close.
 */
bool cache_keep(struct cache *cache, const struct cache_entry *entry);

/* Forgets an entry that is not true any more. */
void cache_drop(struct cache *cache, struct cache_entry *entry);

/* Forgets all of them. */
void cache_clear(struct cache *cache);

#endif

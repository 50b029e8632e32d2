/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <unistd.h>

#include "conn/cache.h"

void
cache_init(struct cache *cache, struct cache_storage *storage,
	   struct cache_limits limits)
{
	*cache = (struct cache){.storage = storage, .limits = limits};
}

static struct cache_entry *
find_head(struct cache *cache, struct slice bytes)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct cache_entry *entry = &cache->storage->entry[i];

		/* A head ends where it ends, whatever follows it. */
		if (slice_starts(bytes, entry->head))
			return entry;
	}
	return NULL;
}

struct cache_entry *
cache_find(struct cache *cache, struct slice bytes, int64_t now)
{
	struct cache_entry *entry = find_head(cache, bytes);

	return entry != NULL && now < entry->until ? entry : NULL;
}

/*
 * Two heads may have the same mark: then one is kept the first time, which
 * is no harm. The length and the target's begin tell most apart.
 */
static uint16_t
mark_of(struct slice head)
{
	uint64_t hash = head.len, word;

	for (size_t at = 0; at + sizeof(word) <= head.len && at < 64;
	     at += sizeof(word)) {
		memcpy(&word, head.ptr + at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return (uint16_t)(hash >> 48 | 1);
}

bool
cache_mark(struct cache *cache, struct slice head)
{
	uint16_t mark;

	if (cache->limits.size == 0)
		return false;
	mark = mark_of(head);
	for (size_t i = 0; i < CACHE_ENTRIES_MAX; i++)
		if (cache->mark[i] == mark)
			return true;
	cache->mark[cache->next_mark] = mark;
	cache->next_mark =
	    (unsigned short)((cache->next_mark + 1) % CACHE_ENTRIES_MAX);
	return false;
}

static struct slice
copy(struct cache *cache, struct slice bytes)
{
	char *to = cache->storage->bytes + cache->used;

	memcpy(to, bytes.ptr, bytes.len);
	cache->used += bytes.len;
	return (struct slice){to, bytes.len};
}

/* The same part of what was copied. */
static struct slice
moved(struct slice part, struct slice from, struct slice to)
{
	if (part.len == 0)
		return part;
	return (struct slice){to.ptr + (part.ptr - from.ptr), part.len};
}

static void
close_file(const struct cache_entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
}

void
cache_drop(struct cache *cache, struct cache_entry *entry)
{
	close_file(entry);
	*entry = cache->storage->entry[--cache->count];
}

void
cache_clear(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		close_file(&cache->storage->entry[i]);
	cache->used = cache->count = 0;
}

/*
 * Takes the place of what was kept for that head; or, where there is no room,
 * of all that was kept.
 */
static struct cache_entry *
make_place(struct cache *cache, struct slice head, size_t size)
{
	struct cache_entry *old = find_head(cache, head);

	if (old != NULL)
		cache_drop(cache, old);
	if (cache->count == CACHE_ENTRIES_MAX ||
	    size > cache->limits.size - cache->used)
		cache_clear(cache);
	return &cache->storage->entry[cache->count++];
}

bool
cache_keep(struct cache *cache, const struct cache_entry *entry)
{
	size_t size = entry->head.len + entry->answer.len;
	struct cache_entry *old = find_head(cache, entry->head), *kept;
	struct slice head, answer;

	if (size > cache->limits.size)
		return false;
	/* What is decided anew is most often as long as it was before. */
	if (old != NULL && old->answer.len == entry->answer.len) {
		close_file(old);
		kept = old;
		head = old->head;
		answer = old->answer;
		memcpy((char *)answer.ptr, entry->answer.ptr, answer.len);
	} else {
		kept = make_place(cache, entry->head, size);
		head = copy(cache, entry->head);
		answer = copy(cache, entry->answer);
	}
	*kept = *entry;
	kept->head = head;
	kept->answer = answer;
	kept->referer = moved(entry->referer, entry->head, head);
	kept->agent = moved(entry->agent, entry->head, head);
	return true;
}

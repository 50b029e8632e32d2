/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check.h"
#include "conn/cache.h"

static struct cache_storage storage;

static struct cache
new_cache(uint64_t size)
{
	struct cache cache;

	memset(&storage, '!', sizeof(storage));
	cache_init(&cache, &storage, (struct cache_limits){size, 1000});
	return cache;
}

static void
keep(struct cache *cache, const char *head, const char *answer, int64_t until)
{
	struct cache_entry entry = {.until = until,
				    .head = slice_of(head),
				    .answer = slice_of(answer),
				    .fd = -1,
				    .status = 200};

	cache_keep(cache, &entry);
}

/* True if that is kept for head, and whatever follows it. */
static bool
has(struct cache *cache, const char *head, const char *answer)
{
	struct cache_entry *entry = cache_find(cache, slice_of(head), 0);

	return entry != NULL && slice_equal(entry->answer, slice_of(answer)) &&
	       slice_starts(slice_of(head), entry->head);
}

static bool
has_none(struct cache *cache, const char *head)
{
	return cache_find(cache, slice_of(head), 0) == NULL;
}

static void
check_find(void)
{
	struct cache cache = new_cache(1000);

	CHECK("nothing is found in an empty one",
	      has_none(&cache, "GET a\n\n"));
	keep(&cache, "GET a\n\n", "answer a", 10);
	keep(&cache, "GET b\n\n", "answer b", 20);
	CHECK("the first", has(&cache, "GET a\n\n", "answer a"));
	CHECK("the second", has(&cache, "GET b\n\n", "answer b"));
	CHECK("a request behind it",
	      has(&cache, "GET b\n\nGET a\n\n", "answer b"));
	CHECK("a head that is not whole yet", has_none(&cache, "GET a\n"));
	CHECK("no head at all", has_none(&cache, ""));
	CHECK("another head", has_none(&cache, "GET A\n\n"));
	CHECK("until is not in time",
	      cache_find(&cache, SLICE("GET a\n\n"), 10) == NULL);
	CHECK("before is", cache_find(&cache, SLICE("GET a\n\n"), 9) != NULL);
}

static void
check_replacement(void)
{
	struct cache cache = new_cache(1000);
	size_t used;

	keep(&cache, "a\n\n", "one", 10);
	keep(&cache, "b\n\n", "two", 10);
	used = cache.used;
	keep(&cache, "a\n\n", "six", 10);
	CHECK("as long as before: in its place", cache.used == used);
	CHECK("it is the new one", has(&cache, "a\n\n", "six"));
	keep(&cache, "a\n\n", "seven", 10);
	CHECK("longer", has(&cache, "a\n\n", "seven"));
	keep(&cache, "a\n\n", "", 10);
	CHECK("shorter", has(&cache, "a\n\n", ""));
	CHECK("the other is as it was", has(&cache, "b\n\n", "two"));
	CHECK("there are two", cache.count == 2);
}

static void
check_bounds(void)
{
	struct cache cache = new_cache(20);
	char head[] = "A\n\n";

	keep(&cache, "a\n\n", "seventeen bytes..", 10);
	CHECK("all of the size",
	      has(&cache, "a\n\n", "seventeen bytes..") && cache.used == 20);
	CHECK("and no byte behind it", storage.bytes[20] == '!');
	keep(&cache, "b\n\n", "eighteen bytes too", 10);
	CHECK("more than the size is not kept",
	      has_none(&cache, "b\n\n") &&
		  has(&cache, "a\n\n", "seventeen bytes.."));
	keep(&cache, "b\n\n", "b", 10);
	CHECK("what does not fit takes the place of all",
	      has(&cache, "b\n\n", "b") && has_none(&cache, "a\n\n") &&
		  cache.used == 4);
	/* Each leaves a gap, until there is no room. */
	for (int i = 0; i < 100; i++)
		keep(&cache, "b\n\n", i % 2 ? "odd" : "even", 10);
	CHECK("changing lengths", has(&cache, "b\n\n", "odd"));
	CHECK("stay in the size", cache.used <= 20 && storage.bytes[20] == '!');

	cache = new_cache(sizeof(storage.bytes));
	for (int i = 0; i < CACHE_ENTRIES_MAX + 1; i++) {
		keep(&cache, head, head, 10);
		CHECK("many", has(&cache, head, head));
		head[0]++;
	}
	CHECK("one too many takes the place of all", cache.count == 1);
}

static void
check_parts(void)
{
	struct cache cache = new_cache(1000);
	char head[] = "line\nReferer: r\nUser-Agent: agent\n\n";
	struct cache_entry entry = {.until = 10,
				    .head = {head, sizeof(head) - 1},
				    .answer = SLICE("answer"),
				    .referer = {head + 14, 1},
				    .agent = {head + 28, 5}};
	struct cache_entry *kept;

	cache_keep(&cache, &entry);
	memset(head, '?', sizeof(head));
	kept = cache_find(&cache,
			  SLICE("line\nReferer: r\n"
				"User-Agent: agent\n\n"),
			  0);
	CHECK("the head is a copy", kept != NULL);
	CHECK("referer lies in it",
	      kept != NULL && slice_equal(kept->referer, SLICE("r")));
	CHECK("agent lies in it",
	      kept != NULL && slice_equal(kept->agent, SLICE("agent")));
}

static void
check_marks(void)
{
	struct cache cache = new_cache(1000);
	char head[] = "GET /0 HTTP/1.1\n\n";

	CHECK("the first time", !cache_mark(&cache, slice_of(head)));
	CHECK("the second", cache_mark(&cache, slice_of(head)));
	for (int i = 1; i < CACHE_ENTRIES_MAX; i++) {
		head[5]++;
		CHECK("another", !cache_mark(&cache, slice_of(head)));
	}
	head[5] = '0';
	CHECK("after a few others", cache_mark(&cache, slice_of(head)));
	head[5] = 'z';
	CHECK("one more", !cache_mark(&cache, slice_of(head)));
	head[5] = '0';
	CHECK("the oldest is forgotten", !cache_mark(&cache, slice_of(head)));
	cache = new_cache(0);
	cache_mark(&cache, slice_of(head));
	CHECK("without memory nothing is worth it",
	      !cache_mark(&cache, slice_of(head)));
}

int
main(void)
{
	check_find();
	check_replacement();
	check_bounds();
	check_parts();
	check_marks();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/crash.h"

#define SECOND_MS 1000

static const char reason[] = "its processes have crashed";

static struct crasher *
find(const struct crashes *c, uint64_t key)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->client[i].key == key)
			return (struct crasher *)&c->client[i];
	return NULL;
}

/* The place of a new client. */
static struct crasher *
place(struct crashes *c)
{
	struct crasher *oldest = &c->client[0];

	if (c->count < CRASHES_KEPT)
		return &c->client[c->count++];
	for (size_t i = 1; i < c->count; i++)
		if (c->client[i].at < oldest->at)
			oldest = &c->client[i];
	return oldest;
}

int64_t
crash_count(struct crashes *c, uint64_t key, int64_t now)
{
	struct crasher *client = find(c, key);
	int64_t pause = c->pause_ms;

	if (pause == 0 || key == CHILDREN_NO_KEY)
		return 0;
	if (client == NULL)
		client = place(c);
	if (client->key != key || now - client->at > 2 * CRASH_PAUSE_MAX_MS)
		*client = (struct crasher){.key = key};
	client->at = now;
	if (++client->count <= CRASHES_FREE)
		return 0;
	for (unsigned i = CRASHES_FREE + 1;
	     i < client->count && pause < CRASH_PAUSE_MAX_MS; i++)
		pause *= 2;
	if (pause > CRASH_PAUSE_MAX_MS)
		pause = CRASH_PAUSE_MAX_MS;
	client->until = now + pause;
	return pause;
}

const char *
crash_why(const struct crashes *c, uint64_t key, int64_t now)
{
	const struct crasher *client = find(c, key);

	return client != NULL && now < client->until ? reason : NULL;
}

static bool
is_crash(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
	       number == SIGFPE || number == SIGABRT || number == SIGTRAP ||
	       number == SIGSYS;
}

/* "refusing 192.0.2.1 for 2 s: its processes have crashed" */
static void
tell(struct crashes *c, uint64_t key, int64_t pause, int64_t now)
{
	char storage[96];
	struct buf text = {.data = storage, .cap = sizeof(storage) - 1};

	if (pause == 0 || now - c->told_at < SECOND_MS)
		return;
	c->told_at = now;
	buf_add_str(&text, "refusing ");
	children_format(key, &text);
	buf_add_str(&text, " for ");
	/* Rounded up. */
	buf_add_u64(&text, (uint64_t)(pause + SECOND_MS - 1) / SECOND_MS);
	buf_add_str(&text, " s");
	storage[text.len] = '\0';
	log_message(LOG_LEVEL_NOTICE, storage, reason);
}

void
crash_take(struct crashes *c, struct overload *o, pid_t pid, uint64_t key,
	   int status)
{
	char storage[128];
	struct buf text = {.data = storage, .cap = sizeof(storage) - 1};
	int number = WTERMSIG(status);
	int64_t now = clock_ms();

	buf_add_str(&text, "process ");
	buf_add_u64(&text, (uint64_t)pid);
	buf_add_str(&text, " was killed by signal ");
	buf_add_u64(&text, (uint64_t)number);
	if (number == SIGSYS)
		buf_add_str(&text, ": a system call that it may not make");
	storage[text.len] = '\0';
	overload_complain(o, storage, NULL);
	if (is_crash(number))
		tell(c, key, crash_count(c, key, now), now);
}

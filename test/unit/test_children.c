/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "host/children.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct sockaddr_storage
address_of(const char *text)
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		address.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		address.ss_family = AF_INET6;
	else if (strcmp(text, "unix") == 0)
		address.ss_family = AF_UNIX;
	return address;
}

/* clang-format off */
static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
    {"192.0.2.1",		"192.0.2.1",		true},
    {"192.0.2.1",		"192.0.2.2",		false},
    {"192.0.2.1",		"1.2.0.192",		false},
    {"192.0.2.1",		"::ffff:192.0.2.1",	true},
    {"::ffff:192.0.2.1",	"::ffff:192.0.2.2",	false},
    /* a /64 is one client */
    {"2001:db8::1",		"2001:db8::2",		true},
    {"2001:db8::1",		"2001:db8::ffff:1:2:3",	true},
    {"2001:db8::1",		"2001:db8:0:1::1",	false},
    {"2001:db8::1",		"2001:db9::1",		false},
    {"::1",			"127.0.0.1",		false},
    {"::1",			"::ffff:0.0.0.0",	false},
    {"0.0.0.0",			"::",			false},
    {"::1",			"unix",			false},
    {"255.255.255.255",		"unix",			false},
    {"unix",			"unix",			true},
};
/* clang-format on */

static void
test_keys(void)
{
	struct sockaddr_storage none = address_of("unix");

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct sockaddr_storage a = address_of(pairs[i].a);
		struct sockaddr_storage b = address_of(pairs[i].b);
		char name[128];

		snprintf(name, sizeof(name), "%s and %s are %s client",
			 pairs[i].a, pairs[i].b,
			 pairs[i].same ? "one" : "not one");
		CHECK(name,
		      (children_key(&a) == children_key(&b)) == pairs[i].same);
	}
	CHECK("what has no address has no key",
	      children_key(&none) == CHILDREN_NO_KEY);
}

static struct children
table_of(size_t cap, uint64_t seed)
{
	void *storage = calloc(1, children_size(cap));
	struct children c;

	if (storage == NULL)
		abort();
	children_init(&c, storage, cap, seed);
	return c;
}

static void
test_limits(void)
{
	struct children c = table_of(3, 1);
	size_t at = 0;
	struct child child;

	CHECK("an empty table has no entry", !children_next(&c, &at, &child));
	CHECK("it removes nothing", !children_remove(&c, 10));
	CHECK("it counts nothing", children_count(&c, 7) == 0);
	CHECK("no process has the number 0", !children_add(&c, 0, 7));
	CHECK("nor a negative one", !children_add(&c, -1, 7));
	CHECK("a process is added", children_add(&c, 10, 7));
	CHECK("the same one is not added twice", !children_add(&c, 10, 8));
	CHECK("nor counted for another client", children_count(&c, 8) == 0);
	CHECK("a second of one client is", children_add(&c, 11, 7));
	CHECK("and counted", children_count(&c, 7) == 2);
	CHECK("key 0 is a key", children_add(&c, 12, 0));
	CHECK("and counted too", children_count(&c, 0) == 1);
	CHECK("a full table takes no more", !children_add(&c, 13, 7));
	CHECK("and has not changed", c.total == 3);
	CHECK("one that ended is removed", children_remove(&c, 10));
	CHECK("but once", !children_remove(&c, 10));
	CHECK("its client has one less", children_count(&c, 7) == 1);
	CHECK("and there is room again", children_add(&c, 13, 7));
	free(c.by_pid);
}

/*
 * The model: who serves whom, by the number of the process. Few numbers
 * and fewer keys, so that runs of slots form, wrap around and break up.
 */
enum { PIDS = 96, KEYS = 24, CAP = 64 };

struct model {
	bool is_there[PIDS];
	uint64_t key[PIDS];
	size_t total;
};

static size_t
model_count(const struct model *m, uint64_t key)
{
	size_t n = 0;

	for (size_t i = 0; i < PIDS; i++)
		n += m->is_there[i] && m->key[i] == key;
	return n;
}

static bool
is_alike(const struct model *m, const struct children *c)
{
	bool seen[PIDS] = {false};
	size_t at = 0, total = 0;
	struct child child;

	while (children_next(c, &at, &child)) {
		size_t i = (size_t)child.pid - 1;

		if (i >= PIDS || seen[i] || !m->is_there[i] ||
		    m->key[i] != child.key)
			return false;
		seen[i] = true;
		total++;
	}
	for (uint64_t key = 0; key < KEYS; key++)
		if (children_count(c, key) != model_count(m, key))
			return false;
	return total == m->total && c->total == m->total;
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* True if the table did the same as the model, operation by operation. */
static bool
run_at_random(uint64_t seed, size_t operations)
{
	struct children c = table_of(CAP, seed);
	struct model m = {.total = 0};
	uint64_t state = seed | 1;
	bool ok = true;

	for (size_t n = 0; n < operations && ok; n++) {
		uint64_t random = next_random(&state);
		size_t i = (size_t)(random >> 8) % PIDS;
		uint64_t key = (random >> 32) % KEYS;
		bool wanted;

		/* It fills and empties in turns. */
		if (random % 16 < (n / 2000 % 2 ? 7u : 9u)) {
			wanted = !m.is_there[i] && m.total < CAP;
			ok = children_add(&c, (pid_t)i + 1, key) == wanted;
			if (wanted) {
				m.is_there[i] = true;
				m.key[i] = key;
				m.total++;
			}
		} else {
			wanted = m.is_there[i];
			ok = children_remove(&c, (pid_t)i + 1) == wanted;
			if (wanted) {
				m.is_there[i] = false;
				m.total--;
			}
		}
		ok = ok && children_count(&c, key) == model_count(&m, key) &&
		     (n % 64 != 0 || is_alike(&m, &c));
	}
	ok = ok && is_alike(&m, &c);
	free(c.by_pid);
	return ok;
}

static void
test_format(void)
{
	static const char *const rows[][2] = {
	    {"192.0.2.1", "192.0.2.1"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
	    {"::1", "::/64"},
	    {"fe80::1", "fe80::/64"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sockaddr_storage address = address_of(rows[i][0]);
		char storage[64];
		struct buf text = BUF_OVER(storage);

		children_format(children_key(&address), &text);
		CHECK(rows[i][0],
		      slice_equal(buf_slice(&text), slice_of(rows[i][1])));
	}
}

int
main(void)
{
	test_keys();
	test_format();
	test_limits();
	CHECK("100000 operations at random do what a list would",
	      run_at_random(0x9e3779b97f4a7c15u, 100000));
	CHECK("whatever the seed is: 1", run_at_random(1, 20000));
	CHECK("whatever the seed is: 2", run_at_random(2, 20000));
	CHECK("whatever the seed is: all ones",
	      run_at_random(UINT64_MAX, 20000));
	return check_done();
}

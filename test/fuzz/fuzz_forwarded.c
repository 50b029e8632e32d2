/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/forwarded: any value that a client may send in X-Forwarded-For
 * or Forwarded, to which a trusted proxy has added who the client is. It is
 * that, whatever the client says.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* value and behind it addition, to be freed. */
static struct slice
join(struct slice value, struct slice addition)
{
	size_t cap = value.len + addition.len;
	struct buf out = {.data = malloc(cap), .cap = cap};

	hold(out.data != NULL);
	buf_add(&out, value);
	buf_add(&out, addition);
	return buf_slice(&out);
}

static struct forwarded
find(const struct field *field, size_t count)
{
	struct field copy[2] = {field[0], field[count - 1]};
	struct request req = {.head = {.field = copy, .field_count = count}};
	static struct networks trusted;

	if (trusted.count == 0)
		hold(networks_add(&trusted, SLICE("10.0.0.0/8")) == NULL);
	return forwarded_find(&req, &trusted);
}

static bool
is_client(const struct forwarded *found)
{
	struct ip client;

	hold(ip_parse(&client, SLICE("192.0.2.1")));
	return found->is_known &&
	       memcmp(&client, &found->address, sizeof(client)) == 0;
}

/* Added to the same line, and as a line of its own. */
static void
check(struct slice name, struct slice value, struct slice same,
      struct slice own)
{
	struct slice line = join(value, same);
	struct field one = {name, line};
	struct field two[] = {{name, value}, {name, own}};
	struct forwarded found = find(&one, 1);

	hold(is_client(&found));
	found = find(two, 2);
	hold(is_client(&found));
	free((char *)line.ptr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice value = {(const char *)data, len};
	struct field alone;

	check(SLICE("X-Forwarded-For"), value, SLICE(", 192.0.2.1, 10.0.0.1"),
	      SLICE("192.0.2.1"));
	check(SLICE("Forwarded"), value,
	      SLICE(", for=\"192.0.2.1:80\";proto=http, for=10.0.0.1"),
	      SLICE("for=192.0.2.1"));
	alone = (struct field){SLICE("Forwarded"), value};
	find(&alone, 1);
	return 0;
}

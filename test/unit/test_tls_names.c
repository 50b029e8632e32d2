/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conn/tls_names.h"

/* Out of order, as certificates have them. */
static struct tls_name entries[] = {
    {{"www.example.com", 15}, 1},  {{"*.example.com", 13}, 2},
    {{"example.com", 11}, 3},      {{"a.b.example.com", 15}, 4},
    {{"xn--bcher-kva.de", 16}, 5}, {{"*.b.example.com", 15}, 6},
    {{"localhost", 9}, 0},
};

/* clang-format off */
static const struct {
	const char *host;
	int value;
} finds[] = {
    {"localhost", 0},
    {"www.example.com", 1},
    {"WWW.Example.COM", 1},
    {"www.example.com.", 1},
    {"other.example.com", 2},
    {"OTHER.example.com", 2},
    {"example.com", 3},
    {"a.b.example.com", 4},
    {"x.b.example.com", 6},
    {"b.example.com", 2},
    {"xn--bcher-kva.de", 5},
    /* A star stands for one whole label, and not for none. */
    {"a.x.example.com", -1},
    {".example.com", -1},
    {"..example.com", -1},
    {"*.example.com", -1},
    {"*", -1},
    {"com", -1},
    {"", -1},
    {".", -1},
    {"example.com..", -1},
    {"www.example.co", -1},
    {"www.example.comm", -1},
    {"localhos", -1},
    {"localhosts", -1},
    {"a.localhost", -1},
};

static const struct {
	const char *name;
	bool is_valid;
} names[] = {
    {"example.com", true},
    {"*.example.com", true},
    {"*.com", true},
    {"under_score.example", true},
    {"xn--bcher-kva.de", true},
    {"a", true},
    {"", false},
    {".", false},
    {"*", false},
    {"*.", false},
    {"a.", false},
    {".a", false},
    {"a..b", false},
    {"www.*.example.com", false},
    {"w*.example.com", false},
    {"*.*.example.com", false},
    {"Example.com", false},
    {"a b", false},
    {"a/b", false},
    {"b\xc3\xbc" "cher.de", false},
};
/* clang-format on */

static void
check_lengths(void)
{
	char text[300];
	char storage[TLS_NAME_MAX];
	struct tls_names none = {0};

	memset(text, 'a', sizeof(text));
	CHECK("a label of 63", tls_name_is_valid((struct slice){text, 63}));
	CHECK("a label of 64", !tls_name_is_valid((struct slice){text, 64}));
	for (size_t i = 10; i < sizeof(text); i += 10)
		text[i] = '.';
	CHECK("a name of 255",
	      tls_name_is_valid((struct slice){text, TLS_NAME_MAX}));
	CHECK("a name of 256",
	      !tls_name_is_valid((struct slice){text, TLS_NAME_MAX + 1}));
	CHECK("a pattern of 255",
	      tls_name_pattern((struct slice){text, TLS_NAME_MAX - 1}, storage)
		      .len == TLS_NAME_MAX - 1 - 10 + 1);
	CHECK("no pattern of what is longer",
	      tls_name_pattern((struct slice){text, TLS_NAME_MAX + 1}, storage)
		      .len == 0);
	CHECK("no names",
	      tls_names_find(&none, (struct slice){text, 300}) == -1 &&
		  tls_names_find(&none, SLICE("a.b")) == -1);
}

int
main(void)
{
	struct tls_names table = {entries,
				  sizeof(entries) / sizeof(entries[0])};

	tls_names_sort(&table);
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++)
		CHECK(finds[i].host,
		      tls_names_find(&table, slice_of(finds[i].host)) ==
			  finds[i].value);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(names[i].name, tls_name_is_valid(slice_of(
					 names[i].name)) == names[i].is_valid);
	check_lengths();
	return check_done();
}

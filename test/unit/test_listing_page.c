/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/listing_page.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static char storage[LISTING_PIECE_MAX];
static struct buf out;

static struct buf *
empty(void)
{
	out = BUF_OVER(storage);
	return &out;
}

static bool
out_is(struct slice want)
{
	return !out.overflow && slice_equal(buf_slice(&out), want);
}

static bool
out_has(const char *text)
{
	return memmem(out.data, out.len, text, strlen(text)) != NULL;
}

static struct entry
make_entry(enum entry_kind kind, struct slice name, uint64_t size)
{
	return (struct entry){
	    .name = {kind, name}, .size = size, .modified = 1600000000};
}

/* Sizes for people, rounded, beside the exact ones. */
static const struct {
	uint64_t size;
	const char *exact, *rounded;
} sizes[] = {
    {0, "0 bytes", ">0 B<"},
    {1, "1 byte", ">1 B<"},
    {999, "999 bytes", ">999 B<"},
    {1023, "1023 bytes", ">1023 B<"},
    {1024, "1024 bytes", ">1.0 KiB<"},
    {1075, "1075 bytes", ">1.0 KiB<"},
    {1076, "1076 bytes", ">1.1 KiB<"},
    {1536, "1536 bytes", ">1.5 KiB<"},
    {2047, "2047 bytes", ">2.0 KiB<"},
    {10188, "10188 bytes", ">9.9 KiB<"},
    {10189, "10189 bytes", ">10 KiB<"},
    {10240, "10240 bytes", ">10 KiB<"},
    {1047552, "1047552 bytes", ">1023 KiB<"},
    {1048575, "1048575 bytes", ">1 MiB<"},
    {1048576, "1048576 bytes", ">1.0 MiB<"},
    {5368709120, "5368709120 bytes", ">5.0 GiB<"},
    {UINT64_MAX, "18446744073709551615 bytes", ">16 EiB<"},
};

static void
check_sizes(void)
{
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct entry e =
		    make_entry(ENTRY_FILE, SLICE("a"), sizes[i].size);

		listing_page_add_entry(empty(), &e);
		CHECK(sizes[i].exact,
		      out_has(sizes[i].exact) && out_has(sizes[i].rounded));
		listing_json_add_entry(empty(), &e);
		CHECK(sizes[i].exact, out_has("\"type\":\"file\",\"size\":"));
	}
}

static void
check_segments(void)
{
	struct slice rest = SLICE("/a<b/c/");

	listing_page_add_segment(empty(), &rest);
	CHECK("the root is two levels up",
	      out_is(SLICE("<a href=\"../../\">/</a>")));
	listing_page_add_segment(empty(), &rest);
	CHECK("its directory is one level up",
	      out_is(SLICE("<a href=\"../\">a&lt;b/</a>")));
	listing_page_add_segment(empty(), &rest);
	CHECK("the last one is no link", out_is(SLICE("c/")) && rest.len == 0);
	rest = SLICE("/");
	listing_page_add_segment(empty(), &rest);
	CHECK("the root alone", out_is(SLICE("/")) && rest.len == 0);
}

static void
check_entries(void)
{
	struct entry e = make_entry(ENTRY_DIRECTORY, SLICE("a&'\xff"), 4096);

	listing_json_add_entry(empty(), &e);
	CHECK("a directory in JSON",
	      out_is(SLICE("{\"name\":\"a&'\xef\xbf\xbd\","
			   "\"href\":\"./a&'%FF/\",\"type\":\"directory\","
			   "\"modified\":\"2020-09-13T12:26:40Z\"}")));
	listing_page_add_entry(empty(), &e);
	CHECK("a directory in HTML",
	      out_has("<a href=\"./a&amp;&#39;%FF/\">"
		      "<bdi>a&amp;&#39;\xef\xbf\xbd/</bdi></a>") &&
		  out_has("<td></td>") && out_has(">2020-09-13 12:26<"));
}

/* Nothing is too long for a piece. */
static void
check_room(void)
{
	static const char bytes[] = "\"'&<\x01\xff\xc2";
	static char name[NAME_LEN_MAX], path[PATH_MAX];
	bool fits = true;
	struct slice rest;

	for (const char *byte = bytes; *byte != '\0'; byte++) {
		struct entry e = make_entry(
		    ENTRY_DIRECTORY, (struct slice){name, sizeof(name)}, 0);

		memset(name, *byte, sizeof(name));
		memset(path, *byte, sizeof(path));
		path[0] = path[sizeof(path) - 1] = '/';
		listing_page_add_entry(empty(), &e);
		fits = fits && !out.overflow;
		listing_json_add_entry(empty(), &e);
		fits = fits && !out.overflow;
		rest = (struct slice){path, sizeof(path)};
		listing_page_add_head(empty(), rest);
		fits = fits && !out.overflow;
		while (rest.len > 0) {
			listing_page_add_segment(empty(), &rest);
			fits = fits && !out.overflow;
		}
	}
	for (size_t i = 1; i < sizeof(path); i += 2)
		path[i] = '/';
	rest = (struct slice){path, sizeof(path)};
	listing_page_add_segment(empty(), &rest);
	fits = fits && !out.overflow;
	CHECK("the longest names and paths fit into a piece", fits);
}

int
main(void)
{
	check_sizes();
	check_segments();
	check_entries();
	check_room();
	return check_done();
}

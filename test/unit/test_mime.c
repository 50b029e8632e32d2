/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/http.h"
#include "http/mime.h"

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * A copy in storage of just its size, so that reading past either end of
 * it is an error under AddressSanitizer. The caller frees ptr.
 */
static struct slice
copy_of(struct slice s)
{
	char *bytes = malloc(s.len);

	if (s.len > 0)
		memcpy(bytes, s.ptr, s.len);
	return (struct slice){bytes, s.len};
}

static void
test_builtin_order(void)
{
	bool sorted = true, lower = true, typed = true, found = true;
	struct mime_rule row, last = {0};
	char path[64];
	size_t i = 0;

	for (; (row = mime_builtin(i)).extension.len > 0; i++) {
		struct slice name, subtype;
		struct buf b = BUF_OVER(path);

		if (i > 0 && strcmp(last.extension.ptr, row.extension.ptr) >= 0)
			sorted = false;
		for (size_t at = 0; at < row.extension.len; at++) {
			char c = row.extension.ptr[at];

			if (c != ascii_lower(c) || c == '.' || c == '/')
				lower = false;
		}
		if (!slice_cut(row.type, '/', &name, &subtype) ||
		    !is_token(name) || !is_token(subtype) ||
		    row.type.len > MIME_TYPE_MAX)
			typed = false;
		buf_add(&b, SLICE("/dir.d/a."));
		buf_add(&b, row.extension);
		if (!slice_equal(mime_type(buf_slice(&b)), row.type))
			found = false;
		last = row;
	}
	CHECK("built-in table: sorted, nothing twice", sorted);
	CHECK("built-in table: extensions in lower case, no dots", lower);
	CHECK("built-in table: every type is token/token", typed);
	CHECK("built-in table: every extension is found", found);
	CHECK("built-in table: at least 110 extensions", i >= 110);
	CHECK("built-in table: empty row behind the last",
	      mime_builtin(i).type.len == 0 &&
		  mime_builtin((size_t)-1).type.len == 0);
}

#define OCTETS "application/octet-stream"

static void
test_type(void)
{
	const struct {
		struct slice path;
		const char *want;
	} rows[] = {
	    {SLICE("/index.html"), "text/html"},
	    {SLICE("index.htm"), "text/html"},
	    {SLICE("/a/b.c/style.css"), "text/css"},
	    {SLICE("/app.js"), "text/javascript"},
	    {SLICE("/app.mjs"), "text/javascript"},
	    {SLICE("/app.js.map"), "application/json"},
	    {SLICE("/site.webmanifest"), "application/manifest+json"},
	    {SLICE("/favicon.ico"), "image/vnd.microsoft.icon"},
	    {SLICE("/perch.svg"), "image/svg+xml"},
	    {SLICE("/perch.jxl"), "image/jxl"},
	    {SLICE("/README.md"), "text/markdown"},
	    {SLICE("/a.yml"), "application/yaml"},
	    {SLICE("/a.ts"), "video/mp2t"},
	    {SLICE("/a.woff2"), "font/woff2"},
	    {SLICE("/a.tar.gz"), "application/gzip"},
	    {SLICE("/a.7z"), "application/x-7z-compressed"},
	    {SLICE("/a.3gp"), "video/3gpp"},
	    {SLICE("/a.zst"), "application/zstd"},
	    {SLICE("/a.pptx"), "application/vnd.openxmlformats-officedocument"
			       ".presentationml.presentation"},

	    /* letters of either case */
	    {SLICE("/INDEX.HTML"), "text/html"},
	    {SLICE("/a.JpEg"), "image/jpeg"},

	    /* a dot in front begins a hidden name; behind it may be another */
	    {SLICE("/.html"), OCTETS},
	    {SLICE(".html"), OCTETS},
	    {SLICE("/dir/.css"), OCTETS},
	    {SLICE("/.well.html"), "text/html"},
	    {SLICE("/..html"), "text/html"},

	    /* no extension */
	    {SLICE("/Makefile"), OCTETS},
	    {SLICE("/html"), OCTETS},
	    {SLICE("/a.html."), OCTETS},
	    {SLICE("/a.html/"), OCTETS},
	    {SLICE("/a.html/b"), OCTETS},
	    {SLICE("/a.html/."), OCTETS},
	    {SLICE("/a.html/.."), OCTETS},
	    {SLICE("/"), OCTETS},
	    {SLICE("."), OCTETS},
	    {SLICE("..."), OCTETS},
	    {SLICE(""), OCTETS},

	    /* hostile */
	    {SLICE("/a.swf"), OCTETS},
	    {SLICE("/a.html "), OCTETS},
	    {SLICE("/a.html\t"), OCTETS},
	    {SLICE("/a.htm\0"), OCTETS},
	    {SLICE("/a.html\0.txt"), "text/plain"},
	    {SLICE("/a.txt\0.html\0"), OCTETS},
	    {SLICE("/a.\0\0\0\0"), OCTETS},
	    {SLICE("/a.webmanifes"), OCTETS},
	    {SLICE("/a.webmanifestt"), OCTETS},
	    {SLICE("/a.webmanifest\0"), OCTETS},
	    {SLICE("/a.\xc3\xa9\xff"), OCTETS},
	    {SLICE("/a.\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), OCTETS},
	    {SLICE("/a.%68tml"), OCTETS},
	    {SLICE("/a.0"), OCTETS},
	    {SLICE("/a.zzzzzzzzzzz"), OCTETS},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice path = copy_of(rows[i].path);

		CHECK(rows[i].path.ptr,
		      slice_equal(mime_type(path), slice_of(rows[i].want)));
		free((char *)path.ptr);
	}
	CHECK("CRLF behind html",
	      slice_equal(mime_type(SLICE("/a.html\r\nX: y")), SLICE(OCTETS)));
	CHECK("mime_type of the slice {NULL, 0}",
	      slice_equal(mime_type((struct slice){0}), SLICE(OCTETS)));
}

static void
test_long_path(void)
{
	static char path[100000];

	memset(path, 'a', sizeof(path));
	path[1] = '.';
	CHECK("an extension of 99998 bytes",
	      slice_equal(mime_type((struct slice){path, sizeof(path)}),
			  SLICE(OCTETS)));
	memset(path, '.', sizeof(path));
	memcpy(path + sizeof(path) - 4, "html", 4);
	CHECK("99996 dots and html",
	      slice_equal(mime_type((struct slice){path, sizeof(path)}),
			  SLICE("text/html")));
}

static void
test_add(void)
{
	const struct {
		struct slice type;
		const char *want;
	} rows[] = {
	    {SLICE("text/html"), "text/html; charset=utf-8"},
	    {SLICE("text/javascript"), "text/javascript; charset=utf-8"},
	    {SLICE("TEXT/x-own"), "TEXT/x-own; charset=utf-8"},
	    {SLICE("application/json"), "application/json"},
	    {SLICE("application/xml"), "application/xml"},
	    {SLICE("image/svg+xml"), "image/svg+xml"},
	    {SLICE("textual/plain"), "textual/plain"},
	    {SLICE("application/text"), "application/text"},
	    {SLICE("text"), "text"},
	    {SLICE(""), ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice type = copy_of(rows[i].type);
		char storage[64];
		struct buf b = BUF_OVER(storage);

		mime_add(&b, type);
		CHECK(rows[i].want,
		      !b.overflow &&
			  slice_equal(buf_slice(&b), slice_of(rows[i].want)));
		free((char *)type.ptr);
	}
}

static void
test_add_overflow(void)
{
	char storage[12];
	struct buf b = BUF_OVER(storage);

	mime_add(&b, SLICE("text/html"));
	CHECK("mime_add: no room for the charset", b.overflow);
}

#define X31 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* What the table says of path after it has parsed text. */
static void
test_table(void)
{
	const struct {
		struct slice text;
		const char *path, *want;
	} rows[] = {
	    {SLICE(""), "/a.html", "text/html"},
	    {SLICE("text/x-own own\n"), "/a.own", "text/x-own"},
	    {SLICE("text/x-own own"), "/a.own", "text/x-own"},
	    {SLICE("text/x-own own\r\n"), "/a.own", "text/x-own"},
	    {SLICE("text/x-own own\r"), "/a.own", "text/x-own"},
	    {SLICE("\r\n\r\n\ntext/x-own own\n"), "/a.own", "text/x-own"},
	    {SLICE(" \ttext/x-own \t own\t \n"), "/a.own", "text/x-own"},
	    {SLICE("text/x-own a b own c\n"), "/a.own", "text/x-own"},
	    {SLICE("# text/x-no own\ntext/x-own own\n"), "/a.own",
	     "text/x-own"},
	    {SLICE("  # blanks in front\n"), "/a.css", "text/css"},
	    {SLICE("text/x-own own # html\n"), "/a.html", "text/html"},
	    {SLICE("text/x-own own #html\n"), "/a.own", "text/x-own"},
	    {SLICE("text/x-own # own\n"), "/a.own", OCTETS},
	    {SLICE("text/x-own\n"), "/a.own", OCTETS},

	    /* before the built-in table; the last rule wins */
	    {SLICE("text/x-own html\n"), "/a.html", "text/x-own"},
	    {SLICE("text/x-own html\n"), "/a.htm", "text/html"},
	    {SLICE("a/b own\nc/d own\n"), "/a.own", "c/d"},

	    /* letters of either case; the type is kept as it is */
	    {SLICE("Text/X-Own OwN\n"), "/A.oWn", "Text/X-Own"},

	    /* the same idea of what an extension is */
	    {SLICE("a/b own\n"), "/.own", OCTETS},
	    {SLICE("a/b own\n"), "/x/.own", OCTETS},
	    {SLICE("a/b own\n"), "own", OCTETS},
	    {SLICE("a/b own\n"), "/a.own/", OCTETS},
	    {SLICE("a/b own\n"), "/a.own.", OCTETS},
	    {SLICE("a/b own\n"), "/a.own/b.css", "text/css"},
	    {SLICE("a/b own\n"), "/a.down", OCTETS},
	    {SLICE("a/b own\n"), "", OCTETS},
	    {SLICE("a/b own\n"), "/", OCTETS},

	    /* dots in an extension */
	    {SLICE("a/gz gz\na/tgz tar.gz\n"), "/a.tar.gz", "a/tgz"},
	    {SLICE("a/gz gz\na/tgz tar.gz\n"), "/a.gz", "a/gz"},
	    {SLICE("a/gz gz\na/tgz tar.gz\n"), "/.tar.gz", "a/gz"},
	    {SLICE("a/gz gz\na/tgz tar.gz\n"), "/tar.gz", "a/gz"},
	    {SLICE("a/tgz tar.gz\na/gz gz\n"), "/a.tar.gz", "a/gz"},

	    /* limits, and bytes that are allowed */
	    {SLICE("a/b x" X31 "\n"), "/a.x" X31, "a/b"},
	    {SLICE("a/b \xc3\xa9\n"), "/a.\xc3\xa9", "a/b"},
	    {SLICE("!#$%&'*+-.^_`|~9/~ c++\n"), "/a.c++", "!#$%&'*+-.^_`|~9/~"},
	};
	static struct mime_rule rules[8];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mime_table table = {.rules = rules, .cap = COUNT(rules)};
		struct slice text = copy_of(rows[i].text);
		struct slice path = copy_of(slice_of(rows[i].path));
		size_t bad_line = 0;

		CHECK(rows[i].path,
		      mime_table_parse(&table, text, &bad_line) &&
			  bad_line == 0 &&
			  slice_equal(mime_table_type(&table, path),
				      slice_of(rows[i].want)));
		free((char *)text.ptr);
		free((char *)path.ptr);
	}
}

static void
test_table_refusal(void)
{
	const struct {
		const char *name;
		struct slice text;
		size_t bad_line;
	} rows[] = {
	    {"no slash", SLICE("text own\n"), 1},
	    {"no type", SLICE("/own own\n"), 1},
	    {"no subtype", SLICE("text/ own\n"), 1},
	    {"two slashes", SLICE("text/x/y own\n"), 1},
	    {"a parameter", SLICE("text/html;charset=utf-8 own\n"), 1},
	    {"a parameter and a blank", SLICE("text/html; q=1 own\n"), 1},
	    {"two types", SLICE("text/html text/css\n"), 1},
	    {"another format", SLICE("\ntypes {\n  text/html html;\n}\n"), 2},
	    {"third line", SLICE("a/b c\n# d\nbad\na/b c\n"), 3},
	    {"last line without LF", SLICE("a/b c\n\nbad"), 3},
	    {"CR inside", SLICE("a/b c\rd\n"), 1},
	    {"two CRs", SLICE("a/b c\r\r\n"), 1},
	    {"CR inside the type", SLICE("a/b\rX:y c\n"), 1},
	    {"vertical tab", SLICE("a/b\vc\n"), 1},
	    {"form feed in an extension", SLICE("a/b c\fd\n"), 1},
	    {"NUL in the type", SLICE("a/b\0 c\n"), 1},
	    {"NUL in an extension", SLICE("a/b c\0\n"), 1},
	    {"DEL in an extension", SLICE("a/b c\177\n"), 1},
	    {"UTF-8 in the type", SLICE("a/\xc3\xa9 c\n"), 1},
	    {"byte order mark",
	     SLICE("\xef\xbb\xbf"
		   "a/b c\n"),
	     1},
	    {"slash in an extension", SLICE("a/b c /d\n"), 1},
	    {"dot before an extension", SLICE("a/b .c\n"), 1},
	    {"extension of 33", SLICE("a/b xx" X31 "\n"), 1},
	    {"nine rules of eight", SLICE("a/b 1 2 3 4\n\na/b 5 6 7 8 9\n"), 3},
	};
	static struct mime_rule rules[8];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mime_table table = {.rules = rules, .cap = COUNT(rules)};
		struct slice text = copy_of(rows[i].text);
		size_t bad_line = 0;

		CHECK(rows[i].name,
		      !mime_table_parse(&table, text, &bad_line) &&
			  bad_line == rows[i].bad_line && table.count == 0 &&
			  table.refusal != NULL);
		free((char *)text.ptr);
	}
}

static void
test_table_limits(void)
{
	static struct mime_rule rules[MIME_RULES_MAX];
	static char text[4 * (MIME_RULES_MAX + 1)];
	struct mime_table table = {.rules = rules, .cap = COUNT(rules)};
	struct mime_table none = {0};
	struct buf b = BUF_OVER(text);
	size_t bad_line = 0;

	CHECK(
	    "two files",
	    mime_table_parse(&table, SLICE("a/b own\na/b old\n"), &bad_line) &&
		mime_table_parse(&table, SLICE("c/d own\n"), &bad_line) &&
		table.count == 3 &&
		slice_equal(mime_table_type(&table, SLICE("a.old")),
			    SLICE("a/b")) &&
		slice_equal(mime_table_type(&table, SLICE("a.own")),
			    SLICE("c/d")));
	CHECK("a refused file leaves the rules before it",
	      !mime_table_parse(&table, SLICE("e/f own\nbad\n"), &bad_line) &&
		  bad_line == 2 && table.count == 3 &&
		  slice_equal(mime_table_type(&table, SLICE("a.own")),
			      SLICE("c/d")));

	table.count = 0;
	buf_add(&b, SLICE("a/b"));
	for (size_t i = 0; i < MIME_RULES_MAX; i++)
		buf_add(&b, SLICE(" x"));
	CHECK("MIME_RULES_MAX extensions in one line",
	      mime_table_parse(&table, buf_slice(&b), &bad_line) &&
		  table.count == MIME_RULES_MAX);
	buf_reset(&b);
	buf_add(&b, SLICE("a/"));
	for (size_t i = 0; i < MIME_TYPE_MAX - 2; i++)
		buf_add_char(&b, 'b');
	CHECK("a type of MIME_TYPE_MAX",
	      mime_table_parse(&none, buf_slice(&b), &bad_line));
	buf_add_char(&b, 'b');
	CHECK("a type longer than MIME_TYPE_MAX",
	      !mime_table_parse(&none, buf_slice(&b), &bad_line));
	CHECK("a table without storage",
	      mime_table_parse(&none, SLICE("# none\n"), &bad_line) &&
		  !mime_table_parse(&none, SLICE("a/b c\n"), &bad_line) &&
		  slice_equal(mime_table_type(&none, SLICE("/a.css")),
			      SLICE("text/css")));
}

int
main(void)
{
	test_builtin_order();
	test_type();
	test_long_path();
	test_add();
	test_add_overflow();
	test_table();
	test_table_refusal();
	test_table_limits();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "serve/rules.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. It lives until the second call after this one.
 */
static struct slice
exact(const char *string)
{
	static char *blocks[2];
	static size_t turn;
	size_t len = strlen(string);

	turn = !turn;
	free(blocks[turn]);
	blocks[turn] = malloc(len > 0 ? len : 1);
	if (blocks[turn] == NULL)
		abort();
	memcpy(blocks[turn], string, len);
	return (struct slice){blocks[turn], len};
}

/* clang-format off */
static const struct {
	const char *name, *pattern, *path;
	bool want;
} matches[] = {
    {"a path is itself",		"/a",		"/a",		true},
    {"and no other",			"/a",		"/b",		false},
    {"and no shorter one",		"/ab",		"/a",		false},
    {"and no longer one",		"/a",		"/ab",		false},
    {"and nothing beneath it",		"/a",		"/a/b",		false},
    {"and not itself with a slash",	"/a",		"/a/",		false},
    {"letters have a case",		"/a",		"/A",		false},
    {"a dot is a dot",			"/a.b",		"/axb",		false},
    {"a question mark is one",		"/?",		"/a",		false},
    {"brackets are brackets",		"/[ab]",	"/a",		false},
    {"a backslash is one",		"/\\*",		"/*",		false},
    {"an empty path",			"/a",		"",		false},
    {"an empty pattern",		"",		"/a",		false},

    {"the root is everything",		"/",		"/",		true},
    {"a file beneath it",		"/",		"/a",		true},
    {"whatever its depth",		"/",		"/a/b/c",	true},
    {"a slash is everything beneath",	"/a/",		"/a/b",		true},
    {"whatever the depth",		"/a/",		"/a/b/c/",	true},
    {"and itself",			"/a/",		"/a/",		true},
    {"but not without its slash",	"/a/",		"/a",		false},
    {"nor what begins like it",		"/a/",		"/ab",		false},
    {"nor beneath that",		"/a/",		"/ab/c",	false},
    {"nor deeper down",			"/a/",		"/b/a/c",	false},

    {"a star is a name",		"/*",		"/a",		true},
    {"of any length",			"/*",		"/abcdefgh",	true},
    {"even 0",				"/*",		"/",		true},
    {"but of one segment",		"/*",		"/a/",		false},
    {"not of two",			"/*",		"/a/b",		false},
    {"a star matches a star",		"/*",		"/*",		true},
    {"a star in front",			"/*.txt",	"/a.txt",	true},
    {"a star in front of nothing",	"/*.txt",	"/.txt",	true},
    {"of the last of two",		"/*.txt",	"/a.txt.txt",	true},
    {"not behind the end",		"/*.txt",	"/a.txt.gz",	false},
    {"a star does not cross",		"/*.txt",	"/a/b.txt",	false},
    {"a star behind",			"/a*",		"/abc",		true},
    {"a star behind nothing",		"/a*",		"/a",		true},
    {"a star behind does not cross",	"/a*",		"/abc/d",	false},
    {"a star between",			"/a*z",		"/abcz",	true},
    {"a star between nothing",		"/a*z",		"/az",		true},
    {"a star does not overlap",		"/aa*aa",	"/aaa",		false},
    {"a star between does not cross",	"/a*z",		"/ab/cz",	false},
    {"a segment of one star",		"/a/*/c",	"/a/b/c",	true},
    {"an empty segment",		"/a/*/c",	"/a//c",	true},
    {"two segments for it",		"/a/*/c",	"/a/b/b/c",	false},
    {"none for it",			"/a/*/c",	"/a/c",		false},
    {"two stars together",		"/**",		"/abc",		true},
    {"do not cross either",		"/**",		"/a/b",		false},
    {"two stars in a segment",		"/*b*",		"/abc",		true},
    {"two stars around nothing",	"/*b*",		"/b",		true},
    {"two stars around no such letter",	"/*b*",		"/acd",		false},
    {"the letter is a segment later",	"/*b*",		"/a/b",		false},
    {"the first star must take more",	"/*ab",		"/aab",		true},
    {"the last star must take more",	"/*a*ab",	"/aaab",	true},
    {"three stars",			"/*a*b*c",	"/xaxbxc",	true},
    {"three stars, in no other order",	"/*a*b*c",	"/xbxaxc",	false},
    {"stars in two segments",		"/*/*",		"/a/b",		true},
    {"stars in one segment too few",	"/*/*",		"/a",		false},
    {"stars in one segment too many",	"/*/*",		"/a/b/c",	false},
    {"a failed star in the second",	"/a*b/c*d",	"/axb/cxe",	false},
    {"a star gone back to in the second", "/a*b/c*d",	"/axbxb/cxdxd",	true},

    {"a star and everything beneath",	"/*/",		"/a/b/c",	true},
    {"and itself",			"/*/",		"/a/",		true},
    {"but not without its slash",	"/*/",		"/a",		false},
    {"a name beneath a star",		"/*/b/",	"/a/b/c",	true},
    {"another name beneath a star",	"/*/b/",	"/a/c/b/",	false},
    {"a star that ends in a slash",	"/a*/",		"/abc/d",	true},
    {"a star that must go on to it",	"/*a/",		"/aba/d",	true},
    {"a star in a prefix that fails",	"/*a/",		"/abb/a/d",	false},

    {"bytes above ASCII",		"/\xc3\xbc*",	"/\xc3\xbc\xff", true},
    {"two of them differ",		"/\xc3\xbc",	"/\xc3\xbd",	false},
};

static const struct {
	const char *name, *text;
	const char *error; /* a word of it, or NULL */
} headers[] = {
    {"a rule",				"/ A: b",		NULL},
    {"more blanks than needed",		"  /\t \tA:\t b  ",	NULL},
    {"no blank behind the colon",	"/ A:b",		NULL},
    {"an empty value",			"/ A:",			NULL},
    {"a blank one",			"/ A: \t",		NULL},
    {"a value with blanks and colons",	"/ A: b: c  d",		NULL},
    {"a value above ASCII",		"/ A: \xc3\xbc",	NULL},
    {"a tab in a value",		"/ A: b\tc",		NULL},
    {"a name of odd characters",	"/ !#$%&'*+-.^_`|~: b",	NULL},
    {"Server may be set",		"/ Server: b",		NULL},
    {"Content-Type may be set",		"/ Content-Type: b",	NULL},
    {"Location may be set",		"/ Location: b",	NULL},

    {"nothing",				"",			"slash"},
    {"blanks",				" \t ",			"slash"},
    {"no pattern",			"A: b",			"slash"},
    {"a pattern without a slash",	"a A: b",		"slash"},
    {"a pattern that begins with a star", "* A: b",		"slash"},
    {"a pattern alone",			"/",			"colon"},
    {"no colon",			"/ A b",		"colon"},
    {"no name",				"/ : b",		"token"},
    {"a blank in front of the colon",	"/ A : b",		"token"},
    {"a name of two words",		"/ A B: b",		"token"},
    {"a quote in a name",		"/ A\": b",		"token"},
    {"a control character in a name",	"/ A\r: b",		"token"},
    {"a byte above ASCII in a name",	"/ \xc3\xbc: b",	"token"},
    {"CR in a value",			"/ A: b\rc",		"control"},
    {"LF in a value",			"/ A: b\nc",		"control"},
    {"CRLF and a field",		"/ A: b\r\nC: d",	"control"},
    {"CR at the end",			"/ A: b\r",		"control"},
    {"DEL in a value",			"/ A: \x7f",		"control"},
    {"another control character",	"/ A: \x01",		"control"},

    {"Connection",			"/ Connection: close",	"server"},
    {"Content-Length",			"/ Content-Length: 1",	"server"},
    {"Content-Range",			"/ Content-Range: x",	"server"},
    {"Date",				"/ Date: x",		"server"},
    {"Keep-Alive",			"/ Keep-Alive: x",	"server"},
    {"Trailer",				"/ Trailer: x",		"server"},
    {"Transfer-Encoding",		"/ Transfer-Encoding: x", "server"},
    {"Upgrade",				"/ Upgrade: x",		"server"},
    {"in whatever case",		"/ CONTENT-length: 1",	"server"},
    {"nor can they be removed",		"/ Content-Length:",	"server"},
    {"longer names are others",		"/ Content-Length-X: 1", NULL},
};
/* clang-format on */

/* clang-format off */
/* What a pattern takes of a path that may go on behind it; -1: no match. */
static const struct {
	const char *pattern, *path;
	int matched;
} starts[] = {
    {"/a",	"/a",		2},
    {"/a",	"/a/b",		2},
    {"/a",	"/a/",		2},
    {"/a",	"/ab",		-1},
    {"/a",	"/",		-1},
    {"/a/",	"/a/b/c",	3},
    {"/a/",	"/a/",		3},
    {"/a/",	"/a",		-1},
    {"/",	"/a",		1},
    {"/*.cgi",	"/a.cgi",	6},
    {"/*.cgi",	"/a.cgi/b",	6},
    {"/*.cgi",	"/a.cgi.cgi/b",	10},
    {"/*.cgi",	"/a.cgix/b",	-1},
    {"/*.cgi",	"/a/b.cgi",	-1},
    {"/*/x",	"/a/x/y",	4},
};
/* clang-format on */

static void
check_starts(void)
{
	for (size_t i = 0; i < COUNT(starts); i++) {
		size_t matched = 0;
		bool is_match = pattern_matches_start(
		    exact(starts[i].pattern), exact(starts[i].path), &matched);

		CHECK(starts[i].path,
		      is_match == (starts[i].matched >= 0) &&
			  (!is_match || (int)matched == starts[i].matched));
	}
}

static void
check_patterns(void)
{
	static const char *const invalid[] = {"", "a", "*", " /", "a/b"};
	static const char *const valid[] = {"/", "/*", "//", "/a b", "/**/"};

	for (size_t i = 0; i < COUNT(matches); i++)
		CHECK(matches[i].name,
		      pattern_matches(exact(matches[i].pattern),
				      exact(matches[i].path)) ==
			  matches[i].want);
	for (size_t i = 0; i < COUNT(invalid); i++)
		CHECK("a pattern that does not begin with a slash",
		      !pattern_is_valid(exact(invalid[i])));
	for (size_t i = 0; i < COUNT(valid); i++)
		CHECK(valid[i], pattern_is_valid(exact(valid[i])));
}

/* The definition, which takes for ever where there are many stars. */
static bool
matches_slowly(struct slice pattern, struct slice path, bool is_prefix)
{
	struct slice rest;

	if (pattern.len == 0)
		return path.len == 0 || is_prefix;
	rest = slice_skip(pattern, 1);
	if (pattern.ptr[0] != '*')
		return path.len > 0 && path.ptr[0] == pattern.ptr[0] &&
		       matches_slowly(rest, slice_skip(path, 1), is_prefix);
	return matches_slowly(rest, path, is_prefix) ||
	       (path.len > 0 && path.ptr[0] != '/' &&
		matches_slowly(pattern, slice_skip(path, 1), is_prefix));
}

/* Writes the number n in so many digits of the alphabet. */
static struct slice
spell(char *text, size_t n, size_t len, const char *alphabet)
{
	size_t base = strlen(alphabet);

	text[0] = '/';
	for (size_t i = 1; i <= len; i++) {
		text[i] = alphabet[n % base];
		n /= base;
	}
	return (struct slice){text, len + 1};
}

/* All patterns of three bytes to five of "a", star and slash. */
static void
check_all_small(void)
{
	static const char letters[] = "a/*", path_letters[] = "ab/";
	char pattern_text[8], path_text[8];
	bool is_same = true;

	for (size_t n = 0; n < 3 * 3 * 3 * 3 * 3 * 3; n++) {
		for (size_t m = 0; m < 3 * 3 * 3 * 3 * 3 * 3; m++) {
			struct slice pattern =
			    spell(pattern_text, n / 3, n % 3 + 3, letters);
			struct slice path =
			    spell(path_text, m / 3, m % 3 + 3, path_letters);
			bool is_prefix = pattern.ptr[pattern.len - 1] == '/';

			if (pattern_matches(pattern, path) !=
			    matches_slowly(pattern, path, is_prefix))
				is_same = false;
		}
	}
	CHECK("all small patterns do what the definition says", is_same);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
check_time(void)
{
	static char pattern[1 + 60 * 2 + 1], path[1 + 4096];
	struct slice p = {pattern, sizeof(pattern)}, s = {path, sizeof(path)};
	bool is_match, fails, fails_later;
	int64_t begin = now_us();

	pattern[0] = path[0] = '/';
	for (size_t i = 0; i < 60; i++) {
		pattern[1 + 2 * i] = '*';
		pattern[2 + 2 * i] = 'a';
	}
	memset(path + 1, 'a', sizeof(path) - 1);
	p.len--;
	is_match = pattern_matches(p, s);
	p.len++;
	pattern[sizeof(pattern) - 1] = 'b';
	fails = !pattern_matches(p, s);
	path[sizeof(path) - 1] = '/';
	fails_later = !pattern_matches(p, s);
	CHECK("60 stars and 4096 bytes", is_match && fails && fails_later);
	/* Sanitizers make it slow, not exponential. */
	CHECK("take milliseconds", now_us() - begin < 50000);
}

static void
check_headers(void)
{
	for (size_t i = 0; i < COUNT(headers); i++) {
		static struct rules rules;
		const char *error, *want = headers[i].error;

		rules = (struct rules){0};
		error = rules_add_header(&rules, exact(headers[i].text));
		CHECK(headers[i].name,
		      want == NULL
			  ? error == NULL && rules.header_count == 1
			  : error != NULL && strstr(error, want) != NULL &&
				rules.header_count == 0);
	}
}

static const char *
add(struct rules *rules, const char *text)
{
	return rules_add_header(rules, slice_of(text));
}

/* True if field has that value for path; NULL: no rule is for it. */
static bool
is_set(const struct rules *rules, const char *path, const char *field,
       const char *value)
{
	const struct header_rule *rule =
	    rules_find_header(rules, exact(path), exact(field));

	if (rule == NULL || value == NULL)
		return rule == NULL && value == NULL;
	return slice_equal(rule->value, slice_of(value));
}

static void
check_find(void)
{
	static struct rules rules;

	CHECK("no rules", is_set(&rules, "/", "A", NULL));
	add(&rules, "/ A: all");
	add(&rules, "/b/ A:  beneath b ");
	add(&rules, "/*.txt A: text");
	add(&rules, "/b/c A:");
	add(&rules, "/b/ B: other");
	add(&rules, "/b/d A: first");
	add(&rules, "/b/d a: second");
	CHECK("a rule for all", is_set(&rules, "/x", "A", "all"));
	CHECK("another name", is_set(&rules, "/x", "C", NULL));
	CHECK("the begin of a name", is_set(&rules, "/x", "", NULL));
	CHECK("a name in whatever case", is_set(&rules, "/x", "a", "all"));
	CHECK("the last that matches counts",
	      is_set(&rules, "/b/x", "A", "beneath b"));
	CHECK("whatever stands behind it",
	      is_set(&rules, "/x.txt", "A", "text"));
	CHECK("not one that does not match",
	      is_set(&rules, "/x.txt/y", "A", "all"));
	CHECK("nor one for another name", is_set(&rules, "/b/x", "B", "other"));
	CHECK("an empty value counts", is_set(&rules, "/b/c", "A", ""));
	CHECK("two for the same", is_set(&rules, "/b/d", "A", "second"));
	CHECK("who has no path goes by /", is_set(&rules, "", "A", "all"));
	rules.header_count = 0;
	add(&rules, "/a A: b");
	CHECK("which is no other", is_set(&rules, "", "A", NULL));
}

static void
check_echo(void)
{
	static struct rules rules;
	bool is_none = !rules_echo(&rules, SLICE("/"));

	CHECK("no echo", is_none);
	CHECK("a pattern that is none",
	      rules_add_echo(&rules, SLICE("echo")) != NULL &&
		  rules_add_echo(&rules, SLICE("")) != NULL &&
		  rules.echo_count == 0);
	CHECK("two patterns",
	      rules_add_echo(&rules, SLICE("/echo")) == NULL &&
		  rules_add_echo(&rules, SLICE("/e/*")) == NULL);
	CHECK("the first", rules_echo(&rules, SLICE("/echo")));
	CHECK("the second", rules_echo(&rules, SLICE("/e/x")));
	CHECK("neither", !rules_echo(&rules, SLICE("/e/x/y")));
	CHECK("no path", !rules_echo(&rules, SLICE("")));
}

static void
check_limits(void)
{
	static struct rules rules;
	static char text[HEADER_RULES_LEN_MAX + 8];
	struct slice rule = {text, 0};
	size_t added = 0;

	while (added <= RULES_MAX && add(&rules, "/ A: b") == NULL)
		added++;
	CHECK("as many rules as there may be", added == RULES_MAX);
	CHECK("one more is refused", rules.header_count == RULES_MAX);
	added = 0;
	while (added <= RULES_MAX && rules_add_echo(&rules, SLICE("/")) == NULL)
		added++;
	CHECK("as many echoes", added == RULES_MAX);

	/* "A: " and CRLF are five bytes of the field's. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "/ A: ", 5);
	rules = (struct rules){0};
	rule.len = HEADER_RULES_LEN_MAX;
	CHECK("a field as long as all may be together",
	      rules_add_header(&rules, rule) == NULL &&
		  rules.header_len == HEADER_RULES_LEN_MAX);
	CHECK("no other beside it",
	      add(&rules, "/ B:") != NULL && rules.header_count == 1);
	rules = (struct rules){0};
	rule.len++;
	CHECK("one byte longer", rules_add_header(&rules, rule) != NULL &&
				     rules.header_count == 0);
}

int
main(void)
{
	check_starts();
	check_patterns();
	check_all_small();
	check_time();
	check_headers();
	check_find();
	check_echo();
	check_limits();
	return check_done();
}

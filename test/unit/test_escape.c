/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/escape.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
/* SLICE, where it must be a constant. */
#define TEXT(literal)                                                          \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}
#define FFFD "\xef\xbf\xbd"

static char storage[4096];

/* text is copied to memory of just its size, for AddressSanitizer. */
static struct slice
escape(void (*function)(struct buf *, struct slice), struct slice text)
{
	static struct buf out;
	char *copy = malloc(text.len);

	out = BUF_OVER(storage);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	function(&out, (struct slice){copy, text.len});
	free(copy);
	return out.overflow ? SLICE("overflow") : buf_slice(&out);
}

/* U+FFFD as in the examples of The Unicode Standard, section 3.9. */
static const struct {
	const char *name;
	struct slice text, html, json;
} rows[] = {
    {"nothing", TEXT(""), TEXT(""), TEXT("\"\"")},
    {"ASCII", TEXT("a b~"), TEXT("a b~"), TEXT("\"a b~\"")},
    {"markup", TEXT("<a href='x'>&\"\\"),
     TEXT("&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\"),
     TEXT("\"<a href='x'>&\\\"\\\\\"")},
    {"an entity", TEXT("&lt;"), TEXT("&amp;lt;"), TEXT("\"&lt;\"")},
    {"controls", TEXT("\x01\t\n\x1f\x7f"),
     TEXT("\xe2\x90\x81\xe2\x90\x89\xe2\x90\x8a\xe2\x90\x9f\xe2\x90\xa1"),
     TEXT("\"\\u0001\\u0009\\u000a\\u001f\\u007f\"")},
    {"NUL", TEXT("\0"), TEXT("\xe2\x90\x80"), TEXT("\"\\u0000\"")},
    {"2, 3 and 4 bytes", TEXT("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x90\x9f"),
     TEXT("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x90\x9f"),
     TEXT("\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x90\x9f\"")},
    {"the first and the last of each length",
     TEXT("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"
	  "\xf4\x8f\xbf\xbf"),
     TEXT("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"
	  "\xf4\x8f\xbf\xbf"),
     TEXT("\"\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"
	  "\xf4\x8f\xbf\xbf\"")},
    {"controls above ASCII", TEXT("\xc2\x80\xc2\x9f"), TEXT(FFFD FFFD),
     TEXT("\"\xc2\x80\xc2\x9f\"")},
    {"another direction", TEXT("a\xe2\x80\xae\xe2\x81\xa6z"),
     TEXT("a" FFFD FFFD "z"), TEXT("\"a\xe2\x80\xae\xe2\x81\xa6z\"")},
    {"their neighbours", TEXT("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa"),
     TEXT("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa"),
     TEXT("\"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa\"")},
    {"Latin-1", TEXT("\xe9t\xe9"), TEXT(FFFD "t" FFFD),
     TEXT("\"" FFFD "t" FFFD "\"")},
    {"overlong", TEXT("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
     TEXT(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"),
     TEXT("\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A\"")},
    {"surrogates", TEXT("\xed\xa0\x80\xed\xbf\xbf\xed\xafX"),
     TEXT(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "X"),
     TEXT("\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "X\"")},
    {"beyond U+10FFFF", TEXT("\xf4\x91\x92\x93\xff"),
     TEXT(FFFD FFFD FFFD FFFD FFFD), TEXT("\"" FFFD FFFD FFFD FFFD FFFD "\"")},
    {"cut characters", TEXT("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"),
     TEXT(FFFD FFFD FFFD FFFD "A"), TEXT("\"" FFFD FFFD FFFD FFFD "A\"")},
    {"a character that the end cuts", TEXT("<\xf0\x9f\x90"), TEXT("&lt;" FFFD),
     TEXT("\"<" FFFD "\"")},
    {"a quote in a cut character", TEXT("\xe2\x80\"\xc3<"),
     TEXT(FFFD "&quot;" FFFD "&lt;"), TEXT("\"" FFFD "\\\"" FFFD "<\"")},
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(rows[i].name,
		      slice_equal(escape(escape_html, rows[i].text),
				  rows[i].html));
		CHECK(rows[i].name,
		      slice_equal(escape(escape_json, rows[i].text),
				  rows[i].json));
	}
	CHECK("bytes: nothing is lost",
	      slice_equal(escape(escape_json_bytes,
				 SLICE("a\"\\\n\x7f\x80\xc3\xa9\xff")),
			  SLICE("\"a\\\"\\\\\\u000a\\u007f\\u0080\\u00c3"
				"\\u00a9\\u00ff\"")));
}

/* The code point that s begins with, and its length; 0 for ill-formed. */
static size_t
decode(struct slice s, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.ptr[0];
	size_t len = first < 0x80         ? 1
		     : first >> 5 == 0x06 ? 2
		     : first >> 4 == 0x0e ? 3
		     : first >> 3 == 0x1e ? 4
					  : 0;

	if (len == 0 || len > s.len)
		return 0;
	*point = len == 1 ? first : first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	}
	if (*point < least[len] || *point > 0x10ffff ||
	    (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return len;
}

/* Well-formed, without a control character, and without one of banned. */
static bool
is_clean(struct slice s, const char *banned)
{
	uint32_t point;
	size_t len;

	for (; s.len > 0; s = slice_skip(s, len)) {
		len = decode(s, &point);
		if (len == 0 || point < 0x20 || point == 0x7f)
			return false;
		if (point < 0x80 && strchr(banned, (int)point) != NULL)
			return false;
	}
	return true;
}

/* Every text of up to three bytes, of those that make a difference. */
static void
check_short_texts(void)
{
	static const unsigned char bytes[] = {
	    0x00, 0x0a, 0x22, 0x26, 0x27, 0x3c, 0x41, 0x5c, 0x7f, 0x80, 0x8f,
	    0x90, 0x9f, 0xa0, 0xae, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2,
	    0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
	size_t n = COUNT(bytes);
	bool html = true, json = true, kept = true, bounded = true;

	for (size_t i = 0; i < n * n * n; i++) {
		char text[4] = {(char)bytes[i % n], (char)bytes[i / n % n],
				(char)bytes[i / n / n], 0};
		struct slice in = {text, 3}, out;

		out = escape(escape_html, in);
		html = html && is_clean(out, "<>\"'");
		bounded = bounded && out.len <= 3 * ESCAPE_HTML_MAX;
		out = escape(escape_json, in);
		json = json && out.len >= 2 && out.ptr[0] == '"' &&
		       out.ptr[out.len - 1] == '"' && is_clean(out, "");
		if (is_clean(in, "<>\"'&\\"))
			kept = kept && out.len == 5 &&
			       memcmp(out.ptr + 1, text, 3) == 0;
	}
	CHECK("HTML: clean, whatever comes", html);
	CHECK("HTML: no longer than it may be", bounded);
	CHECK("JSON: clean, whatever comes", json);
	CHECK("JSON: what is clean is kept", kept);
}

int
main(void)
{
	check_rows();
	check_short_texts();
	return check_done();
}

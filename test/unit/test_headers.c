/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/headers.h"
#include "site.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define FIELDS 40

/* The fields that the file sets for a request, each with '|' for its end. */
static struct slice
ask(struct slice text, const char *request, size_t *error_count)
{
	static struct header fields[FIELDS];
	static char path[4096], written[8192], storage[8192];
	struct headers headers = {.header = fields, .cap = FIELDS};
	struct page_errors errors = {0};
	struct buf out = BUF_OVER(written), line_out = BUF_OVER(storage);
	uint16_t place[FIELDS];
	struct header_list list = {.place = place};
	struct page_request req;
	struct slice rest, line;

	if (!make_request(&req, slice_of(request), path))
		abort();
	headers_parse(&headers, text, &errors);
	*error_count = errors.count;
	headers_match(&headers, &req, &list);
	headers_write(&list, &out);
	rest = buf_slice(&out);
	while (rest.len > 0) {
		if (!slice_cut(rest, '\n', &line, &rest) || line.len == 0 ||
		    line.ptr[line.len - 1] != '\r')
			abort();
		line.len--;
		buf_add(&line_out, line);
		buf_add_char(&line_out, '|');
	}
	if (out.overflow || line_out.overflow)
		abort();
	return buf_slice(&line_out);
}

/* clang-format off */
static const struct {
	const char *text, *request, *want;
} rows[] = {
    /* Cloudflare Pages, "Headers": the example, and its table */
#define CLOUDFLARE \
	"# This is a comment\n" \
	"/secure/page\n" \
	"  X-Frame-Options: DENY\n" \
	"  X-Content-Type-Options: nosniff\n" \
	"  Referrer-Policy: no-referrer\n" \
	"\n" \
	"/static/*\n" \
	"  Access-Control-Allow-Origin: *\n" \
	"  X-Robots-Tag: nosnippet\n" \
	"\n" \
	"https://myproject.pages.dev/*\n" \
	"  X-Robots-Tag: noindex\n"
    {CLOUDFLARE, "https://custom.domain/secure/page",
     "X-Frame-Options: DENY|X-Content-Type-Options: nosniff|"
     "Referrer-Policy: no-referrer|"},
    {CLOUDFLARE, "https://custom.domain/static/image.jpg",
     "Access-Control-Allow-Origin: *|X-Robots-Tag: nosnippet|"},
    {CLOUDFLARE, "https://myproject.pages.dev/home", "X-Robots-Tag: noindex|"},
    {CLOUDFLARE, "https://myproject.pages.dev/secure/page",
     "X-Frame-Options: DENY|X-Content-Type-Options: nosniff|"
     "Referrer-Policy: no-referrer|X-Robots-Tag: noindex|"},
    {CLOUDFLARE, "https://myproject.pages.dev/static/styles.css",
     "Access-Control-Allow-Origin: *|X-Robots-Tag: nosnippet, noindex|"},
    /* "ignores the incoming request's port and protocol" */
    {CLOUDFLARE, "http://MyProject.pages.dev:8080/home",
     "X-Robots-Tag: noindex|"},
    {CLOUDFLARE, "/home", ""},
    /* ... "Detach a header" */
#define DETACH \
	"/*\n" \
	"  Content-Security-Policy: default-src 'self';\n" \
	"\n" \
	"/*.jpg\n" \
	"  ! Content-Security-Policy\n"
    {DETACH, "/a/b.jpg", "Content-Security-Policy:|"},
    {DETACH, "/a/b.png", "Content-Security-Policy: default-src 'self';|"},
    /* ... "Placeholders", "Splats" and the examples below them */
    {"/movies/:title\n  x-movie-name: You are watching \":title\"\n",
     "/movies/the%20thing", "x-movie-name: You are watching \"the%20thing\"|"},
    {"https://:project.pages.dev/*\n"
     "  Access-Control-Allow-Origin: https://staging.:project.pages.dev/\n",
     "https://mine.pages.dev/a",
     "Access-Control-Allow-Origin: https://staging.mine.pages.dev/|"},
    {"https://:project.pages.dev/*\n  X-Robots-Tag: noindex\n",
     "https://v.mine.pages.dev/a", ""},
    {"https://:version.:project.pages.dev/*\n  X-Robots-Tag: noindex\n",
     "https://v.mine.pages.dev/a", "X-Robots-Tag: noindex|"},
    {"/static/*\n  Cache-Control: public, max-age=31556952, immutable\n",
     "/static/a.js",
     "Cache-Control: public, max-age=31556952, immutable|"},
    {"/app/*\n"
     "  X-Frame-Options: DENY\n"
     "  Permissions-Policy: document-domain=()\n"
     "  Content-Security-Policy: script-src 'self'; frame-ancestors 'none';\n",
     "/app/",
     "X-Frame-Options: DENY|Permissions-Policy: document-domain=()|"
     "Content-Security-Policy: script-src 'self'; frame-ancestors 'none';|"},
    {"/about/faq/*\n  Link: </about/faqs>; rel=\"canonical\"\n",
     "/about/faq/x", "Link: </about/faqs>; rel=\"canonical\"|"},

    /* Netlify, "Custom headers" */
#define NETLIFY \
	"# a path:\n" \
	"/templates/index.html\n" \
	"  # headers for that path:\n" \
	"  X-Frame-Options: DENY\n" \
	"# another path:\n" \
	"/templates/index2.html\n" \
	"  # headers for that path:\n" \
	"  X-Frame-Options: SAMEORIGIN\n" \
	"/*\n" \
	"  cache-control: max-age=0\n" \
	"  cache-control: no-cache\n" \
	"  cache-control: no-store\n" \
	"  cache-control: must-revalidate\n"
    {NETLIFY, "/templates/index.html",
     "X-Frame-Options: DENY|"
     "cache-control: max-age=0, no-cache, no-store, must-revalidate|"},
    {NETLIFY, "/templates/index2.html",
     "X-Frame-Options: SAMEORIGIN|"
     "cache-control: max-age=0, no-cache, no-store, must-revalidate|"},
    {"/templates/:placeholder/page\n  A: b\n", "/templates/x/page", "A: b|"},

    /* lines */
    {"", "/a", ""},
    {"/a\nB: c\n", "/a", "B: c|"},
    {"/a\n\tB:c", "/a", "B: c|"},
    {"  /a  \r\n  B :   c d \t\r\n", "/a", "B: c d|"},
    {"\xef\xbb\xbf/a\n B: c", "/a", "B: c|"},
    {"/a\n B: c:d://e", "/a", "B: c:d://e|"},
    {"/a\n B: c # d", "/a", "B: c # d|"},
    {"/a\n B: \xc3\xa9\tx", "/a", "B: \xc3\xa9\tx|"},
    {"/a\n\n\n B: c", "/a", "B: c|"},

    /* joining and removing */
    {"/a\n B: 1\n/a\n b: 2\n/*\n B: 3", "/a", "B: 1, 2, 3|"},
    {"/*\n B: 1\n/a\n C: 2\n/*\n B: 3", "/a", "B: 1, 3|C: 2|"},
    {"/*\n B: 1\n/a\n !B\n", "/a", "B:|"},
    {"/*\n B: 1\n/a\n ! b \n/*\n B: 2", "/a", "B: 2|"},
    {"/*\n B: 1\n/a\n B: 2\n ! B\n", "/a", "B: 2|"},
    {"/*\n B: 1\n/a\n ! B\n B: 2\n", "/a", "B: 2|"},
    {"/*\n B: 1\n/a\n ! B\n B: 2\n B: 3\n", "/x", "B: 1|"},
    {"/*\n ! Server\n ! Vary\n", "/a", "Server:|Vary:|"},
    {"/*\n Server: me\n", "/a", "Server: me|"},
    {"/*\n server: me\n/a\n !SERVER\n", "/a", "SERVER:|"},
    {"/*\n !Server\n/a\n Server: me\n", "/a", "Server: me|"},
    /* "Set-Cookie [...] cannot be combined" (RFC 9110, section 5.3) */
    {"/*\n Set-Cookie: a=1\n set-cookie: b=2\n X: 1\n X: 2\n", "/",
     "Set-Cookie: a=1|set-cookie: b=2|X: 1, 2|"},
    {"/*\n Set-Cookie: a=1\n/a\n ! Set-Cookie\n Set-Cookie: b=2", "/a",
     "Set-Cookie: b=2|"},

    /* patterns: the rest of them is tested with _redirects */
    {"/a\n B: c\n", "/a/", "B: c|"},
    {"/a/\n B: c\n", "/a", "B: c|"},
    {"/a/*\n B: :splat.\n", "/a", "B: .|"},
    {"/a/*\n B: :splat.\n", "/a/x/y", "B: x/y.|"},
    {"/*.:x\n B: c\n/*.js\n B: d", "/x.js", NULL},
    {"/A\n B: c\n", "/a", ""},
    {"https://a.example\n B: 1\nhttps://b.example\n B: 2\n",
     "http://b.example", "B: 2|"},
    {"https://a.example\n B: 1\nhttps://b.example\n B: 2\n",
     "http://a.example", "B: 1|"},
    {"/:x\n B: :x :y :x2 : ::x", "/1", "B: 1 :y :x2 : :1|"},
    /* Nothing that a client puts in ends a line or adds a field. */
    {"/:x\n B: [:x]", "/%0d%0aC:%20d", "B: [%0D%0AC:%20d]|"},
    {"/*\n B: [:splat]", "/%01%7f%80%22,;", "B: [%01%7F%80%22,;]|"},
    {"/*\n B: [:splat]", "/a%2fb", "B: [a%2Fb]|"},
};
/* clang-format on */

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = copy_exactly(slice_of(rows[i].text));
		size_t errors;
		struct slice got = ask(text, rows[i].request, &errors);
		char name[512];

		snprintf(name, sizeof(name), "%.80s: %s", rows[i].text,
			 rows[i].request);
		for (char *c = name; *c != '\0'; c++)
			if ((unsigned char)*c < 0x20 || *c == '#')
				*c = '~';
		if (rows[i].want == NULL)
			CHECK(name, errors > 0);
		else
			CHECK(name,
			      errors == 0 &&
				  slice_equal(got, slice_of(rows[i].want)));
		printf("# %zu errors, %.*s\n", errors, (int)got.len, got.ptr);
		free((char *)text.ptr);
	}
}

/* What stands between "/1\n A: 1\n" and "/2\n A: 2\n". */
static const struct {
	const char *text;
	size_t line; /* of the error, counted from the text's own first */
	const char *why;
} refused[] = {
    {"/a", 1, "no fields below the pattern"},
    {"/a\n\n# x", 1, "no fields below the pattern"},
    {"/a b\n X: y", 1, "a blank in the pattern"},
    {"/a  # b\n X: y", 1, "a blank in the pattern"},
    {"/*/*\n X: y\n Y: z", 1, "more than one star"},
    {"/:a-:b\n X: y", 1, "two names, or one and a star, in a segment"},
    {"/a?b\n X: y", 1, "a query in the pattern: write it as name=value"},
    {"http://a/b\n X: y", 1, "a pattern with a host begins with https://"},
    {"https://a:80/b\n X: y", 1, "a port in the pattern"},
    {"https://\n X: y", 1, "a segment is empty"},
    {"/a\n X\n Y: z", 2, "neither a pattern nor Name: value"},
    {"/a\n a/b\n Y: z", 2, "neither a pattern nor Name: value"},
    {"/a\n X Y: z", 2, "the field's name is not a token"},
    {"/a\n : z", 2, "the field's name is not a token"},
    {"/a\n !\n Y: z", 2, "the field's name is not a token"},
    {"/a\n ! X: y", 2, "the field's name is not a token"},
    {"/a\n ! X Y", 2, "the field's name is not a token"},
    {"/a\n X\xc3\xa9: z", 2, "the field's name is not a token"},
    {"/a\n X(: z", 2, "the field's name is not a token"},
    {"/a\n ftp://b/", 2, NULL},
    {"/a\n X:", 2, "no value; a field is removed by ! Name"},
    {"/a\n X: \t", 2, "no value; a field is removed by ! Name"},
    {"/a\n Content-Length: 1", 2, "this field is set by the server alone"},
    {"/a\n content-length: 1", 2, "this field is set by the server alone"},
    {"/a\n ! Content-Length", 2, "this field is set by the server alone"},
    {"/a\n Transfer-Encoding: gzip", 2,
     "this field is set by the server alone"},
    {"/a\n Connection: close", 2, "this field is set by the server alone"},
    {"/a\n Keep-Alive: 1", 2, "this field is set by the server alone"},
    {"/a\n Upgrade: h2c", 2, "this field is set by the server alone"},
    {"/a\n Trailer: X", 2, "this field is set by the server alone"},
    {"/a\n Content-Range: bytes 0-1/2", 2,
     "this field is set by the server alone"},
    {"/a\n Date: today", 2, "this field is set by the server alone"},
    {"/a\n ! Date", 2, "this field is set by the server alone"},
    {"/a\n Basic-Auth: a:b c:d", 2,
     "Basic-Auth protects nothing here, and would be sent"},
    {"/a\n X: a\001b\n Y: z", 2, "a control character"},
    {"/a\n X: a\rb\n Y: z", 2, "a control character"},
    {"/a\001b\n Y: z", 1, "a control character"},
};

static void
check_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct header fields[8];
		struct page_error error[4];
		struct headers headers = {.header = fields, .cap = 8};
		struct page_errors errors = {.error = error, .cap = 4};
		char text[512], name[256];
		struct buf out = BUF_OVER(text);

		buf_add_str(&out, "/1\n A: 1\n");
		buf_add_str(&out, refused[i].text);
		buf_add_str(&out, "\n/2\n A: 2\n");
		headers_parse(&headers, buf_slice(&out), &errors);
		snprintf(name, sizeof(name), "%s", refused[i].text);
		for (char *c = name; *c != '\0'; c++)
			if ((unsigned char)*c < 0x20 || *c == '#')
				*c = '~';
		/* "ftp:" is a name, and "//b/" a value. */
		if (refused[i].why == NULL) {
			CHECK(name, errors.count == 0 && headers.count == 3);
			continue;
		}
		CHECK(name, errors.count == 1 &&
				error[0].line == refused[i].line + 2 &&
				strcmp(error[0].why, refused[i].why) == 0 &&
				headers.count >= 2 &&
				slice_equal(fields[headers.count - 1].value,
					    SLICE("2")));
		printf("# %zu errors, %s\n", errors.count, error[0].why);
	}
}

static void
check_limits(void)
{
	struct header fields[2];
	struct page_error error[4];
	struct headers headers = {.header = fields, .cap = 2};
	struct page_errors errors = {.error = error, .cap = 4};
	static char path[8192], raw[4096], written[4096];
	struct buf out = BUF_OVER(written);
	uint16_t place[2];
	struct header_list list = {.place = place};
	struct page_request req;

	headers_parse(&headers, SLICE("A: b\n/a\n A: 1\n B: 2\n C: 3\n D: 4"),
		      &errors);
	CHECK("a field above all patterns",
	      error[0].line == 1 &&
		  strcmp(error[0].why, "no pattern above the field") == 0);
	CHECK("more fields than there is room for",
	      headers.count == 2 && errors.count == 3 && error[1].line == 5 &&
		  error[2].line == 6);
	headers.count = errors.count = 0;
	headers_parse(&headers, SLICE("/*\n A: :splat:splat\n"), &errors);
	memset(raw, 'a', sizeof(raw));
	raw[0] = '/';
	CHECK("a value that does not fit",
	      make_request(&req, (struct slice){raw, sizeof(raw)}, path) &&
		  (headers_match(&headers, &req, &list),
		   headers_write(&list, &out), out.overflow));
	CHECK("the file has no path for *",
	      (req.path = (struct slice){0},
	       headers_match(&headers, &req, &list), list.count == 0));
}

int
main(void)
{
	check_rows();
	check_refused();
	check_limits();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/redirects.h"
#include "site.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RULES 40
#define ERRORS 8

/* What the file makes of a request. */
struct answer {
	int status; /* 0: no rule */
	size_t line;
	bool is_forced;
	struct slice target;
	size_t errors;
};

static struct answer
ask(struct slice text, const char *request)
{
	static struct redirect rules[RULES];
	static char path[4096], storage[4096];
	struct redirects redirects = {.rule = rules, .cap = RULES};
	struct page_errors errors = {0};
	struct buf target = BUF_OVER(storage);
	const struct redirect *rule;
	struct page_request req;
	struct answer a = {0};

	if (!make_request(&req, slice_of(request), path))
		abort();
	redirects_parse(&redirects, text, &errors);
	a.errors = errors.count;
	rule = redirects_find(&redirects, &req, &target);
	if (rule == NULL)
		return a;
	a.status = rule->status;
	a.line = rule->line;
	a.is_forced = rule->is_forced;
	a.target = buf_slice(&target);
	if (target.overflow)
		abort();
	return a;
}

/* clang-format off */
static const struct {
	const char *text, *request;
	int status;
	const char *target;
} rows[] = {
    /* Cloudflare Pages, "Redirects": the complete example. Where no code is
     * given it has 302, and Netlify, whom we follow, 301. */
#define CLOUDFLARE \
	"/home301 / 301\n" \
	"/home302 / 302\n" \
	"/querystrings /?query=string 301\n" \
	"/twitch https://twitch.tv\n" \
	"/trailing /trailing/ 301\n" \
	"/notrailing/ /nottrailing 301\n" \
	"/page/ /page2/#fragment 301\n" \
	"/blog/* https://blog.my.domain/:splat\n" \
	"/products/:code/:name /products?code=:code&name=:name\n"
    {CLOUDFLARE, "/home301", 301, "/"},
    {CLOUDFLARE, "/home302", 302, "/"},
    {CLOUDFLARE, "/querystrings", 301, "/?query=string"},
    {CLOUDFLARE, "/querystrings?a=b", 301, "/?query=string"},
    {CLOUDFLARE, "/twitch", 301, "https://twitch.tv"},
    {CLOUDFLARE, "/twitch?a=b", 301, "https://twitch.tv?a=b"},
    {CLOUDFLARE, "/trailing", 301, "/trailing/"},
    {CLOUDFLARE, "/trailing/", 0, NULL},
    {CLOUDFLARE, "/notrailing/", 301, "/nottrailing"},
    {CLOUDFLARE, "/nottrailing", 0, NULL},
    {CLOUDFLARE, "/page/", 301, "/page2/#fragment"},
    {CLOUDFLARE, "/page/?a=b", 301, "/page2/?a=b#fragment"},
    {CLOUDFLARE, "/page2/", 0, NULL},
    {CLOUDFLARE, "/blog/", 301, "https://blog.my.domain/"},
    {CLOUDFLARE, "/blog/a/b.html", 301, "https://blog.my.domain/a/b.html"},
    {CLOUDFLARE, "/blogs", 0, NULL},
    {CLOUDFLARE, "/products/12/big%20hat", 301,
     "/products?code=12&name=big%20hat"},
    {CLOUDFLARE, "/products/a&b/c=d?x=y", 301,
     "/products?code=a%26b&name=c%3Dd"},
    {CLOUDFLARE, "/products/12", 0, NULL},
    {CLOUDFLARE, "/products/12/hat/red", 0, NULL},
    {CLOUDFLARE, "/other", 0, NULL},
    /* ... and those of its sections */
    {"/movies/:title /media/:title", "/movies/alien", 301, "/media/alien"},
    {"/blog/:year/:month/:date/:slug /news/:year/:month/:date/:slug",
     "/blog/2024/5/6/hi", 301, "/news/2024/5/6/hi"},
    {"/a /b 200\n/b /c 200\n", "/a", 200, "/b"},
    {"/a /b 200\n/b /c 200\n", "/b", 200, "/c"},
    {"/about/faq/* /about/faqs 200", "/about/faq/x/y", 200, "/about/faqs"},
    {"/blog/* /posts/:splat", "/blog/a/b/", 301, "/posts/a/b/"},

    /* Netlify, "Redirects and rewrites" and "Redirect options" */
#define NETLIFY \
	"# Redirects from what the browser requests to what we serve\n" \
	"/home              /\n" \
	"/blog/my-post.php  /blog/my-post\n" \
	"/news              /blog\n" \
	"/cuties            https://www.petsofnetlify.com\n" \
	"/authors/c%C3%A9line  /authors/about-c%C3%A9line\n" \
	"/my-redirect       /              302\n" \
	"/pass-through      /index.html    200\n" \
	"/ecommerce         /store-closed  404\n" \
	"/best-pets/dogs    /best-pets/cats.html 200!\n" \
	"/pets/:month/:date/:year/:slug  /posts/:year/:month/:date/:slug\n" \
	"/en/*  /en/404.html  404\n" \
	"/path/* param1=:value1 param2=:value2" \
	"  /otherpath/:value1/:value2/:splat 301\n" \
	"/path/* param1=:value1 /otherpath/:value1/:splat 301\n" \
	"/path/* /otherpath/:splat 301\n" \
	"/store id=:id  /blog/:id  301\n" \
	"http://blog.site.com/* https://www.site.com/blog/:splat 301!\n" \
	"https://blog.site.com/* https://www.site.com/blog/:splat 301!\n"
    {NETLIFY, "/home", 301, "/"},
    {NETLIFY, "/home/", 301, "/"},
    {NETLIFY, "/blog/my-post.php", 301, "/blog/my-post"},
    {NETLIFY, "/news", 301, "/blog"},
    {NETLIFY, "/news/", 301, "/blog"},
    {NETLIFY, "/news/x", 0, NULL},
    {NETLIFY, "/cuties", 301, "https://www.petsofnetlify.com"},
    {NETLIFY, "/authors/c%c3%a9line", 301, "/authors/about-c%C3%A9line"},
    {NETLIFY, "/my-redirect", 302, "/"},
    {NETLIFY, "/pass-through", 200, "/index.html"},
    {NETLIFY, "/pass-through?a=b", 200, "/index.html?a=b"},
    {NETLIFY, "/ecommerce", 404, "/store-closed"},
    {NETLIFY, "/best-pets/dogs", 200, "/best-pets/cats.html"},
    {NETLIFY, "/pets/02/12/2004/my-story", 301, "/posts/2004/02/12/my-story"},
    {NETLIFY, "/pets/02/12/2004", 0, NULL},
    {NETLIFY, "/en/none", 404, "/en/404.html"},
    {NETLIFY, "/path/x?param1=1&param2=2", 301, "/otherpath/1/2/x"},
    {NETLIFY, "/path/x?param2=2&param1=1", 301, "/otherpath/1/2/x"},
    {NETLIFY, "/path/x?param1=1", 301, "/otherpath/1/x"},
    {NETLIFY, "/path/x?param2=2", 301, "/otherpath/x?param2=2"},
    {NETLIFY, "/path/x", 301, "/otherpath/x"},
    {NETLIFY, "/path/", 301, "/otherpath/"},
    {NETLIFY, "/path", 301, "/otherpath/"},
    {NETLIFY, "/store?id=my-blog-post", 301, "/blog/my-blog-post"},
    {NETLIFY, "/store?x=y&id=a+b%2fc&id=2", 301, "/blog/a%20b%2Fc"},
    {NETLIFY, "/store?id=", 301, "/blog/"},
    {NETLIFY, "/store?ids=1", 0, NULL},
    {NETLIFY, "/store", 0, NULL},
    {NETLIFY, "http://blog.site.com/a", 301, "https://www.site.com/blog/a"},
    {NETLIFY, "http://BLOG.site.COM:8080/a", 301,
     "https://www.site.com/blog/a"},
    {NETLIFY, "http://www.site.com/a", 0, NULL},
    {NETLIFY, "/a", 0, NULL},
    /* "/:splat" alone: the one of single-page sites, and of moved hosts */
    {"/* /index.html 200", "/", 200, "/index.html"},
    {"/* /index.html 200", "/a/b?c=d", 200, "/index.html?c=d"},
    {"/* https://new.example/:splat 301!", "/", 301, "https://new.example/"},
    {"/* https://new.example/:splat 301!", "/a%2fb/c?d", 301,
     "https://new.example/a%2Fb/c?d"},

    /* IPFS, "Web _redirects File Specification" */
    {"/posts/:year/:month/:day/:title /articles/:year/:month/:day/:title 301",
     "/posts/2022/06/15/hello-world", 301, "/articles/2022/06/15/hello-world"},
    {"/gone/* /410.html 410\n/unavail/* /451.html 451", "/gone/x", 410,
     "/410.html"},
    {"/gone/* /410.html 410\n/unavail/* /451.html 451", "/unavail/x", 451,
     "/451.html"},

    /* the statuses */
    {"/a /b 303", "/a", 303, "/b"},
    {"/a /b 307!", "/a", 307, "/b"},
    {"/a /b 308", "/a", 308, "/b"},
    {"/a /b 503!", "/a", 503, "/b"},

    /* blanks, comments, line ends */
    {"", "/a", 0, NULL},
    {"\n\n# /a /b\n  \t\n", "/a", 0, NULL},
    {" \t/a \t /b\t302 \t", "/a", 302, "/b"},
    {"/a /b 302\r\n/c /d 303\r\n", "/c", 303, "/d"},
    {"/a /b 302 # a comment", "/a", 302, "/b"},
    {"/a /b # 302", "/a", 301, "/b"},
    {"/a /b #302", "/a", 301, "/b"},
    {"/a /b#c 302", "/a", 302, "/b#c"},
    {"\xef\xbb\xbf/a /b", "/a", 301, "/b"},

    /* the first that matches */
    {"/a /1\n/a /2\n", "/a", 301, "/1"},
    {"/jobs/ninja /careers/support\n/jobs/* /careers/:splat", "/jobs/ninja",
     301, "/careers/support"},
    {"/jobs/ninja /careers/support\n/jobs/* /careers/:splat", "/jobs/x", 301,
     "/careers/x"},
    {"/* /1\n/a /2\n", "/a", 301, "/1"},

    /* What would lead to where the request is is passed over. */
    {"/* /index.html 301", "/a", 301, "/index.html"},
    {"/* /index.html 301", "/index.html", 0, NULL},
    {"/* /index.html 301", "/index.html?a", 0, NULL},
    {"/* /index.html#top 301", "/index.html", 0, NULL},
    {"/ /?a=b", "/", 301, "/?a=b"},
    {"/ /?a=b", "/?a=b", 0, NULL},
    {"/ /?a=b", "/?a=c", 301, "/?a=b"},
    {"/a /%61 301", "/a", 0, NULL},
    {"/x%2fy /x%2Fy 301", "/x%2Fy", 0, NULL},
    {"/* /a 200", "/a", 200, "/a"},
    {"/* /a//b 301", "/a/b", 0, NULL},
    {"/* /a/./b/c/.. 301", "/a/b/", 0, NULL},
    {"/a/* /a/:splat/ 301", "/a/b", 301, "/a/b/"},
    {"/a/:x /a/:x/ 301", "/a/b/", 0, NULL},

    /* names and stars, wherever they stand */
    {"/img-:name.png /i/:name", "/img-cat.png", 301, "/i/cat"},
    {"/img-:name.png /i/:name", "/img-.png", 0, NULL},
    {"/img-:name.png /i/:name", "/img-a/b.png", 0, NULL},
    {"/img-:name.png /i/:name", "/img-.png.png", 301, "/i/.png"},
    {"/*.jpg /pictures/:splat", "/a/b.jpg", 301, "/pictures/a/b"},
    {"/*.jpg /pictures/:splat", "/.jpg", 301, "/pictures/"},
    {"/*.jpg /pictures/:splat", "/jpg", 0, NULL},
    {"/old/*/file /new/:splat/file", "/old/a/b/c/file", 301,
     "/new/a/b/c/file"},
    {"/old/*/file /new/:splat/file", "/old/file", 0, NULL},
    {"/old/*/file /new/:splat/file", "/old/x/filer", 0, NULL},
    {"/:a/x*y/:b /:b/:splat/:a", "/1/xmy/2", 301, "/2/m/1"},
    {"/:a/x*y/:b /:b/:splat/:a", "/1/x/m/y/2", 301, "/2//m//1"},
    {"/:a/x*y/:b /:b/:splat/:a", "/1/xy/2", 301, "/2//1"},
    {"/:a/x*y/:b /:b/:splat/:a", "/1/x/2", 0, NULL},
    {"/a* /b:splat", "/a", 301, "/b"},
    {"/a* /b:splat", "/abc/d", 301, "/bbc/d"},
    {"/:id/:id_2 /:id_2/:id", "/a/b", 301, "/b/a"},
    {"/:a /x:y/:a:z", "/1", 301, "/x:y/1:z"},
    {"/a:80 /b:81", "/a:80", 301, "/b:81"},
    {"/:a /:A", "/1", 301, "/:A"},
    {"/a/:b /c/:splat", "/a/1", 301, "/c/:splat"},
    {"/:x /y?:x#:x", "/1=2", 301, "/y?1%3D2#1%3D2"},

    /* A path has two ways to be written, and a case. */
    {"/a%20b /c", "/a%20b", 301, "/c"},
    {"/caf\xc3\xa9 /c", "/caf%C3%A9", 301, "/c"},
    {"/caf%c3%a9 /c", "/caf%C3%A9", 301, "/c"},
    {"/100%25 /c", "/100%25", 301, "/c"},
    {"/a\"b /c", "/a%22b", 301, "/c"},
    {"/%61 /c", "/a", 301, "/c"},
    {"/a /c", "/%61", 301, "/c"},
    {"/a /c", "/A", 0, NULL},
    {"/a%2fb /c", "/a%2Fb", 301, "/c"},
    {"/a%2fb /c", "/a/b", 0, NULL},
    {"/a/b /c", "/a%2Fb", 0, NULL},
    {"/a /b/caf\xc3\xa9\"|", "/a", 301, "/b/caf%C3%A9%22%7C"},
    {"/a /b?x=\xc3\xa9[]#{", "/a", 301, "/b?x=%C3%A9%5B%5D#%7B"},

    /* Nothing gets out that a client put in to break a line or a host. */
    {"/:a /x/:a", "/%0d%0aSet-Cookie:%20a=b", 301,
     "/x/%0D%0ASet-Cookie:%20a=b"},
    {"/* /x/:splat", "/%01%7f%80%ff%22%3c", 301, "/x/%01%7F%80%FF%22%3C"},
    {"/:a /x/:a", "/%3f%23%25", 301, "/x/%3F%23%25"},
    {"/s q=:q /x/:q", "/s?q=%0d%0a", 301, "/x/%0D%0A"},
    {"/s q=:q /x?y=:q", "/s?q=%0d%0a%26z", 301, "/x?y=%0D%0A%26z"},
    {"/s q=:q /x/:q", "/s?q=%00", 0, NULL},
    {"/s q=:q /x/:q", "/s?q=../../y", 301, "/x/..%2F..%2Fy"},
    {"/s q=:q /:q", "/s?q=/evil.example", 301, "/%2Fevil.example"},
    {"/:host/* /:splat/:host", "/evil.example/", 301, "/evil.example"},
    {"/:host/* /:splat/:host", "/evil.example", 0, NULL},
    {"/go/* /:splat", "/go//evil.example", 301, "/evil.example"},
    {"/go/* /:splat", "/go/%2Fevil.example", 301, "/%2Fevil.example"},
    {"/go/* /:splat", "/go/%5cevil.example", 301, "/%5Cevil.example"},
    {"/go/* /a/:splat", "/go/", 301, "/a/"},
    {"/a https://b.example/c//d", "/a", 301, "https://b.example/c//d"},
    {"/a https://b.example:8443/?c", "/a?d", 301, "https://b.example:8443/?c"},

    /* parameters */
    {"/a x=1 /b", "/a?x=1", 301, "/b"},
    {"/a x=1 /b", "/a?x=2", 0, NULL},
    {"/a x=1 /b", "/a?x=11", 0, NULL},
    {"/a x=1 /b", "/a?x", 0, NULL},
    {"/a x= /b", "/a?x", 301, "/b"},
    {"/a x= /b", "/a?x=", 301, "/b"},
    {"/a x=a+b /b", "/a?x=%61%20b", 301, "/b"},
    {"/a %78=1 /b", "/a?x=1", 301, "/b"},
    {"/a x=:x y=:y /:y/:x", "/a?y=2&z&x=1", 301, "/2/1"},
    {"/blog post=:id /news?post=:id 302", "/blog?post=1", 302, "/news?post=1"},
    {"/a x=/b /c", "/a?x=/b", 301, "/c"},

    /* hosts and schemes */
    {"http://a.example/* https://a.example/:splat 301!", "http://a.example/x",
     301, "https://a.example/x"},
    {"http://a.example/* https://a.example/:splat 301!", "https://a.example/x",
     0, NULL},
    {"https://a.example/ /b", "https://a.example/", 301, "/b"},
    {"https://a.example /b", "https://a.example", 301, "/b"},
    {"https://a.example /b", "http://a.example", 0, NULL},
    {"http://:sub.example/* /:sub/:splat", "http://x.example/y", 301, "/x/y"},
    {"http://:sub.example/* /:sub/:splat", "http://x.y.example/y", 0, NULL},
    {"http://a-:b-c.d/ /:b", "http://A-x-C.D/", 301, "/x"},
};

/* clang-format on */

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = copy_exactly(slice_of(rows[i].text));
		struct answer a = ask(text, rows[i].request);
		char name[512];
		bool right = a.errors == 0 && a.status == rows[i].status &&
			     (a.status == 0 ||
			      slice_equal(a.target, slice_of(rows[i].target)));

		snprintf(name, sizeof(name), "%.80s: %s", rows[i].text,
			 rows[i].request);
		for (char *c = name; *c != '\0'; c++)
			if ((unsigned char)*c < 0x20 || *c == '#')
				*c = '~';
		CHECK(name, right);
		if (!right)
			printf("# %zu errors, %d %.*s\n", a.errors, a.status,
			       (int)a.target.len, a.target.ptr);
		free((char *)text.ptr);
	}
}

/* Lines that are refused, and why. */
static const struct {
	const char *line, *why;
} refused[] = {
    {"/a", "no TO"},
    {"/a # /b", "no TO"},
    {"/a 301", "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"/a b", "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"/a =b /c", "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"/a :splat", "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"/a ftp://b/", "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"/a x=:b", "no TO"},
    {"/admin/* 200!",
     "neither TO, which begins with / or http, nor NAME=VALUE"},
    {"X-Frame-Options: DENY", "a pattern begins with /, http:// or https://"},
    {"a /b", "a pattern begins with /, http:// or https://"},
    {"www.example.com/* /b", "a pattern begins with /, http:// or https://"},
    {"*.example.com /b", "a pattern begins with /, http:// or https://"},
    {"ftp://a/ /b", "a pattern begins with /, http:// or https://"},
    {"HTTP://a/ /b", "a pattern begins with /, http:// or https://"},

    /* Netlify's conditions */
    {"/ /anz 302 Country=au,nz",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/israel/* /israel/he/:splat 302 Language=he",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/admin/* /admin/:splat 200! Role=admin,editor",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/* /legacy/:splat 200 Cookie=is_legacy,my_other_cookie",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/a /b Country=us",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/api/* https://api.example.com/:splat 200! Sign=API_SECRET",
     "conditions are not supported: Country, Language, Role, Cookie and the "
     "like"},
    {"/a /b 301 302", "more than FROM, TO and STATUS"},
    {"/a /b 301 !", "more than FROM, TO and STATUS"},

    /* statuses */
    {"/a /b permanent", "not a status"},
    {"/a /b !", "not a status"},
    {"/a /b 301!!", "not a status"},
    {"/a /b -301", "not a status"},
    {"/a /b +301", "not a status"},
    {"/a /b 3O1", "not a status"},
    {"/a /b 600", "not a status"},
    {"/a /b 18446744073709551917", "not a status"},
    {"/a /b 0", "a status other than 200, 301, 302, 303, 307, 308 or 400 to "
		"599"},
    {"/a /b 100", "a status other than 200, 301, 302, 303, 307, 308 or 400 "
		  "to 599"},
    {"/a /b 204", "a status other than 200, 301, 302, 303, 307, 308 or 400 "
		  "to 599"},
    {"/a /b 304", "a status other than 200, 301, 302, 303, 307, 308 or 400 "
		  "to 599"},
    {"/a /b 401", "a status that only the server itself can give"},

    /* FROM */
    {"/a*b* /c", "more than one star"},
    {"/*/* /c", "more than one star"},
    {"/:a/:a /c", "a name is there twice"},
    {"/:splat/* /c", "a name is there twice"},
    {"/:a q=:a /c", "a name is there twice"},
    {"/:a-:b /c", "two names, or one and a star, in a segment"},
    {"/:a* /c", "two names, or one and a star, in a segment"},
    {"/*:a /c", "two names, or one and a star, in a segment"},
    {"/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q /",
     "more than 16 names"},
    {"/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p x=:q /",
     "more than 16 names"},
    {"/a//b /c", "a segment is empty"},
    {"// /c", "a segment is empty"},
    {"/a?b=c /d", "a query in the pattern: write it as name=value"},
    {"/a#b /c", "a fragment in the pattern, which no server sees"},
    {"/a% /c", "a % without two hexadecimal digits, or %00"},
    {"/a%2 /c", "a % without two hexadecimal digits, or %00"},
    {"/a%zz /c", "a % without two hexadecimal digits, or %00"},
    {"/a%00 /c", "a % without two hexadecimal digits, or %00"},
    {"http:// /c", "a segment is empty"},
    {"http:///a /c", "a segment is empty"},
    {"http://a..b/ /c", "a segment is empty"},
    {"http://a:80/ /c", "a port in the pattern"},
    {"http://*.a/ /c", "a host that is none"},
    {"http://a@b/ /c", "a host that is none"},
    {"http://[::1]/ /c", "a host that is none"},
    {"http://:a:b/ /c", "two names, or one and a star, in a segment"},

    /* parameters */
    {"/a x=%zz /b", "a % without two hexadecimal digits, or %00"},
    {"/a x=1:y /b", "a value that is a name in part"},
    {"/a x=:y! /b", "a value that is a name in part"},

    /* TO */
    {"/a //b.example/", "TO begins with two slashes"},
    {"/a /b%2", "a % in TO without two hexadecimal digits, or %00"},
    {"/a /b%00", "a % in TO without two hexadecimal digits, or %00"},
    {"/api/* https://api.example.com/:splat 200",
     "a rewrite to another host: this is no proxy"},
    {"/a https://b.example/ 404",
     "a rewrite to another host: this is no proxy"},
    {"/:sub/* https://:sub.example.com/:splat", "a name in the host of TO"},
    {"/* https://b.example:splat", "a name in the host of TO"},
    {"/a https://", "the host of TO is malformed"},
    {"/a https:///b", "the host of TO is malformed"},
    {"/a https://b@c/", "the host of TO is malformed"},
    {"/a https://b:99999/", "the host of TO is malformed"},
    {"/a https://\xc3\xa9/", "the host of TO is malformed"},

    /* bytes */
    {"/a\001 /b", "a control character"},
    {"/a\r /b", "a control character"},
    {"/a /b\177", "a control character"},
};

static void
check_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct redirect rules[4];
		struct page_error error[4];
		struct redirects redirects = {.rule = rules, .cap = 4};
		struct page_errors errors = {.error = error, .cap = 4};
		char text[512];
		struct buf out = BUF_OVER(text);

		buf_add_str(&out, "/1 /one\n\n");
		buf_add_str(&out, refused[i].line);
		buf_add_str(&out, "\n# no comment\n/2 /two\n");
		redirects_parse(&redirects, buf_slice(&out), &errors);
		CHECK(refused[i].line,
		      errors.count == 1 && error[0].line == 3 &&
			  strcmp(error[0].why, refused[i].why) == 0 &&
			  redirects.count == 2 && rules[1].line == 5);
		if (errors.count > 0)
			printf("# %s\n", error[0].why);
	}
}

static void
check_limits(void)
{
	static char text[400000];
	static struct redirect rules[2000];
	struct page_error error[2];
	struct page_errors errors = {.error = error, .cap = 2};
	struct redirects redirects = {.rule = rules, .cap = 2000};
	struct buf out = BUF_OVER(text);
	char path[2048], storage[2048];
	struct buf target = BUF_OVER(storage);
	struct page_request req;

	for (unsigned i = 0; i < 2001; i++) {
		buf_add_str(&out, "/from/");
		buf_add_u64(&out, i);
		buf_add_str(&out, "/:x /to/");
		buf_add_u64(&out, i);
		buf_add_str(&out, "/:x\n");
	}
	redirects_parse(&redirects, buf_slice(&out), &errors);
	CHECK("2001 rules: one too many", redirects.count == 2000 &&
					      errors.count == 1 &&
					      error[0].line == 2001);
	CHECK("the last of 2000 rules",
	      make_request(&req, SLICE("/from/1999/a"), path) &&
		  redirects_find(&redirects, &req, &target) == &rules[1999] &&
		  slice_equal(buf_slice(&target), SLICE("/to/1999/a")));

	buf_reset(&out);
	redirects.count = errors.count = 0;
	buf_add_str(&out, "/a /");
	while (out.len < 2000)
		buf_add_char(&out, 'b');
	redirects_parse(&redirects, buf_slice(&out), &errors);
	CHECK("a line of 2000 bytes",
	      redirects.count == 1 && errors.count == 0);
	buf_add_char(&out, 'b');
	redirects_parse(&redirects, buf_slice(&out), &errors);
	CHECK("a line of 2001 bytes",
	      redirects.count == 1 && errors.count == 1 &&
		  strcmp(error[0].why, "longer than 2000 bytes") == 0);

	errors.count = 0;
	redirects_parse(&redirects, SLICE("a\nb\nc\n"), &errors);
	CHECK("more errors than there is room for",
	      errors.count == 3 && error[1].line == 2);

	redirects.count = 0;
	redirects_parse(&redirects, SLICE("/:a /:a:a:a:a"), &errors);
	target.cap = 16;
	CHECK("a target that does not fit",
	      make_request(&req, SLICE("/12345"), path) &&
		  redirects_find(&redirects, &req, &target) == &rules[0] &&
		  target.overflow);
	CHECK("one that fits again",
	      make_request(&req, SLICE("/123"), path) &&
		  redirects_find(&redirects, &req, &target) == &rules[0] &&
		  !target.overflow &&
		  slice_equal(buf_slice(&target), SLICE("/123123123123")));
}

static void
check_rule(void)
{
	struct answer a = ask(SLICE("# x\n/a /b 302!\n/c /d\n"), "/a");

	CHECK("the rule has its line and its !", a.line == 2 && a.is_forced);
	a = ask(SLICE("# x\n/a /b 302!\n/c /d\n"), "/c");
	CHECK("another has none", a.line == 3 && !a.is_forced);
}

/* A path of 32 KiB against patterns that a backtracking matcher dreads. */
static void
check_long_paths(void)
{
	static char raw[32 * 1024], path[32 * 1024 + 2], storage[128 * 1024];
	static const char *const lines[] = {
	    "/a*a /x", "/*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab /x",
	    "/:a/:b/:c/:d/:e/:f/:g/*/h/i/j/:k/:l/:m/x /y", "/*/a/a/a/b /x"};

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct redirect rule;
		struct redirects redirects = {.rule = &rule, .cap = 1};
		struct page_errors errors = {0};
		struct buf target = BUF_OVER(storage);
		struct page_request req;
		bool right = true;

		redirects_parse(&redirects, slice_of(lines[i]), &errors);
		for (int kind = 0; kind < 2; kind++) {
			memset(raw, 'a', sizeof(raw));
			for (size_t at = 0; at < sizeof(raw);
			     at += kind ? 2 : sizeof(raw))
				raw[at] = '/';
			right =
			    right && errors.count == 0 &&
			    make_request(&req, (struct slice){raw, sizeof(raw)},
					 path);
			for (int n = 0; n < 100; n++)
				redirects_find(&redirects, &req, &target);
		}
		CHECK(lines[i], right);
	}
}

int
main(void)
{
	check_rows();
	check_refused();
	check_rule();
	check_limits();
	check_long_paths();
	return check_done();
}

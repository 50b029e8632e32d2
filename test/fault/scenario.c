/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_WITH(target, fields)                                               \
	"GET " target " HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define POST(target, fields)                                                   \
	"POST " target " HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

#define FILES                                                                  \
	GET("/")                                                               \
	GET("/")                                                               \
	GET("/large")                                                          \
	GET_WITH("/large", "Range: bytes=10-30000\r\n")                        \
	GET_WITH("/page.txt", "Range: bytes=0-9,100-199\r\n")                  \
	"HEAD /page.txt HTTP/1.1\r\nHost: a\r\n\r\n" GET_WITH(                 \
	    "/", "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\n")       \
	    GET_WITH("/style.css", "Accept-Encoding: gzip\r\n")                \
		GET_WITH("/page.txt", "Accept-Encoding: gzip\r\n")             \
		    GET("/missing") GET("/list/deep/")

/* clang-format off */
const struct scenario scenarios[] = {
    {.name = "files over a socket",
     .args = {"--error-page", "404 /404.html", "SITE"},
     .otherwise = {"--no-precompressed", "--gzip=0"},
     .request = FILES,
     .heads = 1ul << 5,
     .statuses = "200 200 200 206 206 200 304 200 200 404 200"},
    {.name = "files over pipes",
     .args = {"SITE"},
     .otherwise = {"--no-precompressed", "--gzip=0"},
     .request = FILES,
     .heads = 1ul << 5,
     .statuses = "200 200 200 206 206 200 304 200 200 404 200",
     .connection = BY_PIPES},
    {.name = "listings, rules of pages, hosts",
     .args = {"--listing", "--pages-rules", "SITE"},
     .otherwise = {"--gzip=0"},
     .request = GET("/list/") GET("/old")
	 GET_WITH("/list/", "Accept: application/json\r\n")
	 GET_WITH("/list/", "Accept-Encoding: gzip\r\n") GET("/page.txt"),
     .statuses = "200 301 200 200 200"},
    {.name = "hosts, and files that are asked for again",
     .args = {"--hosts", "--pages-rules", "SITE/hosts"},
     .request = GET("/") GET("/") "GET / HTTP/1.1\r\nHost: other\r\n\r\n"
	 "GET / HTTP/1.1\r\nHost: b\r\n\r\n" GET("/"),
     .statuses = "200 200 200 200 200"},
    {.name = "content, behind a PROXY header",
     .args = {"--proxy-protocol", "--echo", "/echo", "SITE"},
     .request = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n"
	 POST("/echo", "Content-Length: 10\r\n") "0123456789"
	 POST("/echo", "Transfer-Encoding: chunked\r\n")
	 "5\r\nabcde\r\n3;x=y\r\nfgh\r\n0\r\nX: y\r\n\r\n"
	 POST("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n") "abcde"
	 POST("/page.txt", "Content-Length: 5\r\n") "abcde"
	 GET("/"),
     .statuses = "200 200 200 405 200"},
    {.name = "programs",
     .args = {"--cgi", "/cgi/", "--cgi-spool", "SPOOL", "SITE"},
     .request = GET("/cgi/echo?none")
	 POST("/cgi/echo", "Content-Length: 10\r\n") "0123456789"
	 POST("/cgi/echo", "Transfer-Encoding: chunked\r\n")
	 "5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n"
	 GET("/cgi/echo?fail") GET("/"),
     .statuses = "200 200 200 502 200"},
    {.name = "programs of a rule's own",
     .args = {"--cgi", "/own SELF", "SITE"},
     .request = GET("/own/path?none")
	 POST("/own", "Content-Length: 10\r\n") "0123456789" GET("/"),
     .statuses = "200 200 200"},
    {.name = "a WebSocket",
     .args = {"--websocket", "/ws SELF lines", "SITE"},
     .request = GET("/") GET_WITH("/ws",
	 "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	 "Sec-WebSocket-Version: 13\r\n"
	 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
	 "\x81\x85""aaaa""\x09\x04\x0d\x0d\x0e"
	 "\x89\x80""aaaa"
	 "\x81\x85""aaaa""\x16\x0e\x13\x0d\x05"
	 "\x88\x82""aaaa""\x62\x89",
     .statuses = "200 101"},
    {.name = "passwords",
     .args = {"--auth", "/ SITE/.users", "SITE"},
     .request = GET("/")
	 GET_WITH("/", "Authorization: Basic dTpw\r\n")
	 GET_WITH("/", "Authorization: Basic dTpx\r\n"),
     .statuses = "401 200 401"},
    {.name = "a client that is silent inside a head",
     .args = {"--header-timeout", "0.3", "--idle-timeout", "0.3",
	      "--drain-timeout", "0.1", "SITE"},
     .request = GET("/") "GET / HT",
     .statuses = "200 408",
     .is_silent = true},
    {.name = "a client that is silent inside content",
     .args = {"--body-timeout", "0.3", "--drain-timeout", "0.1",
	      "--echo", "/echo", "SITE"},
     .request = POST("/echo", "Content-Length: 10\r\n"),
     .statuses = "408",
     .is_silent = true},
    {.name = "a program's client that is silent, over pipes",
     .args = {"--body-timeout", "0.3", "--drain-timeout", "0.1",
	      "--write-timeout", "1",
	      "--cgi", "/cgi/", "SITE"},
     .request = POST("/cgi/echo", "Content-Length: 10\r\n") "abc",
     .statuses = "408",
     .connection = BY_PIPES,
     .is_silent = true},
};
/* clang-format on */

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

static void
check(int result, const char *what)
{
	if (result >= 0)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
make_file(const char *path, size_t len, const char *text)
{
	struct timespec times[2] = {{.tv_sec = 1600000000},
				    {.tv_sec = 1600000000}};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	check(fd, path);
	for (size_t i = 0; i < len; i += strlen(text)) {
		size_t rest = len - i;

		check((int)write(fd, text,
				 rest < strlen(text) ? rest : strlen(text)),
		      path);
	}
	check(futimens(fd, times), path);
	close(fd);
}

static void
copy_self(const char *self)
{
	static char block[65536];
	int in = open(self, O_RDONLY | O_CLOEXEC);
	int out = open("cgi/echo", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	check(in, self);
	check(out, "cgi/echo");
	while ((n = read(in, block, sizeof(block))) > 0)
		check((int)write(out, block, (size_t)n), "cgi/echo");
	close(in);
	close(out);
}

void
scenario_make_site(const char *directory, const char *self)
{
	static const char line[] = "All work and no play makes a dull test. ";

	check(chdir(directory), directory);
	check(mkdir("cgi", 0755), "cgi");
	check(mkdir("spool", 0755), "spool");
	check(mkdir("list", 0755), "list");
	check(mkdir("list/deep", 0755), "list/deep");
	check(mkdir("hosts", 0755), "hosts");
	check(mkdir("hosts/a", 0755), "hosts/a");
	check(mkdir("hosts/b", 0755), "hosts/b");
	check(mkdir("hosts/default", 0755), "hosts/default");
	make_file("hosts/a/index.html", 6, "small\n");
	make_file("hosts/b/index.html", 2, "b\n");
	make_file("hosts/default/index.html", 8, "default\n");
	make_file("hosts/a/_headers", 13, "/*\n  X-A: b\n\n");
	make_file("index.html", 6, "small\n");
	make_file("404.html", 8, "nothing\n");
	make_file("page.txt", 12000, line);
	make_file("large", 150000, line);
	make_file("style.css", 2000, "body{color:red}\n");
	/* Whatever it is, it is sent as it is. */
	make_file("style.css.gz", 100, "compressed");
	make_file("list/one", 3, "one");
	make_file("list/two", 3, "two");
	make_file("list/deep/index.html", 5, "deep\n");
	make_file("_redirects", 16, "/old /page.txt\n\n");
	/* openssl passwd -1 -salt a p */
	make_file(".users", 30, "u:$1$a$LJ.B8l/tL59wA7Hl5/EO4/\n");
	copy_self(self);
}

static void
say(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(1, text, len);

		if (n <= 0)
			_exit(1);
		text += n;
		len -= (size_t)n;
	}
}

/* Lines come back, for a WebSocket; or content, behind a head. */
_Noreturn void
scenario_program(int argc, char **argv)
{
	static const char head[] = "Content-Type: text/plain\n"
				   "Content-Length: ";
	const char *query = getenv("QUERY_STRING");
	static char block[65536];
	size_t len = 0;
	ssize_t n;

	(void)argv;
	if (argc > 1) {
		while ((n = read(0, block, sizeof(block))) > 0)
			say(block, (size_t)n);
		_exit(0);
	}
	if (query != NULL && strcmp(query, "fail") == 0)
		_exit(1);
	while ((n = read(0, block + len, sizeof(block) - 64 - len)) > 0)
		len += (size_t)n;
	/* All at once: how it is cut would show otherwise. */
	memmove(block + 64, block, len);
	n = snprintf(block, 64, "%s%zu\n\n", head, len);
	memmove(block + n, block + 64, len);
	say(block, (size_t)n + len);
	_exit(0);
}

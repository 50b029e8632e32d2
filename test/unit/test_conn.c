/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "check.h"
#include "conn/conn.h"
#include "memory_stream.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define HOST "Host: a\r\n"
#define TEN "GET /ten.txt HTTP/1.1\r\n" HOST "\r\n"
#define POST_CHUNKED                                                           \
	"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"

/* Too large to be sent with its head. */
#define BIG_LEN (SMALL_FILE_MAX + 3000)

static struct conn conn;
static struct memory_stream stream;
static struct conn_settings settings;
static struct site site;
static char directory[] = "/tmp/perch-conn-XXXXXX";

/* What was done wrong to the stream in any of all the runs. */
static const char *breach;
static unsigned runs;

/* The log, which goes to stderr. */
static int log_fd;

static struct slice
nobody(void)
{
	return SLICE("-");
}

static void
die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(2);
}

static void
write_file(const char *name, const char *bytes, size_t len)
{
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd =
	    openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) != 0)
		die(name);
	close(dir);
}

static void
make_directory(void)
{
	static char big[BIG_LEN];
	int dir;

	if (mkdtemp(directory) == NULL)
		die("mkdtemp");
	dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || mkdirat(dir, "sub", 0755) != 0 ||
	    mkdirat(dir, "bare", 0755) != 0)
		die(directory);
	close(dir);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 23);
	write_file("ten.txt", "123456789\n", 10);
	write_file("empty.txt", "", 0);
	write_file("big.bin", big, sizeof(big));
	write_file("sub/index.html", "<p>sub\n", 7);
	write_file("bare/a<b.txt", "bare\n", 5);
	if (root_open(&conn.root, directory) != 0)
		die("root_open");
}

static void
remove_directory(void)
{
	static const char *const names[] = {"ten.txt", "empty.txt", "big.bin",
					    "sub/index.html", "bare/a<b.txt"};
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < COUNT(names); i++)
		unlinkat(dir, names[i], 0);
	unlinkat(dir, "sub", AT_REMOVEDIR);
	unlinkat(dir, "bare", AT_REMOVEDIR);
	close(dir);
	rmdir(directory);
}

static void
make_site(void)
{
	site.index[site.index_count++] = SLICE("index.html");
	site.lists = true;
	if (rules_add_echo(&site.rules, SLICE("/echo")) != NULL ||
	    rules_add_header(&site.rules,
			     SLICE("/sub/ Cache-Control: no-cache")) != NULL)
		die("rules");
}

/* Sanitizers, if there are any, would report to stderr too. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "log_path=stdout";
}

const char *
__ubsan_default_options(void)
{
	return "log_path=stdout";
}

static void
catch_log(void)
{
	log_fd = memfd_create("log", MFD_CLOEXEC);
	if (log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0)
		die("memfd_create");
}

static void
empty_log(void)
{
	if (ftruncate(log_fd, 0) != 0 || lseek(log_fd, 0, SEEK_SET) != 0)
		die("log");
}

/* True if text is in the log. */
static bool
is_logged(const char *text)
{
	static char log[65536];
	ssize_t n = pread(log_fd, log, sizeof(log) - 1, 0);

	if (n < 0)
		die("log");
	log[n] = '\0';
	return strstr(log, text) != NULL;
}

/* A connection to come, with default settings, that will receive input. */
static void
prepare(struct slice input)
{
	memory_stream_free(&stream);
	memory_stream_init(&stream, input, conn.storage.out);
	settings = (struct conn_settings){
	    .head = {.request_line = 8192, .head = 32768, .fields = 128},
	    .body = {.content = 1 << 20,
		     .chunk_extension = 1024,
		     .trailer = 1024,
		     .drain = 65536,
		     .drain_ms = 2000,
		     .timeout_ms = 30000,
		     .min_rate = 256},
	    .pace = {.timeout_ms = 30000, .min_rate = 256},
	    .header_ms = 10000,
	    .idle_ms = 60000,
	    .access = ACCESS_NONE,
	};
}

/* Serves it. Returns the output, which lives until the next prepare. */
static struct slice
serve(void)
{
	conn.settings = &settings;
	conn.site = &site;
	conn.stream = &stream.stream;
	conn.in_fd = -1;
	conn.remote = nobody;
	if (runs++ % 100 == 0)
		empty_log();
	conn_serve(&conn);
	if (breach == NULL)
		breach = stream.breach;
	return memory_slice(&stream.output);
}

static struct slice
serve_text(const char *input)
{
	prepare(slice_of(input));
	return serve();
}

/* The n-th response, from 0, to requests none of which is HEAD. */
static struct answer
nth_answer(struct slice output, size_t n)
{
	struct answer a = {0};

	for (size_t i = 0; i <= n; i++)
		if (output.len == 0 || answer_next(&output, false, &a) != NULL)
			return (struct answer){0};
	return a;
}

/*
 * True if output holds responses of exactly these statuses, written
 * "100 200 close", each whole; the last one must say close if this does.
 */
static bool
has_statuses(struct slice output, const char *statuses)
{
	struct slice wanted = slice_of(statuses), word;
	struct answer a = {0};
	uint64_t status;

	while (slice_next_word(&wanted, &word)) {
		if (slice_equal(word, SLICE("close")))
			return a.closes && output.len == 0;
		if (!slice_to_u64(word, &status) ||
		    answer_next(&output, false, &a) != NULL || a.is_cut ||
		    a.status != (int)status)
			return false;
	}
	return output.len == 0;
}

static bool
content_is(struct answer a, struct slice want)
{
	struct memory content = {0};
	bool is_it;

	answer_add_content(&a, &content);
	is_it = slice_equal(memory_slice(&content), want);
	free(content.ptr);
	return is_it;
}

/*
 * Appends the responses of output without chunked framing, which follows
 * how content arrived and is free. False if they are malformed.
 */
static bool
decode(struct slice output, bool is_head, struct memory *decoded)
{
	struct answer a;

	while (output.len > 0) {
		if (answer_next(&output, is_head, &a) != NULL)
			return false;
		memory_add(decoded, a.head.ptr, a.head.len);
		answer_add_content(&a, decoded);
		if (a.is_cut)
			memory_add(decoded, "(cut)", 5);
	}
	return true;
}

/* Requests of all kinds, small enough to be cut at every two points. */
static const struct {
	const char *name, *bytes, *statuses;
} samples[] = {
    {"a file", TEN, "200"},
    {"a file by HEAD", "HEAD /ten.txt HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"a large file", "GET /big.bin HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"an empty file", "GET /empty.txt HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"an index file", "GET /sub/ HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"a listing", "GET /bare/ HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"a listing by HEAD", "HEAD /bare/ HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"a listing in HTTP/1.0", "GET /bare/ HTTP/1.0\r\n\r\n", "200 close"},
    {"a redirect", "GET /sub?q HTTP/1.1\r\n" HOST "\r\n", "301"},
    {"nothing there", "GET /%6eo HTTP/1.1\r\n" HOST "\r\n", "404"},
    {"absolute form", "GET http://b/ten.txt HTTP/1.1\r\n" HOST "\r\n", "200"},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "204"},
    {"OPTIONS", "OPTIONS /ten.txt HTTP/1.1\r\n" HOST "\r\n", "204"},
    {"empty lines in front", "\r\n\r\n" TEN, "200"},
    {"an unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", "501"},
    {"a GET with content",
     "GET /ten.txt HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "200"},
    {"unwanted content",
     "POST /ten.txt HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "405"},
    {"unwanted chunks",
     "PUT /no HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
     "405"},
    {"echo by length",
     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "200"},
    {"echo of nothing",
     "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "200"},
    {"echo of chunks",
     POST_CHUNKED "\r\n3;e=\"q\"\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
     "200"},
    {"echo of no chunk", POST_CHUNKED "\r\n0\r\n\r\n", "200"},
    {"100 (Continue)",
     POST_CHUNKED "Expect: 100-continue\r\n\r\n2\r\nab\r\n0\r\n\r\n",
     "100 200"},
    {"HTTP/1.0 that keeps",
     "GET /ten.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "200"},
    {"HTTP/1.0", "GET /ten.txt HTTP/1.0\r\n\r\n", "200 close"},
    {"Connection: close",
     "GET /ten.txt HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "200 close"},
    {"malformed chunks at once", POST_CHUNKED "\r\n2 \r\nab\r\n", "400 close"},
    {"another expectation",
     "GET / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n", "417 close"},
    {"another major version", "GET / HTTP/2.0\r\n\r\n", "505 close"},
    {"no Host", "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", "400 close"},
    {"two framings", POST_CHUNKED "Content-Length: 5\r\n\r\n0\r\n\r\n",
     "400 close"},
    {"a bare LF", "GET / HTTP/1.1\r\nHost: a\nb: c\r\n\r\n", "400 close"},
    {"a field name with a blank", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
     "400 close"},
    {"another protocol", "\x16\x03\x01\x02\x00\x01", "400 close"},
    {"an end inside the head", "GET /ten.txt HTTP/1.1\r\nHo", "400 close"},
    {"two at once", TEN "GET /no HTTP/1.1\r\n" HOST "\r\n", "200 404"},
};

/* True if its responses have no content. */
static bool
is_head(size_t i)
{
	return slice_starts(slice_of(samples[i].bytes), SLICE("HEAD"));
}

/* True if no other request can follow it. */
static bool
is_last(size_t i)
{
	return strstr(samples[i].statuses, "close") != NULL;
}

static void
check_samples(void)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct slice output = serve_text(samples[i].bytes), rest;
		struct answer a;
		bool closes = false;

		for (rest = output; rest.len > 0;) {
			if (answer_next(&rest, is_head(i), &a) != NULL)
				break;
			closes = a.closes;
		}
		CHECK(
		    samples[i].name,
		    (is_head(i) || has_statuses(output, samples[i].statuses)) &&
			rest.len == 0 && closes == is_last(i) &&
			stream.writes + stream.sends <=
			    (unsigned)output.len / 16384 + 2);
	}
}

/* Every two points at which a request can be cut make no difference. */
static void
check_cuts(void)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct slice input = slice_of(samples[i].bytes);
		struct memory want = {0}, got = {0};
		bool is_same;

		is_same =
		    decode(serve_text(samples[i].bytes), is_head(i), &want);
		for (size_t a = 1; a < input.len; a++) {
			for (size_t b = a; b < input.len; b++) {
				size_t cuts[2] = {a, b};

				prepare(input);
				stream.cut = cuts;
				stream.cut_count = 2;
				got.len = 0;
				if (!decode(serve(), is_head(i), &got) ||
				    !slice_equal(memory_slice(&got),
						 memory_slice(&want)))
					is_same = false;
			}
		}
		prepare(input);
		stream.step = 1;
		got.len = 0;
		if (!decode(serve(), is_head(i), &got) ||
		    !slice_equal(memory_slice(&got), memory_slice(&want)))
			is_same = false;
		CHECK(samples[i].name, is_same);
		free(want.ptr);
		free(got.ptr);
	}
}

/* A request is answered behind any other as it is alone. */
static void
check_nothing_leaks(void)
{
	struct memory alone[COUNT(samples)] = {{0}}, both = {0}, want = {0};

	for (size_t i = 0; i < COUNT(samples); i++) {
		struct slice output = serve_text(samples[i].bytes);

		memory_add(&alone[i], output.ptr, output.len);
	}
	for (size_t i = 0; i < COUNT(samples); i++) {
		bool is_same = true;

		for (size_t j = 0; j < COUNT(samples); j++) {
			const char *second = samples[j].bytes;

			/* No empty line but one may stand between two. */
			if (is_last(i) || *second == '\r')
				continue;
			both.len = want.len = 0;
			memory_add(&both, samples[i].bytes,
				   strlen(samples[i].bytes));
			memory_add(&both, second, strlen(second));
			memory_add(&want, alone[i].ptr, alone[i].len);
			memory_add(&want, alone[j].ptr, alone[j].len);
			prepare(memory_slice(&both));
			if (!slice_equal(serve(), memory_slice(&want)))
				is_same = false;
		}
		if (!is_last(i))
			CHECK(samples[i].name, is_same);
	}
	for (size_t i = 0; i < COUNT(samples); i++)
		free(alone[i].ptr);
	free(both.ptr);
	free(want.ptr);
}

/* The same for a first request that says all that can be said. */
static void
check_nothing_leaks_from_all(void)
{
	static const char first[] =
	    "POST http://other:81/ec%68o?a=b HTTP/1.1\r\n"
	    "Host: [::1]:8080\r\nConnection: keep-alive, x\r\n"
	    "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"
	    "TE: trailers\r\nTrailer: T\r\nUpgrade: websocket\r\n"
	    "Accept: text/html\r\nAccept-Encoding: gzip\r\n"
	    "Range: bytes=0-0\r\nIf-Range: \"x\"\r\nIf-Match: *\r\n"
	    "If-None-Match: *\r\nIf-Modified-Since: x\r\n"
	    "Cookie: a=b\r\nReferer: http://c/\r\nUser-Agent: d\r\n"
	    "Authorization: Basic eA==\r\nContent-Type: text/html\r\n\r\n"
	    "5;x=y\r\nfirst\r\n0\r\nT: v\r\n\r\n";
	static char both[4096];
	struct buf input = BUF_OVER(both);
	struct memory alone = {0};
	struct slice output;
	size_t before;

	buf_add_str(&input, TEN);
	output = serve_text(TEN);
	memory_add(&alone, output.ptr, output.len);
	before = serve_text(first).len;
	CHECK("a request that says all that can be said",
	      has_statuses(memory_slice(&stream.output), "100 200"));
	buf_reset(&input);
	buf_add_str(&input, first);
	buf_add_str(&input, TEN);
	prepare(buf_slice(&input));
	settings.explain = true;
	output = serve();
	CHECK(
	    "and one behind it that says nothing",
	    output.len == before + alone.len &&
		slice_equal(slice_skip(output, before), memory_slice(&alone)));
	CHECK("nor does the log say more of it",
	      is_logged("explain: GET /ten.txt HTTP/1.1: 200; handler file;"));
	free(alone.ptr);
}

static void
check_burst(void)
{
	static char bytes[100 * sizeof(TEN)];
	struct buf input = BUF_OVER(bytes);
	struct slice output, one;
	bool is_in_order = true;
	struct answer a;

	for (int i = 0; i < 100; i++)
		buf_add_str(&input,
			    i % 2 ? TEN : "GET /sub/ HTTP/1.1\r\n" HOST "\r\n");
	prepare(buf_slice(&input));
	output = serve();
	for (int i = 0; i < 100; i++) {
		one = i % 2 ? SLICE("123456789\n") : SLICE("<p>sub\n");
		if (answer_next(&output, false, &a) != NULL ||
		    a.status != 200 || !slice_equal(a.framed, one))
			is_in_order = false;
	}
	CHECK("a burst of 100 is answered in order",
	      is_in_order && output.len == 0);
	CHECK("in a few writes", stream.writes <= 4 && stream.reads <= 3);
	prepare(buf_slice(&input));
	stream.step = 50;
	output = serve();
	CHECK("each answer leaves before there is a wait for what comes next",
	      stream.writes > 50 && stream.breach == NULL);
}

/* The output that there was when the input had come to offset. */
static struct slice
output_before(size_t offset)
{
	size_t len = 0;

	for (size_t i = 0; i < stream.event_count; i++)
		if (stream.event[i].input_at <= offset)
			len = stream.event[i].output_len;
	return (struct slice){stream.output.ptr, len};
}

static void
check_continue(void)
{
	static const struct {
		const char *name, *head, *content, *before, *after;
	} rows[] = {
	    {"a length",
	     "POST /echo HTTP/1.1\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
	     "ab", "100", "200"},
	    {"chunks", POST_CHUNKED "Expect: 100-Continue\r\n\r\n",
	     "2\r\nab\r\n0\r\n\r\n", "100", "200"},
	    {"HTTP/1.0",
	     "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\n"
	     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
	     "ab", "", "200"},
	    {"no content",
	     "POST /echo HTTP/1.1\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
	     "", "200", ""},
	    {"another answer",
	     "POST /ten.txt HTTP/1.1\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
	     "ab", "405", ""},
	    {"a GET",
	     "GET /ten.txt HTTP/1.1\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
	     "ab", "200", ""},
	};
	char bytes[512];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf input = BUF_OVER(bytes);
		size_t head_len = strlen(rows[i].head);
		struct slice output, before;
		int want;

		buf_add_str(&input, rows[i].head);
		buf_add_str(&input, rows[i].content);
		prepare(buf_slice(&input));
		stream.cut = &head_len;
		stream.cut_count = 1;
		output = serve();
		before = output_before(head_len);
		CHECK(rows[i].name,
		      has_statuses(before, rows[i].before) &&
			  has_statuses(slice_skip(output, before.len),
				       rows[i].after));
		want = nth_answer(output, 0).status;
		prepare(buf_slice(&input));
		CHECK("... and if content comes with the head",
		      nth_answer(serve(), 0).status == want);
	}
	serve_text("POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
		   "Content-Length: 2\r\n\r\nab" TEN);
	CHECK("the next request behind it",
	      has_statuses(memory_slice(&stream.output), "100 200 200"));
	serve_text("POST /ten.txt HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
		   "Content-Length: 2\r\n\r\n" TEN);
	CHECK("who was not asked for content may send it or not: it ends",
	      has_statuses(memory_slice(&stream.output), "405 close"));
}

/*
 * What may come of a request that ends early: nothing, a refusal, or the
 * begin of what it would have come to, marked as such.
 */
static bool
is_cut_short(struct slice output, struct slice content, int at_end)
{
	struct memory sent = {0};
	struct answer a;
	bool is_begin;

	if (output.len == 0)
		return true;
	if (answer_next(&output, false, &a) != NULL || output.len > 0)
		return false;
	if (a.status == 400 || a.status == 408)
		return !a.is_cut && a.closes &&
		       a.status == (at_end == IO_TIMEOUT ? 408 : 400) &&
		       at_end != IO_FAILED;
	answer_add_content(&a, &sent);
	is_begin = a.status == 200 && a.is_cut && sent.len > 0 &&
		   slice_starts(content, memory_slice(&sent));
	free(sent.ptr);
	return is_begin;
}

static void
check_ends(void)
{
	static const char *const requests[] = {
	    POST_CHUNKED "\r\n5;x=\"y\"\r\nhello\r\n06\r\n world\r\n"
			 "0\r\nT: v\r\n\r\n",
	    "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n"
	    "hello world",
	};
	static const int ends[] = {0, IO_TIMEOUT, IO_FAILED};
	static const char *const names[] = {"its input ends", "nothing comes",
					    "its connection breaks"};
	struct slice content = SLICE("hello world"), output;

	for (size_t i = 0; i < 2 * COUNT(ends); i++) {
		struct slice input = slice_of(requests[i % 2]);
		bool is_good = true;

		for (size_t n = 0; n < input.len; n++) {
			for (size_t step = 0; step < 8; step++) {
				prepare((struct slice){input.ptr, n});
				stream.step = step;
				stream.at_end = ends[i / 2];
				output = serve();
				if (!is_cut_short(output, content,
						  ends[i / 2]) ||
				    (n == 0 && output.len > 0))
					is_good = false;
			}
		}
		prepare(input);
		stream.at_end = ends[i / 2];
		output = serve();
		CHECK(names[i / 2],
		      is_good && has_statuses(output, "200") &&
			  content_is(nth_answer(output, 0), content));
	}
	prepare(SLICE(TEN));
	stream.at_end = IO_TIMEOUT;
	CHECK("no word is lost on a client that falls silent",
	      has_statuses(serve(), "200") && !stream.has_ended);
	prepare(SLICE(TEN "\r\n"));
	CHECK("nor on an empty line behind the last request",
	      has_statuses(serve(), "200"));
	prepare(SLICE(TEN "\r\nG"));
	stream.at_end = IO_TIMEOUT;
	CHECK("but on the begin of a request",
	      has_statuses(serve(), "200 408"));
}

/* A bit of everything: small and large answers, content, 100 (Continue). */
static const char everything[] =
    TEN "GET /big.bin HTTP/1.1\r\n" HOST "\r\n" POST_CHUNKED
	"Expect: 100-continue\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
	"POST /ten.txt HTTP/1.1\r\n" HOST "Content-Length: 20\r\n\r\n"
	"01234567890123456789" TEN "GET /sub HTTP/1.1\r\n" HOST
	"Connection: close\r\n\r\nrest";

static void
check_errors(void)
{
	static const int errors[] = {IO_FAILED, IO_TIMEOUT, IO_EOF};
	struct memory whole = {0};
	struct slice output;
	unsigned count;

	prepare(slice_of(everything));
	stream.step = 13;
	output = serve();
	memory_add(&whole, output.ptr, output.len);
	count = stream.operations;
	CHECK("a bit of everything",
	      has_statuses(output, "200 200 100 200 405 200 301") &&
		  stream.sends == 1 && count > 20);
	for (size_t i = 0; i < COUNT(errors); i++) {
		bool is_begin = true, is_last = true, has_failed = true;

		for (unsigned at = 1; at <= count; at++) {
			struct memory_event *e;
			size_t n = 0;

			prepare(slice_of(everything));
			stream.step = 13;
			stream.fail_at = at;
			stream.fail_with = errors[i];
			output = serve();
			while (n < stream.event_count &&
			       stream.event[n].result != errors[i])
				n++;
			if (n == stream.event_count) {
				has_failed = false;
				continue;
			}
			e = &stream.event[n];
			/* Behind an error of the output nothing follows. */
			if (e->kind != MEMORY_READ &&
			    (n + 1 != stream.event_count ||
			     stream.operations != at))
				is_last = false;
			/* Behind one of the input, 408 or 400 at most. */
			if (!slice_starts(
				memory_slice(&whole),
				(struct slice){output.ptr, e->output_len}))
				is_begin = false;
			output = slice_skip(output, e->output_len);
			if (output.len > 0 && !has_statuses(output, "408") &&
			    !has_statuses(output, "400"))
				is_begin = false;
			if (output.len > 0 && errors[i] == IO_FAILED)
				is_begin = false;
		}
		CHECK("an error at every operation", has_failed);
		CHECK("... is met by the begin of the same output", is_begin);
		CHECK("... and if the output broke, by nothing more", is_last);
	}
	free(whole.ptr);
}

/* Who is gone was not answered 500. */
static void
check_log_of_errors(void)
{
	static char bytes[400 * sizeof(TEN)];
	struct buf input = BUF_OVER(bytes);
	bool is_blamed = false;

	for (int i = 0; i < 400; i++)
		buf_add_str(&input, TEN);
	empty_log();
	for (unsigned at = 2; at <= 30; at++) {
		prepare(buf_slice(&input));
		/* Much at once; and parts of heads. */
		stream.step = at < 7 ? 0 : 50;
		stream.fail_at = at;
		stream.fail_with = at % 4 < 2 ? IO_FAILED : IO_TIMEOUT;
		settings.access = ACCESS_COMMON;
		serve();
		if (stream.stream.error != 0 &&
		    (is_logged("\" 500 ") || is_logged("\" 408 ")))
			is_blamed = true;
		empty_log();
	}
	CHECK("the log blames nobody for a client that is gone", !is_blamed);
}

static void
check_max_requests(void)
{
	struct slice output;

	prepare(SLICE(TEN TEN TEN TEN));
	settings.max_requests = 3;
	output = serve();
	CHECK("the last of so many requests says close",
	      has_statuses(output, "200 200 200 close") &&
		  !nth_answer(output, 1).closes);
	prepare(SLICE(TEN TEN));
	settings.max_requests = 1;
	output = serve();
	CHECK("one request at all", has_statuses(output, "200 close"));
	CHECK("what is left is read, for no reset to take the answer along",
	      stream.input_at == stream.input.len);
}

static void
check_persistence(void)
{
#define OLD "GET /ten.txt HTTP/1.0\r\n"
	static const struct {
		const char *name, *bytes, *statuses, *connection;
	} rows[] = {
	    {"HTTP/1.0 closes", OLD "\r\n" TEN, "200", "close"},
	    {"HTTP/1.0 keeps if asked to",
	     OLD "Connection: keep-alive\r\n\r\n" TEN, "200 200", "keep-alive"},
	    {"close outweighs keep-alive",
	     OLD "Connection: keep-alive, close\r\n\r\n" TEN, "200", "close"},
	    {"HTTP/1.1 keeps, and says nothing", TEN TEN, "200 200", ""},
	    {"HTTP/1.1 closes if asked to",
	     "GET /ten.txt HTTP/1.1\r\n" HOST
	     "Connection: x, CLOSE\r\n\r\n" TEN,
	     "200", "close"},
	    {"a refusal closes", "GET /ten.txt HTTP/1.1\r\n\r\n" TEN, "400",
	     "close"},
	    {"404 does not", "GET /no HTTP/1.1\r\n" HOST "\r\n" TEN, "404 200",
	     ""},
	};
#undef OLD
	char field[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice output = serve_text(rows[i].bytes), head;
		struct buf want = BUF_OVER(field);
		const char *at;

		buf_add_str(&want, "\r\nConnection: ");
		buf_add_str(&want, rows[i].connection);
		if (*rows[i].connection != '\0')
			buf_add_str(&want, "\r\n");
		head = nth_answer(output, 0).head;
		at = memmem(head.ptr, head.len, want.data, want.len);
		CHECK(rows[i].name,
		      has_statuses(output, rows[i].statuses) &&
			  (at != NULL) == (*rows[i].connection != '\0'));
	}
}

/* Content that nobody wants, of n bytes, and a request behind it. */
static struct slice
serve_unwanted(bool is_chunked, size_t n)
{
	static char bytes[4096];
	struct buf input = BUF_OVER(bytes);

	buf_add_str(&input, "POST /ten.txt HTTP/1.1\r\n" HOST);
	if (is_chunked) {
		buf_add_str(&input, "Transfer-Encoding: chunked\r\n\r\n");
		for (size_t i = 0; i < n; i++)
			buf_add_str(&input, "1\r\nx\r\n");
		buf_add_str(&input, "0\r\n\r\n");
	} else {
		buf_add_str(&input, "Content-Length: ");
		buf_add_u64(&input, n);
		buf_add_str(&input, "\r\n\r\n");
		for (size_t i = 0; i < n; i++)
			buf_add_char(&input, 'x');
	}
	buf_add_str(&input, TEN);
	prepare(buf_slice(&input));
	settings.body.drain = 100;
	return serve();
}

static void
check_drain(void)
{
	struct slice output = serve_unwanted(false, 100);

	CHECK("unwanted content of a length at the bound",
	      has_statuses(output, "405 200"));
	output = serve_unwanted(false, 101);
	CHECK("and one byte over it",
	      has_statuses(output, "405 close") && stream.has_ended);
	CHECK("unwanted chunks at the bound",
	      has_statuses(serve_unwanted(true, 100), "405 200"));
	CHECK("and one byte over it",
	      has_statuses(serve_unwanted(true, 101), "405") &&
		  stream.has_ended);
	prepare(SLICE("POST /ten.txt HTTP/1.1\r\n" HOST
		      "Transfer-Encoding: chunked\r\n\r\nx\r\n" TEN));
	CHECK("unwanted chunks that are malformed",
	      has_statuses(serve(), "405") && stream.has_ended);
}

/* What is not read on is not read without end either. */
static void
check_linger(void)
{
	static char bytes[400000];
	size_t head = strlen("GET / HTTP/1.1\r\n\r\n");

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "GET / HTTP/1.1\r\n\r\n", head);
	prepare((struct slice){bytes, sizeof(bytes)});
	settings.body.drain = 100000;
	CHECK("a refused client may be sending still",
	      has_statuses(serve(), "400"));
	CHECK("its output is ended, and its input read for a while",
	      stream.has_ended && stream.input_at >= 100000 &&
		  stream.input_at < 130000);
}

static void
check_max_body(void)
{
	static const struct {
		const char *name, *bytes, *statuses;
	} rows[] = {
	    {"a length at the limit",
	     "POST /echo HTTP/1.1\r\n" HOST
	     "Content-Length: 10\r\n\r\n0123456789" TEN,
	     "200 200"},
	    {"a length over it",
	     "POST /echo HTTP/1.1\r\n" HOST
	     "Content-Length: 11\r\n\r\n0123456789a" TEN,
	     "413"},
	    {"one over it that nobody wants",
	     "POST /ten.txt HTTP/1.1\r\n" HOST
	     "Content-Length: 11\r\n\r\n0123456789a" TEN,
	     "413"},
	    {"chunks at the limit",
	     POST_CHUNKED "\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n" TEN,
	     "200 200"},
	    {"a chunk over it",
	     POST_CHUNKED "\r\nb\r\n0123456789a\r\n0\r\n\r\n" TEN, "413"},
	};
	struct slice output;
	struct answer a;

	for (size_t i = 0; i < COUNT(rows); i++) {
		prepare(slice_of(rows[i].bytes));
		settings.body.content = 10;
		CHECK(rows[i].name, has_statuses(serve(), rows[i].statuses));
	}
	prepare(SLICE(POST_CHUNKED
		      "\r\n4\r\n0123\r\n7\r\n456789a\r\n0\r\n\r\n" TEN));
	settings.body.content = 10;
	output = serve();
	a = nth_answer(output, 0);
	CHECK("a second chunk over it cuts the answer short",
	      a.status == 200 && a.is_cut && content_is(a, SLICE("0123")));
	prepare(SLICE(POST_CHUNKED "\r\nb\r\n0123456789a\r\n0\r\n\r\n" TEN));
	settings.body.content = 0;
	CHECK("no limit", has_statuses(serve(), "200 200"));
}

static void
check_head_method(void)
{
	static const struct {
		const char *name, *rest;
	} requests[] = {
	    {"a file", "/ten.txt HTTP/1.1\r\n" HOST "\r\n"},
	    {"a large file", "/big.bin HTTP/1.1\r\n" HOST "\r\n"},
	    {"an empty file", "/empty.txt HTTP/1.1\r\n" HOST "\r\n"},
	    {"an index file", "/sub/ HTTP/1.1\r\n" HOST "\r\n"},
	    {"a redirect", "/sub HTTP/1.1\r\n" HOST "\r\n"},
	    {"nothing there", "/no HTTP/1.1\r\n" HOST "\r\n"},
	    {"an encoded slash", "/a%2Fb HTTP/1.1\r\n" HOST "\r\n"},
	    {"a hidden name", "/.hidden HTTP/1.1\r\n" HOST "\r\n"},
	    {"an echo", "/echo HTTP/1.1\r\n" HOST "\r\n"},
	    {"an echo of a length",
	     "/echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"},
	    {"an echo of chunks",
	     "/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	     "1\r\na\r\n0\r\n\r\n"},
	    {"HTTP/1.0", "/ten.txt HTTP/1.0\r\n\r\n"},
	    {"HTTP/1.0 that keeps",
	     "/ten.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
	    {"Connection: close",
	     "/ten.txt HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"},
	    {"no Host", "/ten.txt HTTP/1.1\r\n\r\n"},
	    {"a bad path", "/%00 HTTP/1.1\r\n" HOST "\r\n"},
	    {"an expectation", "/ HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n"},
	    {"another version", "/ HTTP/3.1\r\n\r\n"},
	    {"a bad field", "/ HTTP/1.1\r\n" HOST "no colon\r\n\r\n"},
	};
	char bytes[256];

	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buf input = BUF_OVER(bytes);
		struct memory head = {0};
		struct slice output;

		buf_add_str(&input, "GET ");
		buf_add_str(&input, requests[i].rest);
		prepare(buf_slice(&input));
		output = nth_answer(serve(), 0).head;
		memory_add(&head, output.ptr, output.len);
		buf_reset(&input);
		buf_add_str(&input, "HEAD ");
		buf_add_str(&input, requests[i].rest);
		prepare(buf_slice(&input));
		CHECK(requests[i].name,
		      head.len > 0 &&
			  slice_equal(serve(), memory_slice(&head)));
		free(head.ptr);
	}
}

/* A request whose line and whose head have so many bytes. */
static struct slice
serve_long(size_t line, size_t head, size_t step)
{
	static char bytes[2048];
	struct buf input = BUF_OVER(bytes);

	buf_add_str(&input, "GET /");
	while (input.len < line - strlen(" HTTP/1.1"))
		buf_add_char(&input, 'a');
	buf_add_str(&input, " HTTP/1.1\r\n" HOST "x: ");
	while (input.len < head - 4)
		buf_add_char(&input, 'a');
	buf_add_str(&input, "\r\n\r\n");
	buf_add_str(&input, TEN);
	prepare(buf_slice(&input));
	settings.head.request_line = 100;
	settings.head.head = 300;
	stream.step = step;
	return serve();
}

static void
check_limits(void)
{
	bool fits = true, line = true, head = true, bare = true;

	for (size_t step = 0; step < 5; step++) {
		if (!has_statuses(serve_long(100, 300, step), "404 200"))
			fits = false;
		if (!has_statuses(serve_long(101, 300, step), "414"))
			line = false;
		if (!has_statuses(serve_long(100, 301, step), "431"))
			head = false;
		prepare(SLICE("GET /45678901234567890123 HTTP/1.1\n\n"));
		settings.head.request_line = 20;
		stream.step = step;
		if (!has_statuses(serve(), "414"))
			bare = false;
	}
	CHECK("a line and a head exactly as long as they may be", fits);
	CHECK("a line one byte longer", line);
	CHECK("a head one byte longer", head);
	CHECK("too long a line that ends in a bare LF", bare);
}

/* The largest head there can be leaves room to read content behind it. */
static void
check_largest_head(void)
{
	static char bytes[HEAD_CAP + 65536];
	struct buf input = BUF_OVER(bytes);
	struct slice output;

	buf_add_str(&input, TEN "\r\n\r\n");
	buf_add_str(&input, POST_CHUNKED "x: ");
	while (input.len < sizeof(TEN) + 3 + HEAD_CAP - 16 - 4)
		buf_add_char(&input, 'a');
	buf_add_str(&input, "\r\n\r\n");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&input, "1\r\nx\r\n");
	buf_add_str(&input, "0\r\n\r\n" TEN);
	prepare(buf_slice(&input));
	settings.head.head = HEAD_CAP - 16;
	output = serve();
	CHECK("chunks behind the largest head",
	      has_statuses(output, "200 200 200") &&
		  nth_answer(output, 1).framed.len == 5000 * 6 + 5);
}

int
main(void)
{
	clock_fix(1700000000);
	catch_log();
	make_directory();
	make_site();
	check_samples();
	check_cuts();
	check_nothing_leaks();
	check_nothing_leaks_from_all();
	check_burst();
	check_continue();
	check_ends();
	check_errors();
	check_log_of_errors();
	check_max_requests();
	check_persistence();
	check_drain();
	check_linger();
	check_max_body();
	check_head_method();
	check_limits();
	check_largest_head();
	CHECK("the stream was used as it says in all these connections",
	      breach == NULL && runs > 10000);
	remove_directory();
	memory_stream_free(&stream);
	return check_done();
}

/* SPDX-License-Identifier: ISC */
/*
 * A whole connection, from a client in memory. The input is up to three
 * bytes above 0x7f, which are options, and then what the client sends: no
 * request begins with such a byte, so a request alone is an input too.
 *
 * Properties, beside those of struct memory_stream:
 *
 *	the output is a sequence of well-formed responses, one for each
 *	request and at most one more, and nothing behind one that says
 *	close or is cut short;
 *	it does not hang on the pieces in which the input comes;
 *	nothing comes from outside of the root, or from hidden files.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "conn/conn.h"
#include "grammar.h"
#include "memory_stream.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No request can hold it in its head. */
#define MAGIC "\x01outside\x02"

/*
 * It stays there for the next run: AFL++ ends its targets by signals. Nothing
 * in it changes, and several may use it at once.
 */
#define DIRECTORY "build/fuzz-conn"

static struct conn conn;
static struct site sites[2];
static int report_fd = STDERR_FILENO;

/* What the bytes in front of the request say. */
struct options {
	bool has_small_limits;
	bool ends_early; /* after two requests */
	bool walks;      /* as without openat2 */
	bool logs;
	bool has_rules;
	int at_end;
	size_t step;
	unsigned fail_at;
};

static void
fail(const char *what, struct slice bytes)
{
	dprintf(report_fd, "PROPERTY: %s:\n", what);
	if (write(report_fd, bytes.ptr, bytes.len) < 0)
		abort();
	abort();
}

static void
write_file(int dir, const char *name, const char *bytes, size_t len)
{
	int fd =
	    openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return;
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) != 0)
		abort();
}

static void
make_directory(int dir, const char *name)
{
	if (mkdirat(dir, name, 0755) != 0 && errno != EEXIST)
		abort();
}

static void
make_link(int dir, const char *name, const char *target)
{
	if (symlinkat(target, dir, name) != 0 && errno != EEXIST)
		abort();
}

static void
make_root(int dir)
{
	static char big[SMALL_FILE_MAX + 1000];
	char *outside = realpath(DIRECTORY "/outside", NULL);

	memset(big, 'x', sizeof(big));
	make_directory(dir, "sub");
	make_directory(dir, "bare");
	make_directory(dir, ".well-known");
	write_file(dir, "a", "0123456789", 10);
	write_file(dir, "b.html", "<b>", 3);
	write_file(dir, "big", big, sizeof(big));
	write_file(dir, "e", "", 0);
	write_file(dir, "sub/index.html", "<p>", 3);
	write_file(dir, ".well-known/w", "w", 1);
	write_file(dir, ".h", MAGIC, strlen(MAGIC));
	write_file(dir, "sub/.h", MAGIC, strlen(MAGIC));
	write_file(dir, ".well-known/.h", MAGIC, strlen(MAGIC));
	make_link(dir, "l", "../outside");
	make_link(dir, "d", "..");
	make_link(dir, "la", "a");
	make_link(dir, "sub/l", "sub/../../outside");
	make_link(dir, "la2", outside);
	make_link(dir, "r", "/");
	make_link(dir, "p", "/proc/self/root");
	free(outside);
}

static void
make_sites(void)
{
	for (size_t i = 0; i < 2; i++) {
		sites[i].index[sites[i].index_count++] = SLICE("index.html");
		if (rules_add_echo(&sites[i].rules, SLICE("/echo")) != NULL)
			abort();
	}
	sites[1].lists = true;
	if (rules_add_header(&sites[1].rules, SLICE("/ Server:")) != NULL ||
	    rules_add_header(&sites[1].rules, SLICE("/su*/ X-A: b")) != NULL)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd, dir;

	(void)argc;
	(void)argv;
	/* stderr itself, where the log goes, is closed after this. */
	report_fd = dup(STDERR_FILENO);
	clock_fix(1700000000);
	make_directory(AT_FDCWD, "build");
	make_directory(AT_FDCWD, DIRECTORY);
	make_directory(AT_FDCWD, DIRECTORY "/root");
	fd = open(DIRECTORY, O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir = open(DIRECTORY "/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (report_fd < 0 || fd < 0 || dir < 0)
		abort();
	write_file(fd, "outside", MAGIC, strlen(MAGIC));
	make_root(dir);
	close(dir);
	close(fd);
	make_sites();
	if (root_open(&conn.root, DIRECTORY "/root") != 0)
		abort();
	return 0;
}

static unsigned
next_option(struct slice *input)
{
	unsigned byte = input->len > 0 ? (unsigned char)input->ptr[0] : 0;

	if (byte < 0x80)
		return 0;
	*input = slice_skip(*input, 1);
	return byte & 0x7f;
}

static struct options
take_options(struct slice *input)
{
	static const int ends[] = {0, IO_TIMEOUT, IO_FAILED, 0};
	unsigned flags = next_option(input);

	return (struct options){
	    .has_small_limits = flags & 1,
	    .ends_early = flags & 2,
	    .walks = flags & 4,
	    .logs = flags & 8,
	    .has_rules = flags & 16,
	    .at_end = ends[flags >> 5],
	    .step = next_option(input),
	    .fail_at = next_option(input),
	};
}

static struct conn_settings
make_settings(const struct options *o)
{
	struct conn_settings s = {
	    .head = {.request_line = 8192, .head = 32768, .fields = 128},
	    .body = {.content = 1 << 20,
		     .chunk_extension = 16384,
		     .trailer = 32768,
		     .drain = 256 * 1024,
		     .drain_ms = 1000000,
		     .timeout_ms = 1000000,
		     .min_rate = 256},
	    .pace = {.timeout_ms = 1000000, .min_rate = 256},
	    .header_ms = 1000000,
	    .idle_ms = 1000000,
	    .max_requests = o->ends_early ? 2 : 0,
	    .access = o->logs ? ACCESS_JSON : ACCESS_NONE,
	    .explain = o->logs,
	};

	if (o->has_small_limits) {
		s.head = (struct head_limits){
		    .request_line = 40, .head = 120, .fields = 4};
		s.body.content = 20;
		s.body.chunk_extension = 10;
		s.body.trailer = 10;
		s.body.drain = 5;
	}
	return s;
}

/* What a response in the output belongs to. */
struct expected {
	bool is_head;    /* it has no content */
	bool may_be_cut; /* its content is the request's */
};

struct expectations {
	struct expected *at;
	size_t count, cap;
};

static void
expect(struct expectations *e, struct expected one)
{
	if (e->count == e->cap) {
		e->cap = e->cap * 2 + 8;
		e->at = realloc(e->at, e->cap * sizeof(*e->at));
		if (e->at == NULL)
			abort();
	}
	e->at[e->count++] = one;
}

/* Takes the content off rest. False if it is not whole or malformed. */
static bool
skip_content(const struct request *req, const struct conn_settings *s,
	     struct slice *rest)
{
	struct chunked chunked = {.extension_max = s->body.chunk_extension,
				  .trailer_max = s->body.trailer};
	struct slice data;

	if (req->framing == FRAMING_LENGTH) {
		if (req->content_length > rest->len)
			return false;
		*rest = slice_skip(*rest, (size_t)req->content_length);
	}
	if (req->framing != FRAMING_CHUNKED)
		return true;
	for (;;) {
		switch (chunked_next(&chunked, rest, &data)) {
		case CHUNKED_HAS_DATA:
			break;
		case CHUNKED_IS_DONE:
			return true;
		default:
			return false;
		}
	}
}

/*
 * All the responses that the input can ask for: one for each request that
 * is whole, and one for what is not.
 */
static struct expectations
count_requests(struct slice input, const struct conn_settings *s)
{
	static struct field field[FIELDS_CAP];
	static char path[REQUEST_LINE_CAP + 2];
	struct expectations e = {0};

	for (;;) {
		struct head_scan scan = {0};
		struct expected one = {0};
		struct request req = {0};
		struct slice head;
		bool is_whole =
		    !head_find_end(&scan, input, &s->head) && scan.end > 0;

		input = slice_skip(input, scan.first);
		one.is_head = slice_starts(input, SLICE("HEAD "));
		head = (struct slice){input.ptr, scan.end - scan.first};
		if (!is_whole ||
		    request_parse(&req, head, &s->head, field, path)) {
			expect(&e, one);
			return e;
		}
		input = slice_skip(input, head.len);
		one.may_be_cut = request_has_content(&req);
		expect(&e, one);
		if (!skip_content(&req, s, &input))
			return e;
	}
}

static struct slice
nobody(void)
{
	return SLICE("-");
}

/* Serves input. The output is the caller's to free, with its stream. */
static void
serve(struct memory_stream *m, struct slice input, const struct options *o,
      const struct conn_settings *settings, size_t step, unsigned fail_at)
{
	memory_stream_init(m, input, conn.storage.out);
	m->step = step;
	m->at_end = o->at_end;
	m->fail_at = fail_at;
	m->fail_with = fail_at % 2 ? IO_FAILED : IO_TIMEOUT;
	conn.settings = settings;
	conn.site = &sites[o->has_rules];
	conn.root.walks = o->walks;
	conn.stream = &m->stream;
	conn.in_fd = -1;
	conn.remote = nobody;
	conn_serve(&conn);
	if (m->breach != NULL)
		fail(m->breach, input);
}

/* Checks the output, and appends it to decoded, without chunk framing. */
static void
check_output(struct slice output, const struct expectations *e,
	     struct memory *decoded)
{
	struct slice rest = output;
	bool has_continued = false, is_over = false;
	size_t count = 0;

	if (output.len > 0 &&
	    memmem(output.ptr, output.len, MAGIC, strlen(MAGIC)) != NULL)
		fail("something from outside", output);
	while (rest.len > 0) {
		struct expected want = {0};
		const char *wrong;
		struct answer a;

		if (is_over || count == e->count)
			fail("a response too many", output);
		want = e->at[count];
		wrong = answer_next(&rest, want.is_head, &a);
		if (wrong != NULL)
			fail(wrong, output);
		memory_add(decoded, a.head.ptr, a.head.len);
		answer_add_content(&a, decoded);
		if (a.status < 200) {
			if (a.status != 100 || has_continued ||
			    !want.may_be_cut)
				fail("an interim response", output);
			has_continued = true;
			continue;
		}
		if (a.is_cut && (!want.may_be_cut || rest.len > 0))
			fail("a response is cut short", output);
		has_continued = false;
		is_over = a.closes || a.is_cut;
		count++;
	}
}

/* Serves input in pieces of step, and holds it against the whole. */
static void
check_pieces(struct slice input, const struct options *o,
	     const struct conn_settings *settings, size_t step,
	     const struct expectations *e, const struct memory *whole)
{
	struct memory decoded = {0};
	struct memory_stream m;

	serve(&m, input, o, settings, step, 0);
	check_output(memory_slice(&m.output), e, &decoded);
	if (!slice_equal(memory_slice(&decoded), memory_slice(whole)))
		fail("it depends on the pieces of the input",
		     memory_slice(&decoded));
	memory_stream_free(&m);
	free(decoded.ptr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = {(const char *)data, size};
	struct options o = take_options(&input);
	struct conn_settings settings = make_settings(&o);
	struct expectations e;
	struct memory whole = {0};
	struct memory_stream m;

	/* It would be echoed. */
	if (size > 0 && memmem(data, size, MAGIC, strlen(MAGIC)) != NULL)
		return 0;
	e = count_requests(input, &settings);
	serve(&m, input, &o, &settings, 0, 0);
	check_output(memory_slice(&m.output), &e, &whole);
	memory_stream_free(&m);
	check_pieces(input, &o, &settings, 1, &e, &whole);
	if (o.step > 1)
		check_pieces(input, &o, &settings, o.step, &e, &whole);
	if (o.fail_at > 0) {
		serve(&m, input, &o, &settings, o.step, o.fail_at);
		memory_stream_free(&m);
	}
	free(whole.ptr);
	free(e.at);
	return 0;
}

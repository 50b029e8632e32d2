/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/cgi_head.h"

/* clang-format off */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Where the head ends; 0: it has not. */
static const struct {
	const char *name;
	struct slice in;
	size_t end;
} ends[] = {
    {IN(""), 0},
    {IN("a: b"), 0},
    {IN("a: b\n"), 0},
    {IN("a: b\r\n"), 0},
    {IN("a: b\n\n"), 6},
    {IN("a: b\n\nbody\n\n"), 6},
    {IN("a: b\r\n\r\nbody"), 8},
    {IN("a: b\n\r\nbody"), 7},
    {IN("a: b\r\n\nbody"), 7},
    {IN("\nbody"), 1},
    {IN("\r\nbody"), 2},
    {IN("\rbody"), 0},
    {IN("a\r\r\nb"), 0},
    {IN("a\n\r\rb\n\nc"), 7},
};

/* What is passed on, and what else is taken; refused: why begins so. */
static const struct {
	const char *name;
	struct slice in;
	const char *fields;	/* NULL: refused */
	int status;
	const char *location, *type, *sendfile;
	uint64_t length;
} heads[] = {
    {IN("Content-Type: a/b\n\n"),	"", 0, NULL, "a/b", NULL, 0},
    {IN("content-type:a/b \r\n\r\n"),	"", 0, NULL, "a/b", NULL, 0},
    {IN("Status: 404\n\n"),		"", 404, NULL, NULL, NULL, 0},
    {IN("Status: 404 Not Found\n\n"),	"", 404, NULL, NULL, NULL, 0},
    {IN("Status: 103\nLink: x\n\n"),	"Link: x\r\n", 103, NULL, NULL, NULL, 0},
    {IN("Status: 599\n\n"),		"", 599, NULL, NULL, NULL, 0},
    {IN("Status: 404x\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 40\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: -04\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status:\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 000\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 100\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 101\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 102\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 600\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Status: 200\nSTATUS: 200\n\n"),NULL, 0, NULL, NULL, NULL, 0},
    {IN("Location: /x?y\n\n"),		"", 0, "/x?y", NULL, NULL, 0},
    {IN("Location: /a\nLocation: /b\n\n"), NULL, 0, NULL, NULL, NULL, 0},
    {IN("X-Sendfile: /x\n\n"),		"", 0, NULL, NULL, "/x", 0},
    {IN("X-Sendfile: /x\nX-Sendfile: /x\n\n"), NULL, 0, NULL, NULL, NULL, 0},
    {IN("Content-Length: 7\n\n"),	"", 0, NULL, NULL, NULL, 7},
    {IN("Content-Length: 07\n\n"),	"", 0, NULL, NULL, NULL, 7},
    {IN("Content-Length:\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("Content-Length: +7\n\n"),	NULL, 0, NULL, NULL, NULL, 0},
    {IN("Content-Length: 7, 7\n\n"),	NULL, 0, NULL, NULL, NULL, 0},
    {IN("Content-Length: 9223372036854775808\n\n"), NULL, 0, NULL, NULL, NULL, 0},
    {IN("Content-Length: 7\nContent-length: 7\n\n"), NULL, 0, NULL, NULL, NULL, 0},
    {IN("A: b\nB:\tc \nA: d\n\n"),	"A: b\r\nB: c\r\nA: d\r\n", 0, NULL, NULL, NULL, 0},
    {IN("A:\n\n"),			"A: \r\n", 0, NULL, NULL, NULL, 0},
    {IN("A: \xe4\n\n"),			"A: \xe4\r\n", 0, NULL, NULL, NULL, 0},
    {IN("Connection: A\nA: b\nKeep-Alive: 1\nTE: x\nTrailer: y\n"
	"Transfer-Encoding: chunked\nUpgrade: z\nProxy-Connection: w\n\n"),
					"A: b\r\n", 0, NULL, NULL, NULL, 0},
    {IN("A: b\rC: d\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("A: b\r\r\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("A: \0b\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("A: \x7f\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("A : b\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN(": b\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("A: b\n c\n\n"),		NULL, 0, NULL, NULL, NULL, 0},
    {IN("\tA: b\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("HTTP/1.1 200 OK\nA: b\n\n"),	NULL, 0, NULL, NULL, NULL, 0},
    {IN("<html>\n\n"),			NULL, 0, NULL, NULL, NULL, 0},
    {IN("\n"),				NULL, 0, NULL, NULL, NULL, 0},
    {IN("\r\n"),			NULL, 0, NULL, NULL, NULL, 0},
};

static const struct {
	const char *name;
	struct slice in;
	bool want;
} redirects[] = {
    {IN("Location: /a\n\n"), true},
    {IN("Location: /\nContent-Type: a/b\n\n"), true},
    {IN("Location: /a\nStatus: 302\n\n"), false},
    {IN("Location: //a\n\n"), false},
    {IN("Location: http://a/\n\n"), false},
    {IN("Location:\n\n"), false},
    {IN("A: b\n\n"), false},
};
/* clang-format on */

static bool
is_text(struct slice got, const char *want)
{
	return want == NULL
		   ? got.ptr == NULL
		   : got.ptr != NULL && slice_equal(got, slice_of(want));
}

static void
test_ends(void)
{
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct cgi_head_scan whole = {0}, parts = {0};
		bool is_same = true;

		CHECK(ends[i].name, cgi_head_find_end(&whole, ends[i].in) ==
					    (ends[i].end > 0) &&
					whole.end == ends[i].end);
		for (size_t n = 0; n <= ends[i].in.len; n++) {
			struct slice start = {ends[i].in.ptr, n};
			bool found = cgi_head_find_end(&parts, start);

			is_same = is_same && found == (ends[i].end > 0 &&
						       n >= ends[i].end);
		}
		CHECK(ends[i].name, is_same && parts.end == ends[i].end);
	}
}

static void
test_heads(void)
{
	for (size_t i = 0; i < COUNT(heads); i++) {
		char storage[256] = "before";
		struct buf fields = BUF_OVER(storage);
		struct cgi_head head;
		enum status status;

		fields.len = 6;
		status = cgi_head_parse(&head, heads[i].in, &fields);
		if (heads[i].fields == NULL) {
			CHECK(heads[i].name,
			      status == STATUS_BAD_GATEWAY && fields.len == 6 &&
				  head.refusal != NULL && !fields.overflow);
			continue;
		}
		CHECK(heads[i].name,
		      status == STATUS_NONE &&
			  is_text(slice_skip(buf_slice(&fields), 6),
				  heads[i].fields) &&
			  head.status == heads[i].status &&
			  is_text(head.location, heads[i].location) &&
			  is_text(head.type, heads[i].type) &&
			  is_text(head.sendfile, heads[i].sendfile) &&
			  head.length == heads[i].length &&
			  head.has_length == (heads[i].length > 0));
	}
}

int
main(void)
{
	char small[8], large[256];
	struct buf fields = BUF_OVER(small);
	struct cgi_head head;

	test_ends();
	test_heads();
	for (size_t i = 0; i < COUNT(redirects); i++) {
		char storage[64];
		struct buf none = BUF_OVER(storage);

		CHECK(redirects[i].name,
		      !cgi_head_parse(&head, redirects[i].in, &none) &&
			  cgi_head_is_local_redirect(&head) ==
			      redirects[i].want);
	}
	CHECK("more fields than there is room for",
	      cgi_head_parse(&head, SLICE("A: bcdefgh\n\n"), &fields) ==
		      STATUS_BAD_GATEWAY &&
		  fields.len == 0 && !fields.overflow);
	CHECK("what matters to who sends it is noted",
	      !cgi_head_parse(&head, SLICE("Content-Length: 0\n\n"), &fields) &&
		  head.has_length && !head.has_date);

	fields = BUF_OVER(large);
	CHECK("and of fields that are passed on",
	      !cgi_head_parse(
		  &head,
		  SLICE("date: a\nserver: b\netag: c\n"
			"content-encoding: d\ncontent-range: e\n"
			"cache-control: max-age=1 , No-Transform\n\n"),
		  &fields) &&
		  head.has_date && head.has_server && head.has_etag &&
		  head.has_coding && head.has_range && head.has_no_transform);
	return check_done();
}

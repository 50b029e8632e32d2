/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "http/head.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define BAD STATUS_BAD_REQUEST
#define FIELDS 4

static const struct head_limits limits = {
    .request_line = 40, .head = 120, .fields = FIELDS};

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. It lives until the next call.
 */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	block = malloc(s.len + 1);
	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	return (struct slice){block + 1, s.len};
}

#define R "GET / HTTP/1.1\r\n"

/* Where heads end. end 0: it is not there yet. */
/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	enum status status;
	size_t first, end;
} ends[] = {
    {IN(""),				0,	0,	0},
    {IN("G"),				0,	0,	0},
    {IN("GET / HTTP/1.1"),		0,	0,	0},
    {IN("GET / HTTP/1.1\r"),		0,	0,	0},
    {IN(R),				0,	0,	0},
    {IN(R "\r"),			0,	0,	0},
    {IN(R "a: b\r\n"),			0,	0,	0},
    {IN(R "\r\n"),			0,	0,	18},
    {IN(R "a: b\r\n\r\n"),		0,	0,	24},
    /* What follows the head is the next one's, or content. */
    {IN(R "\r\nGET"),			0,	0,	18},
    {IN(R "\r\n\r\n\n\x16\0"),		0,	0,	18},
    {IN(R "a: b\r\n\r\n" R "\r\n"),	0,	0,	24},

    /* "a server [...] SHOULD ignore at least one empty line (CRLF)
     * received prior to the request-line" (RFC 9112, section 2.2) */
    {IN("\r"),				0,	0,	0},
    {IN("\r\n"),			0,	2,	0},
    {IN("\r\n\r"),			0,	2,	0},
    {IN("\r\n\r\n"),			0,	4,	0},
    {IN("\r\n\r\n\r"),			0,	4,	0},
    {IN("\r\n" R "\r\n"),		0,	2,	20},
    {IN("\r\n\r\n" R "\r\n"),		0,	4,	22},
    {IN("\r\n\r\n\r\n"),		BAD,	0,	0},
    {IN("\r\n\r\n\r\n" R "\r\n"),	BAD,	0,	0},
    {IN("\r\n\r\n\n"),			BAD,	0,	0},
    {IN("\n" R "\r\n"),			BAD,	0,	0},
    {IN("\r\r\n" R "\r\n"),		BAD,	0,	0},
    {IN("\rGET"),			BAD,	0,	0},
    {IN("\r\n\rGET"),			BAD,	0,	0},
    {IN("\r\n "),			BAD,	0,	0},

    /* "a recipient MAY recognize a single LF as a line terminator" (RFC
     * 9112, section 2.2): this one does not. */
    {IN("\n"),				BAD,	0,	0},
    {IN("GET / HTTP/1.1\n"),		BAD,	0,	0},
    {IN("GET / HTTP/1.1\n\n"),		BAD,	0,	0},
    {IN(R "\n"),			BAD,	0,	0},
    {IN(R "a: b\n"),			BAD,	0,	0},
    {IN(R "a: b\n\r\n"),		BAD,	0,	0},
    {IN(R "a: b\r\n\n"),		BAD,	0,	0},
    {IN(R "a: b\nc: d\r\n\r\n"),	BAD,	0,	0},
    {IN(R "a: b\r\nc: d\n"),		BAD,	0,	0},

    /* "a sequence of octets that does not match the HTTP-message grammar
     * [...] SHOULD respond with a 400" (RFC 9112, section 2.2): at once,
     * for the peer of another protocol sends no line end. */
    {IN("\x16\x03\x01"),		BAD,	0,	0},
    {IN("\x16"),			BAD,	0,	0},
    {IN("\r\n\x16"),			BAD,	0,	0},
    {IN("\0"),				BAD,	0,	0},
    {IN(" "),				BAD,	0,	0},
    {IN("\t" R),			BAD,	0,	0},
    {IN(" " R "\r\n"),			BAD,	0,	0},
    {IN("\x80"),			BAD,	0,	0},
    {IN("\xff\xfe" R),			BAD,	0,	0},
    {IN("\xef\xbb\xbf" R),		BAD,	0,	0},
    {IN(":" R),				BAD,	0,	0},
    {IN("(" R),				BAD,	0,	0},
    {IN("{\"json\": 1}"),		BAD,	0,	0},

    /* request lines of 40 and 41 bytes, complete or not */
    {IN("GET /45678901234567890123456789 HTTP/1.1\r\n\r\n"), 0,	0,	44},
    {IN("GET /45678901234567890123456789 HTTP/1.1\r"),	0,	0,	0},
    {IN("\r\nGET /45678901234567890123456789 HTTP/1.1\r"), 0,	2,	0},
    {IN("GET /456789012345678901234567890 HTTP/1.1\r\n\r\n"), 414, 0,	0},
    {IN("GET /456789012345678901234567890 HTTP/1.1\r"),	414,	0,	0},
    {IN("GET /456789012345678901234567890 HTTP/1.1"),	414,	0,	0},
    {IN("GET /4567890123456789012345678901234567890"),	414,	0,	0},
    {IN("\r\nGET /456789012345678901234567890 HTTP/1.1\r"), 414, 0,	0},
    {IN("AVERYLONGMETHODANDNOTARGETWHATSOEVERINSIGHT"),	414,	0,	0},
};

/* What heads are cut into: the three parts, then "name=value"s. */
static const struct {
	const char *name;
	struct slice in;
	enum status status;
	struct slice want;
} heads[] = {
#define LIKE(literal) 0, {"" literal, sizeof(literal) - 1}
#define REFUSED BAD, {NULL, 0}
    {IN(R "\r\n"),			LIKE("GET|/|HTTP/1.1")},
    {IN("\r\n\r\n" R "\r\n"),		LIKE("GET|/|HTTP/1.1")},

    /* "method SP request-target SP HTTP-version" (RFC 9112, section 3) */
    {IN("A b C\r\n\r\n"),		LIKE("A|b|C")},
    {IN("GET  / HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET /  HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET / HTTP/1.1 \r\n\r\n"),	REFUSED},
    {IN("GET / HTTP/1.1 x\r\n\r\n"),	REFUSED},
    {IN("GET /a b HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET\t/ HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET\t/\tHTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET\v/ HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET / \r\n\r\n"),		REFUSED},
    {IN("GET /\r\n\r\n"),		REFUSED},
    {IN("GET \r\n\r\n"),		REFUSED},
    {IN("GET  \r\n\r\n"),		REFUSED},
    {IN("GET\r\n\r\n"),			REFUSED},
    {IN("GET  HTTP/1.1\r\n\r\n"),	REFUSED},

    /* "method = token" (RFC 9112, section 3.1) */
    {IN("!#$%&'*+-.^_`|~09azAZ / v\r\n\r\n"),
					LIKE("!#$%&'*+-.^_`|~09azAZ|/|v")},
    {IN("get / v\r\n\r\n"),		LIKE("get|/|v")},
    {IN("G:T / HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("G\"T / HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("G\x01T / HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("G\xc3\xa9T / HTTP/1.1\r\n\r\n"), REFUSED},

    /* "A recipient of such a bare CR MUST consider that element to be
     * invalid" (RFC 9112, section 2.2), and NUL is no better. */
    {IN("GET\r / HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET /\r HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET / HTTP/1.1\r\r\n\r\n"),	REFUSED},
    {IN("GET /\0 HTTP/1.1\r\n\r\n"),	REFUSED},
    {IN("GET / HTTP/1.1\0\r\n\r\n"),	REFUSED},
    {IN(R "a: b\rc\r\n\r\n"),		REFUSED},
    {IN(R "a: \rb\r\n\r\n"),		REFUSED},
    {IN(R "a: b\r\r\n\r\n"),		REFUSED},
    {IN(R "a: b\r \r\n\r\n"),		REFUSED},
    {IN(R "a\r: b\r\n\r\n"),		REFUSED},
    {IN(R "\ra: b\r\n\r\n"),		REFUSED},
    {IN(R "\r\r\n\r\n"),		REFUSED},

    /* "field-name ":" OWS field-value OWS" (RFC 9112, section 5) */
    {IN(R "a:b\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=b")},
    {IN(R "a:  b\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=b")},
    {IN(R "a:\tb\t \r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=b")},
    {IN(R "a: b\tc  d\r\n\r\n"),	LIKE("GET|/|HTTP/1.1|a=b\tc  d")},
    {IN(R "a:\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=")},
    {IN(R "a: \t \r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=")},
    {IN(R "a: b: c\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=b: c")},
    {IN(R "a::\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=:")},
    {IN(R "A: b\r\na: c\r\n\r\n"),	LIKE("GET|/|HTTP/1.1|A=b|a=c")},
    {IN(R "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
			LIKE("GET|/|HTTP/1.1|!#$%&'*+-.^_`|~09azAZ=x")},
    {IN(R "a\r\n\r\n"),			REFUSED},
    {IN(R "a b\r\n\r\n"),		REFUSED},
    {IN(R ":\r\n\r\n"),			REFUSED},
    {IN(R ": b\r\n\r\n"),		REFUSED},
    {IN(R "a/b: c\r\n\r\n"),		REFUSED},
    {IN(R "\"a\": b\r\n\r\n"),		REFUSED},
    {IN(R "a\0: b\r\n\r\n"),		REFUSED},
    {IN(R "\0: b\r\n\r\n"),		REFUSED},
    {IN(R "\xe9: b\r\n\r\n"),		REFUSED},
    {IN(R "a\x7f: b\r\n\r\n"),		REFUSED},
    {IN(R "a: b\r\nc\r\n\r\n"),		REFUSED},

    /* "A server MUST reject [...] any received request message that
     * contains whitespace between a header field name and colon" (RFC
     * 9112, section 5.1) */
    {IN(R "a : b\r\n\r\n"),		REFUSED},
    {IN(R "a\t: b\r\n\r\n"),		REFUSED},
    {IN(R "a b: c\r\n\r\n"),		REFUSED},

    /* "whitespace between the start-line and the first header field MUST
     * either reject the message [...]" (RFC 9112, section 2.2) */
    {IN(R " a: b\r\n\r\n"),		REFUSED},
    {IN(R "\ta: b\r\n\r\n"),		REFUSED},
    {IN(R " \r\n\r\n"),			REFUSED},
    {IN(R " \r\na: b\r\n\r\n"),		REFUSED},

    /* "A server that receives an obs-fold [...] MUST either reject the
     * message [...]" (RFC 9112, section 5.2) */
    {IN(R "a: b\r\n c\r\n\r\n"),	REFUSED},
    {IN(R "a: b\r\n\tc\r\n\r\n"),	REFUSED},
    {IN(R "a: b\r\n \r\n\r\n"),		REFUSED},
    {IN(R "a: b\r\n c: d\r\n\r\n"),	REFUSED},
    {IN(R "a:\r\n b\r\n\r\n"),		REFUSED},

    /* "a recipient of CR, LF, or NUL within a field value MUST either
     * reject the message [...]. Field values containing other CTL
     * characters are also invalid" (RFC 9110, section 5.5) */
    {IN(R "a: b\0c\r\n\r\n"),		REFUSED},
    {IN(R "a: \0\r\n\r\n"),		REFUSED},
    {IN(R "a: \x01\r\n\r\n"),		REFUSED},
    {IN(R "a: b\v\r\n\r\n"),		REFUSED},
    {IN(R "a: \x1b[2J\r\n\r\n"),	REFUSED},
    {IN(R "a: \x7f\r\n\r\n"),		REFUSED},
    /* "A recipient SHOULD treat other allowed octets in field content
     * (i.e., obs-text) as opaque data" (RFC 9110, section 5.5) */
    {IN(R "a: \x80\xff\r\n\r\n"),	LIKE("GET|/|HTTP/1.1|a=\x80\xff")},
    {IN(R "a: \xa0\r\n\r\n"),		LIKE("GET|/|HTTP/1.1|a=\xa0")},

    /* as many fields as the limit, and one more */
    {IN(R "a:\r\nb:\r\nc:\r\nd:\r\n\r\n"), LIKE("GET|/|HTTP/1.1|a=|b=|c=|d=")},
    {IN(R "a:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n"), 431, {NULL, 0}},
};
/* clang-format on */

static bool
scans_alike(const struct head_scan *a, const struct head_scan *b)
{
	return a->end == b->end && (a->end == 0 || a->first == b->first);
}

/*
 * Looks for the end of the first head in bytes that come in pieces, the
 * first of which has cut bytes and the others step.
 */
static enum status
find_in_pieces(struct head_scan *scan, struct slice bytes, size_t cut,
	       size_t step)
{
	*scan = (struct head_scan){0};
	for (size_t len = cut;; len += step) {
		enum status status;

		if (len > bytes.len)
			len = bytes.len;
		status = head_find_end(
		    scan, exact((struct slice){bytes.ptr, len}), &limits);
		if (status || scan->end > 0 || len == bytes.len)
			return status;
	}
}

/* True if no way of splitting bytes in two, or in bytes, changes the end. */
static bool
is_stable(struct slice bytes, const struct head_scan *whole, enum status status)
{
	struct head_scan scan;
	enum status pieces;

	for (size_t cut = 0; cut <= bytes.len; cut++) {
		pieces = find_in_pieces(&scan, bytes, cut, bytes.len);
		if ((pieces != 0) != (status != 0) ||
		    !scans_alike(&scan, whole))
			return false;
	}
	pieces = find_in_pieces(&scan, bytes, 0, 1);
	return (pieces != 0) == (status != 0) && scans_alike(&scan, whole);
}

static void
check_ends(void)
{
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct head_scan scan = {0};
		enum status status =
		    head_find_end(&scan, exact(ends[i].in), &limits);

		CHECK(ends[i].name,
		      status == ends[i].status && scan.end == ends[i].end &&
			  (status || scan.first == ends[i].first) &&
			  (status == 0) == (scan.refusal == NULL));
		CHECK(ends[i].name, is_stable(ends[i].in, &scan, status));
	}
}

static struct slice
describe(const struct head *head)
{
	static char storage[256];
	struct buf out = BUF_OVER(storage);

	buf_add(&out, head->method);
	buf_add_char(&out, '|');
	buf_add(&out, head->target);
	buf_add_char(&out, '|');
	buf_add(&out, head->version);
	for (size_t i = 0; i < head->field_count; i++) {
		buf_add_char(&out, '|');
		buf_add(&out, head->field[i].name);
		buf_add_char(&out, '=');
		buf_add(&out, head->field[i].value);
	}
	return buf_slice(&out);
}

/* Reads a whole head, as a connection does: find its end, then cut it. */
static enum status
read_head(struct head *head, struct slice bytes)
{
	/* As many as the limit, and the heap's guard behind them. */
	static struct field *field;
	struct head_scan scan = {0};
	enum status status = head_find_end(&scan, bytes, &limits);

	free(field);
	field = malloc(FIELDS * sizeof(*field));
	*head = (struct head){.field = field, .refusal = scan.refusal};
	if (status)
		return status;
	if (scan.end == 0)
		return STATUS_REQUEST_TIMEOUT;
	return head_parse(head,
			  exact((struct slice){bytes.ptr + scan.first,
					       scan.end - scan.first}),
			  &limits);
}

static void
check_heads(void)
{
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct head_scan scan = {0};
		struct head head;
		enum status status = read_head(&head, heads[i].in);

		CHECK(heads[i].name, status == heads[i].status &&
					 (status ? head.refusal != NULL
						 : slice_equal(describe(&head),
							       heads[i].want)));
		status = head_find_end(&scan, exact(heads[i].in), &limits);
		CHECK(heads[i].name, is_stable(heads[i].in, &scan, status));
	}
}

/* A head of len bytes in one long field, the empty line included. */
static struct slice
long_head(size_t len)
{
	static char storage[256];
	struct buf out = BUF_OVER(storage);

	buf_add(&out, SLICE(R "a: "));
	while (out.len < len - 4)
		buf_add_char(&out, 'b');
	buf_add(&out, SLICE("\r\n\r\n"));
	return buf_slice(&out);
}

static struct slice
behind_empty_lines(struct slice head)
{
	static char storage[256];
	struct buf out = BUF_OVER(storage);

	buf_add(&out, SLICE("\r\n\r\n"));
	buf_add(&out, head);
	return buf_slice(&out);
}

static void
check_head_limit(void)
{
	struct head_scan scan = {0};
	struct slice head = long_head(limits.head);

	CHECK("a head as long as the limit",
	      head_find_end(&scan, exact(head), &limits) == 0 &&
		  scan.end == limits.head && is_stable(head, &scan, 0));
	scan = (struct head_scan){0};
	CHECK("empty lines in front are not counted",
	      head_find_end(&scan, exact(behind_empty_lines(head)), &limits) ==
		      0 &&
		  scan.end == limits.head + 4 &&
		  is_stable(behind_empty_lines(head), &scan, 0));
	head = long_head(limits.head + 1);
	scan = (struct head_scan){0};
	CHECK("a head one byte longer than the limit is 431",
	      head_find_end(&scan, exact(head), &limits) == 431 &&
		  scan.refusal != NULL && is_stable(head, &scan, 431));
	head = long_head(limits.head * 2);
	head.len -= 4;
	scan = (struct head_scan){0};
	CHECK("an endless field is 431 before it ends",
	      head_find_end(&scan, exact(head), &limits) == 431 &&
		  is_stable(head, &scan, 431));
	scan = (struct head_scan){0};
	CHECK("a field that may still end within the limit",
	      head_find_end(&scan,
			    exact((struct slice){head.ptr, limits.head - 2}),
			    &limits) == 0 &&
		  scan.end == 0);
}

/* Looked at once for each byte, this would take minutes. */
static void
check_slow_head(void)
{
	static const struct head_limits wide = {4 << 20, 4 << 20, 1};
	size_t len = 2 << 20;
	char *bytes = malloc(len);
	struct head_scan scan = {0};
	enum status status = STATUS_NONE;

	memset(bytes, 'a', len);
	memcpy(bytes, "GET / HTTP/1.1\r\nX:", 18);
	memcpy(bytes + len - 4, "\r\n\r\n", 4);
	for (size_t n = 1; n <= len && !status; n++)
		status = head_find_end(&scan, (struct slice){bytes, n}, &wide);
	CHECK("a head of 2 MiB that comes byte by byte",
	      status == STATUS_NONE && scan.end == len);
	free(bytes);
}

/* GET / HTTP/1.1, a: b, with one byte replaced at the given offset. */
static enum status
read_with_byte(size_t at, char byte)
{
	char bytes[] = "GET / HTTP/1.1\r\nabc: def\r\n\r\n";
	struct head head;

	bytes[at] = byte;
	return read_head(&head, (struct slice){bytes, sizeof(bytes) - 1});
}

static bool
is_tchar_by_the_book(int i)
{
	return i > 0 && i < 128 &&
	       (isalnum(i) || strchr("!#$%&'*+-.^_`|~", i) != NULL);
}

static void
check_every_byte(void)
{
	bool tchars = true, field_chars = true, first = true, method = true;
	bool name = true, value = true;

	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool is_text = (i >= 32 && i != 127) || c == '\t';

		if (is_tchar(c) != is_tchar_by_the_book(i))
			tchars = false;
		if (is_field_char(c) != is_text)
			field_chars = false;
		if ((read_with_byte(0, c) == 0) != is_tchar_by_the_book(i))
			first = false;
		if ((read_with_byte(1, c) == 0) != is_tchar_by_the_book(i))
			method = false;
		/* With a colon here, the name ends earlier. */
		if ((read_with_byte(17, c) == 0) !=
		    (is_tchar_by_the_book(i) || c == ':'))
			name = false;
		if ((read_with_byte(22, c) == 0) != is_text)
			value = false;
	}
	CHECK("is_tchar of all 256 bytes (RFC 9110, 5.6.2)", tchars);
	CHECK("is_field_char of all 256 bytes (RFC 9110, 5.5)", field_chars);
	CHECK("all 256 bytes at the start of a method", first);
	CHECK("all 256 bytes within a method", method);
	CHECK("all 256 bytes within a field name", name);
	CHECK("all 256 bytes within a field value", value);
}

static void
check_tokens(void)
{
	CHECK("\"\" is no token", !is_token(exact(SLICE(""))));
	CHECK("a is a token", is_token(exact(SLICE("a"))));
	CHECK("100-continue is a token",
	      is_token(exact(SLICE("100-continue"))));
	CHECK("a b is no token", !is_token(exact(SLICE("a b"))));
	CHECK("a, is no token", !is_token(exact(SLICE("a,"))));
	CHECK("a\\0 is no token", !is_token(exact(SLICE("a\0"))));
	CHECK("\\xff is no token", !is_token(exact(SLICE("\xff"))));
}

int
main(void)
{
	check_ends();
	check_heads();
	check_head_limit();
	check_slow_head();
	check_every_byte();
	check_tokens();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "http/chunked.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define EXTENSION_MAX 40
#define TRAILER_MAX 40

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

enum verdict { MORE, DONE, INVALID };

#define END "0\r\n\r\n"

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	enum verdict want;
	const char *content;
	size_t rest;		/* bytes behind the message, if DONE */
} rows[] = {
    /* chunked-body = *chunk last-chunk trailer-section CRLF (RFC 9112,
     * section 7.1) */
    {IN(END),				DONE,	"",	0},
    {IN("5\r\nhello\r\n" END),		DONE,	"hello", 0},
    {IN("1\r\na\r\n2\r\nbc\r\n" END),	DONE,	"abc",	0},
    {IN("5\r\n\r\n0\r\n\r\n" END),	DONE,	"\r\n0\r\n", 0},
    {IN(END "GET / HTTP/1.1\r\n"),	DONE,	"",	16},
    {IN(END END),			DONE,	"",	5},
    {IN(END "\n"),			DONE,	"",	1},
    {IN(""),				MORE,	"",	0},
    {IN("5"),				MORE,	"",	0},
    {IN("5\r"),				MORE,	"",	0},
    {IN("5\r\n"),			MORE,	"",	0},
    {IN("5\r\nhell"),			MORE,	"hell",	0},
    {IN("5\r\nhello"),			MORE,	"hello", 0},
    {IN("5\r\nhello\r"),		MORE,	"hello", 0},
    {IN("5\r\nhello\r\n"),		MORE,	"hello", 0},
    {IN("0"),				MORE,	"",	0},
    {IN("0\r\n"),			MORE,	"",	0},
    {IN("0\r\n\r"),			MORE,	"",	0},
    {IN("0\r\na: b\r\n"),		MORE,	"",	0},
    /* chunk-size = 1*HEXDIG */
    {IN("A\r\n0123456789\r\n" END),	DONE,	"0123456789", 0},
    {IN("a\r\n0123456789\r\n" END),	DONE,	"0123456789", 0},
    {IN("0a\r\n0123456789\r\n" END),	DONE,	"0123456789", 0},
    {IN("000000000000000A\r\n0123456789\r\n" END), DONE, "0123456789", 0},
    {IN("F\r\n0123456789abcde\r\n" END), DONE,	"0123456789abcde", 0},
    {IN("1a\r\n0123456789abcdefghijklmnop\r\n" END),
				DONE,	"0123456789abcdefghijklmnop", 0},
    {IN("\r\n"),			INVALID, "",	0},
    {IN("\r\n" END),			INVALID, "",	0},
    {IN(" 5\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("\t5\r\n"),			INVALID, "",	0},
    {IN(";a=b\r\n"),			INVALID, "",	0},
    {IN("+5\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("-5\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("-0\r\n\r\n"),			INVALID, "",	0},
    {IN("0x5\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("5h\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("g\r\n"),			INVALID, "",	0},
    {IN("G\r\n"),			INVALID, "",	0},
    {IN(":\r\n"),			INVALID, "",	0},
    {IN("5:\r\n"),			INVALID, "",	0},
    {IN("/\r\n"),			INVALID, "",	0},
    {IN("@\r\n"),			INVALID, "",	0},
    {IN("`\r\n"),			INVALID, "",	0},
    {IN("5,\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("5.\r\nhello\r\n" END),		INVALID, "",	0},
    {IN("5 5\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("\"5\"\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("\0\r\n"),			INVALID, "",	0},
    {IN("5\0\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("\x80\r\n"),			INVALID, "",	0},
    {IN("5\xff\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("\xb5\r\nhello\r\n" END),	INVALID, "",	0},
    /* last-chunk = 1*("0") [ chunk-ext ] CRLF */
    {IN("00\r\n\r\n"),			DONE,	"",	0},
    {IN("0000000000000000\r\n\r\n"),	DONE,	"",	0},
    {IN("00000000000000000\r\n\r\n"),	INVALID, "",	0},
    {IN("0;a=b\r\n\r\n"),		DONE,	"",	0},
    /* "recipients MUST anticipate potentially large hexadecimal numerals
     * and prevent parsing errors due to integer conversion overflows":
     * 2^63-1, 2^63, 2^63+1, 2^64-1, 2^64, 2^64+5, 2^32+5 */
    {IN("7fffffffffffffff\r\na"),	MORE,	"a",	0},
    {IN("8000000000000000\r\na"),	INVALID, "",	0},
    {IN("8000000000000001\r\na"),	INVALID, "",	0},
    {IN("ffffffffffffffff\r\na"),	INVALID, "",	0},
    {IN("10000000000000000\r\na"),	INVALID, "",	0},
    {IN("10000000000000005\r\nhello\r\n"), INVALID, "",	0},
    {IN("100000005\r\nhello\r\n"),	MORE,	"hello\r\n", 0},
    {IN("00000000000000005\r\nhello\r\n"), INVALID, "",	0},
    {IN("fffffffffffffffffffffffffffffffb\r\n"), INVALID, "", 0},

    /* CRLF, and neither a bare CR nor a bare LF (RFC 9112, section 2.2) */
    {IN("5\nhello\r\n" END),		INVALID, "",	0},
    {IN("5\rhello\r\n" END),		INVALID, "",	0},
    {IN("5\r\rhello\r\n" END),		INVALID, "",	0},
    {IN("5\r\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("5\n\nhello\r\n" END),		INVALID, "",	0},
    {IN("5\r\nhello\n" END),		INVALID, "hello", 0},
    {IN("5\r\nhello\r" END),		INVALID, "hello", 0},
    {IN("5\r\nhello\r\r\n" END),	INVALID, "hello", 0},
    {IN("5\r\nhello\r\n0\n\r\n"),	INVALID, "hello", 0},
    {IN("0\n\r\n"),			INVALID, "",	0},
    {IN("0\r\n\n"),			INVALID, "",	0},
    {IN("0\r\n\r\r\n"),			INVALID, "",	0},
    {IN("0\n\n"),			INVALID, "",	0},
    {IN("5\v\r\nhello\r\n" END),	INVALID, "",	0},
    {IN("5\f\r\nhello\r\n" END),	INVALID, "",	0},
    /* "chunk-size octets", neither more nor fewer */
    {IN("5\r\nhello!\r\n" END),		INVALID, "hello", 0},
    {IN("4\r\nhello\r\n" END),		INVALID, "hell", 0},
    {IN("5\r\nhello" END),		INVALID, "hello", 0},
    {IN("6\r\nhello\r\n" END),		INVALID, "hello\r", 0},
    {IN("7\r\nhello\r\n" END),		INVALID, "hello\r\n", 0},
    {IN("5\r\nhello\r\n\r\n" END),	INVALID, "hello", 0},

    /* chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS
     * chunk-ext-val ] ) (RFC 9112, section 7.1.1) */
    {IN("1;a\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1;a=b\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1;a=\"b\"\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1;a=\"\"\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1;a;b=c;d=\"e\"\r\nx\r\n" END), DONE,	"x",	0},
    {IN("1 ;a\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1\t; a\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1;a =b\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1;a\t= b\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1 ; a = b ; c = \"d\" ; e\r\nx\r\n" END), DONE, "x", 0},
    {IN("1;a ;b\r\nx\r\n" END),		DONE,	"x",	0},
    {IN("1;!#$%&'*+-.^_`|~=0Z\r\nx\r\n" END), DONE, "x", 0},
    {IN("1;a=\";\"\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1;a=\"\\\"\"\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1;a=\"\\\\\"\r\nx\r\n" END),	DONE,	"x",	0},
    {IN("1;a=\"\\ \\\t\\\xff\"\r\nx\r\n" END), DONE, "x", 0},
    {IN("1;a=\" \t!#[]~\x80\xff\"\r\nx\r\n" END), DONE, "x", 0},
    {IN("1;a"),				MORE,	"",	0},
    {IN("1;a=\""),			MORE,	"",	0},
    {IN("1;a=\"\\"),			MORE,	"",	0},
    {IN("1;\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1; \r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;;a\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a;\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;=b\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a= \r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=;b\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a==b\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=b=c\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a b\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=b c\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"b\"c\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"b\" c\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=b\"c\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;\"a\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1 a\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1=a\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a,b\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a/b\r\nx\r\n" END),		INVALID, "",	0},
    /* No blank ends the line: the grammar has BWS in front only. */
    {IN("1 \r\nx\r\n" END),		INVALID, "",	0},
    {IN("1\t\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a \r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=b \r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\"b\" \r\nx\r\n" END),	INVALID, "",	0},
    {IN("0 \r\n\r\n"),			INVALID, "",	0},
    /* line ends that hide in an extension, where others end the chunk */
    {IN("1;a\nx\r\n" END),		INVALID, "",	0},
    {IN("1;\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=b\nx\r\n" END),		INVALID, "",	0},
    {IN("1 \nx\r\n" END),		INVALID, "",	0},
    {IN("1;a\rb\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\"\n\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"\r\n\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"\\\n\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"\\\r\n\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"b\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a\0\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\"\0\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"\x7f\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;a=\"\\\0\"\r\nx\r\n" END),	INVALID, "",	0},
    {IN("1;\x80\r\nx\r\n" END),		INVALID, "",	0},
    {IN("1;a=\xff\r\nx\r\n" END),	INVALID, "",	0},
    /* "A server ought to limit the total length of chunk extensions" */
    {IN("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" END), DONE, "x", 0},
    {IN("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" END),
					INVALID, "",	0},
    {IN("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), INVALID, "", 0},
    {IN("1;a=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
					INVALID, "",	0},
    {IN("1                                                  ;a\r\nx\r\n" END),
					INVALID, "",	0},
    {IN("1;aaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"
	"1;aaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" END), INVALID, "x", 0},

    /* trailer-section = *( field-line CRLF ) (RFC 9112, section 7.1.2) */
    {IN("0\r\na: b\r\n\r\n"),		DONE,	"",	0},
    {IN("0\r\na:b\r\nc:\td \r\n\r\n"),	DONE,	"",	0},
    {IN("0\r\na:\r\n\r\n"),		DONE,	"",	0},
    {IN("0\r\na: \x80\xff\r\n\r\n"),	DONE,	"",	0},
    {IN("0\r\nHost: b\r\n\r\nGET"),	DONE,	"",	3},
    {IN("1\r\nx\r\n0\r\nContent-Length: 9\r\n\r\n"), DONE, "x",	0},
    {IN("0\r\na\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\n:\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\n: b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na : b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\n a: b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\n\ta: b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na: b\r\n c\r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\na: b\r\n \r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\n \r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na: b\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na: b\r\n\n"),		INVALID, "",	0},
    {IN("0\r\na: b\rc\r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\na: b\r\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na: \0\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\na: \x1b\r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\na: \x7f\r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\na\0: b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\n\xe9: b\r\n\r\n"),	INVALID, "",	0},
    {IN("0\r\na(: b\r\n\r\n"),		INVALID, "",	0},
    {IN("0\r\nGET / HTTP/1.1\r\n\r\n"),	INVALID, "",	0},
    /* The limit holds for all of them together. */
    {IN("0\r\na: 7890123456789012345678901234567890\r\n\r\n"), DONE, "", 0},
    {IN("0\r\na: 789012345678901234567890123456789012345\r\n\r\n"),
					INVALID, "",	0},
    {IN("0\r\na: 789012345678901234567890123456789012345"), INVALID, "", 0},
    {IN("0\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), INVALID, "", 0},
    {IN("0\r\na: 7890123456789\r\nb: 7890123456789\r\nc: 7890123456789\r\n"),
					INVALID, "",	0},
};
/* clang-format on */

/* What a decoder makes of a message. */
struct decoded {
	enum verdict verdict;
	struct slice content; /* lives until the second call after this one */
	size_t used;          /* bytes up to the end, or up to the error */
	const char *refusal;
};

/* A decoder, and what it has yielded so far. */
struct decoding {
	struct chunked c;
	struct buf content;
	size_t used;
};

/* Gives one piece to the decoder. False when it takes no more. */
static bool
decode_piece(struct decoding *d, struct slice piece, enum verdict *verdict)
{
	struct slice in = exact(piece), data, before;

	for (;;) {
		enum chunked_event event;

		before = in;
		event = chunked_next(&d->c, &in, &data);
		d->used += before.len - in.len;
		if (event == CHUNKED_WANTS_MORE && in.len == 0) {
			*verdict = MORE;
			return true;
		}
		if (event != CHUNKED_HAS_DATA) {
			*verdict = event == CHUNKED_IS_DONE ? DONE : INVALID;
			/* It stays so, and takes nothing more. */
			before = in;
			if (chunked_next(&d->c, &in, &data) != event ||
			    in.ptr != before.ptr || in.len != before.len)
				abort();
			return false;
		}
		if (data.len == 0 || data.ptr < before.ptr ||
		    data.ptr + data.len != in.ptr)
			abort();
		buf_add(&d->content, data);
	}
}

/* Decodes bytes in pieces: the first has cut bytes, the others step. */
static struct decoded
decode(struct slice bytes, size_t cut, size_t step)
{
	static char storage[2][8192];
	static size_t turn;
	struct decoding d = {
	    .c = {.extension_max = EXTENSION_MAX, .trailer_max = TRAILER_MAX}};
	struct decoded result = {0};
	size_t at = 0, len = cut < bytes.len ? cut : bytes.len;

	turn = !turn;
	d.content.data = storage[turn];
	d.content.cap = sizeof(storage[turn]);
	while (decode_piece(&d, (struct slice){bytes.ptr + at, len},
			    &result.verdict) &&
	       at + len < bytes.len) {
		at += len;
		len = step < bytes.len - at ? step : bytes.len - at;
	}
	result.content = buf_slice(&d.content);
	result.used = d.used;
	result.refusal = d.c.refusal;
	return result;
}

static bool
is_same(struct decoded a, struct decoded b)
{
	return a.verdict == b.verdict && slice_equal(a.content, b.content) &&
	       a.used == b.used && a.refusal == b.refusal;
}

/* True if the pieces in which bytes come make no difference. */
static bool
is_stable(struct slice bytes, struct decoded whole)
{
	for (size_t cut = 0; cut <= bytes.len; cut++)
		if (!is_same(decode(bytes, cut, bytes.len), whole))
			return false;
	return is_same(decode(bytes, 1, 1), whole);
}

/*
 * As the connection may do it: chunk data is taken from the input without
 * passing through the decoder.
 */
static bool
decodes_past(struct slice bytes, struct decoded whole)
{
	struct chunked c = {.extension_max = EXTENSION_MAX,
			    .trailer_max = TRAILER_MAX};
	char storage[256];
	struct buf content = BUF_OVER(storage);
	struct slice data;

	while (bytes.len > 0) {
		uint64_t left = chunked_data_left(&c);
		struct slice in = {bytes.ptr, 1};

		if (left > 0) {
			size_t n = left < bytes.len ? (size_t)left : bytes.len;

			buf_add(&content, (struct slice){bytes.ptr, n});
			chunked_took(&c, n);
			bytes = slice_skip(bytes, n);
			continue;
		}
		if (chunked_next(&c, &in, &data) != CHUNKED_WANTS_MORE)
			break;
		bytes = slice_skip(bytes, 1);
	}
	return slice_equal(buf_slice(&content), whole.content) &&
	       c.refusal == whole.refusal &&
	       (c.state == CHUNKED_END) == (whole.verdict == DONE);
}

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice in = rows[i].in;
		struct decoded whole = decode(in, in.len, 1);

		CHECK(
		    rows[i].name,
		    whole.verdict == rows[i].want &&
			slice_equal(whole.content, slice_of(rows[i].content)) &&
			(whole.verdict == INVALID) == (whole.refusal != NULL) &&
			(whole.verdict == INVALID ||
			 whole.used == in.len - rows[i].rest));
		CHECK(rows[i].name,
		      is_stable(in, whole) && decodes_past(in, whole));
	}
}

static enum verdict
decode_with_byte(struct slice message, size_t at, char byte)
{
	char bytes[64];

	memcpy(bytes, message.ptr, message.len);
	bytes[at] = byte;
	return decode((struct slice){bytes, message.len}, message.len, 1)
	    .verdict;
}

static void
check_every_byte(void)
{
	bool size = true, behind = true, name = true, quoted = true;
	bool pair = true, data = true, trailer = true, value = true;

	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool is_text = (i >= 32 && i != 127) || c == '\t';

		if ((decode_with_byte(SLICE("?1"), 0, c) != INVALID) !=
		    (i < 128 && isxdigit(i)))
			size = false;
		if ((decode_with_byte(SLICE("1?"), 1, c) != INVALID) !=
		    ((i < 128 && isxdigit(i)) || c == ';' || c == ' ' ||
		     c == '\t' || c == '\r'))
			behind = false;
		if ((decode_with_byte(SLICE("0;?=a\r\n\r\n"), 2, c) == DONE) !=
		    is_tchar(c))
			name = false;
		if ((decode_with_byte(SLICE("0;a=\"?b\"\r\n\r\n"), 5, c) ==
		     DONE) != (is_text && c != '"'))
			quoted = false;
		if ((decode_with_byte(SLICE("0;a=\"\\?\"\r\n\r\n"), 6, c) ==
		     DONE) != is_text)
			pair = false;
		if (decode_with_byte(SLICE("1\r\n?\r\n0\r\n\r\n"), 3, c) !=
		    DONE)
			data = false;
		if ((decode_with_byte(SLICE("0\r\n?b:\r\n\r\n"), 3, c) ==
		     DONE) != is_tchar(c))
			trailer = false;
		if ((decode_with_byte(SLICE("0\r\na:?\r\n\r\n"), 5, c) ==
		     DONE) != is_text)
			value = false;
	}
	CHECK("all 256 bytes at the start of a size", size);
	CHECK("all 256 bytes behind the first digit", behind);
	CHECK("all 256 bytes in an extension's name", name);
	CHECK("all 256 bytes in a quoted string", quoted);
	CHECK("all 256 bytes in a quoted pair", pair);
	CHECK("all 256 bytes as data", data);
	CHECK("all 256 bytes in a trailer's name", trailer);
	CHECK("all 256 bytes in a trailer's value", value);
}

static void
check_long(void)
{
	static char storage[8192], digits[4096];
	struct buf message = BUF_OVER(storage);
	struct decoded whole;
	struct chunked c = {0};
	struct slice in, data;

	for (int i = 0; i < 1000; i++)
		buf_add(&message, SLICE("1\r\na\r\n"));
	buf_add(&message, SLICE(END));
	in = buf_slice(&message);
	whole = decode(in, in.len, 1);
	CHECK("a thousand chunks of one byte",
	      whole.verdict == DONE && whole.content.len == 1000 &&
		  is_same(decode(in, 1, 1), whole));
	CHECK("a thousand chunks in pieces of seven bytes",
	      is_same(decode(in, 7, 7), whole));
	buf_reset(&message);
	for (int i = 0; i < 100; i++)
		buf_add(&message, SLICE("1;a\r\na\r\n"));
	buf_add(&message, SLICE(END));
	in = buf_slice(&message);
	whole = decode(in, in.len, 1);
	CHECK("small extensions add up over the chunks",
	      whole.verdict == INVALID && whole.content.len > 5);
	buf_reset(&message);
	buf_add(&message, SLICE("fff\r\n"));
	for (int i = 0; i < 0xfff; i++)
		buf_add_char(&message, (char)i);
	buf_add(&message, SLICE("\r\n" END));
	in = buf_slice(&message);
	whole = decode(in, in.len, 1);
	CHECK(
	    "a chunk of 4095 bytes, of all values",
	    whole.verdict == DONE && whole.content.len == 0xfff &&
		slice_equal(whole.content, (struct slice){in.ptr + 5, 0xfff}));
	CHECK("a chunk of 4095 bytes, byte by byte",
	      is_same(decode(in, 1, 1), whole));
	memset(digits, '0', sizeof(digits));
	CHECK("a size of thousands of zeros",
	      decode((struct slice){digits, sizeof(digits)}, 1, 1).verdict ==
		  INVALID);
	in = SLICE("7fffffffffffffff\r\n");
	CHECK("nothing but data for 2^63-1 bytes",
	      chunked_next(&c, &in, &data) == CHUNKED_WANTS_MORE &&
		  chunked_data_left(&c) == INT64_MAX);
	chunked_took(&c, INT64_MAX - 1);
	chunked_took(&c, 0);
	CHECK("the last byte of 2^63-1 is left", chunked_data_left(&c) == 1);
	chunked_took(&c, 1);
	CHECK("none is left", chunked_data_left(&c) == 0);
	in = SLICE("\r\n0\r\n\r");
	CHECK("framing goes on behind it",
	      chunked_next(&c, &in, &data) == CHUNKED_WANTS_MORE);
	in = SLICE("\n");
	CHECK("and comes to its end",
	      chunked_next(&c, &in, &data) == CHUNKED_IS_DONE && in.len == 0);
}

/* A chunk with n bytes of extension, and the end. */
static enum verdict
decode_extension(size_t n)
{
	char storage[256];
	struct buf message = BUF_OVER(storage);

	buf_add(&message, SLICE("1"));
	for (size_t i = 0; i < n; i++)
		buf_add_char(&message, i == 0 ? ';' : 'a');
	buf_add(&message, SLICE("\r\nx\r\n" END));
	return decode(buf_slice(&message), message.len, 1).verdict;
}

static void
check_limits(void)
{
	struct chunked c = {0};
	struct slice in = SLICE("1\r\nx\r\n" END), data;

	CHECK("extensions as long as the limit",
	      decode_extension(EXTENSION_MAX) == DONE);
	CHECK("extensions one byte longer than the limit",
	      decode_extension(EXTENSION_MAX + 1) == INVALID);
	CHECK("limits of 0 let plain chunks through",
	      chunked_next(&c, &in, &data) == CHUNKED_HAS_DATA &&
		  chunked_next(&c, &in, &data) == CHUNKED_IS_DONE);
	c = (struct chunked){0};
	in = SLICE("1;a\r\n");
	CHECK("a limit of 0 lets no extension through",
	      chunked_next(&c, &in, &data) == CHUNKED_IS_INVALID);
	c = (struct chunked){0};
	in = SLICE("0\r\na");
	CHECK("a limit of 0 lets no trailer through",
	      chunked_next(&c, &in, &data) == CHUNKED_IS_INVALID);
}

int
main(void)
{
	check_rows();
	check_limits();
	check_every_byte();
	check_long();
	return check_done();
}

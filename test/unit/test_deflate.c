/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/deflate.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define MESSAGE_MAX 100000
#define ROOM (2 * MESSAGE_MAX)

static const struct deflate_terms usual = {
    .is_on = true, .server_bits = 15, .client_bits = 15};
static const struct deflate_terms forgetful = {
    .is_on = true,
    .server_bits = 15,
    .client_bits = 15,
    .server_no_context_takeover = true,
    .client_no_context_takeover = true};

/* Memory that ends where the arena ends, for ASan. */
static struct arena
new_arena(size_t cap)
{
	struct arena arena = {.data = malloc(cap), .cap = cap};

	if (arena.data == NULL)
		abort();
	memset(arena.data, 0xa5, cap);
	return arena;
}

static struct deflater
new_deflater(const struct deflate_terms *terms, int level, int memory_level)
{
	struct deflater d;

	deflater_init(
	    &d, terms, level, memory_level,
	    new_arena(DEFLATER_BYTES(terms->server_bits, memory_level)));
	return d;
}

static struct inflater
new_inflater(const struct deflate_terms *terms, uint64_t message_max)
{
	struct inflater i;

	inflater_init(&i, terms, message_max,
		      new_arena(INFLATER_BYTES(terms->client_bits)));
	return i;
}

/* Parts of in_step bytes to pieces of out_step; appends to out. */
static ssize_t
compress_message(struct deflater *d, struct slice bytes, size_t in_step,
		 size_t out_step, struct buf *out)
{
	enum message_part part;
	ssize_t n;

	do {
		struct slice in = bytes;

		if (in.len > in_step)
			in.len = in_step;
		bytes = slice_skip(bytes, in.len);
		part = bytes.len > 0 ? MESSAGE_MORE : MESSAGE_LAST;
		while ((n = deflater_read(d, &in, part, buf_end(out),
					  out_step)) > 0)
			out->len += (size_t)n;
	} while (n == 0 && part == MESSAGE_MORE);
	return n;
}

static ssize_t
inflate_message(struct inflater *i, struct slice bytes, size_t in_step,
		size_t out_step, struct buf *out)
{
	enum message_part part;
	ssize_t n;

	do {
		struct slice in = bytes;

		if (in.len > in_step)
			in.len = in_step;
		bytes = slice_skip(bytes, in.len);
		part = bytes.len > 0 ? MESSAGE_MORE : MESSAGE_LAST;
		while ((n = inflater_read(i, &in, part, buf_end(out),
					  out_step)) > 0)
			out->len += (size_t)n;
	} while (n == 0 && part == MESSAGE_MORE);
	return n;
}

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	const char *want;	/* or NULL: it is not compressed by the rules */
} rows[] = {
    /* the examples of RFC 7692, section 7.2.3 */
    {IN("\xf2\x48\xcd\xc9\xc9\x07\x00"),	"Hello"},
    /* "Using a DEFLATE Block with No Compression" */
    {IN("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},
    /* "Using a DEFLATE Block with "BFINAL" Set to 1" */
    {IN("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),	"Hello"},
    /* "Two DEFLATE Blocks in One Message" */
    {IN("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},
    /* "Generating an Empty Fragment" */
    {IN("\x00"),				""},

    {IN("\x02\x00"),				""},
    {IN("\x00\x00\x00\xff\xff\x00"),		""},
    {IN("\x01\x00\x00\xff\xff\x00"),		""},
    {IN("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
     "HelloHello"},
    /* the tail as the end of the last block of all */
    {IN("\x01"),				""},

    /* cut, so that the tail is no tail */
    {IN(""),					NULL},
    {IN("\xf2\x48\xcd\xc9\xc9\x07"),		NULL},
    {IN("\xf2\x48\xcd"),			NULL},
    {IN("\xf2"),				NULL},
    {IN("\x00\x05\x00\xfa\xff\x48\x65"),	NULL},
    {IN("\x00\x05\x00\xfa"),			NULL},
    {IN("\xf3\x48\xcd\xc9\xc9\x07\x00"),	NULL},
    /* with the tail that should have been cut off */
    {IN("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"), NULL},
    /* a reserved kind of block, a length that is not its complement, a
     * reference to before the beginning */
    {IN("\x06\x00"),				NULL},
    {IN("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"), NULL},
    {IN("\xf2\x00\x11\x00\x00"),		NULL},
    {IN("Hello"),				NULL},
    {IN("\x1f\x8b\x08\x00"),			NULL},
    {IN("\x78\x9c\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), NULL},
};
/* clang-format on */

static bool
inflates_to(size_t row, size_t in_step, size_t out_step)
{
	static _Alignas(ARENA_ALIGNMENT) char memory[INFLATER_BYTES(15)];
	struct inflater i;
	char storage[64];
	struct buf out = BUF_OVER(storage);
	ssize_t n;

	inflater_init(&i, &usual, 20, ARENA_OVER(memory));
	n = inflate_message(&i, rows[row].in, in_step, out_step, &out);
	if (rows[row].want == NULL)
		return n == IO_INVALID;
	return n == 0 && slice_equal(buf_slice(&out), slice_of(rows[row].want));
}

static void
check_rows(void)
{
	for (size_t row = 0; row < COUNT(rows); row++) {
		bool same = true;

		for (size_t in_step = 1; in_step <= 16; in_step++)
			for (size_t out_step = 1; out_step <= 16; out_step++)
				same =
				    same && inflates_to(row, in_step, out_step);
		CHECK(rows[row].name, same);
	}
}

/* RFC 7692, sections 7.2.3.1, 7.2.3.2 and 7.2.3.6, as a server and back. */
static void
check_examples(void)
{
	static const struct slice first = {"\xf2\x48\xcd\xc9\xc9\x07\x00", 7};
	static const struct slice second = {"\xf2\x00\x11\x00\x00", 5};

	for (size_t step = 1; step <= 8; step++) {
		struct deflater d = new_deflater(&usual, 6, 8);
		struct deflater f = new_deflater(&forgetful, 6, 8);
		struct inflater i = new_inflater(&usual, 5);
		struct inflater g = new_inflater(&forgetful, 5);
		char storage[400];
		struct buf out = BUF_OVER(storage);
		ssize_t n =
		    compress_message(&d, SLICE("Hello"), step, step, &out);

		CHECK("Hello", n == 0 && slice_equal(buf_slice(&out), first));
		buf_reset(&out);
		n = compress_message(&d, SLICE("Hello"), step, step, &out);
		CHECK("Hello again, as a reference",
		      n == 0 && slice_equal(buf_slice(&out), second));
		buf_reset(&out);
		n = compress_message(&d, SLICE(""), step, step, &out) |
		    compress_message(&d, SLICE(""), step, step, &out);
		CHECK("nothing, twice",
		      n == 0 && slice_equal(buf_slice(&out), SLICE("\0\0")));
		buf_reset(&out);
		n = compress_message(&d, SLICE("Hello"), step, step, &out);
		CHECK("Hello behind that, as well as it goes",
		      n == 0 && out.len <= second.len);
		buf_reset(&out);
		n = compress_message(&f, SLICE("Hello"), step, step, &out) |
		    compress_message(&f, SLICE("Hello"), step, step, &out);
		CHECK("twice without context takeover",
		      n == 0 && out.len == 14 &&
			  !memcmp(storage, first.ptr, 7) &&
			  !memcmp(storage + 7, first.ptr, 7));
		buf_reset(&out);
		n = inflate_message(&i, first, step, step, &out) |
		    inflate_message(&i, second, step, step, &out) |
		    inflate_message(&i, SLICE("\0"), step, step, &out) |
		    inflate_message(&i, second, step, step, &out);
		CHECK("inflated with context takeover",
		      n == 0 && slice_equal(buf_slice(&out),
					    SLICE("HelloHelloHello")));
		buf_reset(&out);
		n = inflate_message(&i, rows[2].in, step, step, &out) |
		    inflate_message(&i, second, step, step, &out);
		CHECK("and over the end of a stream",
		      n == 0 &&
			  slice_equal(buf_slice(&out), SLICE("HelloHello")));
		buf_reset(&out);
		n = inflate_message(&g, first, step, step, &out);
		CHECK("without it, there is nothing to refer to",
		      n == 0 && inflate_message(&g, second, step, step, &out) ==
				    IO_INVALID);
		free(d.arena.data);
		free(f.arena.data);
		free(i.arena.data);
		free(g.arena.data);
	}
}

/* Numbers that follow each other in no way that deflate could see. */
static uint32_t
next_random(void)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Text of kinds that compress well, so so, and not at all. */
static void
fill(char *bytes, size_t len, int kind)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = kind == 0   ? (char)next_random()
			   : kind == 1 ? "etaoin shrdlu"[next_random() % 13]
			   : i > 250 && next_random() % 8 != 0
			       ? bytes[i - 250 - next_random() % 2]
			       : (char)next_random();
}

static bool
comes_back(struct deflater *d, struct inflater *i, struct slice message,
	   size_t in_step, size_t out_step)
{
	static char compressed[ROOM], inflated[ROOM];
	struct buf small = BUF_OVER(compressed), out = BUF_OVER(inflated);

	return compress_message(d, message, in_step, out_step, &small) == 0 &&
	       inflate_message(i, buf_slice(&small), out_step, in_step, &out) ==
		   0 &&
	       slice_equal(buf_slice(&out), message);
}

/* Every window and memory level, in arenas of just the promised size. */
static void
check_settings(void)
{
	static char message[MESSAGE_MAX];

	for (int bits = WINDOW_BITS_MIN; bits <= WINDOW_BITS_MAX; bits++) {
		bool right = true;

		for (int memory = 1; memory <= 9; memory += 2) {
			int level = memory;
			bool forgets = memory == 5;
			struct deflate_terms terms = {
			    .is_on = true,
			    .server_bits = bits,
			    .client_bits = bits,
			    .server_no_context_takeover = forgets,
			    .client_no_context_takeover = forgets,
			};
			struct deflater d = new_deflater(&terms, level, memory);
			struct inflater i = new_inflater(&terms, MESSAGE_MAX);

			for (int kind = 0; kind < 3; kind++) {
				struct slice s = {message, 20000};

				fill(message, s.len, kind);
				right = right &&
					comes_back(&d, &i, s, 1000, 777) &&
					comes_back(&d, &i, s, s.len, ROOM / 2);
				s.len = 5;
				right = right && comes_back(&d, &i, s, 2, 3);
			}
			free(d.arena.data);
			free(i.arena.data);
		}
		CHECK("a window keeps to what was agreed on", right);
	}
}

/*
 * What repeats after any distance near to a window's size. One byte at a
 * time, the inflater has nothing but its window to refer to.
 */
static void
check_windows(void)
{
	static _Alignas(ARENA_ALIGNMENT) char memory[DEFLATER_BYTES(9, 1)];
	static _Alignas(ARENA_ALIGNMENT) char window_memory[INFLATER_BYTES(9)];
	static char message[1200];

	for (int bits = WINDOW_BITS_MIN; bits <= 9; bits++) {
		size_t window = (size_t)1 << bits;
		struct deflate_terms terms = {
		    .is_on = true, .server_bits = bits, .client_bits = bits};
		bool right = true;

		for (size_t distance = window - 20; distance < 2 * window + 20;
		     distance++) {
			struct deflater d;
			struct inflater i;
			struct slice s = {message, sizeof(message)};

			deflater_init(&d, &terms, 9, 1, ARENA_OVER(memory));
			inflater_init(&i, &terms, sizeof(message),
				      ARENA_OVER(window_memory));
			for (size_t k = 0; k < s.len; k++)
				message[k] = k < distance
						 ? (char)next_random()
						 : message[k - distance];
			right = right && comes_back(&d, &i, s, 1, 1);
		}
		CHECK("nothing refers to beyond the window", right);
	}
}

static void
check_limits(void)
{
	static char zeroes[MESSAGE_MAX], small[ROOM], large[ROOM];
	struct deflater d = new_deflater(&usual, 9, 8);
	struct inflater i = new_inflater(&usual, MESSAGE_MAX);
	struct buf bomb = BUF_OVER(small), out = BUF_OVER(large);
	struct arena few = {small, 100, 0};
	ssize_t n;

	n = compress_message(&d, (struct slice){zeroes, MESSAGE_MAX},
			     MESSAGE_MAX, ROOM, &bomb);
	CHECK("100 KB are a few bytes", n == 0 && bomb.len < 200);
	n = inflate_message(&i, buf_slice(&bomb), ROOM, ROOM, &out);
	CHECK("as many as may be", n == 0 && out.len == MESSAGE_MAX);
	buf_reset(&out);
	n = inflate_message(&i, buf_slice(&bomb), 1, 1000, &out);
	CHECK("the limit is of one message", n == 0 && out.len == MESSAGE_MAX);
	for (size_t step = 1; step < 5000; step += 1000) {
		struct inflater less = new_inflater(&usual, MESSAGE_MAX - 1);

		buf_reset(&out);
		n = inflate_message(&less, buf_slice(&bomb), ROOM, step, &out);
		CHECK("one byte more than may be",
		      n == IO_TOO_LARGE && out.len < MESSAGE_MAX);
		free(less.arena.data);
	}
	i.message_max = 0;
	buf_reset(&out);
	CHECK("a limit of 0 lets empty messages through",
	      inflate_message(&i, SLICE("\0"), 1, 1, &out) == 0 &&
		  inflate_message(&i, SLICE("\xf2\x48\xcd\xc9\xc9\x07\0"), 1, 1,
				  &out) == IO_TOO_LARGE);
	free(d.arena.data);
	free(i.arena.data);
	deflater_init(&d, &usual, 6, 8, few);
	inflater_init(&i, &usual, MESSAGE_MAX, few);
	CHECK("too small an arena for deflate",
	      compress_message(&d, SLICE("a"), 1, 1, &out) == IO_FAILED);
	CHECK("too small an arena for inflate",
	      inflate_message(&i, SLICE("a"), 1, 1, &out) == IO_FAILED);
}

int
main(void)
{
	check_rows();
	check_examples();
	check_settings();
	check_windows();
	check_limits();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lines.h"
#include "check.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A descriptor from which text can be read. */
static int
pipe_of(struct slice text)
{
	int fd[2];

	if (pipe(fd) != 0 ||
	    write(fd[1], text.ptr, text.len) != (ssize_t)text.len)
		abort();
	close(fd[1]);
	return fd[0];
}

/* Each line between < and >, or < and ~ if it was cut. */
static struct slice
read_all(struct slice text, size_t cap)
{
	static char storage[4096];
	struct buf out = BUF_OVER(storage);
	/* On the heap, for ASan to see what is written behind it. */
	char *block = malloc(cap);
	struct lines lines = {
	    .fd = pipe_of(text), .block = block, .cap = cap, .max = 100};
	struct slice line;

	while (lines_next(&lines, &line)) {
		buf_add_char(&out, '<');
		buf_add(&out, line);
		buf_add_char(&out, lines.is_cut ? '~' : '>');
	}
	buf_add_u64(&out, lines.number);
	if (lines.error)
		buf_add_str(&out, lines.error == EFBIG ? " large" : " error");
	close(lines.fd);
	free(block);
	return buf_slice(&out);
}

static const struct {
	const char *text;
	size_t cap;
	const char *want;
} rows[] = {
    {"", 8, "0"},
    {"\n", 8, "<>1"},
    {"a", 8, "<a>1"},
    {"a\n", 8, "<a>1"},
    {"a\nb", 8, "<a><b>2"},
    {"a\r\nb\r\n", 8, "<a><b>2"},
    {"a\r", 8, "<a>1"},
    {"a\rb\n", 8, "<a\rb>1"},
    {"\r\n\n\r\n", 8, "<><><>3"},
    {"a\r\r\n", 8, "<a\r>1"},
    {"1234567\nx\n", 8, "<1234567><x>2"},
    {"12345678\nx\n", 8, "<12345678~<x>2"},
    {"12345678", 8, "<12345678~1"},
    {"1234567", 8, "<1234567>1"},
    {"1234567\r\nx", 8, "<1234567~<x>2"},
    {"12345678901234567890\nx\n", 8, "<12345678~<x>2"},
    {"12345678901234567890", 8, "<12345678~1"},
    {"1234567812345678\nx", 8, "<12345678~<x>2"},
    {"a\n12345678\n\nx", 8, "<a><12345678~<><x>4"},
    {"aaa\nbbb\nccc\nddd\neee\n", 8, "<aaa><bbb><ccc><ddd><eee>5"},
    {"ab\ncd\n", 1, "<a~<c~2"},
    {"\n\na", 1, "<><><a~3"},
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];
		size_t n = 0;

		for (const char *c = rows[i].text; *c != '\0' && n < 60; c++)
			name[n++] = *c < ' ' ? '.' : *c;
		name[n] = '\0';
		CHECK(name,
		      slice_equal(read_all(slice_of(rows[i].text), rows[i].cap),
				  slice_of(rows[i].want)));
	}
}

static void
check_limit(void)
{
	char text[101], want[128];
	struct buf out = BUF_OVER(want);

	memset(text, 'a', sizeof(text));
	buf_add_char(&out, '<');
	buf_add(&out, (struct slice){text, 100});
	buf_add_str(&out, ">1");
	CHECK("as many bytes as may be",
	      slice_equal(read_all((struct slice){text, 100}, 200),
			  buf_slice(&out)));
	CHECK("one more", slice_equal(read_all((struct slice){text, 101}, 200),
				      SLICE("0 large")));
	text[1] = '\n';
	CHECK("one more behind a line",
	      slice_equal(read_all((struct slice){text, 101}, 8),
			  SLICE("<a><aaaaaaaa~2 large")));
}

static void
check_error(void)
{
	char block[8];
	struct lines lines = {
	    .fd = -1, .block = block, .cap = sizeof(block), .max = 100};
	struct slice line;

	CHECK("a descriptor that cannot be read",
	      !lines_next(&lines, &line) && lines.error == EBADF &&
		  !lines_next(&lines, &line));
}

int
main(void)
{
	check_rows();
	check_limit();
	check_error();
	return check_done();
}

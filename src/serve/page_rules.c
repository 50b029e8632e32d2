/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/page_rules.h"

static const char redirects_name[] = "_redirects";
static const char headers_name[] = "_headers";

/* Complaints about one file; more are counted. */
#define ERRORS_MAX 8

static void
complain(const char *directory, const char *name, size_t number,
	 const char *what)
{
	struct log_line line;

	log_begin(&line);
	buf_add_str(&line.text, directory);
	if (*directory != '\0')
		buf_add_char(&line.text, '/');
	buf_add_str(&line.text, name);
	buf_add_str(&line.text, ": ");
	if (number > 0) {
		buf_add_str(&line.text, "line ");
		buf_add_u64(&line.text, number);
		buf_add_str(&line.text, ": ");
	}
	buf_add_str(&line.text, what);
	log_end(&line, LOG_LEVEL_ERROR);
}

static void
complain_of_lines(const char *directory, const char *name,
		  const struct page_errors *errors)
{
	for (size_t i = 0; i < errors->count && i < errors->cap; i++)
		complain(directory, name, errors->error[i].line,
			 errors->error[i].why);
	if (errors->count > errors->cap)
		complain(directory, name, 0, "more lines are refused");
}

/* What a file is known again by; all zeroes if there is none. */
static void
identify(const struct root *root, const char *name, struct stat *st)
{
	if (fstatat(root->fd, name, st, 0) != 0)
		*st = (struct stat){0};
}

/* Opens a file that is to be read. -1 if it cannot, or need not, be. */
static int
open_file(struct root *root, const char *directory, const char *name,
	  size_t *size)
{
	int fd = root_open_file(root, name);
	struct stat st;

	*size = 0;
	if (fd == -ENOENT)
		return -1;
	if (fd < 0) {
		complain(directory, name, 0, strerror(-fd));
		return -1;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > PAGE_FILE_MAX) {
		complain(directory, name, 0,
			 "not a regular file of 1 MiB at most");
		close(fd);
		return -1;
	}
	*size = (size_t)st.st_size;
	return fd;
}

static size_t
read_text(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < size && n > 0) {
		n = pread(fd, to + len, size - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	return len;
}

/*
 * Maps memory for a file's text, which is the result, and in front of it
 * for as many rules as may stand there: one has two bytes or more. What
 * is not used of it is never touched.
 */
static struct slice
load(struct page_memory *memory, struct root *root, const char *directory,
     const char *name, size_t rule_size, size_t *cap)
{
	struct slice text = {0};
	size_t size;
	int fd = open_file(root, directory, name, &size);

	*memory = (struct page_memory){0};
	*cap = 0;
	if (fd < 0)
		return text;
	*cap = size / 2 + 2;
	memory->len = *cap * rule_size + size;
	memory->ptr = mmap(NULL, memory->len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory->ptr == MAP_FAILED) {
		complain(directory, name, 0, strerror(errno));
		memory->ptr = NULL;
		*cap = 0;
	} else {
		char *at = (char *)memory->ptr + *cap * rule_size;

		text = (struct slice){at, read_text(fd, at, size)};
	}
	close(fd);
	return text;
}

static void
forget(struct page_memory *memory)
{
	if (memory->ptr != NULL)
		munmap(memory->ptr, memory->len);
}

static void
read_redirects(struct page_rules *pages, struct root *root,
	       const char *directory)
{
	struct page_error error[ERRORS_MAX];
	struct page_errors errors = {.error = error, .cap = ERRORS_MAX};
	struct redirects *r = &pages->redirects;
	struct slice text;

	forget(&pages->redirects_memory);
	text = load(&pages->redirects_memory, root, directory, redirects_name,
		    sizeof(struct redirect), &r->cap);
	r->rule = pages->redirects_memory.ptr;
	r->count = 0;
	redirects_parse(r, text, &errors);
	complain_of_lines(directory, redirects_name, &errors);
}

static void
read_headers(struct page_rules *pages, struct root *root, const char *directory)
{
	struct page_error error[ERRORS_MAX];
	struct page_errors errors = {.error = error, .cap = ERRORS_MAX};
	struct headers *h = &pages->headers;
	struct slice text;

	forget(&pages->headers_memory);
	/* With the places in a list of them all. */
	text = load(&pages->headers_memory, root, directory, headers_name,
		    sizeof(struct header) + sizeof(uint16_t), &h->cap);
	h->header = pages->headers_memory.ptr;
	h->count = 0;
	headers_parse(h, text, &errors);
	complain_of_lines(directory, headers_name, &errors);
}

void
page_rules_read(struct page_rules *pages, struct root *root,
		const char *directory)
{
	struct stat redirects_st, headers_st;

	identify(root, redirects_name, &redirects_st);
	identify(root, headers_name, &headers_st);
	if (!pages->is_read ||
	    !root_is_same(&redirects_st, &pages->redirects_st))
		read_redirects(pages, root, directory);
	if (!pages->is_read || !root_is_same(&headers_st, &pages->headers_st))
		read_headers(pages, root, directory);
	pages->is_read = pages->is_current = true;
	pages->redirects_st = redirects_st;
	pages->headers_st = headers_st;
}

bool
page_rules_fields(struct page_rules *pages, const struct page_request *req,
		  struct slice *fields)
{
	const struct headers *headers = &pages->headers;
	struct header_list list;
	struct buf out = BUF_OVER(pages->fields);

	*fields = (struct slice){0};
	if (headers->count == 0)
		return true;
	list.place = (uint16_t *)(headers->header + headers->cap);
	headers_match(headers, req, &list);
	headers_write(&list, &out);
	if (!out.overflow)
		*fields = buf_slice(&out);
	return !out.overflow;
}

bool
page_rules_have_name(struct slice name)
{
	return slice_equal(name, slice_of(redirects_name)) ||
	       slice_equal(name, slice_of(headers_name));
}

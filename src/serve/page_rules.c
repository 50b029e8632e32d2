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

/* A file that is read, and what is in it. */
struct page_file {
	struct root *root;
	const char *directory, *name;
	struct slice text;
	struct stat st; /* of what was read; all zeroes if there is none */
};

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

/* Is the file the one that was read, or missing as it was then? */
static bool
is_known(const struct root *root, const char *name, const struct stat *read)
{
	struct stat st = {0};

	if (fstatat(root->fd, name, &st, 0) != 0 && errno != ENOENT)
		return false;
	return root_is_same(&st, read);
}

/* Returns a descriptor, or a negative errno value. */
static int
open_file(struct page_file *file)
{
	int fd = root_open_file(file->root, file->name), error = 0;
	struct stat *st = &file->st;

	*st = (struct stat){0};
	if (fd < 0)
		return fd;
	if (fstat(fd, st) != 0)
		error = errno;
	else if (!S_ISREG(st->st_mode) || st->st_size > PAGE_FILE_MAX)
		error = EFBIG;
	if (!error)
		return fd;
	close(fd);
	return -error;
}

/* Sets len to what there is of the text. Returns 0, or an errno value. */
static int
read_text(int fd, char *to, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = pread(fd, to + *len, size - *len, (off_t)*len);

		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* Maps memory for rules and text of the file, and reads that. */
static int
fill(struct page_memory *memory, int fd, size_t rules_size, size_t size,
     struct slice *text)
{
	void *ptr = mmap(NULL, rules_size + size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (ptr == MAP_FAILED)
		return errno;
	*memory = (struct page_memory){ptr, rules_size + size};
	text->ptr = (char *)ptr + rules_size;
	return read_text(fd, (char *)ptr + rules_size, size, &text->len);
}

/*
 * Maps memory for a file's text, and in front of it for as many rules as may
 * stand there: one has two bytes or more. What is not used of it is never
 * touched. Returns 0, also if there is no such file, or an errno value.
 */
static int
load(struct page_file *file, struct page_memory *memory, size_t rule_size,
     size_t *cap)
{
	int fd = open_file(file), error = 0;
	size_t size = (size_t)file->st.st_size;

	*memory = (struct page_memory){0};
	file->text = (struct slice){0};
	*cap = 0;
	if (fd >= 0) {
		*cap = size / 2 + 2;
		error = fill(memory, fd, *cap * rule_size, size, &file->text);
		close(fd);
	} else if (fd != -ENOENT) {
		error = -fd;
	}
	if (!error)
		return 0;
	complain(file->directory, file->name, 0,
		 error == EFBIG ? "not a regular file of 1 MiB at most"
				: strerror(error));
	file->text.len = 0;
	return error;
}

static void
forget(struct page_memory *memory)
{
	if (memory->ptr != NULL)
		munmap(memory->ptr, memory->len);
}

static int
read_redirects(struct page_rules *pages, struct page_file *file)
{
	struct page_error error[ERRORS_MAX];
	struct page_errors errors = {.error = error, .cap = ERRORS_MAX};
	struct redirects *r = &pages->redirects;
	int failure;

	forget(&pages->redirects_memory);
	failure = load(file, &pages->redirects_memory, sizeof(struct redirect),
		       &r->cap);
	r->rule = pages->redirects_memory.ptr;
	r->count = 0;
	redirects_parse(r, file->text, &errors);
	complain_of_lines(file->directory, file->name, &errors);
	return failure;
}

static int
read_headers(struct page_rules *pages, struct page_file *file)
{
	struct page_error error[ERRORS_MAX];
	struct page_errors errors = {.error = error, .cap = ERRORS_MAX};
	struct headers *h = &pages->headers;
	int failure;

	forget(&pages->headers_memory);
	/* With the places in a list of them all. */
	failure = load(file, &pages->headers_memory,
		       sizeof(struct header) + sizeof(uint16_t), &h->cap);
	h->header = pages->headers_memory.ptr;
	h->count = 0;
	headers_parse(h, file->text, &errors);
	complain_of_lines(file->directory, file->name, &errors);
	return failure;
}

enum status
page_rules_read(struct page_rules *pages, struct root *root,
		const char *directory)
{
	struct page_file redirects = {
	    .root = root, .directory = directory, .name = redirects_name};
	struct page_file headers = {
	    .root = root, .directory = directory, .name = headers_name};
	enum status status;
	int error = 0;

	if (!pages->is_read ||
	    !is_known(root, redirects_name, &pages->redirects_st)) {
		error = read_redirects(pages, &redirects);
		pages->redirects_st = redirects.st;
	}
	if (!error && (!pages->is_read ||
		       !is_known(root, headers_name, &pages->headers_st))) {
		error = read_headers(pages, &headers);
		pages->headers_st = headers.st;
	}
	pages->is_read = pages->is_current = !error;
	if (!error)
		return STATUS_NONE;
	status = root_trouble(error);
	return status ? status : STATUS_INTERNAL_SERVER_ERROR;
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

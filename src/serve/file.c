/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/file.h"
#include "serve/listing.h"
#include "serve/location.h"
#include "serve/representation.h"

static enum status
refuse_open(struct exchange *x, int error)
{
	enum status trouble = root_trouble(error);

	switch (error) {
	case EACCES:
	case EPERM:
		return response_refuse(x->res, STATUS_FORBIDDEN,
				       "the file may not be read");
	case EXDEV:
	case ELOOP:
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "a symbolic link out of the root");
	default:
		break;
	}
	if (trouble)
		return response_refuse(x->res, trouble,
				       trouble == STATUS_SERVICE_UNAVAILABLE
					   ? "no descriptor or memory for the "
					     "file"
					   : "the file cannot be read");
	/* Nothing was refused, so the log has no line for it. */
	exchange_explain(x, "no such file", x->target->path);
	return STATUS_NOT_FOUND;
}

bool
file_is_hidden(struct slice path)
{
	struct slice segment, rest = slice_skip(path, 1);
	bool is_first = true, is_more = true;

	while (is_more) {
		is_more = slice_cut(rest, '/', &segment, &rest);
		if (segment.len > 0 && segment.ptr[0] == '.' &&
		    !(is_first && slice_equal(segment, SLICE(".well-known"))))
			return true;
		is_first = false;
	}
	return false;
}

/* Opens the first index file that there is in the directory path. */
static int
open_index(struct exchange *x, struct slice path)
{
	struct buf *name = x->name;
	int fd = -ENOENT;

	for (size_t i = 0; i < x->site->index_count && fd == -ENOENT; i++) {
		buf_reset(name);
		buf_add(name, path);
		buf_add(name, x->site->index[i]);
		buf_add_char(name, '\0');
		if (name->overflow)
			return -ENAMETOOLONG;
		fd = root_open_file(x->root, name->data + 1);
		name->len--;
	}
	return fd;
}

/* True if path is that of the kept file, and it is still the same one. */
static bool
is_kept(const struct exchange *x, struct slice path)
{
	const struct kept_file *kept = x->kept;
	struct stat st;

	return kept->fd >= 0 &&
	       slice_equal(path, (struct slice){kept->name, kept->path_len}) &&
	       fstatat(x->root->fd, kept->name + 1, &st, 0) == 0 &&
	       root_is_same(&st, &kept->st);
}

void
file_forget(struct kept_file *kept)
{
	if (kept->fd >= 0)
		close(kept->fd);
	kept->fd = -1;
}

static void
keep(struct exchange *x, int fd, const struct stat *st, struct slice name,
     struct slice type)
{
	struct kept_file *kept = x->kept;

	if (!x->req->is_persistent || name.len >= sizeof(kept->name))
		return;
	file_forget(kept);
	kept->fd = fd;
	kept->st = *st;
	kept->path_len = x->target->path.len;
	kept->type = type;
	memcpy(kept->name, name.ptr, name.len);
	kept->name[name.len] = '\0';
	x->res->file_is_kept = true;
}

/*
 * FILE.gz and its like beside FILE: the same in another coding, if they
 * are at least as new.
 */
static const struct {
	enum coding coding;
	struct slice suffix;
} siblings[] = {{CODING_ZSTD, {".zst", 4}},
		{CODING_BR, {".br", 3}},
		{CODING_GZIP, {".gz", 3}}};

/*
 * At least as new as the original. A compressor gives its output the time
 * of what it read, and brotli that of the whole second.
 */
static bool
is_new_enough(const struct stat *st, const struct stat *original)
{
	const struct timespec *a = &st->st_mtim, *b = &original->st_mtim;

	return a->tv_sec > b->tv_sec ||
	       (a->tv_sec == b->tv_sec &&
		(a->tv_nsec >= b->tv_nsec || a->tv_nsec == 0));
}

static int
open_sibling(struct exchange *x, struct slice name, struct slice suffix,
	     const struct stat *original, struct stat *st)
{
	struct buf *path = x->name;
	int fd;

	/* An index file's name is there already. */
	if (name.ptr != path->data) {
		buf_reset(path);
		buf_add(path, name);
	}
	path->len = name.len;
	buf_add(path, suffix);
	buf_add_char(path, '\0');
	if (path->overflow)
		return -1;
	fd = root_open_file(x->root, path->data + 1);
	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) ||
			!is_new_enough(st, original))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * A range of what is made on the fly could not be asked for again. Only a
 * GET asks for one (RFC 9110, section 14.2).
 */
static bool
can_compress(const struct exchange *x, const struct stat *st)
{
	return x->site->gzip_level > 0 && representation_is_transformable(x) &&
	       st->st_size > COMPRESSED_MIN &&
	       (x->req->method != METHOD_GET ||
		request_field(x->req, SLICE("Range")).ptr == NULL);
}

/*
 * Serves the file in the coding that the client likes best, of those that
 * there are.
 */
static enum status
serve_best(struct exchange *x, const struct accept *accept, int fd,
	   const struct stat *st, struct slice name, struct slice type)
{
	int fds[CODINGS] = {[CODING_IDENTITY] = fd};
	struct stat stats[CODINGS] = {[CODING_IDENTITY] = *st};
	uint64_t sizes[CODINGS] = {[CODING_IDENTITY] = (uint64_t)st->st_size};
	enum coder coder = CODER_NONE;
	enum coding best;

	for (size_t i = 0; i < sizeof(siblings) / sizeof(siblings[0]); i++) {
		enum coding coding = siblings[i].coding;

		sizes[coding] = CODING_ABSENT;
		fds[coding] = -1;
		if (accept_q(accept, coding) == 0 || x->site->ignores_siblings)
			continue;
		fds[coding] = open_sibling(x, name, siblings[i].suffix, st,
					   &stats[coding]);
		if (fds[coding] >= 0)
			sizes[coding] = (uint64_t)stats[coding].st_size;
	}
	if (fds[CODING_GZIP] < 0 && can_compress(x, st))
		sizes[CODING_GZIP] = sizes[CODING_IDENTITY] / 3;
	best = accept_choose(accept, sizes);
	if (fds[best] < 0) {
		fds[best] = fd;
		fds[CODING_IDENTITY] = -1;
		stats[best] = *st;
		coder = CODER_GZIP;
	}
	for (int coding = 0; coding < CODINGS; coding++)
		if (coding != (int)best && fds[coding] >= 0)
			close(fds[coding]);
	exchange_explain(x, "coding", coding_name(best));
	return representation_serve(x, fds[best], &stats[best], type, best,
				    coder);
}

/* True if the client would have type in another coding, were there one. */
static bool
wants_coding(const struct exchange *x, struct slice type, struct accept *accept)
{
	if (request_field(x->req, SLICE("Accept-Encoding")).ptr == NULL ||
	    !representation_is_negotiated(x->site, type))
		return false;
	*accept = accept_parse(x->req->head.field, x->req->head.field_count);
	return true;
}

static enum status
serve_regular(struct exchange *x, int fd, const struct stat *st,
	      struct slice name)
{
	struct slice type = x->file_type.len > 0
				? x->file_type
				: mime_table_type(&x->site->mime, name);
	struct slice path = x->target->path;
	struct accept accept;

	exchange_explain(x, "file", name);
	if (wants_coding(x, type, &accept))
		return serve_best(x, &accept, fd, st, name, type);
	/* Not the second index: the first may come to exist. Not what a
	 * program says the type of: it may say something else next time. */
	if (x->file_type.len == 0 &&
	    (name.len == path.len ||
	     slice_equal(slice_skip(name, path.len), x->site->index[0])))
		keep(x, fd, st, name, type);
	return representation_serve(x, fd, st, type, CODING_IDENTITY,
				    CODER_NONE);
}

/*
 * True for a directory whose index files are all missing. The links of a
 * listing are relative to what was asked for, and so it is not for what a
 * rule has put in its place.
 */
static bool
wants_listing(const struct exchange *x, struct slice path, int error)
{
	return x->site->lists && path.ptr[path.len - 1] == '/' &&
	       error == ENOENT && x->target == &x->req->target;
}

static enum status
list(struct exchange *x, struct slice path)
{
	int fd = root_open_file(x->root, path.ptr + 1);

	return fd < 0 ? refuse_open(x, -fd) : listing_serve(x, fd);
}

enum status
file_handle(struct exchange *x)
{
	struct slice path = x->target->path;
	bool is_directory = path.ptr[path.len - 1] == '/';
	struct accept accept;
	struct stat st;
	int fd;

	if (x->target->encoded_slash)
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "an encoded slash is in no file's name");
	if (!x->serves_hidden && file_is_hidden(path))
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "the name begins with a dot");
	if (x->file_type.len == 0 && is_kept(x, path) &&
	    !wants_coding(x, x->kept->type, &accept)) {
		x->res->file_is_kept = true;
		exchange_explain(x, "the same file again", path);
		return representation_serve(x, x->kept->fd, &x->kept->st,
					    x->kept->type, CODING_IDENTITY,
					    CODER_NONE);
	}
	fd = is_directory ? open_index(x, path)
			  : root_open_file(x->root, path.ptr + 1);
	if (wants_listing(x, path, -fd))
		return list(x, path);
	if (fd < 0)
		return refuse_open(x, -fd);
	if (fstat(fd, &st) != 0) {
		int error = errno;

		close(fd);
		return refuse_open(x, error);
	}
	if (S_ISREG(st.st_mode))
		return serve_regular(x, fd, &st,
				     is_directory ? buf_slice(x->name) : path);
	close(fd);
	if (S_ISDIR(st.st_mode) && !is_directory)
		return location_of_directory(x);
	return response_refuse(x->res, STATUS_NOT_FOUND, "not a regular file");
}

enum status
file_serve_page(struct exchange *x, struct slice path, int status)
{
	struct response *res = x->res;
	struct stat st;
	int fd, error;

	buf_reset(x->name);
	buf_add(x->name, path);
	buf_add_char(x->name, '\0');
	fd = x->name->overflow ? -ENAMETOOLONG
			       : root_open_file(x->root, x->name->data + 1);
	if (fd < 0)
		return refuse_open(x, -fd);
	error = fstat(fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : ENOENT;
	if (error) {
		close(fd);
		return refuse_open(x, error);
	}
	exchange_explain(x, "page", path);
	res->status = status;
	res->content = CONTENT_FILE;
	res->file_fd = fd;
	res->file_offset = 0;
	res->length = (uint64_t)st.st_size;
	representation_add_type(x, mime_table_type(&x->site->mime, path));
	return STATUS_NONE;
}

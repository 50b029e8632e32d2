/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/file.h"

static enum status
refuse_open(struct exchange *x, int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return response_refuse(x->res, STATUS_FORBIDDEN,
				       "the file may not be read");
	case EXDEV:
	case ELOOP:
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "a symbolic link out of the root");
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN:
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "no descriptor or memory for the file");
	case EIO:
		return response_refuse(x->res, STATUS_INTERNAL_SERVER_ERROR,
				       "the file cannot be read");
	default:
		/* Nothing was refused, so the log has no line for it. */
		exchange_explain(x, "no such file", x->req->target.path);
		return STATUS_NOT_FOUND;
	}
}

static bool
is_hidden(struct slice path)
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

/*
 * "308 or 301": 301 is what every client of the last thirty years knows,
 * and for GET and HEAD the two mean the same.
 */
static enum status
redirect_to_slash(struct exchange *x)
{
	struct buf *fields = &x->res->fields;

	buf_add(fields, SLICE("Location: "));
	target_encode_path(fields, x->req->target.path);
	buf_add_char(fields, '/');
	if (x->req->target.has_query) {
		buf_add_char(fields, '?');
		target_encode_query(fields, x->req->target.query);
	}
	buf_add(fields, SLICE("\r\n"));
	x->res->status = STATUS_MOVED_PERMANENTLY;
	x->res->length = 0;
	exchange_explain(x, "a directory without its slash",
			 x->req->target.path);
	return STATUS_NONE;
}

static enum status
serve_opened(struct exchange *x, int fd, uint64_t size, struct slice type)
{
	struct buf *fields = &x->res->fields;

	buf_add(fields, SLICE("Content-Type: "));
	mime_add(fields, type);
	buf_add(fields, SLICE("\r\nX-Content-Type-Options: nosniff\r\n"));
	x->res->status = STATUS_OK;
	x->res->content = CONTENT_FILE;
	x->res->file_fd = fd;
	x->res->length = size;
	exchange_explain(x, "type", type);
	return STATUS_NONE;
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

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
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
	       is_same(&st, &kept->st);
}

static void
keep(struct exchange *x, int fd, const struct stat *st, struct slice name,
     struct slice type)
{
	struct kept_file *kept = x->kept;

	if (!x->req->is_persistent || name.len >= sizeof(kept->name) ||
	    st->st_size > SMALL_FILE_MAX)
		return;
	if (kept->fd >= 0)
		close(kept->fd);
	kept->fd = fd;
	kept->st = *st;
	kept->path_len = x->req->target.path.len;
	kept->type = type;
	memcpy(kept->name, name.ptr, name.len);
	kept->name[name.len] = '\0';
	x->res->file_is_kept = true;
}

enum status
file_handle(struct exchange *x)
{
	struct slice path = x->req->target.path, name = path, type;
	bool is_directory = path.ptr[path.len - 1] == '/';
	struct stat st;
	int fd;

	if (x->req->target.encoded_slash)
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "an encoded slash is in no file's name");
	if (is_hidden(path))
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "the name begins with a dot");
	if (is_kept(x, path)) {
		x->res->file_is_kept = true;
		exchange_explain(x, "the same file again", path);
		return serve_opened(x, x->kept->fd,
				    (uint64_t)x->kept->st.st_size,
				    x->kept->type);
	}
	fd = is_directory ? open_index(x, path)
			  : root_open_file(x->root, path.ptr + 1);
	if (fd < 0)
		return refuse_open(x, -fd);
	if (fstat(fd, &st) != 0) {
		close(fd);
		return refuse_open(x, EIO);
	}
	if (S_ISREG(st.st_mode)) {
		if (is_directory)
			name = buf_slice(x->name);
		exchange_explain(x, "file", name);
		type = mime_table_type(&x->site->mime, name);
		/* Not the second index: the first may come to exist. */
		if (!is_directory ||
		    slice_equal(slice_skip(name, path.len), x->site->index[0]))
			keep(x, fd, &st, name, type);
		return serve_opened(x, fd, (uint64_t)st.st_size, type);
	}
	close(fd);
	if (S_ISDIR(st.st_mode) && !is_directory)
		return redirect_to_slash(x);
	return response_refuse(x->res, STATUS_NOT_FOUND, "not a regular file");
}

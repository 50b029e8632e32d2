/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/directory.h"
#include "serve/page_rules.h"

/* As getdents64(2) has it: libc's readdir allocates. */
struct record {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

void
directory_init(struct directory *d, int fd, struct root *root, struct buf path)
{
	d->fd = fd;
	d->root = root;
	d->path = path;
	d->has_begun = false;
	names_init(&d->names, d->arena, sizeof(d->arena));
}

/*
 * What name leads to. Returns 1, or 0 if it is nothing that can be served, or
 * a negative errno value if that could not be found out.
 */
static int
look_at(struct directory *d, struct slice name, struct stat *st)
{
	struct buf path = d->path;
	int error = 0;

	buf_add(&path, name);
	buf_add_char(&path, '\0');
	if (path.overflow)
		return 0;
	if (fstatat(d->fd, path.data + d->path.len, st, AT_SYMLINK_NOFOLLOW) !=
	    0)
		error = -errno;
	else if (S_ISLNK(st->st_mode))
		error = root_stat(d->root, path.data, st);
	if (error)
		return root_trouble(-error) ? error : 0;
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

static enum entry_kind
kind_of(const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? ENTRY_DIRECTORY : ENTRY_FILE;
}

static bool
is_hidden(const struct directory *d, struct slice name)
{
	return name.ptr[0] == '.' ||
	       (d->hides_page_rules && page_rules_have_name(name));
}

/* Returns 0, or a negative errno value. */
static int
add(struct directory *d, struct slice bytes, unsigned char type)
{
	struct name file = {ENTRY_FILE, bytes};
	struct name directory = {ENTRY_DIRECTORY, bytes};
	struct stat st;
	int found;

	switch (type) {
	case DT_REG:
		names_add(&d->names, file);
		break;
	case DT_DIR:
		names_add(&d->names, directory);
		break;
	case DT_LNK:
	case DT_UNKNOWN:
		/* To find out what it is costs most: is it worth it? */
		if (!names_want(&d->names, file) &&
		    !names_want(&d->names, directory))
			break;
		if ((found = look_at(d, bytes, &st)) < 0)
			return found;
		if (found > 0)
			names_add(&d->names,
				  (struct name){kind_of(&st), bytes});
		break;
	}
	return 0;
}

/* Adds the names in len bytes of the block. The same. */
static int
add_block(struct directory *d, long len)
{
	int error = 0;

	for (long at = 0; at < len && !error;) {
		const struct record *r = (const void *)(d->block + at);

		if (!is_hidden(d, slice_of(r->name)))
			error = add(d, slice_of(r->name), r->type);
		at += r->size;
	}
	return error;
}

static int
add_all(struct directory *d, int fd)
{
	int error;

	for (;;) {
		long len =
		    syscall(SYS_getdents64, fd, d->block, sizeof(d->block));

		if (len < 0 && errno == EINTR)
			continue;
		/* Of a directory that was removed: nothing is in there. */
		if (len == 0 || (len < 0 && errno == ENOENT))
			return 0;
		if (len < 0)
			return -errno;
		if ((error = add_block(d, len)))
			return error;
	}
}

/* Each pass opens it once more: the sandbox has no lseek. */
static int
make_pass(struct directory *d)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	names_begin(&d->names);
	error = add_all(d, fd);
	close(fd);
	if (!error)
		names_sort(&d->names);
	return error;
}

/* The next entry. Returns 1, 0 if there is none, or a negative errno value. */
static int
take(struct directory *d, struct entry *entry)
{
	struct stat st;

	while (names_take(&d->names, &entry->name)) {
		int found = look_at(d, entry->name.bytes, &st);

		if (found < 0)
			return found;
		if (found == 0)
			continue;
		entry->name.kind = kind_of(&st);
		entry->size = (uint64_t)st.st_size;
		entry->modified = st.st_mtim.tv_sec;
		return 1;
	}
	return 0;
}

int
directory_next(struct directory *d, struct entry *entry)
{
	for (;;) {
		int result = d->has_begun ? take(d, entry) : 0;

		if (result != 0)
			return result;
		if (d->has_begun && !names_are_left(&d->names))
			return 0;
		if ((result = make_pass(d)))
			return result;
		d->has_begun = true;
	}
}

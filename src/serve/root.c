/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/root.h"

#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define DIRECTORY_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define PATH_FLAGS (O_PATH | O_CLOEXEC)

int
root_open(struct root *root, const char *directory)
{
	/* musl's open adds an fcntl for kernels without O_CLOEXEC. */
	long fd = syscall(SYS_openat, AT_FDCWD, directory, DIRECTORY_FLAGS);

	if (fd < 0)
		return errno;
	*root = (struct root){.fd = (int)fd};
	return 0;
}

/*
 * Opens one part of a path after the other, following no link. The
 * directories on the way are held by O_PATH: they need not be readable.
 */
static int
walk(int root_fd, const char *path, int flags)
{
	int at = root_fd;

	for (;;) {
		size_t len = strcspn(path, "/");
		char part[NAME_MAX + 1];
		bool is_last = path[len] == '\0';
		int fd, error;

		if (len > NAME_MAX)
			fd = -1, error = ENAMETOOLONG;
		else {
			memcpy(part, path, len);
			part[len] = '\0';
			fd = openat(at, len > 0 ? part : ".",
				    O_NOFOLLOW |
					(is_last ? flags : DIRECTORY_FLAGS));
			error = errno;
		}
		if (at != root_fd)
			close(at);
		if (fd < 0)
			return -error;
		if (is_last)
			return fd;
		at = fd;
		path += len + 1;
	}
}

/* A rename elsewhere on the machine may make the kernel unsure: EAGAIN. */
#define RETRIES 8

static int
open_beneath(struct root *root, const char *path, unsigned flags)
{
	struct open_how how = {
	    .flags = flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

	if (*path == '\0')
		path = ".";
	for (int i = 0; !root->walks && i < RETRIES; i++) {
		long fd =
		    syscall(SYS_openat2, root->fd, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		/* EPERM is what older sandboxes say to calls they do not
		 * know, and no answer that a file can give. */
		if (errno == ENOSYS || errno == EPERM)
			root->walks = true;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return root->walks ? walk(root->fd, path, (int)flags) : -EAGAIN;
}

int
root_open_file(struct root *root, const char *path)
{
	return open_beneath(root, path, READ_FLAGS);
}

int
root_open_directory(struct root *root, const char *path)
{
	return open_beneath(root, path, DIRECTORY_FLAGS);
}

int
root_stat(struct root *root, const char *path, struct stat *st)
{
	int fd = open_beneath(root, path, O_PATH | O_CLOEXEC), error = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, st) != 0)
		error = -errno;
	close(fd);
	return error;
}

int
root_open_path(struct root *root, const char *path)
{
	return open_beneath(root, path, PATH_FLAGS);
}

bool
root_add_path(const struct root *root, struct buf *out)
{
	char storage[64], path[PATH_MAX];
	struct buf link = BUF_OVER(storage);
	ssize_t n;

	buf_add_str(&link, "/proc/self/fd/");
	buf_add_u64(&link, (uint64_t)root->fd);
	buf_add_char(&link, '\0');
	n = readlink(link.data, path, sizeof(path));
	if (n <= 0 || n == (ssize_t)sizeof(path) || path[0] != '/')
		return false;
	/* The root of the system is the empty path with a slash behind. */
	buf_add(out, (struct slice){path, n == 1 ? 0 : (size_t)n});
	return true;
}

enum status
root_trouble(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	/* Names that a file system cannot have. */
	case EINVAL:
	case EILSEQ:
	/* Special files. */
	case ENXIO:
	case ENODEV:
	case EACCES:
	case EPERM:
	case ELOOP:
	case EXDEV:
		return STATUS_NONE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EAGAIN:
	case EINTR:
		return STATUS_SERVICE_UNAVAILABLE;
	default:
		return STATUS_INTERNAL_SERVER_ERROR;
	}
}

bool
root_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/image.h"
#include "serve/spawn.h"

/* Where there is no PATH. */
#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

/* Stores DIRECTORY/NAME, or NAME alone where directory is empty. */
static bool
set_path(struct image *image, struct slice directory, struct slice name)
{
	struct buf path = {.data = image->path, .cap = sizeof(image->path) - 1};

	if (directory.len > 0) {
		buf_add(&path, directory);
		buf_add_char(&path, '/');
	}
	buf_add(&path, name);
	image->path[path.len] = '\0';
	return !path.overflow;
}

static int
why_not_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) == 0 ? 0 : errno;
}

const char *
image_find(struct image *image, const char *name)
{
	const char *variable = getenv("PATH");
	struct slice rest, directory;
	int error, first_error = 0;

	if (strchr(name, '/') != NULL) {
		if (!set_path(image, (struct slice){0}, slice_of(name)))
			return strerror(ENAMETOOLONG);
		error = why_not_executable(image->path);
		return error ? strerror(error) : NULL;
	}
	rest = slice_of(variable != NULL ? variable : PATH_DEFAULT);
	while (*name != '\0' && rest.len > 0) {
		slice_cut(rest, ':', &directory, &rest);
		/* An empty one is the current directory. */
		if (directory.len == 0)
			directory = SLICE(".");
		if (!set_path(image, directory, slice_of(name)))
			continue;
		error = why_not_executable(image->path);
		if (!error)
			return NULL;
		if (error != ENOENT && error != ENOTDIR && !first_error)
			first_error = error;
	}
	return first_error ? strerror(first_error) : "not found in PATH";
}

const char *
image_find_self(struct image *image)
{
	ssize_t n =
	    readlink("/proc/self/exe", image->path, sizeof(image->path) - 1);

	if (n < 0)
		return strerror(errno);
	image->path[n] = '\0';
	return NULL;
}

pid_t
image_start(const struct image *image, int fd)
{
	struct spawn s = {
	    .program_fd = -1,
	    .path = image->path,
	    .directory_fd = -1,
	    .argv = image->argv,
	    .environment = image->environment,
	    .fd = {fd, fd, SPAWN_OURS, SPAWN_OURS},
	    .flags = image->holds_signals ? SPAWN_HOLDS_SIGNALS : 0,
	};

	return spawn_start(&s);
}

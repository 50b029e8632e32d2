/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/spawn.h"

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
spawn_find(struct image *image, const char *name)
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
spawn_find_self(struct image *image)
{
	ssize_t n =
	    readlink("/proc/self/exe", image->path, sizeof(image->path) - 1);

	if (n < 0)
		return strerror(errno);
	image->path[n] = '\0';
	return NULL;
}

/*
 * In the child, which shares our memory until it is another program: only
 * the kernel's side of it may be changed, and *error.
 */
static _Noreturn void
become(const struct image *image, int fd, volatile int *error)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t mask;

	/* Before they are let through: a handler would run on our memory. */
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &fresh, NULL);
	sigemptyset(&mask);
	if (image->holds_signals)
		for (size_t i = 0; i < 3; i++)
			sigaddset(&mask, caught[i]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (fd < 0 ||
	    (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0))
		execve(image->path, image->argv, image->environment);
	*error = errno;
	_exit(127);
}

pid_t
spawn_start(const struct image *image, int fd)
{
	volatile int error = 0;
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(image, fd, &error);
	if (pid < 0)
		error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return -error;
}

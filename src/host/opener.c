/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/parcel.h"
#include "host/opener.h"

/* Seconds that a file system may take, at a start and at each look. */
#define ANSWER_SECONDS 5

/* The one descriptor that the opener has, behind the standard ones. */
#define OPENER_FD 3

static int opener = -1;

/* --- the opener */

static bool
is_named(struct slice path, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(path, slice_of(paths[i])))
			return true;
	return false;
}

/* Returns a descriptor, or a negative errno value. */
static int
open_named(const char *path)
{
	/* It must not wait for a writer of a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EACCES;
}

/* Nothing of what we were started with stays but the directory. */
static void
withdraw(int fd)
{
	int null = open("/dev/null", O_RDWR);

	for (int i = 0; i < OPENER_FD; i++)
		dup2(null, i);
	dup2(fd, OPENER_FD);
	syscall(SYS_close_range, OPENER_FD + 1u, ~0u, 0u);
	/* The end of the socket is its sign, whoever else is told to stop. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static _Noreturn void
be_opener(int from, const char *const *paths, size_t count)
{
	char path[PATH_MAX + 1];
	ssize_t n;
	int reply;

	withdraw(from);
	while ((n = parcel_receive(OPENER_FD, path, PATH_MAX, &reply, 1, 0)) >
	       0) {
		int fd = -EACCES, error;

		path[n] = '\0';
		if (is_named((struct slice){path, (size_t)n}, paths, count))
			fd = open_named(path);
		error = fd < 0 ? -fd : 0;
		parcel_send(reply,
			    (struct slice){(char *)&error, sizeof(error)}, &fd,
			    fd >= 0);
		if (fd >= 0)
			close(fd);
		close(reply);
	}
	_exit(0);
}

/* --- who asks it */

int
opener_start(const char *const *paths, size_t count)
{
	int pair[2], error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	pid = fork();
	error = pid < 0 ? errno : 0;
	if (pid == 0)
		be_opener(pair[1], paths, count);
	close(pair[1]);
	if (error)
		close(pair[0]);
	else
		opener = pair[0];
	return error;
}

void
opener_adopt(int fd)
{
	opener = fd;
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int
opener_fd(void)
{
	return opener;
}

void
opener_leave(void)
{
	if (opener >= 0)
		close(opener);
}

/*
 * The answer comes by a socket of its own: the launcher may ask while the
 * check of new options does, over the same one.
 */
static int
ask(const char *path)
{
	const struct timeval wait = {.tv_sec = ANSWER_SECONDS};
	int pair[2], fd = -1, error = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/* It is the only one on its way, or somebody plays with us. */
	error = parcel_send(opener, slice_of(path), &pair[1], 1);
	/* If it is gone, so is the other end. */
	close(pair[1]);
	if (!error)
		parcel_receive(pair[0], &error, sizeof(error), &fd, 1, 0);
	close(pair[0]);
	return fd >= 0 ? fd : error > 0 ? -error : -EACCES;
}

int
opener_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == EACCES && opener >= 0 ? ask(path) : -errno;
}

int
opener_stat(const char *path, struct stat *st)
{
	int fd, error;

	if (stat(path, st) == 0)
		return 0;
	if (errno != EACCES || opener < 0)
		return errno;
	fd = ask(path);
	if (fd < 0)
		return -fd;
	error = fstat(fd, st) == 0 ? 0 : errno;
	close(fd);
	return error;
}

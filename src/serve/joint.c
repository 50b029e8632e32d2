/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/joint.h"

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe, of which *ours, one of its ends, does not block; or NULL. */
static bool
make_pipe(int *from, int *to, const int *ours)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	*from = fd[0];
	*to = fd[1];
	if (ours == NULL)
		return true;
	return fcntl(*ours, F_SETFL,
		     O_NONBLOCK | (ours == to ? O_WRONLY : 0)) == 0;
}

static bool
open_null(int *fd, int flags)
{
	*fd = open("/dev/null", flags | O_CLOEXEC);
	return *fd >= 0;
}

static bool
make_socket(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	*ours = pair[0];
	*theirs = pair[1];
	return true;
}

static bool
make_ends(struct joint *j, int theirs[SPAWN_FDS], enum joint_kind kind,
	  bool has_content)
{
	if (!make_pipe(&j->errors, &theirs[2], &j->errors))
		return false;
	switch (kind) {
	case JOINT_PIPES:
		return (has_content || make_pipe(&theirs[0], &j->in, &j->in)) &&
		       make_pipe(&j->out, &theirs[1], &j->out);
	case JOINT_PACKETS:
		theirs[1] = fcntl(theirs[2], F_DUPFD_CLOEXEC, 0);
		return theirs[1] >= 0 && make_socket(&j->in, &theirs[3]) &&
		       open_null(&theirs[0], O_RDONLY);
	case JOINT_SECRET:
		/* It fits into the smallest pipe: nobody waits. */
		return make_pipe(&theirs[3], &j->in, NULL) &&
		       open_null(&theirs[0], O_RDONLY) &&
		       open_null(&theirs[1], O_WRONLY);
	}
	return false;
}

int
joint_start(struct joint *j, struct spawn *s, enum joint_kind kind,
	    int content_fd)
{
	int theirs[SPAWN_FDS] = {-1, -1, -1, -1};
	int error = 0;

	*j = (struct joint){-1, -1, -1, -1};
	if (!make_ends(j, theirs, kind, content_fd >= 0)) {
		error = errno;
	} else {
		for (int i = 0; i < SPAWN_FDS; i++)
			s->fd[i] = theirs[i];
		if (content_fd >= 0)
			s->fd[0] = content_fd;
		/* Else the kernel would not keep its status for us, where
		 * whoever started us ignores this signal. */
		signal(SIGCHLD, SIG_DFL);
		j->pid = spawn_start(s);
		error = j->pid < 0 ? (int)-j->pid : 0;
	}
	for (int i = 0; i < SPAWN_FDS; i++)
		close_fd(&theirs[i]);
	if (error)
		joint_close(j);
	return error;
}

void
joint_close(struct joint *j)
{
	close_fd(&j->in);
	close_fd(&j->out);
	close_fd(&j->errors);
}

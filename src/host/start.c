/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/start.h"

void
start_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGPIPE);
	sigprocmask(SIG_SETMASK, &held, NULL);
}

/* They may have been meant for our parent. */
static bool
was_passed_sockets(void)
{
	const char *pid = getenv("LISTEN_PID");
	uint64_t owner;

	return pid != NULL && slice_to_u64(slice_of(pid), &owner) &&
	       owner == (uint64_t)getpid();
}

const char *
start_check(const struct fd_stream *f)
{
	/* A unit without StandardInput=socket: /dev/null would be served. */
	if (f->in_kind == FD_SOCKET || !was_passed_sockets())
		return NULL;
	return "not the socket, which is descriptor 3: StandardInput=socket "
	       "is missing";
}

const char *
start_explain(int fd)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
	return listens ? "a listening socket, which is for perch-listen, "
			 "and not a connection"
		       : NULL;
}

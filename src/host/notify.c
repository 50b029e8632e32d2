/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "host/monitor.h"
#include "host/notify.h"

static int
send_state(void *argument)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct slice path, state = *(const struct slice *)argument;
	int fd;

	path = slice_of(getenv("NOTIFY_SOCKET"));
	if (path.len < 2 || path.len >= sizeof(name.sun_path) ||
	    (path.ptr[0] != '/' && path.ptr[0] != '@'))
		return EINVAL;
	memcpy(name.sun_path, path.ptr, path.len);
	/* The abstract namespace: no file, and no NUL at the end. */
	if (path.ptr[0] == '@')
		name.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	sendto(fd, state.ptr, state.len, MSG_NOSIGNAL, (struct sockaddr *)&name,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len));
	close(fd);
	return 0;
}

static void
notify(struct slice state)
{
	if (getenv("NOTIFY_SOCKET") != NULL)
		monitor_run(send_state, &state);
}

void
notify_ready(void)
{
	notify(SLICE("READY=1"));
}

void
notify_reloading(void)
{
	char storage[64];
	struct buf state = BUF_OVER(storage);

	/* By the time systemd tells this reload from an earlier one. */
	buf_add_str(&state, "RELOADING=1\nMONOTONIC_USEC=");
	buf_add_u64(&state, (uint64_t)clock_us());
	notify(buf_slice(&state));
}

void
notify_stopping(void)
{
	notify(SLICE("STOPPING=1"));
}

void
notify_ready_fd(int fd)
{
	int null_fd;

	/* Nobody may be there to read it: nothing is to be done then. */
	if (write(fd, "\n", 1) != 1) {
	}
	if (fd > STDERR_FILENO) {
		close(fd);
		return;
	}
	/* An accepted connection must not become a standard descriptor. */
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd >= 0) {
		dup2(null_fd, fd);
		close(null_fd);
	}
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>

#include "base/wait.h"

#define PAUSE_MS 10

int
wait_failed(struct pollfd *p, nfds_t count)
{
	if (errno == EINTR)
		return -1;
	/* For nothing at all it cannot lack anything. */
	poll(NULL, 0, PAUSE_MS);
	for (nfds_t i = 0; i < count; i++)
		p[i].revents = p[i].fd < 0 ? 0 : p[i].events & POLLIN;
	return 0;
}

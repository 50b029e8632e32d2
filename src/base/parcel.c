/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/parcel.h"

union control {
	struct cmsghdr head;
	char storage[CMSG_SPACE(PARCEL_FDS * sizeof(int))];
};

/* The C libraries do not agree on the types of these lengths. */
static struct msghdr
make_message(struct iovec *part, union control *control, size_t count)
{
	struct msghdr message = {.msg_iov = part, .msg_iovlen = 1};

	assert(count <= PARCEL_FDS);
	if (count == 0)
		return message;
	/* With its padding another would fit. */
	*control = (union control){
	    .head = {.cmsg_level = SOL_SOCKET,
		     .cmsg_type = SCM_RIGHTS,
		     .cmsg_len = (unsigned)CMSG_LEN(count * sizeof(int))}};
	message.msg_control = control;
	message.msg_controllen = control->head.cmsg_len;
	return message;
}

int
parcel_send(int to, struct slice bytes, const int *fd, size_t count)
{
	union control control;
	struct iovec part = {(char *)bytes.ptr, bytes.len};
	struct msghdr message = make_message(&part, &control, count);

	if (count > 0)
		memcpy(CMSG_DATA(&control.head), fd, count * sizeof(*fd));
	return sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno
								      : 0;
}

ssize_t
parcel_receive(int from, void *dst, size_t cap, int *fd, size_t count,
	       int flags)
{
	union control control;
	struct iovec part = {dst, cap};
	struct msghdr message = make_message(&part, &control, count);
	const struct cmsghdr *got;
	size_t len = 0;
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	got = n < 0 || count == 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (got != NULL && got->cmsg_level == SOL_SOCKET &&
	    got->cmsg_type == SCM_RIGHTS) {
		len = (got->cmsg_len - CMSG_LEN(0)) / sizeof(*fd);
		memcpy(fd, CMSG_DATA(got), len * sizeof(*fd));
	}
	for (; len < count; len++)
		fd[len] = -1;
	return n < 0 ? -errno : n;
}

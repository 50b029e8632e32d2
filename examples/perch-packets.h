/* SPDX-License-Identifier: ISC */
/*
 * For programs that talk with a WebSocket by packets: all of
 * perch-websocket(7) in sixty lines. Any number of processes and threads
 * may send at once, and nothing of what they send gets mixed up.
 */
#ifndef PERCH_PACKETS_H
#define PERCH_PACKETS_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PERCH_FD 3
#define PERCH_PAYLOAD 65536 /* bytes of one packet, behind its head */

static inline int
perch_packet(char *head, size_t head_len, const char *bytes, size_t len)
{
	struct iovec part[2] = {{head, head_len}, {(void *)bytes, len}};
	struct msghdr packet = {.msg_iov = part, .msg_iovlen = 2};
	ssize_t n;

	do
		n = sendmsg(PERCH_FD, &packet, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

/*
 * Sends a message, kind being 't' for text and 'b' for binary. Returns 0, or
 * -1 if the client is gone.
 */
static inline int
perch_send(char kind, const char *bytes, size_t len)
{
	/* No two that send at the same time have the same number. */
	uint32_t sender = (uint32_t)gettid();
	char head[6] = {(char)(kind - 'a' + 'A'),
			(char)(sender >> 24),
			(char)(sender >> 16),
			(char)(sender >> 8),
			(char)sender,
			0};

	if (len <= PERCH_PAYLOAD)
		return perch_packet(&kind, 1, bytes, len);
	for (; len > PERCH_PAYLOAD; len -= PERCH_PAYLOAD) {
		if (perch_packet(head, 6, bytes, PERCH_PAYLOAD) != 0)
			return -1;
		bytes += PERCH_PAYLOAD;
	}
	head[5] = 1;
	return perch_packet(head, 6, bytes, len);
}

/*
 * Receives a message of up to cap bytes. Returns its length, and its kind:
 * 't', 'b', 'p' for a ping, 'c' for the end; or -1 if there is no more.
 */
static inline ssize_t
perch_receive(char *kind, char *bytes, size_t cap)
{
	size_t len = 0;
	char head[6];

	for (;;) {
		struct iovec part[2] = {{head, 1}, {bytes + len, cap - len}};
		struct msghdr packet = {.msg_iov = part, .msg_iovlen = 2};
		ssize_t n = recvmsg(PERCH_FD, &packet, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || (packet.msg_flags & MSG_TRUNC))
			return -1;
		*kind = head[0];
		if (head[0] >= 'a')
			return n - 1;
		/* A part: its number and whether it is the last go in front. */
		*kind = (char)(head[0] - 'A' + 'a');
		if (n < 6)
			return -1;
		head[5] = bytes[len + 4];
		memmove(bytes + len, bytes + len + 5, (size_t)n - 6);
		len += (size_t)n - 6;
		if (head[5])
			return (ssize_t)len;
	}
}

#endif

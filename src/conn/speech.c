/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/speech.h"

static bool
refuse(struct speech *s, const char *why)
{
	s->refusal = why;
	return false;
}

static bool
refuse_length(struct speech *s)
{
	return refuse(s, "the program's line is over the limit");
}

static enum speech_result
result_of_error(void)
{
	return errno == EAGAIN || errno == EINTR ? SPEECH_PAUSES : SPEECH_ENDS;
}

static bool
send_message(struct speech *s, enum opcode opcode, struct slice message)
{
	if (opcode == OPCODE_TEXT && !utf8_is_valid(message))
		return refuse(s, "the program's text is not UTF-8");
	outbox_begin(s->outbox, opcode, message.len);
	outbox_add(s->outbox, message);
	outbox_end(s->outbox);
	return true;
}

/* Undoes what the inbox does: \\, \n, \0. False for anything else. */
static bool
unescape(char *bytes, size_t *len)
{
	size_t to = 0;

	for (size_t i = 0; i < *len; i++) {
		char c = bytes[i];

		if (c == '\\') {
			c = ++i < *len ? bytes[i] : '\0';
			if (c != '\\' && c != 'n' && c != '0')
				return false;
			c = c == 'n' ? '\n' : c == '0' ? '\0' : c;
		}
		bytes[to++] = c;
	}
	*len = to;
	return true;
}

static bool
send_line(struct speech *s, char *line, size_t len)
{
	enum opcode opcode = OPCODE_TEXT;

	if (s->escapes) {
		if (len >= 2 && line[0] == '\\' && line[1] == 'b') {
			opcode = OPCODE_BINARY;
			line += 2;
			len -= 2;
		}
		if (!unescape(line, &len))
			return refuse(s, "the program's line has a backslash "
					 "that means nothing");
	}
	if (len > s->message_max)
		return refuse_length(s);
	return send_message(s, opcode, (struct slice){line, len});
}

static bool
send_lines(struct speech *s)
{
	char *lf;

	while (s->scanned < s->end &&
	       (lf = memchr(s->data + s->scanned, '\n', s->end - s->scanned)) !=
		   NULL) {
		size_t start = s->start;

		s->start = s->scanned = (size_t)(lf + 1 - s->data);
		if (!send_line(s, s->data + start,
			       (size_t)(lf - s->data) - start))
			return false;
	}
	s->scanned = s->end;
	if (s->start == s->end)
		s->start = s->scanned = s->end = 0;
	return true;
}

static enum speech_result
take_lines(struct speech *s, int fd)
{
	ssize_t n;

	if (s->cap - s->end < SPEECH_READ && s->start > 0) {
		memmove(s->data, s->data + s->start, s->end - s->start);
		s->end -= s->start;
		s->scanned -= s->start;
		s->start = 0;
	}
	if (s->end == s->cap) {
		(void)refuse_length(s);
		return SPEECH_IS_BAD;
	}
	n = read(fd, s->data + s->end,
		 s->cap - s->end < SPEECH_READ ? s->cap - s->end : SPEECH_READ);
	if (n <= 0)
		return n == 0 ? SPEECH_ENDS : result_of_error();
	s->end += (size_t)n;
	if (s->end > s->high)
		s->high = s->end;
	return send_lines(s) ? SPEECH_GOES_ON : SPEECH_IS_BAD;
}

bool
speech_finish(struct speech *s)
{
	size_t start = s->start;

	s->start = s->end;
	return start == s->end || send_line(s, s->data + start, s->end - start);
}

static bool
take_packet(struct speech *s, struct slice bytes)
{
	struct packet p;

	if (!packet_parse(&p, bytes))
		return refuse(s, p.refusal);
	switch (p.kind) {
	case PACKET_TEXT:
		return send_message(s, OPCODE_TEXT, p.payload);
	case PACKET_BINARY:
		return send_message(s, OPCODE_BINARY, p.payload);
	case PACKET_CLOSE:
		s->wants_close = true;
		s->close_code = p.close.code;
		s->reason_len = p.close.reason.len;
		if (s->reason_len > 0)
			memcpy(s->reason, p.close.reason.ptr, s->reason_len);
		return true;
	default:
		if (parts_take(&s->parts, &p, s->outbox))
			return true;
		return refuse(s, s->parts.refusal);
	}
}

/* Receives what packets there are, in one call. Returns how many, or -1. */
static int
receive(struct speech *s, int fd, struct mmsghdr *message, struct iovec *part)
{
	memset(message, 0, SPEECH_PACKETS * sizeof(*message));
	for (size_t i = 0; i < SPEECH_PACKETS; i++) {
		/* A byte more, to see what is too long. */
		part[i] = (struct iovec){s->packets + i * (PACKET_MAX + 1),
					 PACKET_MAX + 1};
		message[i].msg_hdr.msg_iov = &part[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	return recvmmsg(fd, message, SPEECH_PACKETS, MSG_DONTWAIT, NULL);
}

static enum speech_result
take_packets(struct speech *s, int fd)
{
	struct mmsghdr message[SPEECH_PACKETS];
	struct iovec part[SPEECH_PACKETS];
	int n = receive(s, fd, message, part);

	if (n < 0)
		return result_of_error();
	for (int i = 0; i < n && !s->wants_close; i++) {
		/* It cannot be told from a packet of no bytes, which is none
		 * of ours. */
		if (message[i].msg_len == 0)
			return i > 0 ? SPEECH_GOES_ON : SPEECH_ENDS;
		if (!take_packet(s, (struct slice){part[i].iov_base,
						   message[i].msg_len}))
			return SPEECH_IS_BAD;
	}
	return SPEECH_GOES_ON;
}

enum speech_result
speech_take(struct speech *s, int fd)
{
	return s->is_packets ? take_packets(s, fd) : take_lines(s, fd);
}

enum speech_result
speech_drop(struct speech *s, int fd)
{
	char scratch[4096];
	ssize_t n;

	s->start = s->scanned = s->end = 0;
	n = s->is_packets ? recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT)
			  : read(fd, scratch, sizeof(scratch));
	return n > 0    ? SPEECH_GOES_ON
	       : n == 0 ? SPEECH_ENDS
			: result_of_error();
}

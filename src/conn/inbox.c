/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/inbox.h"

/* Of a record: its payload's length, and then the kind of the packet. */
#define LENGTH_LEN sizeof(uint32_t)
#define RECORD_HEAD (LENGTH_LEN + 1)

/* What a message needs beside its bytes, at most. */
#define OVERHEAD 8

void
inbox_init(struct inbox *in, bool is_packets, bool escapes, char *data,
	   size_t cap)
{
	*in = (struct inbox){.is_packets = is_packets,
			     .escapes = escapes && !is_packets,
			     .data = data,
			     .cap = cap};
}

static enum close_code
refuse(struct inbox *in, enum close_code code, const char *why)
{
	in->refusal = why;
	return code;
}

static void
add(struct inbox *in, struct slice bytes)
{
	memcpy(in->data + in->end, bytes.ptr, bytes.len);
	in->end += bytes.len;
	if (in->end > in->high)
		in->high = in->end;
}

enum close_code
inbox_begin(struct inbox *in, enum opcode opcode)
{
	in->opcode = opcode;
	in->utf8 = (struct utf8){0};
	if (in->is_packets) {
		char head[RECORD_HEAD] = {0};

		head[LENGTH_LEN] =
		    opcode == OPCODE_TEXT ? PACKET_TEXT : PACKET_BINARY;
		add(in, (struct slice){head, sizeof(head)});
	} else if (opcode == OPCODE_BINARY && in->escapes) {
		add(in, SLICE("\\b"));
	} else if (opcode == OPCODE_BINARY) {
		return refuse(in, CLOSE_UNSUPPORTED_DATA,
			      "a binary message to a program of lines");
	}
	return CLOSE_NONE;
}

/* Moves what is not sent to the front, if that is little, or must be. */
static void
move_down(struct inbox *in, bool must)
{
	size_t len = in->end - in->start;

	if (in->start == 0 || (!must && len > in->start))
		return;
	memmove(in->data, in->data + in->start, len);
	in->ready -= in->start;
	in->start = 0;
	in->end = len;
}

static size_t
room(const struct inbox *in)
{
	size_t left = in->cap - in->end;

	if (left < OVERHEAD)
		return 0;
	left -= OVERHEAD;
	return in->escapes ? left / 2 : left;
}

size_t
inbox_room(struct inbox *in, size_t wanted)
{
	/* The queue is not to use what the message needs. */
	if (in->ready - in->start >= INBOX_QUEUE - 1024)
		return 0;
	if (room(in) < wanted)
		move_down(in, in->start == in->ready);
	return room(in);
}

char *
inbox_end(struct inbox *in)
{
	return in->data + in->end;
}

static bool
is_special(char c)
{
	return c == '\\' || c == '\n' || c == '\0';
}

/* Writes \ as \\, LF as \n, NUL as \0, from the end on. */
static size_t
escape(char *bytes, size_t n)
{
	size_t len = n, at;

	for (size_t i = 0; i < n; i++)
		len += is_special(bytes[i]);
	at = len;
	while (n < at) {
		char c = bytes[--n];

		bytes[--at] = c == '\n' ? 'n' : c == '\0' ? '0' : c;
		if (is_special(c))
			bytes[--at] = '\\';
	}
	return len;
}

enum close_code
inbox_take(struct inbox *in, size_t n)
{
	char *bytes = in->data + in->end;
	const char *newline = NULL;
	size_t good = n;

	if (in->opcode == OPCODE_TEXT)
		good = utf8_take(&in->utf8, (struct slice){bytes, n});
	if (!in->escapes && !in->is_packets && n > 0)
		newline = memchr(bytes, '\n', n);
	/* What is wrong first, in whatever pieces it comes. */
	if (good < n && (newline == NULL || bytes + good <= newline))
		return refuse(in, CLOSE_INVALID_DATA,
			      "a text that is not UTF-8");
	if (newline != NULL)
		return refuse(in, CLOSE_UNSUPPORTED_DATA,
			      "a newline in a message to a program of lines");
	if (in->escapes)
		n = escape(bytes, n);
	in->end += n;
	if (in->end > in->high)
		in->high = in->end;
	return CLOSE_NONE;
}

enum close_code
inbox_finish(struct inbox *in)
{
	uint32_t len;

	if (in->opcode == OPCODE_TEXT && !utf8_is_whole(&in->utf8))
		return refuse(in, CLOSE_INVALID_DATA,
			      "a text that ends inside a character");
	if (in->is_packets) {
		len = (uint32_t)(in->end - in->ready - RECORD_HEAD);
		memcpy(in->data + in->ready, &len, LENGTH_LEN);
	} else {
		add(in, SLICE("\n"));
	}
	in->ready = in->end;
	return CLOSE_NONE;
}

void
inbox_add_ping(struct inbox *in, struct slice payload)
{
	if (!in->is_packets)
		return;
	in->ping[0] = PACKET_PING;
	if (payload.len > 0)
		memcpy(in->ping + 1, payload.ptr, payload.len);
	in->ping_len = 1 + payload.len;
}

void
inbox_drop_rest(struct inbox *in)
{
	in->end = in->ready;
}

void
inbox_drop(struct inbox *in)
{
	in->start = in->ready = in->end = in->in_parts = in->ping_len = 0;
}

bool
inbox_is_waiting(const struct inbox *in)
{
	return in->start < in->ready || in->ping_len > 0;
}

static enum inbox_result
result_of_error(void)
{
	return errno == EAGAIN ? INBOX_FULL : INBOX_GONE;
}

static enum inbox_result
send_packet(int fd, struct slice head, struct slice payload)
{
	struct iovec part[2] = {{(void *)head.ptr, head.len},
				{(void *)payload.ptr, payload.len}};
	struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
	ssize_t n;

	do
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? result_of_error() : INBOX_EMPTY;
}

/* Sends the first record, in parts if it is too long for one packet. */
static enum inbox_result
send_record(struct inbox *in, int fd)
{
	const char *record = in->data + in->start;
	struct slice payload;
	enum inbox_result result;
	uint32_t len;

	memcpy(&len, record, LENGTH_LEN);
	payload = (struct slice){record + RECORD_HEAD, len};
	if (len <= PACKET_PAYLOAD_MAX) {
		result = send_packet(fd, (struct slice){record + LENGTH_LEN, 1},
				     payload);
		if (result)
			return result;
	}
	while (len > PACKET_PAYLOAD_MAX && in->in_parts < len) {
		struct slice part = slice_skip(payload, in->in_parts);
		bool is_last = part.len <= PACKET_PAYLOAD_MAX;
		char head[PACKET_HEAD_MAX];
		size_t head_len = packet_head(head,
					      record[LENGTH_LEN] == PACKET_TEXT
						  ? PACKET_TEXT_PART
						  : PACKET_BINARY_PART,
					      0, is_last);

		if (!is_last)
			part.len = PACKET_PAYLOAD_MAX;
		result = send_packet(fd, (struct slice){head, head_len}, part);
		if (result)
			return result;
		in->in_parts += part.len;
	}
	in->in_parts = 0;
	in->start += RECORD_HEAD + len;
	return INBOX_EMPTY;
}

enum inbox_result
inbox_send_close(int fd, unsigned code, struct slice reason)
{
	char head[3] = {PACKET_CLOSE, (char)(code >> 8), (char)code};

	return send_packet(fd, (struct slice){head, sizeof(head)}, reason);
}

static enum inbox_result
send_packets(struct inbox *in, int fd)
{
	enum inbox_result result = INBOX_EMPTY;

	if (in->ping_len > 0 && in->in_parts == 0) {
		result = send_packet(fd, (struct slice){in->ping, in->ping_len},
				     SLICE(""));
		if (!result)
			in->ping_len = 0;
	}
	while (!result && in->start < in->ready)
		result = send_record(in, fd);
	return result;
}

static enum inbox_result
send_lines(struct inbox *in, int fd)
{
	while (in->start < in->ready) {
		ssize_t n =
		    write(fd, in->data + in->start, in->ready - in->start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return result_of_error();
		in->start += (size_t)n;
	}
	return INBOX_EMPTY;
}

enum inbox_result
inbox_send(struct inbox *in, int fd)
{
	enum inbox_result result =
	    in->is_packets ? send_packets(in, fd) : send_lines(in, fd);

	if (in->start == in->end)
		in->start = in->ready = in->end = 0;
	return result;
}

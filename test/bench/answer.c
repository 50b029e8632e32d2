/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNKNOWN UINT64_MAX

/* The last bytes of content in chunks. */
static const char last_chunk[] = "\r\n0\r\n\r\n";

static bool
is_field(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

/* Takes one line of a head. Returns false if it cannot be understood. */
static bool
take_field(struct answer *a, const char *line)
{
	const char *value = strchr(line, ':');
	char *end;

	if (value == NULL)
		return false;
	value += 1 + strspn(value + 1, " \t");
	if (is_field(line, "Content-Length")) {
		errno = 0;
		a->left = strtoull(value, &end, 10);
		return errno == 0 && end != value && *end == '\0';
	}
	if (is_field(line, "Transfer-Encoding"))
		return a->is_chunked = strcasecmp(value, "chunked") == 0;
	/* A list is possible here, but no server under test sends one. */
	if (is_field(line, "Connection") && strcasecmp(value, "close") == 0)
		a->is_last = true;
	return true;
}

/* Reads the head, a string that ends with an empty line. */
static bool
take_head(struct answer *a, int status)
{
	char *line = a->head;
	char *end = strstr(line, "\r\n");

	if (end == NULL || strncmp(line, "HTTP/1.", 7) != 0 ||
	    strtol(line + 8, NULL, 10) != status)
		return false;
	a->is_last = line[7] == '0';
	a->left = UNKNOWN;
	for (line = end + 2; (end = strstr(line, "\r\n")) != line;
	     line = end + 2) {
		if (end == NULL)
			return false;
		*end = '\0';
		if (!take_field(a, line))
			return false;
		*end = '\r';
	}
	if (status == 101 || status == 304)
		a->left = 0;
	return a->is_chunked || a->left != UNKNOWN;
}

/* Moves bytes to the head. Returns how many, and whether it is complete. */
static size_t
fill_head(struct answer *a, const char *bytes, size_t len, bool *is_complete)
{
	size_t old_len = a->head_len;
	size_t from = old_len < 3 ? 0 : old_len - 3;
	char *end;

	if (len > sizeof(a->head) - 1 - old_len)
		len = sizeof(a->head) - 1 - old_len;
	memcpy(a->head + old_len, bytes, len);
	a->head_len += len;
	a->head[a->head_len] = '\0';
	end = memmem(a->head + from, a->head_len - from, "\r\n\r\n", 4);
	*is_complete = end != NULL;
	if (end == NULL)
		return len;
	end[4] = '\0';
	a->head_len = (size_t)(end + 4 - a->head);
	return a->head_len - old_len;
}

/*
 * Takes all of it, and sees the end: compressed content that held these
 * seven bytes itself, at the end of what was received, is not believed in.
 */
static void
take_chunks(struct answer *a, const char *bytes, size_t len)
{
	size_t n = sizeof(a->tail);

	if (len >= n) {
		memcpy(a->tail, bytes + len - n, n);
	} else {
		memmove(a->tail, a->tail + len, n - len);
		memcpy(a->tail + n - len, bytes, len);
	}
	a->left = memcmp(a->tail, last_chunk, n) == 0 ? 0 : UNKNOWN;
}

/* Makes it ready for the next answer. */
static void
empty(struct answer *a)
{
	a->whole_len = a->len;
	a->len = 0;
	a->in_body = a->is_chunked = false;
	memset(a->tail, 0, sizeof(a->tail));
	a->head_len = 0;
}

size_t
answer_read_response(struct answer *a, int status, const char *bytes,
		     size_t len, enum answer_state *state)
{
	bool is_complete = true;
	size_t used = 0;
	size_t n;

	*state = ANSWER_MORE;
	if (!a->in_body) {
		used = fill_head(a, bytes, len, &is_complete);
		if (!is_complete && a->head_len < sizeof(a->head) - 1)
			return used;
		if (!is_complete || !take_head(a, status)) {
			*state = ANSWER_WRONG;
			return used;
		}
		a->in_body = true;
	}
	n = len - used;
	if (a->is_chunked) {
		take_chunks(a, bytes + used, n);
	} else {
		n = n < a->left ? n : (size_t)a->left;
		a->left -= n;
	}
	a->len += n;
	if (a->left == 0) {
		*state = ANSWER_WHOLE;
		empty(a);
	}
	return used + n;
}

/*
 * Moves bytes to the head of a frame that is not masked, RFC 6455, section
 * 5.2:
 *
 *	fin 1, 0 3, opcode 4 | 0 1, length 7 | for 126: 2 bytes, 127: 8 bytes
 */
static size_t
fill_frame_head(struct answer *a, const char *bytes, size_t len,
		bool *is_complete)
{
	size_t used = 0;
	size_t need = 2;

	*is_complete = false;
	while (a->head_len < need) {
		if (used == len)
			return used;
		a->head[a->head_len++] = bytes[used++];
		if (a->head_len == 2 && a->head[1] == 126)
			need = 4;
		else if (a->head_len == 2 && a->head[1] == 127)
			need = 10;
		else if (a->head_len > 2)
			need = a->head[1] == 126 ? 4 : 10;
	}
	*is_complete = true;
	return used;
}

static uint64_t
frame_len(const struct answer *a)
{
	uint64_t n = 0;

	if (a->head_len == 2)
		return (uint8_t)a->head[1];
	for (size_t i = 2; i < a->head_len; i++)
		n = n << 8 | (uint8_t)a->head[i];
	return n;
}

size_t
answer_read_message(struct answer *a, const char *bytes, size_t len,
		    enum answer_state *state)
{
	size_t used = 0;
	bool is_complete;
	size_t n;

	*state = ANSWER_MORE;
	if (!a->in_body) {
		used = fill_frame_head(a, bytes, len, &is_complete);
		if (!is_complete)
			return used;
		/* A server masks nothing, and 8 is its farewell. */
		if (a->head[1] & 0x80 || (a->head[0] & 0x0f) == 8) {
			*state = ANSWER_WRONG;
			return used;
		}
		a->in_body = true;
		a->is_control = (a->head[0] & 0x08) != 0;
		a->left = frame_len(a);
	}
	n = len - used < a->left ? len - used : (size_t)a->left;
	a->left -= n;
	if (!a->is_control)
		a->len += n;
	if (a->left > 0)
		return used + n;
	a->in_body = false;
	a->head_len = 0;
	if (!a->is_control && a->head[0] & 0x80) {
		*state = ANSWER_WHOLE;
		empty(a);
	}
	return used + n;
}

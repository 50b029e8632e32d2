/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/head.h"

/* RFC 9112, section 2.2, asks for at least one; old clients send two. */
#define EMPTY_LINES_MAX 2

static enum status
refuse(struct head *head, enum status status, const char *why)
{
	head->refusal = why;
	return status;
}

/* method SP request-target SP HTTP-version (RFC 9112, section 3) */
static enum status
parse_request_line(struct head *head, struct slice line)
{
	struct slice rest;

	if (slice_find(line, '\r') != NULL)
		return refuse(head, STATUS_BAD_REQUEST,
			      "bare CR in the request line");
	if (slice_find(line, '\0') != NULL)
		return refuse(head, STATUS_BAD_REQUEST,
			      "NUL in the request line");
	if (!slice_cut(line, ' ', &head->method, &rest) ||
	    !slice_cut(rest, ' ', &head->target, &head->version))
		return refuse(head, STATUS_BAD_REQUEST,
			      "the request line has not three parts");
	if (!is_token(head->method))
		return refuse(head, STATUS_BAD_REQUEST,
			      "the method is not a token");
	if (head->target.len == 0 || head->version.len == 0 ||
	    slice_find(head->version, ' ') != NULL)
		return refuse(head, STATUS_BAD_REQUEST,
			      "the parts of the request line are not parted "
			      "by one space each");
	return STATUS_NONE;
}

static enum status
refuse_scan(struct head_scan *scan, enum status status, const char *why)
{
	scan->refusal = why;
	return status;
}

/*
 * The first byte alone tells most protocols that are not HTTP: who speaks
 * one of them would send no line end, and wait for an answer for ever.
 */
static enum status
check_first_byte(struct head_scan *scan, struct slice bytes)
{
	char c = bytes.ptr[scan->first];

	if (is_tchar(c) || c == '\n')
		return STATUS_NONE;
	if (c == '\r')
		return bytes.len == scan->first + 1 ||
			       bytes.ptr[scan->first + 1] == '\n'
			   ? STATUS_NONE
			   : refuse_scan(scan, STATUS_BAD_REQUEST,
					 "bare CR before the request line");
	if (c == 0x16)
		return refuse_scan(scan, STATUS_BAD_REQUEST,
				   "a TLS handshake, but this is plain HTTP");
	return refuse_scan(scan, STATUS_BAD_REQUEST,
			   "the request line does not begin with a method");
}

/* What is too long already need not come to its end to be refused. */
static enum status
check_length(struct head_scan *scan, size_t len,
	     const struct head_limits *limits)
{
	if (scan->line == scan->first &&
	    len - scan->first > limits->request_line)
		return refuse_scan(scan, STATUS_URI_TOO_LONG,
				   "request line longer than the limit");
	if (len - scan->first > limits->head)
		return refuse_scan(scan, STATUS_FIELDS_TOO_LARGE,
				   "head larger than the limit");
	return STATUS_NONE;
}

/*
 * Other protocols' first lines, as "SSH-2.0-x", are no request lines; who
 * sent one would wait for ours, not go on to the end of a head.
 */
static enum status
check_request_line(struct head_scan *scan, struct slice bytes, size_t end)
{
	struct slice line = {bytes.ptr + scan->first, end - scan->first};
	struct head head = {0};
	enum status status = parse_request_line(&head, line);

	scan->refusal = head.refusal;
	return status;
}

enum status
head_find_end(struct head_scan *scan, struct slice bytes,
	      const struct head_limits *limits)
{
	while (scan->seen < bytes.len) {
		const char *lf;
		size_t at;
		bool has_cr;
		enum status status;

		if (scan->line == scan->first &&
		    (status = check_first_byte(scan, bytes)))
			return status;
		lf = slice_find(slice_skip(bytes, scan->seen), '\n');
		if (lf == NULL) {
			scan->seen = bytes.len;
			/* A last CR belongs to the line end. */
			return check_length(
			    scan,
			    bytes.len - (bytes.ptr[bytes.len - 1] == '\r'),
			    limits);
		}
		at = (size_t)(lf - bytes.ptr);
		has_cr = at > scan->line && bytes.ptr[at - 1] == '\r';
		/* First, as it would be if the LF were not there yet. */
		if ((status = check_length(scan, at - has_cr, limits)))
			return status;
		if (!has_cr)
			return refuse_scan(scan, STATUS_BAD_REQUEST,
					   "a line ends in a bare LF");
		if (at - 1 == scan->line && scan->line != scan->first) {
			if (at + 1 - scan->first > limits->head)
				return check_length(scan, at + 1, limits);
			scan->end = at + 1;
			return STATUS_NONE;
		}
		if (at - 1 == scan->line) {
			if (++scan->empty_lines > EMPTY_LINES_MAX)
				return refuse_scan(
				    scan, STATUS_BAD_REQUEST,
				    "more than two empty lines in front");
			scan->first = at + 1;
		} else if (scan->line == scan->first &&
			   (status = check_request_line(scan, bytes, at - 1))) {
			return status;
		}
		scan->lines++;
		scan->line = scan->seen = at + 1;
	}
	return STATUS_NONE;
}

static enum status
refuse_name(struct head *head, struct slice line, size_t at)
{
	if (at == 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
		return head->field_count == 0
			   ? refuse(head, STATUS_BAD_REQUEST,
				    "the first field line begins with a blank")
			   : refuse(head, STATUS_BAD_REQUEST,
				    "a field is folded over lines (obs-fold)");
	if (at == line.len)
		return refuse(head, STATUS_BAD_REQUEST,
			      "a field line has no colon");
	if (line.ptr[at] == ' ' || line.ptr[at] == '\t')
		return refuse(head, STATUS_BAD_REQUEST,
			      "a blank in or behind a field name");
	return refuse(head, STATUS_BAD_REQUEST, "a field name is not a token");
}

/* field-name ":" OWS field-value OWS (RFC 9112, section 5) */
static enum status
parse_field(struct head *head, struct slice line, struct field *field)
{
	size_t n = 0;

	while (n < line.len && is_tchar(line.ptr[n]))
		n++;
	if (n == line.len || line.ptr[n] != ':')
		return refuse_name(head, line, n);
	if (n == 0)
		return refuse(head, STATUS_BAD_REQUEST,
			      "a field name is empty");
	field->name = (struct slice){line.ptr, n};
	field->value = slice_trim(slice_skip(line, n + 1));
	if (!is_field_text(field->value))
		return refuse(head, STATUS_BAD_REQUEST,
			      "a control character in a field value");
	return STATUS_NONE;
}

enum status
head_parse(struct head *head, struct slice bytes,
	   const struct head_limits *limits)
{
	struct slice line;
	enum status status;

	head->field_count = 0;
	slice_cut(bytes, '\n', &line, &bytes);
	line.len--;
	if ((status = parse_request_line(head, line)))
		return status;
	while (slice_cut(bytes, '\n', &line, &bytes) && line.len > 1) {
		line.len--;
		if (head->field_count == limits->fields)
			return refuse(head, STATUS_FIELDS_TOO_LARGE,
				      "more fields than the limit");
		status =
		    parse_field(head, line, &head->field[head->field_count]);
		if (status)
			return status;
		head->field_count++;
	}
	return STATUS_NONE;
}

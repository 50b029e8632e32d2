/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/cgi_head.h"

bool
cgi_head_find_end(struct cgi_head_scan *scan, struct slice bytes)
{
	while (scan->end == 0 && scan->seen < bytes.len) {
		const char *at = memchr(bytes.ptr + scan->seen, '\n',
					bytes.len - scan->seen);
		size_t lf, len;

		if (at == NULL) {
			scan->seen = bytes.len;
			break;
		}
		lf = (size_t)(at - bytes.ptr);
		len = lf - scan->line;
		if (len == 0 || (len == 1 && bytes.ptr[lf - 1] == '\r'))
			scan->end = lf + 1;
		scan->line = scan->seen = lf + 1;
	}
	return scan->end > 0;
}

static enum status
refuse(struct cgi_head *head, const char *why)
{
	head->refusal = why;
	return STATUS_BAD_GATEWAY;
}

/* "404" or "404 Not Found": the words are this server's own. */
static bool
parse_status(struct slice value, int *status)
{
	uint64_t number;

	if (value.len < 3 || (value.len > 3 && value.ptr[3] != ' ') ||
	    !slice_to_u64((struct slice){value.ptr, 3}, &number))
		return false;
	*status = (int)number;
	return number == STATUS_EARLY_HINTS || (number >= 200 && number <= 599);
}

static bool
is_one_of(struct slice name, const struct slice *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* RFC 9110, section 7.6.1, and what frames a message. */
static bool
is_of_connection(struct slice name)
{
	static const struct slice names[] = {
	    {"Connection", 10}, {"Keep-Alive", 10}, {"Proxy-Connection", 16},
	    {"TE", 2},          {"Trailer", 7},     {"Transfer-Encoding", 17},
	    {"Upgrade", 7}};

	return is_one_of(name, names, sizeof(names) / sizeof(names[0]));
}

/* Takes a field that may come once. False if it was there before. */
static bool
take_once(struct slice *place, struct slice value)
{
	if (place->ptr != NULL)
		return false;
	*place = value;
	return true;
}

/* What is noted of a field that is passed on. */
static void
note(struct cgi_head *head, struct slice name, struct slice value)
{
	struct slice element;

	if (slice_equal_nocase(name, SLICE("Date")))
		head->has_date = true;
	else if (slice_equal_nocase(name, SLICE("Server")))
		head->has_server = true;
	else if (slice_equal_nocase(name, SLICE("ETag")))
		head->has_etag = true;
	else if (slice_equal_nocase(name, SLICE("Content-Encoding")))
		head->has_coding = true;
	else if (slice_equal_nocase(name, SLICE("Content-Range")))
		head->has_range = true;
	else if (slice_equal_nocase(name, SLICE("Cache-Control")))
		while (slice_next_element(&value, &element))
			if (slice_equal_nocase(element, SLICE("no-transform")))
				head->has_no_transform = true;
}

static enum status
take_field(struct cgi_head *head, struct slice name, struct slice value,
	   struct buf *fields)
{
	if (slice_equal_nocase(name, SLICE("Status"))) {
		if (head->status != 0)
			return refuse(head, "the program sent two statuses");
		if (!parse_status(value, &head->status))
			return refuse(head, "the program's status is none "
					    "that a response can have");
		return STATUS_NONE;
	}
	if (slice_equal_nocase(name, SLICE("Content-Length"))) {
		if (head->has_length)
			return refuse(head,
				      "the program sent two Content-Lengths");
		if (!slice_to_u64(value, &head->length) ||
		    head->length > INT64_MAX)
			return refuse(head, "the program's Content-Length is "
					    "not a number");
		head->has_length = true;
		return STATUS_NONE;
	}
	if (slice_equal_nocase(name, SLICE("Content-Type")))
		return take_once(&head->type, value)
			   ? STATUS_NONE
			   : refuse(head, "the program sent two "
					  "Content-Types");
	if (slice_equal_nocase(name, SLICE("Location")))
		return take_once(&head->location, value)
			   ? STATUS_NONE
			   : refuse(head, "the program sent two Locations");
	if (slice_equal_nocase(name, SLICE("X-Sendfile")))
		return take_once(&head->sendfile, value)
			   ? STATUS_NONE
			   : refuse(head, "the program sent two X-Sendfiles");
	if (is_of_connection(name))
		return STATUS_NONE;
	note(head, name, value);
	buf_add(fields, name);
	buf_add(fields, SLICE(": "));
	buf_add(fields, value);
	buf_add(fields, SLICE("\r\n"));
	return STATUS_NONE;
}

static enum status
take_line(struct cgi_head *head, struct slice line, struct buf *fields)
{
	struct slice name, value;

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return refuse(head, "the program folded a field over lines");
	if (!slice_cut(line, ':', &name, &value))
		return refuse(head, "the program sent a line that is no field");
	if (!is_token(name))
		return refuse(head, "the name of the program's field is not a "
				    "token");
	value = slice_trim(value);
	for (size_t i = 0; i < value.len; i++)
		if (!is_field_char(value.ptr[i]))
			return refuse(head, "a control character in the "
					    "program's field");
	return take_field(head, name, value, fields);
}

enum status
cgi_head_parse(struct cgi_head *head, struct slice bytes, struct buf *fields)
{
	struct slice line, rest = bytes;
	size_t before = fields->len, lines = 0;
	enum status status = STATUS_NONE;

	*head = (struct cgi_head){0};
	while (!status && slice_cut(rest, '\n', &line, &rest)) {
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			break;
		lines++;
		status = take_line(head, line, fields);
	}
	if (!status && lines == 0)
		status = refuse(head, "the program's head is empty");
	if (!status && fields->overflow)
		status = refuse(head, "the program's fields do not fit into "
				      "a head");
	if (status) {
		fields->len = before;
		fields->overflow = false;
	}
	return status;
}

bool
cgi_head_is_local_redirect(const struct cgi_head *head)
{
	/* "//host" is another server's. */
	return head->status == 0 && slice_starts(head->location, SLICE("/")) &&
	       !slice_starts(head->location, SLICE("//"));
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "http/cgi_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/*
 * What is passed on are whole lines, each a token, ": " and characters of
 * a field, none of which frames a message or speaks for the connection.
 */
static void
check_fields(struct slice rest)
{
	static const struct slice never[] = {
	    {"Connection", 10}, {"Content-Length", 14},
	    {"Location", 8},    {"Status", 6},
	    {"Trailer", 7},     {"Transfer-Encoding", 17},
	    {"Upgrade", 7},     {"Content-Type", 12}};
	struct slice line, name, value;

	demand(rest.len == 0 || rest.ptr[rest.len - 1] == '\n');
	while (slice_cut(rest, '\n', &line, &rest)) {
		demand(line.len > 3 && line.ptr[line.len - 1] == '\r');
		line.len--;
		demand(slice_cut(line, ':', &name, &value));
		demand(is_token(name) && value.ptr[0] == ' ');
		for (size_t i = 0; i < value.len; i++)
			demand(is_field_char(value.ptr[i]));
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			demand(!slice_equal_nocase(name, never[i]));
	}
}

/* The end is the same, however the bytes come. */
static size_t
find_end(struct slice bytes)
{
	struct cgi_head_scan whole = {0}, parts = {0};

	cgi_head_find_end(&whole, bytes);
	for (size_t n = 0; n <= bytes.len && parts.end == 0; n++)
		cgi_head_find_end(&parts, (struct slice){bytes.ptr, n});
	demand(whole.end == parts.end && whole.end <= bytes.len);
	return whole.end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char storage[4096];
	struct buf fields = BUF_OVER(storage);
	struct slice bytes = {(const char *)data, size};
	struct cgi_head head;
	enum status status;
	char *copy;

	bytes.len = find_end(bytes);
	/* Of the right size, so that not one byte more is looked at. */
	copy = malloc(bytes.len > 0 ? bytes.len : 1);
	if (copy == NULL)
		return 0;
	memcpy(copy, bytes.ptr, bytes.len);
	bytes.ptr = copy;
	status = cgi_head_parse(&head, bytes, &fields);
	demand((status != STATUS_NONE) == (head.refusal != NULL));
	demand(status == STATUS_NONE || status == STATUS_BAD_GATEWAY);
	demand(status == STATUS_NONE || fields.len == 0);
	if (status == STATUS_NONE) {
		demand(head.status == 0 || head.status == 103 ||
		       (head.status >= 200 && head.status <= 599));
		check_fields(buf_slice(&fields));
	}
	free(copy);
	return 0;
}

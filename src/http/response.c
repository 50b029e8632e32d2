/* SPDX-License-Identifier: ISC */
#include "http/response.h"

void
response_init(struct response *res, char *storage, size_t cap)
{
	*res = (struct response){.fields = {.data = storage, .cap = cap},
				 .file_fd = -1};
}

void
response_field(struct response *res, struct slice name, struct slice value)
{
	if (!is_field_text(value))
		res->fields.overflow = true;
	buf_add(&res->fields, name);
	buf_add(&res->fields, SLICE(": "));
	buf_add(&res->fields, value);
	buf_add(&res->fields, SLICE("\r\n"));
}

enum status
response_refuse(struct response *res, enum status status, const char *why)
{
	res->refusal = why;
	return status;
}

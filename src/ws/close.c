/* SPDX-License-Identifier: ISC */
#include "ws/close.h"
#include "ws/utf8.h"

#define CODE_LEN 2

bool
close_code_is_valid(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static bool
refuse(struct close *c, enum close_code code, const char *why)
{
	*c = (struct close){.code = code, .refusal = why};
	return false;
}

bool
close_parse(struct close *c, struct slice payload)
{
	const unsigned char *bytes = (const unsigned char *)payload.ptr;

	*c = (struct close){.code = CLOSE_NO_STATUS};
	if (payload.len == 0)
		return true;
	if (payload.len < CODE_LEN)
		return refuse(c, CLOSE_PROTOCOL_ERROR,
			      "a close frame with half a code");
	c->code = (unsigned)bytes[0] << 8 | bytes[1];
	if (!close_code_is_valid(c->code))
		return refuse(c, CLOSE_PROTOCOL_ERROR,
			      "a close code that may not be sent");
	c->reason = slice_skip(payload, CODE_LEN);
	if (!utf8_is_valid(c->reason))
		return refuse(c, CLOSE_INVALID_DATA,
			      "a close reason that is not UTF-8");
	return true;
}

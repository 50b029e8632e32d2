/* SPDX-License-Identifier: ISC */
#include "serve/error.h"
#include "http/escape.h"

/* What a person can do about it; "" where the reason says all. */
static const struct {
	int status;
	const char *advice;
} advices[] = {
    {STATUS_FORBIDDEN, "This may not be read."},
    {STATUS_NOT_FOUND, "There is nothing at this address."},
    {STATUS_METHOD_NOT_ALLOWED, "This address does not know that method."},
    {STATUS_REQUEST_TIMEOUT, "The request took too long to arrive."},
    {STATUS_PRECONDITION_FAILED, "It is not as the request demands it to be."},
    {STATUS_CONTENT_TOO_LARGE, "That is more than is taken here."},
    {STATUS_URI_TOO_LONG, "The address is too long."},
    {STATUS_RANGE_NOT_SATISFIABLE, "It has no such part."},
    {STATUS_EXPECTATION_FAILED, "That expectation cannot be met."},
    {STATUS_FIELDS_TOO_LARGE, "The request has too many or too long fields."},
    {STATUS_INTERNAL_SERVER_ERROR, "The server failed; its log says why."},
    {STATUS_NOT_IMPLEMENTED, "That method is not known here."},
    {STATUS_BAD_GATEWAY, "The program behind this address failed; the "
			 "server's log says why."},
    {STATUS_GATEWAY_TIMEOUT, "The program behind this address did not answer "
			     "in time."},
    {STATUS_SERVICE_UNAVAILABLE, "The server is busy. Try again later."},
    {STATUS_VERSION_NOT_SUPPORTED, "Only HTTP/1 is spoken here."},
};

static struct slice
advice(int status)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].status == status)
			return slice_of(advices[i].advice);
	return SLICE("");
}

static void
add_title(struct buf *out, int status)
{
	buf_add_u64(out, (uint64_t)status);
	buf_add_char(out, ' ');
	buf_add_str(out, status_reason(status));
}

void
error_page(struct response *res, int status, struct buf *page)
{
	res->status = status;
	buf_reset(page);
	buf_add_str(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			  "<meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" "
			  "content=\"width=device-width, initial-scale=1\">\n"
			  "<title>");
	add_title(page, status);
	buf_add_str(page, "</title>\n<style>:root{color-scheme:light dark}"
			  "body{font:1.1em/1.5 system-ui,sans-serif;"
			  "max-width:36em;margin:15vh auto;padding:0 1.5em}"
			  "</style>\n</head>\n<body>\n<h1>");
	add_title(page, status);
	buf_add_str(page, "</h1>\n<p>");
	if (status == STATUS_BAD_REQUEST && res->refusal != NULL) {
		buf_add_str(page, "The request cannot be understood: ");
		escape_html(page, slice_of(res->refusal));
		buf_add_char(page, '.');
	} else {
		buf_add(page, advice(status));
	}
	buf_add_str(page, "</p>\n</body>\n</html>\n");

	res->content = CONTENT_BYTES;
	res->bytes = buf_slice(page);
	res->length = page->len;
	response_field(res, SLICE("Content-Type"),
		       SLICE("text/html; charset=utf-8"));
	response_field(res, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
}

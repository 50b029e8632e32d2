/* SPDX-License-Identifier: ISC */
#include "serve/echo.h"

enum status
echo_handle(struct exchange *x)
{
	/*
	 * Never the type that the client gave: another site's form could
	 * have a browser show its own text as a page of this one.
	 */
	response_field(x->res, SLICE("Content-Type"),
		       SLICE("application/octet-stream"));
	response_field(x->res, SLICE("X-Content-Type-Options"),
		       SLICE("nosniff"));
	x->res->status = STATUS_OK;
	x->res->content = CONTENT_SOURCE;
	x->res->source = x->content;
	x->res->length = x->content_length;
	return STATUS_NONE;
}

/* SPDX-License-Identifier: ISC */
#include "serve/route.h"
#include "serve/echo.h"
#include "serve/error.h"
#include "serve/file.h"

/* The first whose wants is true gets the request; files want every one. */
struct handler {
	const char *name;
	bool (*wants)(const struct exchange *x);
	unsigned methods;
	enum status (*handle)(struct exchange *x);
};

static bool
echo_wants(const struct exchange *x)
{
	return rules_echo(&x->site->rules, x->req->target.path);
}

static bool
file_wants(const struct exchange *x)
{
	(void)x;
	return true;
}

static const struct handler handlers[] = {
    {"echo", echo_wants, ECHO_METHODS, echo_handle},
    {"file", file_wants, FILE_METHODS, file_handle},
};

/* RFC 9110, section 10.2.1, in the order of section 9.3. */
static void
add_allow(struct response *res, unsigned methods)
{
	static const struct {
		enum method method;
		struct slice name;
	} names[] = {
	    {METHOD_GET, {"GET", 3}},       {METHOD_HEAD, {"HEAD", 4}},
	    {METHOD_POST, {"POST", 4}},     {METHOD_PUT, {"PUT", 3}},
	    {METHOD_DELETE, {"DELETE", 6}}, {METHOD_OPTIONS, {"OPTIONS", 7}},
	    {METHOD_PATCH, {"PATCH", 5}},
	};
	bool is_first = true;

	buf_add(&res->fields, SLICE("Allow: "));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(methods & METHOD_BIT(names[i].method)))
			continue;
		if (!is_first)
			buf_add(&res->fields, SLICE(", "));
		buf_add(&res->fields, names[i].name);
		is_first = false;
	}
	buf_add(&res->fields, SLICE("\r\n"));
}

/* RFC 9110, section 9.3.7 */
static enum status
answer_options(struct exchange *x, unsigned methods)
{
	add_allow(x->res, methods);
	x->res->status = STATUS_NO_CONTENT;
	return STATUS_NONE;
}

/* What the server as a whole knows: "*" asks for that. */
static unsigned
all_methods(const struct site *site)
{
	return site->rules.echo_count > 0 ? FILE_METHODS | ECHO_METHODS
					  : FILE_METHODS;
}

static enum status
route(struct exchange *x)
{
	const struct handler *handler = handlers;
	enum method method = x->req->method;

	if (method == METHOD_UNKNOWN)
		return response_refuse(x->res, STATUS_NOT_IMPLEMENTED,
				       "an unknown method");
	if (x->req->target.form == TARGET_ASTERISK)
		return answer_options(x, all_methods(x->site));
	while (!handler->wants(x))
		handler++;
	exchange_explain(x, "handler", slice_of(handler->name));
	if (!(handler->methods & METHOD_BIT(method))) {
		add_allow(x->res, handler->methods);
		return response_refuse(x->res, STATUS_METHOD_NOT_ALLOWED,
				       "a method that is not allowed here");
	}
	if (method == METHOD_OPTIONS)
		return answer_options(x, handler->methods);
	return handler->handle(x);
}

void
route_decide(struct exchange *x, struct buf *page)
{
	enum status status = route(x);

	if (status)
		error_page(x->res, status, page);
}

/* SPDX-License-Identifier: ISC */
#include <unistd.h>

#include "serve/cgi.h"
#include "serve/echo.h"
#include "serve/error.h"
#include "serve/file.h"
#include "serve/location.h"
#include "serve/route.h"
#include "serve/websocket.h"

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
	return rules_echo(&x->site->rules, x->target->path);
}

static bool
file_wants(const struct exchange *x)
{
	(void)x;
	return true;
}

static const struct handler handlers[] = {
    {"echo", echo_wants, ECHO_METHODS, echo_handle},
    {"websocket", websocket_wants, WEBSOCKET_METHODS, websocket_handle},
    {"cgi", cgi_wants, CGI_METHODS, cgi_handle},
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
	return site->rules.echo_count > 0 || site->programs != NULL
		   ? FILE_METHODS | ECHO_METHODS
		   : FILE_METHODS;
}

/* RFC 7617, section 2: a realm for each rule, named by its pattern. */
static enum status
challenge(struct exchange *x, const struct auth_rule *rule)
{
	struct buf *fields = &x->res->fields;

	buf_add(fields, SLICE("WWW-Authenticate: Basic realm=\""));
	target_encode_path(fields, rule->pattern);
	buf_add(fields, SLICE("\", charset=\"UTF-8\"\r\n"));
	if (x->auth->failures >= x->site->auth.max_attempts)
		x->res->close = true;
	return STATUS_UNAUTHORIZED;
}

/* Lets only those to the target who may come there. */
static enum status
admit(struct exchange *x)
{
	const struct auth_rule *rule =
	    rules_find_auth(&x->site->rules, x->target->path);
	struct auth_question q;

	if (rule == NULL)
		return STATUS_NONE;
	q = (struct auth_question){
	    rule->file, request_field(x->req, SLICE("Authorization")),
	    x->agent};
	switch (auth_check(x->auth, &x->site->auth, &q, &x->res->refusal)) {
	case AUTH_GOOD:
		x->user = auth_user(x->auth);
		x->res->refusal = NULL;
		exchange_explain(x, "user", x->user);
		return STATUS_NONE;
	case AUTH_FAILED:
		return response_refuse(x->res, STATUS_INTERNAL_SERVER_ERROR,
				       "the password could not be checked");
	case AUTH_ABSENT:
	case AUTH_BAD:
		break;
	}
	return challenge(x, rule);
}

/* By the first handler that wants it. */
static enum status
handle(struct exchange *x)
{
	const struct handler *handler = handlers;
	enum method method = x->req->method;

	while (!handler->wants(x))
		handler++;
	exchange_explain(x, "handler", slice_of(handler->name));
	if (!(handler->methods & METHOD_BIT(method))) {
		add_allow(x->res, handler->methods);
		return response_refuse(x->res, STATUS_METHOD_NOT_ALLOWED,
				       "a method that is not allowed here");
	}
	/* A program's options are its own to tell. */
	if (method == METHOD_OPTIONS && handler->handle != cgi_handle)
		return answer_options(x, handler->methods);
	return handler->handle(x);
}

static struct page_request
page_request(const struct exchange *x)
{
	return (struct page_request){
	    .path = x->req->target.path,
	    .encoded_slash = x->req->target.encoded_slash,
	    .has_query = x->req->target.has_query,
	    .query = x->req->target.query,
	    .host = x->req->host,
	};
}

/* Serves what a rule of _redirects says in the place of the target. */
static enum status
rewrite(struct exchange *x, int status)
{
	struct slice raw = buf_slice(x->rewrite);
	enum status refusal;

	if (buf_room(x->rewrite) < raw.len + 2 ||
	    target_parse(&x->rewritten, x->req->method, raw,
			 buf_end(x->rewrite)) != STATUS_NONE)
		return response_refuse(x->res, STATUS_NOT_FOUND,
				       "a rule leads to what is no path");
	x->target = &x->rewritten;
	if ((refusal = admit(x)))
		return refusal;
	if (status == STATUS_OK)
		return handle(x);
	if (file_is_hidden(x->target->path))
		return STATUS_NOT_FOUND;
	return file_serve_page(x, x->target->path, status);
}

static enum status
follow(struct exchange *x, const struct redirect *rule)
{
	exchange_explain(x, "_redirects says", rule->to);
	if (x->rewrite->overflow)
		return response_refuse(x->res, STATUS_URI_TOO_LONG,
				       "a rule leads to what is too long");
	if (redirect_is_rewrite(rule))
		return rewrite(x, rule->status);
	return location_set(x, rule->status, buf_slice(x->rewrite));
}

/* What there is instead of a file that is not there. */
static enum status
serve_fallback(struct exchange *x)
{
	struct slice path = x->site->fallback;
	enum status status;

	if (path.len == 0 || slice_equal(path, x->target->path))
		return STATUS_NOT_FOUND;
	exchange_explain(x, "fallback", path);
	x->rewritten = x->req->target;
	x->rewritten.path = path;
	x->rewritten.encoded_slash = false;
	x->target = &x->rewritten;
	x->res->refusal = NULL;
	return (status = admit(x)) ? status : handle(x);
}

static enum status
serve_path(struct exchange *x)
{
	const struct redirect_rule *redirect =
	    rules_find_redirect(&x->site->rules, x->target->path);
	const struct redirect *rule = NULL;
	enum status status;

	if (redirect != NULL)
		return location_by_rule(x, redirect);
	if (x->site->has_page_rules) {
		struct page_request req = page_request(x);

		rule =
		    redirects_find(&x->page_rules->redirects, &req, x->rewrite);
		if (rule != NULL && rule->is_forced)
			return follow(x, rule);
		if (page_rules_have_name(slice_skip(x->target->path, 1)))
			return STATUS_NOT_FOUND;
	}
	status = handle(x);
	if (status == STATUS_NOT_FOUND && rule != NULL) {
		x->res->refusal = NULL;
		status = follow(x, rule);
	}
	return status == STATUS_NOT_FOUND ? serve_fallback(x) : status;
}

/* Chooses the root, and looks once at the rules that lie in it. */
static enum status
enter_root(struct exchange *x)
{
	const char *directory = "";
	enum status status = STATUS_NONE;
	int changed;

	if (x->site->has_hosts) {
		changed = hosts_select(x->hosts, x->root, x->req->host);
		if (changed != 0) {
			file_forget(x->kept);
			x->page_rules->is_current = false;
		}
		if (changed < 0 && (status = root_trouble(-changed)))
			return response_refuse(x->res, status,
					       "the host's directory cannot be "
					       "opened");
		if (changed < 0)
			return response_refuse(x->res, STATUS_NOT_FOUND,
					       "no such host, and no default");
		directory = hosts_directory(x->hosts);
		exchange_explain(x, "host", slice_of(directory));
		x->root = &x->hosts->root;
	}
	if (x->site->has_page_rules && !x->page_rules->is_current)
		status = page_rules_read(x->page_rules, x->root, directory);
	return status ? response_refuse(x->res, status,
					"the site's rules cannot be read")
		      : STATUS_NONE;
}

/* By which http-01 asks, before there is a certificate (RFC 8555). */
#define ACME_PATH "/.well-known/acme-challenge/"

/* Is the request to be made again by https? */
static bool
must_be_https(const struct exchange *x)
{
	struct endpoints ends = {.is_tls = false};

	if (x->site->https_port == 0 || x->target->form == TARGET_ASTERISK ||
	    slice_starts(x->target->path, SLICE(ACME_PATH)))
		return false;
	/* Someone in front of us may speak it. */
	if (x->endpoints != NULL)
		x->endpoints(x->in_fd, &ends);
	return !ends.is_tls;
}

static enum status
route(struct exchange *x)
{
	enum status status;

	if (must_be_https(x))
		return location_of_https(x);
	status = enter_root(x);
	if (status)
		return status;
	if (x->req->method == METHOD_UNKNOWN)
		return response_refuse(x->res, STATUS_NOT_IMPLEMENTED,
				       "an unknown method");
	if (x->target->form == TARGET_ASTERISK)
		return answer_options(x, all_methods(x->site));
	return (status = admit(x)) ? status : serve_path(x);
}

/* The path of the page that the site has for an error, or nothing. */
static struct slice
find_error_page(const struct exchange *x, int status)
{
	struct slice path = rules_error_page(&x->site->rules, status);

	/* As Netlify and Cloudflare Pages have it. */
	if (path.len == 0 && status == STATUS_NOT_FOUND &&
	    x->site->has_page_rules)
		path = SLICE("/404.html");
	return path;
}

void
route_refuse(struct exchange *x, enum status status, struct buf *page)
{
	struct response *res = x->res;
	struct slice path = find_error_page(x, (int)status);
	const char *refusal = res->refusal;

	if (res->file_fd >= 0 && !res->file_is_kept)
		close(res->file_fd);
	res->file_fd = -1;
	res->file_is_kept = false;
	if (path.len > 0 &&
	    file_serve_page(x, path, (int)status) == STATUS_NONE)
		return;
	res->refusal = refusal;
	error_page(res, (int)status, page);
}

/* The fields that the site's own rules make of the response. */
static void
add_site_fields(struct exchange *x)
{
	struct page_request req = page_request(x);

	/* A head that lacks some of them is not what the site wants. */
	if (!page_rules_fields(x->page_rules, &req, &x->res->site_fields))
		x->res->fields.overflow = true;
}

void
route_decide(struct exchange *x, struct buf *page)
{
	enum status status = route(x);

	if (status)
		route_refuse(x, status, page);
}

void
route_finish(struct exchange *x)
{
	if (x->res->status < 400)
		x->res->path = x->target->path;
	if (x->site->has_page_rules && x->page_rules->is_current)
		add_site_fields(x);
}

/* SPDX-License-Identifier: ISC */
#include "http/cgi_meta.h"
#include "http/field.h"

/* True if --env says what the variable of that name is. */
static bool
is_given(const struct cgi_facts *facts, struct slice name)
{
	for (size_t i = 0; i < facts->extra_count; i++) {
		struct slice extra = slice_of(facts->extra[i]);

		if (extra.len > name.len && extra.ptr[name.len] == '=' &&
		    slice_starts(extra, name))
			return true;
	}
	return false;
}

/* Begins the variable whose text follows. */
static void
begin(struct cgi_meta *meta)
{
	/* One pointer is left for the end. */
	if (meta->count + 1 >= meta->cap)
		meta->text.overflow = true;
	else
		meta->variable[meta->count++] = buf_end(&meta->text);
}

static void
add(struct cgi_meta *meta, const struct cgi_facts *facts, struct slice name,
    struct slice value)
{
	if (is_given(facts, name))
		return;
	begin(meta);
	buf_add(&meta->text, name);
	buf_add_char(&meta->text, '=');
	buf_add(&meta->text, value);
	buf_add_char(&meta->text, '\0');
}

/* Adds a variable only where there is something to say. */
static void
add_known(struct cgi_meta *meta, const struct cgi_facts *facts,
	  struct slice name, struct slice value)
{
	if (value.len > 0)
		add(meta, facts, name, value);
}

static void
add_number(struct cgi_meta *meta, const struct cgi_facts *facts,
	   struct slice name, uint64_t number)
{
	char storage[24];
	struct buf digits = BUF_OVER(storage);

	buf_add_u64(&digits, number);
	add(meta, facts, name, buf_slice(&digits));
}

/* The target as it was sent, without the scheme and host of one in full. */
static void
add_request_uri(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	const struct request *req = facts->req;
	struct slice uri = req->head.target;

	if (is_given(facts, SLICE("REQUEST_URI")))
		return;
	if (req->target.form == TARGET_ABSOLUTE) {
		const char *behind =
		    req->target.authority.ptr + req->target.authority.len;

		uri = slice_skip(uri, (size_t)(behind - uri.ptr));
	}
	begin(meta);
	buf_add_str(&meta->text, "REQUEST_URI=");
	if (!slice_starts(uri, SLICE("/")))
		buf_add_char(&meta->text, '/');
	buf_add(&meta->text, uri);
	buf_add_char(&meta->text, '\0');
}

static void
add_path_info(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	if (facts->path_info.len == 0)
		return;
	add(meta, facts, SLICE("PATH_INFO"), facts->path_info);
	if (is_given(facts, SLICE("PATH_TRANSLATED")))
		return;
	begin(meta);
	buf_add_str(&meta->text, "PATH_TRANSLATED=");
	buf_add(&meta->text, facts->document_root);
	buf_add(&meta->text, facts->path_info);
	buf_add_char(&meta->text, '\0');
}

static void
add_server(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	struct slice name = facts->req->host;

	if (name.len == 0)
		name = facts->local_address;
	add(meta, facts, SLICE("SERVER_NAME"),
	    name.len > 0 ? name : SLICE("localhost"));
	add(meta, facts, SLICE("SERVER_PORT"),
	    facts->local_port.len > 0 ? facts->local_port
	    : facts->is_tls           ? SLICE("443")
				      : SLICE("80"));
	add_known(meta, facts, SLICE("SERVER_ADDR"), facts->local_address);
	add(meta, facts, SLICE("SERVER_PROTOCOL"),
	    facts->req->minor == 0 ? SLICE("HTTP/1.0") : SLICE("HTTP/1.1"));
	add(meta, facts, SLICE("SERVER_SOFTWARE"), SLICE("perch/" VERSION));
	if (facts->is_tls)
		add(meta, facts, SLICE("HTTPS"), SLICE("on"));
}

static void
add_client(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	add(meta, facts, SLICE("REMOTE_ADDR"), facts->remote_address);
	/* "If the hostname is not available, the server MAY substitute the
	 * REMOTE_ADDR value" (RFC 3875, section 4.1.9) */
	add_known(meta, facts, SLICE("REMOTE_HOST"), facts->remote_address);
	add_known(meta, facts, SLICE("REMOTE_PORT"), facts->remote_port);
	add_known(meta, facts, SLICE("AUTH_TYPE"), facts->auth_type);
	add_known(meta, facts, SLICE("REMOTE_USER"), facts->remote_user);
}

static bool
is_passed(const struct cgi_facts *facts, struct slice name)
{
	static const struct slice dropped[] = {
	    {"Content-Length", 14},
	    {"Content-Type", 12},
	    {"Proxy", 5},
	    {"Proxy-Authorization", 19},
	    {"Transfer-Encoding", 17},
	};

	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (slice_equal_nocase(name, dropped[i]))
			return false;
	if (slice_equal_nocase(name, SLICE("Authorization")))
		return facts->passes_authorization;
	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.ptr[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

static void
add_field_name(struct buf *out, struct slice name)
{
	buf_add_str(out, "HTTP_");
	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.ptr[i]);

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buf_add_char(out, c == '-' ? '_' : c);
	}
}

/*
 * Adds the lines of one name. The host of a target in full counts in the
 * place of Host (RFC 9112, section 3.2.2).
 */
static void
add_field(struct cgi_meta *meta, const struct cgi_facts *facts,
	  struct slice name, const struct field *field, size_t count)
{
	struct slice separator = slice_equal_nocase(name, SLICE("Cookie"))
				     ? SLICE("; ")
				     : SLICE(", ");
	struct slice value, variable;
	size_t before = meta->text.len;
	bool is_first = true;

	begin(meta);
	add_field_name(&meta->text, name);
	variable = slice_skip(buf_slice(&meta->text), before);
	if (is_given(facts, variable)) {
		meta->text.len = before;
		meta->count--;
		return;
	}
	buf_add_char(&meta->text, '=');
	if (facts->req->target.form == TARGET_ABSOLUTE &&
	    slice_equal_nocase(name, SLICE("Host"))) {
		buf_add(&meta->text, facts->req->target.authority);
		count = 0;
	}
	while (field_next(&field, &count, name, &value)) {
		if (!is_first)
			buf_add(&meta->text, separator);
		buf_add(&meta->text, value);
		is_first = false;
	}
	buf_add_char(&meta->text, '\0');
}

static void
add_fields(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	const struct head *head = &facts->req->head;
	struct slice value;

	for (size_t i = 0; i < head->field_count && !meta->text.overflow; i++) {
		struct slice name = head->field[i].name;

		if (is_passed(facts, name) &&
		    field_find(head->field, i, name, &value) == 0)
			add_field(meta, facts, name, head->field + i,
				  head->field_count - i);
	}
}

bool
cgi_meta_make(struct cgi_meta *meta, const struct cgi_facts *facts)
{
	const struct request *req = facts->req;

	buf_reset(&meta->text);
	meta->count = 0;
	for (size_t i = 0; i < facts->extra_count; i++) {
		begin(meta);
		buf_add_str(&meta->text, facts->extra[i]);
		buf_add_char(&meta->text, '\0');
	}
	add(meta, facts, SLICE("GATEWAY_INTERFACE"), SLICE("CGI/1.1"));
	add(meta, facts, SLICE("REQUEST_METHOD"), slice_of(facts->method));
	add_request_uri(meta, facts);
	add(meta, facts, SLICE("SCRIPT_NAME"), facts->script_name);
	add(meta, facts, SLICE("SCRIPT_FILENAME"), facts->script_filename);
	add(meta, facts, SLICE("DOCUMENT_ROOT"), facts->document_root);
	add_path_info(meta, facts);
	add(meta, facts, SLICE("QUERY_STRING"), facts->query);
	if (facts->has_content_length)
		add_number(meta, facts, SLICE("CONTENT_LENGTH"),
			   facts->content_length);
	add_known(meta, facts, SLICE("CONTENT_TYPE"),
		  request_field(req, SLICE("Content-Type")));
	add_server(meta, facts);
	add_client(meta, facts);
	add(meta, facts, SLICE("REQUEST_ID"), facts->request_id);
	add_known(meta, facts, SLICE("WEBSOCKET_PROTOCOL"),
		  facts->websocket_protocol);
	add_fields(meta, facts);
	if (meta->text.overflow)
		return false;
	meta->variable[meta->count] = NULL;
	return true;
}

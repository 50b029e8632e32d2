/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/accept.h"
#include "serve/cgi_answer.h"
#include "serve/file.h"

/* True if the content can go out compressed, and the client likes that. */
static bool
is_compressed(const struct exchange *x, const struct cgi_head *head)
{
	const struct rules *rules = &x->site->rules;
	struct slice path = x->target->path, type;
	uint64_t sizes[CODINGS];
	struct accept accept;

	slice_cut(head->type, ';', &type, &(struct slice){0});
	/* Its validators and ranges are the program's own affair. */
	if (x->site->gzip_level == 0 || head->has_coding || head->has_range ||
	    head->has_etag || head->has_no_transform ||
	    !mime_is_compressible(slice_trim(type)) ||
	    (head->has_length && head->length < COMPRESSED_MIN) ||
	    rules_find_header(rules, path, SLICE("Content-Encoding")) != NULL ||
	    request_field(x->req, SLICE("Accept-Encoding")).ptr == NULL)
		return false;
	accept = accept_parse(x->req->head.field, x->req->head.field_count);
	for (size_t i = 0; i < CODINGS; i++)
		sizes[i] = CODING_ABSENT;
	sizes[CODING_IDENTITY] = 2;
	sizes[CODING_GZIP] = 1;
	return accept_choose(&accept, sizes) == CODING_GZIP;
}

/* The fields that the file has its own of. */
static bool
is_of_file(struct slice name)
{
	static const struct slice names[] = {
	    {"Accept-Ranges", 13}, {"Content-Encoding", 16},
	    {"Content-Range", 13}, {"ETag", 4},
	    {"Last-Modified", 13}, {"X-Content-Type-Options", 22}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

static void
drop_fields_of_file(struct buf *fields)
{
	struct slice line, name, value, rest = buf_slice(fields);
	size_t kept = 0;

	while (slice_cut(rest, '\n', &line, &rest)) {
		slice_cut(line, ':', &name, &value);
		if (is_of_file(name))
			continue;
		memmove(fields->data + kept, line.ptr, line.len + 1);
		kept += line.len + 1;
	}
	fields->len = kept;
}

enum cgi_next
cgi_respond(struct exchange *x, const struct cgi_head *head)
{
	struct response *res = x->res;

	if (head->sendfile.ptr != NULL) {
		drop_fields_of_file(&res->fields);
		return CGI_SENDS_FILE;
	}
	if (cgi_head_is_local_redirect(head))
		return CGI_REDIRECTS;
	res->status = head->status != 0            ? head->status
		      : head->location.ptr != NULL ? STATUS_FOUND
						   : STATUS_OK;
	res->has_date = head->has_date;
	res->has_server = head->has_server;
	if (head->location.ptr != NULL)
		response_field(res, SLICE("Location"), head->location);
	if (head->type.ptr != NULL)
		response_field(res, SLICE("Content-Type"), head->type);
	if (head->status == STATUS_EARLY_HINTS)
		return CGI_HINTS_AT_IT;
	res->length = head->has_length ? head->length : LENGTH_UNKNOWN;
	if (is_compressed(x, head)) {
		res->gzip_level = (int)x->site->gzip_level;
		response_field(res, SLICE("Content-Encoding"), SLICE("gzip"));
		response_field(res, SLICE("Vary"), SLICE("Accept-Encoding"));
	}
	return CGI_ANSWERS;
}

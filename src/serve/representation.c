/* SPDX-License-Identifier: ISC */
#include <sys/random.h>

#include "base/clock.h"
#include "http/conditional.h"
#include "serve/representation.h"

/*
 * No file holds a boundary that nobody could know when it was written. It
 * is the same each time only where the clock stands still too, in tests.
 */
static struct slice
make_boundary(char *storage, size_t len)
{
	unsigned char random[16] = {0};

	if (!clock_is_fixed() &&
	    getrandom(random, sizeof(random), 0) != sizeof(random))
		return (struct slice){0};
	for (size_t i = 0; i < len; i++)
		storage[i] =
		    "0123456789abcdef"[random[i / 2] >> i % 2 * 4 & 15];
	return (struct slice){storage, len};
}

static struct slice
content_type(struct exchange *x, struct slice type)
{
	struct buf value = BUF_OVER(x->parts->type);

	/* Whoever said that said all of it. */
	if (x->file_type.len > 0)
		return x->file_type;
	mime_add(&value, type);
	return buf_slice(&value);
}

void
representation_add_type(struct exchange *x, struct slice type)
{
	response_field(x->res, SLICE("Content-Type"), content_type(x, type));
	buf_add(&x->res->fields, SLICE("X-Content-Type-Options: nosniff\r\n"));
}

/* Several parts. False if they cannot be sent: then the whole is. */
static bool
serve_parts(struct exchange *x, uint64_t size, struct slice type)
{
	struct file_parts *parts = x->parts;
	struct buf *fields = &x->res->fields;

	/* A rule's type would take the boundary away. */
	if (rules_find_header(&x->site->rules, x->target->path,
			      SLICE("Content-Type")) != NULL)
		return false;
	parts->multipart = (struct multipart){
	    .boundary = make_boundary(parts->boundary, sizeof(parts->boundary)),
	    .type = type,
	    .size = size};
	if (!multipart_length(&parts->multipart, &parts->ranges,
			      &x->res->length))
		return false;
	buf_add(fields, SLICE("Content-Type: "));
	multipart_add_type(fields, &parts->multipart);
	buf_add(fields, SLICE("\r\n"));
	x->res->content = CONTENT_PARTS;
	x->res->ranges = &parts->ranges;
	x->res->multipart = &parts->multipart;
	return true;
}

static void
serve_part(struct exchange *x, uint64_t size, struct slice type)
{
	const struct range_part *part = &x->parts->ranges.part[0];
	struct buf *fields = &x->res->fields;

	response_field(x->res, SLICE("Content-Type"), type);
	buf_add(fields, SLICE("Content-Range: "));
	range_add_content_range(fields, part, size);
	buf_add(fields, SLICE("\r\n"));
	x->res->content = CONTENT_FILE;
	x->res->file_offset = part->first;
	x->res->length = part->last - part->first + 1;
}

/* Decides which part of the representation, or all of it, is the answer. */
static enum status
serve_selected(struct exchange *x, uint64_t size, struct slice type,
	       const struct validators *validators)
{
	const struct head *head = &x->req->head;
	struct ranges *ranges = &x->parts->ranges;

	*ranges =
	    range_select(head->field, head->field_count, x->req->method, size);
	if (ranges->kind != RANGE_WHOLE &&
	    !conditional_allows_range(head->field, head->field_count,
				      validators)) {
		exchange_explain(x, "not the range, because of",
				 SLICE("If-Range"));
		ranges->kind = RANGE_WHOLE;
	}
	if (ranges->kind == RANGE_UNSATISFIABLE) {
		buf_add(&x->res->fields, SLICE("Content-Range: "));
		range_add_unsatisfied(&x->res->fields, size);
		buf_add(&x->res->fields, SLICE("\r\n"));
		return STATUS_RANGE_NOT_SATISFIABLE;
	}
	x->res->status = STATUS_PARTIAL_CONTENT;
	if (ranges->kind == RANGE_PARTS && ranges->count == 1) {
		serve_part(x, size, type);
	} else if (ranges->kind == RANGE_WHOLE || !serve_parts(x, size, type)) {
		response_field(x->res, SLICE("Content-Type"), type);
		x->res->status = STATUS_OK;
		x->res->content = CONTENT_FILE;
		x->res->length = size;
	}
	validator_add(&x->res->fields, validators);
	buf_add(&x->res->fields, SLICE("Accept-Ranges: bytes\r\n"
				       "X-Content-Type-Options: nosniff\r\n"));
	return STATUS_NONE;
}

bool
representation_is_negotiated(const struct site *site, struct slice type)
{
	return (!site->ignores_siblings || site->gzip_level > 0) &&
	       mime_is_compressible(type);
}

bool
representation_is_transformable(const struct exchange *x)
{
	const struct rules *rules = &x->site->rules;
	struct slice path = x->target->path, list, element;
	const struct header_rule *rule;

	if (rules_find_header(rules, path, SLICE("Content-Encoding")) != NULL)
		return false;
	rule = rules_find_header(rules, path, SLICE("Cache-Control"));
	list = rule != NULL ? rule->value : (struct slice){0};
	while (slice_next_element(&list, &element))
		if (slice_equal_nocase(element, SLICE("no-transform")))
			return false;
	return true;
}

/* All of it, compressed while it is sent: no part of that can be had. */
static enum status
serve_compressed(struct exchange *x, uint64_t size, struct slice type,
		 const struct validators *validators)
{
	response_field(x->res, SLICE("Content-Type"), type);
	validator_add(&x->res->fields, validators);
	buf_add(&x->res->fields, SLICE("X-Content-Type-Options: nosniff\r\n"));
	x->res->status = STATUS_OK;
	x->res->content = CONTENT_FILE;
	x->res->length = size;
	x->res->gzip_level = (int)x->site->gzip_level;
	return STATUS_NONE;
}

enum status
representation_serve(struct exchange *x, int fd, const struct stat *st,
		     struct slice type, enum coding coding, enum coder coder)
{
	const struct head *head = &x->req->head;
	bool is_varied = representation_is_negotiated(x->site, type);
	struct validator_facts facts = {
	    .inode = (uint64_t)st->st_ino,
	    .size = (uint64_t)st->st_size,
	    .seconds = st->st_mtim.tv_sec,
	    .nanoseconds = (uint32_t)st->st_mtim.tv_nsec,
	    .coding = coding,
	    .is_live = coder == CODER_GZIP,
	    .is_negotiated =
		is_varied &&
		request_field(x->req, SLICE("Accept-Encoding")).ptr != NULL,
	    .now = clock_seconds(),
	};
	struct validators validators;
	struct conditional condition;

	x->res->file_fd = fd;
	if (x->opened != NULL)
		*x->opened = *st;
	if (is_varied)
		response_field(x->res, SLICE("Vary"), SLICE("Accept-Encoding"));
	exchange_explain(x, "type", type);
	validator_make(&validators, &facts);
	exchange_explain(x, "tag", validator_etag(&validators));
	condition = conditional_evaluate(head->field, head->field_count,
					 x->req->method, &validators);
	if (condition.result != CONDITIONAL_GO_ON)
		exchange_explain(x, "condition", condition.decided_by);
	switch (condition.result) {
	case CONDITIONAL_FAILED:
		return STATUS_PRECONDITION_FAILED;
	case CONDITIONAL_NOT_MODIFIED:
		x->res->status = STATUS_NOT_MODIFIED;
		response_field(x->res, SLICE("ETag"),
			       validator_etag(&validators));
		return STATUS_NONE;
	case CONDITIONAL_GO_ON:
		break;
	}
	if (coding != CODING_IDENTITY)
		response_field(x->res, SLICE("Content-Encoding"),
			       coding_name(coding));
	if (coder == CODER_GZIP)
		return serve_compressed(x, facts.size, content_type(x, type),
					&validators);
	return serve_selected(x, facts.size, content_type(x, type),
			      &validators);
}

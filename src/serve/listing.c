/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "http/accept.h"
#include "http/conditional.h"
#include "serve/listing.h"
#include "serve/listing_page.h"
#include "serve/representation.h"

/* What is made next. */
enum step {
	STEP_BRACKET, /* of JSON */
	STEP_HEAD,    /* and what follows to STEP_TOP, of HTML */
	STEP_HEADING,
	STEP_TOP,
	STEP_ENTRIES,
	STEP_END,
};

/* A listing that is being sent. It lies in a mapping of its own. */
struct listing {
	struct source source;
	bool is_json;
	enum step step;
	struct slice path; /* of the request */
	struct slice rest; /* of it, that is not in the heading yet */
	struct listing_totals totals;

	struct buf piece; /* as much as is made at a time */
	size_t piece_sent;
	char piece_storage[LISTING_PIECE_MAX];
	struct directory directory;
};

/* As listing.h and the manual say. */
static_assert(sizeof(struct listing) <= 4 << 20, "more than 4 MiB");

static void
count(struct listing_totals *totals, const struct entry *entry)
{
	if (entry->name.kind == ENTRY_DIRECTORY) {
		totals->directories++;
		return;
	}
	totals->files++;
	totals->bytes += entry->size;
}

/* The next entry, or the end. Returns 0, or an io_error. */
static int
make_entry(struct listing *l)
{
	struct listing_totals *totals = &l->totals;
	struct entry entry;
	int result = directory_next(&l->directory, &entry);

	if (result < 0)
		return IO_EOF;
	if (result == 0) {
		if (l->is_json)
			buf_add(&l->piece, SLICE("\n]\n"));
		else
			listing_page_add_end(&l->piece, totals);
		l->step = STEP_END;
		return 0;
	}
	if (l->is_json) {
		buf_add_str(&l->piece, totals->directories + totals->files > 0
					   ? ",\n"
					   : "\n");
		listing_json_add_entry(&l->piece, &entry);
	} else {
		listing_page_add_entry(&l->piece, &entry);
	}
	count(totals, &entry);
	return 0;
}

/* Makes a piece. Returns 0, or an io_error. */
static int
make_piece(struct listing *l)
{
	buf_reset(&l->piece);
	l->piece_sent = 0;
	switch (l->step) {
	case STEP_BRACKET:
		buf_add_char(&l->piece, '[');
		l->step = STEP_ENTRIES;
		return 0;
	case STEP_HEAD:
		listing_page_add_head(&l->piece, l->path);
		l->step = STEP_HEADING;
		return 0;
	case STEP_HEADING:
		listing_page_add_segment(&l->piece, &l->rest);
		if (l->rest.len == 0)
			l->step = STEP_TOP;
		return 0;
	case STEP_TOP:
		listing_page_add_top(&l->piece, l->path);
		l->step = STEP_ENTRIES;
		return 0;
	case STEP_ENTRIES:
		return make_entry(l);
	case STEP_END:
		break;
	}
	return 0;
}

static ssize_t
listing_read(struct source *self, void *dst, size_t cap)
{
	struct listing *l = (struct listing *)self;
	size_t len = 0;

	while (len < cap) {
		size_t n = l->piece.len - l->piece_sent;

		if (n == 0) {
			int error = make_piece(l);

			if (error)
				return error;
			if (l->piece.len == 0)
				break;
			continue;
		}
		if (n > cap - len)
			n = cap - len;
		memcpy((char *)dst + len, l->piece.data + l->piece_sent, n);
		l->piece_sent += n;
		len += n;
	}
	assert(!l->piece.overflow);
	return (ssize_t)len;
}

/* Maps a listing, and gives it to the response. NULL if it cannot be. */
static struct listing *
map_listing(struct response *res)
{
	void *memory =
	    mmap(NULL, sizeof(struct listing), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	res->memory = memory;
	res->memory_len = sizeof(struct listing);
	return memory;
}

static void
init(struct listing *l, struct exchange *x, bool is_json)
{
	struct slice path = x->target->path;
	struct buf name = *x->name;

	l->source.read = listing_read;
	l->is_json = is_json;
	l->step = is_json ? STEP_BRACKET : STEP_HEAD;
	l->path = l->rest = path;
	l->piece = BUF_OVER(l->piece_storage);
	buf_reset(&name);
	buf_add(&name, slice_skip(path, 1));
	directory_init(&l->directory, x->res->file_fd, x->root, name);
	l->directory.hides_page_rules =
	    x->site->has_page_rules && path.len == 1;
}

/* What is in a listing changes without its directory: it has no tag. */
static enum conditional_result
evaluate_conditions(struct exchange *x)
{
	const struct head *head = &x->req->head;
	struct validators none = {0};
	struct conditional condition = conditional_evaluate(
	    head->field, head->field_count, x->req->method, &none);

	if (condition.result != CONDITIONAL_GO_ON)
		exchange_explain(x, "condition", condition.decided_by);
	return condition.result;
}

/* True if it is to be compressed. */
static bool
choose_coding(struct exchange *x)
{
	/* All that is known of their sizes is which is the smaller. */
	const uint64_t sizes[CODINGS] = {
	    [CODING_IDENTITY] = 3,
	    [CODING_GZIP] = 1,
	    [CODING_BR] = CODING_ABSENT,
	    [CODING_ZSTD] = CODING_ABSENT,
	};
	const struct head *head = &x->req->head;
	struct accept accept = accept_parse(head->field, head->field_count);

	return accept_choose(&accept, sizes) == CODING_GZIP;
}

static void
add_fields(struct exchange *x, bool is_json, bool is_gzip)
{
	struct response *res = x->res;

	response_field(res, SLICE("Content-Type"),
		       is_json ? SLICE("application/json")
			       : SLICE("text/html; charset=utf-8"));
	if (is_gzip)
		response_field(res, SLICE("Content-Encoding"), SLICE("gzip"));
	response_field(res, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
	/* Names are escaped; were one not, no script of it would run. */
	if (!is_json)
		response_field(res, SLICE("Content-Security-Policy"),
			       SLICE("default-src 'none'; img-src 'self'; "
				     "style-src 'unsafe-inline'"));
}

enum status
listing_serve(struct exchange *x, int fd)
{
	const struct head *head = &x->req->head;
	bool is_json = accept_prefers_json(head->field, head->field_count);
	bool is_negotiated =
	    x->site->gzip_level > 0 && representation_is_transformable(x);
	bool is_gzip = is_negotiated && choose_coding(x);
	struct listing *l;

	x->res->file_fd = fd;
	exchange_explain(x, "handler", SLICE("listing"));
	exchange_explain(x, "type",
			 is_json ? SLICE("application/json")
				 : SLICE("text/html"));
	response_field(x->res, SLICE("Vary"),
		       is_negotiated ? SLICE("Accept, Accept-Encoding")
				     : SLICE("Accept"));
	response_field(x->res, SLICE("Cache-Control"), SLICE("no-cache"));
	switch (evaluate_conditions(x)) {
	case CONDITIONAL_FAILED:
		return STATUS_PRECONDITION_FAILED;
	case CONDITIONAL_NOT_MODIFIED:
		x->res->status = STATUS_NOT_MODIFIED;
		return STATUS_NONE;
	case CONDITIONAL_GO_ON:
		break;
	}
	l = map_listing(x->res);
	if (l == NULL)
		return response_refuse(x->res, STATUS_SERVICE_UNAVAILABLE,
				       "no memory for the listing");
	init(l, x, is_json);
	add_fields(x, is_json, is_gzip);
	x->res->status = STATUS_OK;
	x->res->content = CONTENT_SOURCE;
	x->res->source = &l->source;
	x->res->length = LENGTH_UNKNOWN;
	x->res->gzip_level = is_gzip ? (int)x->site->gzip_level : 0;
	return STATUS_NONE;
}

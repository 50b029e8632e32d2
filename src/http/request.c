/* SPDX-License-Identifier: ISC */
#include "http/request.h"

/* What several fields of one name have come to while they are read. */
struct seen {
	unsigned hosts, codings, lengths;
	bool close, keep_alive;
	struct slice host, coding;
	bool expects_other;
};

static enum status
refuse(struct request *req, enum status status, const char *why)
{
	req->refusal = why;
	return status;
}

/* HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112, section 2.3) */
static enum status
parse_version(struct request *req)
{
	struct slice v = req->head.version;

	if (v.len != 8 || !slice_starts(v, SLICE("HTTP/")) || v.ptr[6] != '.' ||
	    v.ptr[5] < '0' || v.ptr[5] > '9' || v.ptr[7] < '0' ||
	    v.ptr[7] > '9')
		return refuse(req, STATUS_BAD_REQUEST, "malformed version");
	if (v.ptr[5] != '1')
		/* The preface of HTTP/2 is written to meet this (RFC 9113,
		 * section 3.4); its client deserves more than a 505. */
		return slice_equal(req->head.method, SLICE("PRI"))
			   ? refuse(req, STATUS_BAD_REQUEST,
				    "the preface of HTTP/2, which is not "
				    "spoken here")
			   : refuse(req, STATUS_VERSION_NOT_SUPPORTED,
				    "a major version other than 1");
	req->minor = v.ptr[7] > '0';
	return STATUS_NONE;
}

/*
 * "If a message is received without Transfer-Encoding and with an invalid
 * Content-Length [...] unrecoverable error", unless it is a list of equal
 * valid numbers (RFC 9112, section 6.3).
 */
static enum status
take_content_length(struct request *req, struct seen *seen, struct slice value)
{
	struct slice rest = value, element;
	uint64_t n;
	bool is_more = true;

	while (is_more) {
		is_more = slice_cut(rest, ',', &element, &rest);
		if (!slice_to_u64(slice_trim(element), &n))
			return refuse(req, STATUS_BAD_REQUEST,
				      "Content-Length is not a number");
		if (n > (uint64_t)1 << 63)
			return refuse(req, STATUS_BAD_REQUEST,
				      "Content-Length over 2^63");
		if (seen->lengths++ > 0 && n != req->content_length)
			return refuse(req, STATUS_BAD_REQUEST,
				      "Content-Lengths that differ");
		req->content_length = n;
	}
	return STATUS_NONE;
}

static void
take_connection(struct seen *seen, struct slice options)
{
	struct slice option;

	while (slice_next_element(&options, &option)) {
		if (slice_equal_nocase(option, SLICE("close")))
			seen->close = true;
		else if (slice_equal_nocase(option, SLICE("keep-alive")))
			seen->keep_alive = true;
	}
}

static void
take_expect(struct request *req, struct seen *seen, struct slice expectations)
{
	struct slice expectation;

	while (slice_next_element(&expectations, &expectation)) {
		if (slice_equal_nocase(expectation, SLICE("100-continue")))
			req->expects_continue = true;
		else
			seen->expects_other = true;
	}
}

/* The length of a name excludes nearly all fields at once. */
static enum status
take_field(struct request *req, struct seen *seen, const struct field *f)
{
	switch (f->name.len) {
	case 4:
		if (slice_equal_nocase(f->name, SLICE("Host"))) {
			seen->hosts++;
			seen->host = f->value;
		}
		break;
	case 6:
		if (slice_equal_nocase(f->name, SLICE("Expect")))
			take_expect(req, seen, f->value);
		break;
	case 10:
		if (slice_equal_nocase(f->name, SLICE("Connection")))
			take_connection(seen, f->value);
		break;
	case 14:
		if (slice_equal_nocase(f->name, SLICE("Content-Length")))
			return take_content_length(req, seen, f->value);
		break;
	case 17:
		if (slice_equal_nocase(f->name, SLICE("Transfer-Encoding"))) {
			seen->codings++;
			seen->coding = f->value;
		}
		break;
	}
	return STATUS_NONE;
}

/*
 * "A server MUST respond with a 400 to any HTTP/1.1 request message that
 * lacks a Host header field and to any request message that contains more
 * than one Host header field line or [...] an invalid field value" (RFC
 * 9112, section 3.2). An empty one is valid there, for URIs without an
 * authority; http URIs have one.
 */
static enum status
check_host(struct request *req, const struct seen *seen)
{
	struct slice port;

	if (seen->hosts > 1)
		return refuse(req, STATUS_BAD_REQUEST, "more than one Host");
	if (seen->hosts == 0 && req->minor >= 1)
		return refuse(req, STATUS_BAD_REQUEST, "no Host in HTTP/1.1");
	if (seen->hosts == 1 && seen->host.len == 0)
		return refuse(req, STATUS_BAD_REQUEST, "Host is empty");
	if (seen->hosts == 1 && !authority_parse(seen->host, &req->host, &port))
		return refuse(req, STATUS_BAD_REQUEST, "Host is malformed");
	/* "MUST ignore the received Host" (RFC 9112, section 3.2.2) */
	if (req->target.form == TARGET_ABSOLUTE &&
	    !authority_parse(req->target.authority, &req->host, &port))
		return refuse(req, STATUS_BAD_REQUEST,
			      "the target's host is malformed");
	return STATUS_NONE;
}

/*
 * RFC 9112, section 6.1, would let other codings be refused with 501, and
 * lets Transfer-Encoding win over Content-Length. What is not the one
 * plain case is an error here, and most likely an attack.
 */
static enum status
check_framing(struct request *req, const struct seen *seen)
{
	if (seen->codings > 0 && seen->lengths > 0)
		return refuse(req, STATUS_BAD_REQUEST,
			      "both Content-Length and Transfer-Encoding");
	if (seen->codings > 0 && req->minor == 0)
		return refuse(req, STATUS_BAD_REQUEST,
			      "Transfer-Encoding in HTTP/1.0");
	if (seen->codings > 1 ||
	    (seen->codings == 1 &&
	     !slice_equal_nocase(seen->coding, SLICE("chunked"))))
		return refuse(req, STATUS_BAD_REQUEST,
			      "Transfer-Encoding other than chunked");
	if (seen->codings == 1)
		req->framing = FRAMING_CHUNKED;
	else if (seen->lengths > 0)
		req->framing = FRAMING_LENGTH;
	return STATUS_NONE;
}

/*
 * "A server that receives a 100-continue expectation in an HTTP/1.0
 * request MUST ignore that expectation" (RFC 9110, section 10.1.1).
 */
static enum status
check_expectation(struct request *req, const struct seen *seen)
{
	if (req->minor == 0)
		req->expects_continue = false;
	else if (seen->expects_other)
		return refuse(req, STATUS_EXPECTATION_FAILED,
			      "an expectation other than 100-continue");
	if (!request_has_content(req))
		req->expects_continue = false;
	return STATUS_NONE;
}

enum status
request_parse(struct request *req, struct slice bytes,
	      const struct head_limits *limits, struct field *field, char *path)
{
	struct seen seen = {0};
	enum status status;

	*req = (struct request){.head.field = field};
	if ((status = head_parse(&req->head, bytes, limits)))
		return refuse(req, status, req->head.refusal);
	if ((status = parse_version(req)))
		return status;
	req->method = method_parse(req->head.method);
	status =
	    target_parse(&req->target, req->method, req->head.target, path);
	if (status)
		return refuse(req, status, req->target.refusal);
	for (size_t i = 0; i < req->head.field_count; i++)
		if ((status = take_field(req, &seen, &field[i])))
			return status;
	if ((status = check_host(req, &seen)) ||
	    (status = check_framing(req, &seen)))
		return status;
	/* RFC 9112, section 9.3; a tunnel that is not made must end. */
	req->is_persistent = !seen.close && req->method != METHOD_CONNECT &&
			     (req->minor >= 1 || seen.keep_alive);
	return check_expectation(req, &seen);
}

struct slice
request_field(const struct request *req, struct slice name)
{
	for (size_t i = 0; i < req->head.field_count; i++)
		if (slice_equal_nocase(req->head.field[i].name, name))
			return req->head.field[i].value;
	return (struct slice){0};
}

bool
request_has_content(const struct request *req)
{
	return req->framing == FRAMING_CHUNKED ||
	       (req->framing == FRAMING_LENGTH && req->content_length > 0);
}

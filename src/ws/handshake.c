/* SPDX-License-Identifier: ISC */
#include "ws/handshake.h"
#include "http/field.h"

#define KEY_LEN 16
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static enum status
refuse(struct handshake *h, enum status status, const char *why)
{
	h->refusal = why;
	return status;
}

static size_t
find(const struct request *req, struct slice name, struct slice *value)
{
	return field_find(req->head.field, req->head.field_count, name, value);
}

/* True if one of the lines of that name lists the token. */
static bool
lists(const struct request *req, struct slice name, struct slice token)
{
	const struct field *field = req->head.field;
	size_t count = req->head.field_count;
	struct slice list, element;

	while (field_next(&field, &count, name, &list))
		while (slice_next_element(&list, &element))
			if (slice_equal_nocase(element, token))
				return true;
	return false;
}

bool
handshake_is_wanted(const struct request *req)
{
	return req->minor >= 1 &&
	       lists(req, SLICE("Upgrade"), SLICE("websocket"));
}

/* "the server MUST abort [...] and instead send an appropriate HTTP error
 * code (such as 426 Upgrade Required)" (section 4.2.2) */
static enum status
check_version(struct handshake *h, const struct request *req)
{
	struct slice version;

	if (find(req, SLICE("Sec-WebSocket-Version"), &version) > 1)
		return refuse(h, STATUS_BAD_REQUEST,
			      "more than one Sec-WebSocket-Version");
	if (!slice_equal(version, SLICE("13")))
		return refuse(h, STATUS_UPGRADE_REQUIRED,
			      "a Sec-WebSocket-Version other than 13");
	return STATUS_NONE;
}

static enum status
check_key(struct handshake *h, const struct request *req)
{
	struct slice key;
	size_t lines = find(req, SLICE("Sec-WebSocket-Key"), &key);
	char bytes[KEY_LEN], text[BASE64_LEN(KEY_LEN) + sizeof(GUID) - 1];
	struct buf decoded = BUF_OVER(bytes), joined = BUF_OVER(text);
	struct buf accept = BUF_OVER(h->accept);
	unsigned char digest[SHA1_LEN];

	if (lines == 0)
		return refuse(h, STATUS_BAD_REQUEST, "no Sec-WebSocket-Key");
	if (lines > 1)
		return refuse(h, STATUS_BAD_REQUEST,
			      "more than one Sec-WebSocket-Key");
	if (!base64_decode(&decoded, key) || decoded.len != KEY_LEN)
		return refuse(h, STATUS_BAD_REQUEST,
			      "Sec-WebSocket-Key is not base64 of 16 bytes");
	buf_add(&joined, key);
	buf_add(&joined, SLICE(GUID));
	sha1(buf_slice(&joined), digest);
	base64_encode(&accept, (struct slice){(char *)digest, SHA1_LEN});
	return STATUS_NONE;
}

/* "*" is any run of characters but "/", here and at each later try. */
static bool
matches(struct slice pattern, struct slice s)
{
	struct slice retry_pattern = {0}, retry = {0};

	while (s.len > 0) {
		if (pattern.len > 0 && pattern.ptr[0] == '*') {
			pattern = slice_skip(pattern, 1);
			retry_pattern = pattern;
			retry = s;
		} else if (pattern.len > 0 && ascii_lower(pattern.ptr[0]) ==
						  ascii_lower(s.ptr[0])) {
			pattern = slice_skip(pattern, 1);
			s = slice_skip(s, 1);
		} else if (retry.len > 0 && retry.ptr[0] != '/') {
			/* The last star takes one character more. */
			retry = slice_skip(retry, 1);
			pattern = retry_pattern;
			s = retry;
		} else {
			return false;
		}
	}
	while (pattern.len > 0 && pattern.ptr[0] == '*')
		pattern = slice_skip(pattern, 1);
	return pattern.len == 0;
}

/* Cuts "https://host:port"; an empty port becomes the scheme's own. */
static bool
cut_origin(struct slice origin, struct slice *host, uint64_t *port,
	   uint64_t *usual_port)
{
	static const struct {
		struct slice prefix;
		uint64_t port;
	} schemes[] = {{{"http://", 7}, 80}, {{"https://", 8}, 443}};
	struct slice digits;

	for (size_t i = 0; i < 2; i++) {
		struct slice start = {origin.ptr, schemes[i].prefix.len};

		if (origin.len < start.len ||
		    !slice_equal_nocase(start, schemes[i].prefix))
			continue;
		if (!authority_parse(slice_skip(origin, start.len), host,
				     &digits))
			return false;
		*usual_port = *port = schemes[i].port;
		return digits.len == 0 || slice_to_u64(digits, port);
	}
	return false;
}

/*
 * True if a script of that origin was loaded from the host and port that
 * the request went to. Whether TLS is in front of us we cannot know, and
 * so not which of the two usual ports a host without one means: the
 * origin's.
 */
static bool
is_same_origin(const struct request *req, struct slice origin)
{
	struct slice host, own_host, digits, authority = req->target.authority;
	uint64_t port, own_port;

	if (req->target.form != TARGET_ABSOLUTE)
		authority = request_field(req, SLICE("Host"));
	if (!cut_origin(origin, &host, &port, &own_port) ||
	    !authority_parse(authority, &own_host, &digits))
		return false;
	if (digits.len > 0 && !slice_to_u64(digits, &own_port))
		return false;
	return port == own_port && slice_equal_nocase(host, own_host);
}

static enum status
check_origin(struct handshake *h, const struct request *req,
	     const struct handshake_policy *policy)
{
	struct slice origin;
	size_t lines = find(req, SLICE("Origin"), &origin);

	if (lines == 0)
		return STATUS_NONE;
	if (lines > 1)
		return refuse(h, STATUS_BAD_REQUEST, "more than one Origin");
	if (is_same_origin(req, origin))
		return STATUS_NONE;
	for (size_t i = 0; i < policy->origin_count; i++)
		if (slice_equal(policy->origin[i], SLICE("*")) ||
		    matches(policy->origin[i], origin))
			return STATUS_NONE;
	return refuse(h, STATUS_FORBIDDEN, "an Origin that is not allowed");
}

static bool
is_allowed(const struct handshake_policy *policy, struct slice protocol)
{
	for (size_t i = 0; i < policy->protocol_count; i++)
		if (slice_equal(policy->protocol[i], protocol))
			return true;
	return false;
}

/* Sec-WebSocket-Protocol-Client = 1#token (section 4.3) */
static enum status
choose_protocol(struct handshake *h, const struct request *req,
		const struct handshake_policy *policy)
{
	const struct field *field = req->head.field;
	size_t count = req->head.field_count;
	struct slice list, element;
	bool is_there = false, is_empty = true;

	while (field_next(&field, &count, SLICE("Sec-WebSocket-Protocol"),
			  &list)) {
		is_there = true;
		while (slice_next_element(&list, &element)) {
			is_empty = false;
			if (!is_token(element))
				return refuse(h, STATUS_BAD_REQUEST,
					      "a subprotocol that is no token");
			if (h->protocol.ptr == NULL &&
			    is_allowed(policy, element))
				h->protocol = element;
		}
	}
	if (is_there && is_empty)
		return refuse(h, STATUS_BAD_REQUEST,
			      "an empty Sec-WebSocket-Protocol");
	return STATUS_NONE;
}

enum status
handshake_check(struct handshake *h, const struct request *req,
		const struct handshake_policy *policy)
{
	enum status status;

	*h = (struct handshake){0};
	if (req->method != METHOD_GET)
		return refuse(h, STATUS_METHOD_NOT_ALLOWED,
			      "not a GET on a WebSocket");
	if (!handshake_is_wanted(req))
		return refuse(h, STATUS_UPGRADE_REQUIRED,
			      "no upgrade to websocket");
	if (!lists(req, SLICE("Connection"), SLICE("upgrade")))
		return refuse(h, STATUS_BAD_REQUEST,
			      "Upgrade without Connection: upgrade");
	if (request_has_content(req))
		return refuse(h, STATUS_BAD_REQUEST,
			      "a WebSocket handshake with content");
	if ((status = check_version(h, req)) || (status = check_key(h, req)) ||
	    (status = check_origin(h, req, policy)) ||
	    (status = choose_protocol(h, req, policy)))
		return status;
	if (!extension_choose(&h->deflate, &policy->deflate, req->head.field,
			      req->head.field_count))
		return refuse(h, STATUS_BAD_REQUEST,
			      "malformed Sec-WebSocket-Extensions");
	return STATUS_NONE;
}

void
handshake_add_fields(struct buf *out, const struct handshake *h)
{
	buf_add_str(out, "Upgrade: websocket\r\n"
			 "Connection: Upgrade\r\n"
			 "Sec-WebSocket-Accept: ");
	buf_add(out, (struct slice){h->accept, sizeof(h->accept)});
	if (h->protocol.ptr != NULL) {
		buf_add_str(out, "\r\nSec-WebSocket-Protocol: ");
		buf_add(out, h->protocol);
	}
	if (h->deflate.is_on) {
		buf_add_str(out, "\r\nSec-WebSocket-Extensions: ");
		extension_add(out, &h->deflate);
	}
	buf_add_str(out, "\r\n");
}

void
handshake_add_versions(struct buf *out)
{
	buf_add_str(out, "Upgrade: websocket\r\n"
			 "Sec-WebSocket-Version: 13\r\n");
}

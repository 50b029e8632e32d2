/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/ip.h"
#include "http/target.h"

static enum status
refuse(struct target *target, const char *why)
{
	target->refusal = why;
	return STATUS_BAD_REQUEST;
}

/* Of RFC 3986: unreserved (1), sub-delims (2), ":" and "@" (4). */
enum { UNRESERVED = 1, SUB_DELIM = 2, COLON_AT = 4 };
#define PCHAR (UNRESERVED | SUB_DELIM | COLON_AT)

static int
char_class(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return UNRESERVED;
	switch (c) {
	case '-':
	case '.':
	case '_':
	case '~':
		return UNRESERVED;
	case '!':
	case '$':
	case '&':
	case '\'':
	case '(':
	case ')':
	case '*':
	case '+':
	case ',':
	case ';':
	case '=':
		return SUB_DELIM;
	case ':':
	case '@':
		return COLON_AT;
	default:
		return 0;
	}
}

/* The byte that "%XX" at the start of s stands for, or -1. */
static int
decode(struct slice s)
{
	int high, low;

	if (s.len < 3)
		return -1;
	high = hex_digit(s.ptr[1]);
	low = hex_digit(s.ptr[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/*
 * Ends the segment that begins at start in a path of n bytes: "." goes,
 * ".." takes the segment before it along (RFC 3986, section 5.2.4: above
 * the root there is nothing to take), an empty one goes so that rules
 * written for /a/ hold for //a/ too. Returns the new length.
 */
static size_t
end_segment(char *path, size_t start, size_t n, bool is_last)
{
	size_t len = n - start;

	if (len == 0 || (len == 1 && path[start] == '.'))
		return start;
	if (len == 2 && path[start] == '.' && path[start + 1] == '.') {
		if (start > 1)
			start--;
		while (path[start - 1] != '/')
			start--;
		return start;
	}
	if (!is_last)
		path[n++] = '/';
	return n;
}

static enum status
parse_path(struct target *target, struct slice raw, char *path)
{
	size_t n = 0, start;

	path[n++] = '/';
	start = n;
	for (size_t i = 1; i < raw.len; i++) {
		char c = raw.ptr[i];
		int byte;

		if (c == '/') {
			start = n = end_segment(path, start, n, false);
			continue;
		}
		if (c != '%') {
			if (!(char_class(c) & PCHAR))
				return refuse(target, "a byte in the path that "
						      "must be encoded");
			path[n++] = c;
			continue;
		}
		byte = decode(slice_skip(raw, i));
		if (byte < 0)
			return refuse(target,
				      "a % without two hexadecimal digits");
		if (byte == 0)
			return refuse(target, "%00 in the path");
		if (byte == '/') {
			target->encoded_slash = true;
			memcpy(path + n, "%2F", 3);
			n += 3;
		} else {
			path[n++] = (char)byte;
		}
		i += 2;
	}
	n = end_segment(path, start, n, true);
	path[n] = '\0';
	target->path = (struct slice){path, n};
	return STATUS_NONE;
}

static enum status
check_query(struct target *target, struct slice query)
{
	for (size_t i = 0; i < query.len; i++) {
		char c = query.ptr[i];

		if (c == '%' && decode(slice_skip(query, i)) < 0)
			return refuse(target, "a % without two hexadecimal "
					      "digits in the query");
		if (c == '%' || (char_class(c) & PCHAR))
			continue;
		if (c == '\0' || strchr("/?[]{}|\\^`", c) == NULL)
			return refuse(target, "a byte in the query that must "
					      "be encoded");
	}
	return STATUS_NONE;
}

static enum status
parse_path_and_query(struct target *target, struct slice raw, char *storage)
{
	struct slice path;
	enum status status;

	target->has_query = slice_cut(raw, '?', &path, &target->query);
	status = parse_path(target, path, storage);
	return status ? status : check_query(target, target->query);
}

static bool
is_ipv6(struct slice s)
{
	struct ip ip;

	return s.len > 0 && memchr(s.ptr, ':', s.len) != NULL &&
	       ip_parse(&ip, s);
}

static bool
is_reg_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%') {
			if (decode(slice_skip(s, i)) < 0)
				return false;
			i += 2;
		} else if (!(char_class(s.ptr[i]) & (UNRESERVED | SUB_DELIM))) {
			return false;
		}
	}
	return s.len > 0;
}

bool
authority_parse(struct slice authority, struct slice *host, struct slice *port)
{
	struct slice inside, rest;
	uint64_t number;

	if (authority.len > 0 && authority.ptr[0] == '[') {
		if (!slice_cut(slice_skip(authority, 1), ']', &inside, &rest) ||
		    !is_ipv6(inside))
			return false;
		*host = (struct slice){authority.ptr, inside.len + 2};
		if (rest.len > 0 && rest.ptr[0] != ':')
			return false;
		*port = slice_skip(rest, 1);
	} else {
		slice_cut(authority, ':', host, port);
		if (!is_reg_name(*host))
			return false;
	}
	/* port = *DIGIT, so "host:" is fine. */
	return port->len == 0 ||
	       (slice_to_u64(*port, &number) && number <= 65535);
}

/* True if raw begins with "http://" or "https://"; rest is what follows. */
static bool
cut_scheme(struct slice raw, struct slice *rest)
{
	static const struct slice schemes[] = {{"http://", 7}, {"https://", 8}};

	for (size_t i = 0; i < 2; i++) {
		struct slice start = {raw.ptr, schemes[i].len};

		if (raw.len < start.len ||
		    !slice_equal_nocase(start, schemes[i]))
			continue;
		*rest = slice_skip(raw, start.len);
		return true;
	}
	return false;
}

static enum status
parse_absolute(struct target *target, struct slice rest, char *storage)
{
	struct slice host, port;
	size_t n = 0;
	enum status status;

	while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?')
		n++;
	target->form = TARGET_ABSOLUTE;
	target->authority = (struct slice){rest.ptr, n};
	/* userinfo has an '@', which no authority of ours may hold. */
	if (!authority_parse(target->authority, &host, &port))
		return refuse(target, "the host of the absolute-form target "
				      "is malformed");
	rest = slice_skip(rest, n);
	if (rest.len > 0 && rest.ptr[0] == '/')
		return parse_path_and_query(target, rest, storage);
	/* "An empty path is the same as /" (RFC 9110, section 4.2.3). */
	storage[0] = '/';
	storage[1] = '\0';
	target->path = (struct slice){storage, 1};
	target->has_query = rest.len > 0;
	target->query = slice_skip(rest, 1);
	status = check_query(target, target->query);
	return status;
}

enum status
target_parse(struct target *target, enum method method, struct slice raw,
	     char *storage)
{
	struct slice rest, host, port;

	*target = (struct target){.form = TARGET_ORIGIN};
	storage[0] = '\0';
	target->path = (struct slice){storage, 0};
	if (method == METHOD_CONNECT) {
		target->form = TARGET_AUTHORITY;
		return authority_parse(raw, &host, &port) && port.len > 0
			   ? STATUS_NONE
			   : refuse(target, "CONNECT without host:port");
	}
	if (slice_starts(raw, SLICE("/")))
		return parse_path_and_query(target, raw, storage);
	if (slice_equal(raw, SLICE("*"))) {
		target->form = TARGET_ASTERISK;
		return method == METHOD_OPTIONS
			   ? STATUS_NONE
			   : refuse(target, "the target * is for OPTIONS only");
	}
	if (cut_scheme(raw, &rest))
		return parse_absolute(target, rest, storage);
	return refuse(target, "the target is neither a path nor an http URI");
}

static void
add_encoded(struct buf *out, char c)
{
	buf_add_char(out, '%');
	buf_add_char(out, "0123456789ABCDEF"[(unsigned char)c >> 4]);
	buf_add_char(out, "0123456789ABCDEF"[(unsigned char)c & 15]);
}

void
target_encode_path(struct buf *out, struct slice path)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];

		if (c == '/' || (char_class(c) & PCHAR))
			buf_add_char(out, c);
		else
			add_encoded(out, c);
	}
}

void
target_encode_query(struct buf *out, struct slice query)
{
	for (size_t i = 0; i < query.len; i++) {
		char c = query.ptr[i];

		if (c == '%' || c == '/' || c == '?' || (char_class(c) & PCHAR))
			buf_add_char(out, c);
		else
			add_encoded(out, c);
	}
}

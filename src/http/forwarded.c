/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/forwarded.h"

static bool
parse_port(uint16_t *port, struct slice text)
{
	uint64_t n;

	if (text.len > 5 || !slice_to_u64(text, &n) || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* obfport: a port that is hidden, which is as good as none. */
static bool
is_hidden(struct slice text)
{
	if (text.len < 2 || text.ptr[0] != '_')
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!is_tchar(text.ptr[i]))
			return false;
	return true;
}

/*
 * "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]" or "[2001:db8::1]:80"; in
 * X-Forwarded-For also "2001:db8::1". Anything else is not known.
 */
static struct forwarded
parse_node(struct slice node, bool takes_bare)
{
	struct forwarded unknown = {0}, parsed = {.is_known = true};
	struct slice address = node, port = {0};
	bool has_port;

	if (takes_bare && ip_parse(&parsed.address, node))
		return parsed;
	if (node.len > 0 && node.ptr[0] == '[') {
		if (!slice_cut(slice_skip(node, 1), ']', &address, &port) ||
		    memchr(address.ptr, ':', address.len) == NULL ||
		    (port.len > 0 && port.ptr[0] != ':'))
			return unknown;
		has_port = port.len > 0;
		port = slice_skip(port, 1);
	} else {
		has_port = slice_cut(node, ':', &address, &port);
	}
	if (!ip_parse(&parsed.address, address) ||
	    (has_port && !parse_port(&parsed.port, port) && !is_hidden(port)))
		return unknown;
	return parsed;
}

/*
 * Takes a token or a quoted string off s. A backslash would have to be
 * taken out, which no address needs: such a string counts as empty.
 */
static bool
take_value(struct slice *s, struct slice *value)
{
	bool has_escape = false;
	size_t n = 0;

	if (s->len == 0 || s->ptr[0] != '"') {
		while (n < s->len && is_tchar(s->ptr[n]))
			n++;
		*value = (struct slice){s->ptr, n};
		*s = slice_skip(*s, n);
		return n > 0;
	}
	for (n = 1; n < s->len && s->ptr[n] != '"'; n++)
		if (s->ptr[n] == '\\') {
			has_escape = true;
			n++;
		}
	if (n >= s->len)
		return false;
	*value = (struct slice){0};
	if (!has_escape)
		*value = (struct slice){s->ptr + 1, n - 1};
	*s = slice_skip(*s, n + 1);
	return true;
}

/* Takes "name=value" off s. */
static bool
take_pair(struct slice *s, struct slice *name, struct slice *value)
{
	size_t n = 0;

	while (n < s->len && is_tchar(s->ptr[n]))
		n++;
	*name = (struct slice){s->ptr, n};
	*s = slice_skip(*s, n);
	if (n == 0 || s->len == 0 || s->ptr[0] != '=')
		return false;
	*s = slice_skip(*s, 1);
	return take_value(s, value);
}

/*
 * The address in an element of Forwarded: pairs with semicolons between
 * them. Unknown too if anything in it is malformed.
 */
static struct forwarded
parse_element(struct slice s)
{
	struct forwarded unknown = {0}, node = {0};
	struct slice name, value;
	bool has_for = false;

	while (s.len > 0) {
		if (s.ptr[0] == ';') {
			s = slice_trim(slice_skip(s, 1));
			continue;
		}
		if (!take_pair(&s, &name, &value))
			return unknown;
		s = slice_trim(s);
		if (s.len > 0 && s.ptr[0] != ';')
			return unknown;
		if (!slice_equal_nocase(name, SLICE("for")))
			continue;
		/* "MUST NOT occur more than once" in an element. */
		if (has_for)
			return unknown;
		has_for = true;
		node = parse_node(value, false);
	}
	return node;
}

/* True if the quote at ptr + at is one in a quoted pair. */
static bool
is_escaped(const char *ptr, size_t at)
{
	size_t backslashes = 0;

	while (backslashes < at && ptr[at - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/*
 * Takes the last element off list, as slice_next_element takes the first.
 * From the end, since it is the end that proxies have written: whatever a
 * client has in front of that, a string that it leaves open included,
 * cannot take their words away.
 */
static bool
take_last(struct slice *list, struct slice *element, bool has_strings)
{
	while (list->len > 0) {
		size_t at = list->len;
		bool in_string = false;

		while (at > 0 && (in_string || list->ptr[at - 1] != ',')) {
			at--;
			if (has_strings && list->ptr[at] == '"' &&
			    !is_escaped(list->ptr, at))
				in_string = !in_string;
		}
		*element = slice_trim(slice_skip(*list, at));
		list->len = at > 0 ? at - 1 : 0;
		if (element->len > 0)
			return true;
	}
	return false;
}

/* Follows the lines of that name from the last element to the first. */
static struct forwarded
find(const struct request *req, struct slice name, bool is_rfc,
     const struct networks *trusted)
{
	struct forwarded found = {0}, next;

	for (size_t i = req->head.field_count; i > 0; i--) {
		const struct field *field = &req->head.field[i - 1];
		struct slice value = field->value, element;

		if (!slice_equal_nocase(field->name, name))
			continue;
		while (take_last(&value, &element, is_rfc)) {
			next = is_rfc ? parse_element(element)
				      : parse_node(element, true);
			if (!next.is_known)
				return found;
			found = next;
			if (!networks_have(trusted, &next.address))
				return found;
		}
	}
	return found;
}

struct forwarded
forwarded_find(const struct request *req, const struct networks *trusted)
{
	static const struct slice x_name = {"X-Forwarded-For", 15};
	static const struct slice rfc_name = {"Forwarded", 9};
	struct forwarded x, rfc;

	rfc = find(req, rfc_name, true, trusted);
	if (request_field(req, x_name).ptr == NULL)
		return rfc;
	x = find(req, x_name, false, trusted);
	if (request_field(req, rfc_name).ptr != NULL &&
	    (!rfc.is_known ||
	     memcmp(&x.address, &rfc.address, sizeof(x.address)) != 0))
		return (struct forwarded){0};
	return x;
}

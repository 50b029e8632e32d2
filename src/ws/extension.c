/* SPDX-License-Identifier: ISC */
#include "ws/extension.h"
#include "http/field.h"

/*
 *	extension-list  = 1#extension
 *	extension       = token *( ";" extension-param )
 *	extension-param = token [ "=" (token | quoted-string) ]
 *
 * with blanks between any two of them (RFC 2616, section 2.1), and what a
 * quoted-string stands for being a token too.
 */

/* A value of more bytes is no number of ours, and the rest not needed. */
#define VALUE_MAX 3

struct param {
	struct slice name;
	bool has_value;
	char value[VALUE_MAX]; /* its beginning */
	size_t value_len;
};

/* What one offer says. */
struct offer {
	bool is_invalid;
	bool has_server_bits, has_client_bits;
	int server_bits, client_bits; /* 0: without a value */
	bool server_no_context_takeover, client_no_context_takeover;
};

static void
skip_blanks(struct slice *s)
{
	while (s->len > 0 && (s->ptr[0] == ' ' || s->ptr[0] == '\t'))
		*s = slice_skip(*s, 1);
}

/* Takes c off the front of s, and the blanks on both of its sides. */
static bool
take_char(struct slice *s, char c)
{
	skip_blanks(s);
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	skip_blanks(s);
	return true;
}

static bool
take_token(struct slice *s, struct slice *token)
{
	token->ptr = s->ptr;
	token->len = 0;
	while (token->len < s->len && is_tchar(s->ptr[token->len]))
		token->len++;
	*s = slice_skip(*s, token->len);
	return token->len > 0;
}

static void
add_to_value(struct param *param, char c)
{
	if (param->value_len < VALUE_MAX)
		param->value[param->value_len++] = c;
}

/* A quoted-string, behind its first quote. */
static bool
take_quoted(struct slice *s, struct param *param)
{
	while (s->len > 0) {
		char c = s->ptr[0];

		*s = slice_skip(*s, 1);
		if (c == '"')
			return param->value_len > 0;
		if (c == '\\') {
			if (s->len == 0)
				return false;
			c = s->ptr[0];
			*s = slice_skip(*s, 1);
		}
		if (!is_tchar(c))
			return false;
		add_to_value(param, c);
	}
	return false;
}

static bool
take_param(struct slice *s, struct param *param)
{
	struct slice token;

	*param = (struct param){0};
	if (!take_token(s, &param->name))
		return false;
	param->has_value = take_char(s, '=');
	if (!param->has_value)
		return true;
	if (s->len > 0 && s->ptr[0] == '"') {
		*s = slice_skip(*s, 1);
		return take_quoted(s, param);
	}
	if (!take_token(s, &token))
		return false;
	for (size_t i = 0; i < token.len; i++)
		add_to_value(param, token.ptr[i]);
	return true;
}

/* "a decimal integer value without leading zeroes between 8 to 15" */
static int
parse_bits(const struct param *param)
{
	uint64_t n;

	if (param->value_len == 0 || param->value[0] == '0' ||
	    !slice_to_u64((struct slice){param->value, param->value_len}, &n) ||
	    n < WINDOW_BITS_MIN || n > WINDOW_BITS_MAX)
		return 0;
	return (int)n;
}

static bool
note_flag(const struct param *param, bool *flag)
{
	if (param->has_value || *flag)
		return false;
	*flag = true;
	return true;
}

/* False if the offer is to be declined for this parameter. */
static bool
note_param(struct offer *offer, const struct param *param)
{
	if (slice_equal(param->name, SLICE("server_no_context_takeover")))
		return note_flag(param, &offer->server_no_context_takeover);
	if (slice_equal(param->name, SLICE("client_no_context_takeover")))
		return note_flag(param, &offer->client_no_context_takeover);
	if (slice_equal(param->name, SLICE("server_max_window_bits"))) {
		if (offer->has_server_bits)
			return false;
		offer->has_server_bits = true;
		offer->server_bits = parse_bits(param);
		return offer->server_bits > 0;
	}
	if (slice_equal(param->name, SLICE("client_max_window_bits"))) {
		if (offer->has_client_bits)
			return false;
		offer->has_client_bits = true;
		offer->client_bits = parse_bits(param);
		return offer->client_bits > 0 || !param->has_value;
	}
	return false;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* False if we cannot keep the offer. */
static bool
agree(struct deflate_terms *terms, const struct deflate_policy *policy,
      const struct offer *offer)
{
	int client_bits =
	    offer->client_bits > 0 ? offer->client_bits : WINDOW_BITS_MAX;

	/* "MUST NOT include" it where it was not offered (7.1.2.2). */
	if (client_bits > policy->client_bits && !offer->has_client_bits)
		return false;
	*terms = (struct deflate_terms){
	    .is_on = true,
	    .server_bits = offer->has_server_bits
			       ? least(offer->server_bits, policy->server_bits)
			       : policy->server_bits,
	    .client_bits = least(client_bits, policy->client_bits),
	    .server_no_context_takeover = offer->server_no_context_takeover ||
					  policy->server_no_context_takeover,
	    .client_no_context_takeover = offer->client_no_context_takeover ||
					  policy->client_no_context_takeover,
	    .says_server_bits = offer->has_server_bits,
	    .says_client_bits = offer->has_client_bits,
	};
	return true;
}

/* Takes one extension off the front of s. False if it is malformed. */
static bool
take_extension(struct slice *s, struct slice *name, struct offer *offer)
{
	struct param param;

	*offer = (struct offer){0};
	if (!take_token(s, name))
		return false;
	while (take_char(s, ';')) {
		if (!take_param(s, &param))
			return false;
		if (!note_param(offer, &param))
			offer->is_invalid = true;
	}
	return true;
}

bool
extension_choose(struct deflate_terms *terms,
		 const struct deflate_policy *policy, const struct field *field,
		 size_t count)
{
	struct deflate_terms chosen = {0};
	struct slice line, name;
	struct offer offer;
	bool is_there = false, is_empty = true;

	*terms = chosen;
	while (field_next(&field, &count, SLICE("Sec-WebSocket-Extensions"),
			  &line)) {
		is_there = true;
		for (;;) {
			/* Elements of a list may be empty. */
			while (take_char(&line, ','))
				;
			if (line.len == 0)
				break;
			if (!take_extension(&line, &name, &offer))
				return false;
			is_empty = false;
			if (slice_equal(name, SLICE("permessage-deflate")) &&
			    policy->is_on && !chosen.is_on && !offer.is_invalid)
				agree(&chosen, policy, &offer);
			if (line.len > 0 && !take_char(&line, ','))
				return false;
		}
	}
	if (is_there && is_empty)
		return false;
	*terms = chosen;
	return true;
}

static void
add_bits(struct buf *out, const char *name, int bits)
{
	buf_add_str(out, name);
	buf_add_u64(out, (uint64_t)bits);
}

void
extension_add(struct buf *out, const struct deflate_terms *terms)
{
	buf_add_str(out, "permessage-deflate");
	if (terms->server_no_context_takeover)
		buf_add_str(out, "; server_no_context_takeover");
	if (terms->client_no_context_takeover)
		buf_add_str(out, "; client_no_context_takeover");
	if (terms->says_server_bits || terms->server_bits < WINDOW_BITS_MAX)
		add_bits(out, "; server_max_window_bits=", terms->server_bits);
	if (terms->says_client_bits && terms->client_bits < WINDOW_BITS_MAX)
		add_bits(out, "; client_max_window_bits=", terms->client_bits);
}

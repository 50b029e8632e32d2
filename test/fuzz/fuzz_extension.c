/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/extension: a byte of policy, and any bytes as the lines of
 * Sec-WebSocket-Extensions.
 * - Terms never go beyond the policy, and the response fits its storage;
 * - the response is itself a valid offer, of the same terms;
 * - an extension in front that is not known changes nothing, nor does
 *   another offer behind what was chosen, nor one more line of nothing.
 */
#include "fields.h"
#include "hold.h"
#include "ws/extension.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
add_line(struct fields *fields, const char *before, struct slice value,
	 const char *behind)
{
	char *text = malloc(value.len + 100);
	struct buf line = {.data = text, .cap = value.len + 100};

	buf_add_str(&line, before);
	buf_add(&line, value);
	buf_add_str(&line, behind);
	hold(!line.overflow);
	fields_add(fields, SLICE("sec-websocket-extensions"), buf_slice(&line));
	free(text);
}

static bool
is_same(const struct deflate_terms *a, const struct deflate_terms *b)
{
	return a->is_on == b->is_on && a->server_bits == b->server_bits &&
	       a->client_bits == b->client_bits &&
	       a->server_no_context_takeover == b->server_no_context_takeover &&
	       a->client_no_context_takeover == b->client_no_context_takeover;
}

/* The terms of the lines in text, each between before and behind. */
static bool
choose(struct deflate_terms *terms, const struct deflate_policy *policy,
       struct slice text, const char *before, const char *behind)
{
	struct fields fields = {0};
	struct slice line;
	bool is_fine, is_more = true;

	while (is_more) {
		is_more = slice_cut(text, '\n', &line, &text);
		add_line(&fields, before, line, behind);
	}
	is_fine = extension_choose(terms, policy, fields.field, fields.count);
	fields_free(&fields);
	return is_fine;
}

static void
check_response(const struct deflate_terms *terms)
{
	static const struct deflate_policy any = {
	    .is_on = true, .server_bits = 15, .client_bits = 15};
	char storage[EXTENSION_MAX];
	struct buf response = BUF_OVER(storage);
	struct deflate_terms again;

	extension_add(&response, terms);
	hold(!response.overflow);
	hold(choose(&again, &any, buf_slice(&response), "", ""));
	hold(is_same(&again, terms));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct deflate_policy policy = {.is_on = true};
	struct deflate_terms terms, again;
	struct slice text;
	bool is_fine;

	if (len == 0)
		return 0;
	policy.server_bits = WINDOW_BITS_MIN + (data[0] & 7);
	policy.client_bits = WINDOW_BITS_MIN + (data[0] >> 3 & 7);
	policy.server_no_context_takeover = data[0] & 0x40;
	policy.client_no_context_takeover = data[0] & 0x80;
	text = (struct slice){(const char *)data + 1, len - 1};
	is_fine = choose(&terms, &policy, text, "", "");
	hold(is_fine || !terms.is_on);
	if (terms.is_on) {
		hold(terms.server_bits >= WINDOW_BITS_MIN &&
		     terms.server_bits <= policy.server_bits);
		hold(terms.client_bits >= WINDOW_BITS_MIN &&
		     terms.client_bits <= policy.client_bits);
		hold(terms.server_no_context_takeover ||
		     !policy.server_no_context_takeover);
		hold(terms.client_no_context_takeover ||
		     !policy.client_no_context_takeover);
		check_response(&terms);
		hold(choose(&again, &policy, text, "",
			    ", permessage-deflate; client_max_window_bits=8"));
		hold(is_same(&again, &terms) || memchr(data, '\n', len));
	}
	if (is_fine) {
		hold(choose(&again, &policy, text, "foo;a=\"b\\c\" , ,", ","));
		hold(is_same(&again, &terms));
	} else if (!choose(&again, &policy, text, "foo,", "")) {
		/* Not just empty. */
		hold(!choose(&again, &policy, text, "foo; bar=baz, ", ","));
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include <assert.h>

#include "serve/websocket.h"

/* Takes the next word off text, and ends it with a NUL. */
static char *
next_word(char **text)
{
	char *word = *text;

	while (*word == ' ' || *word == '\t')
		word++;
	if (*word == '\0')
		return NULL;
	*text = word;
	while (**text != '\0' && **text != ' ' && **text != '\t')
		(*text)++;
	if (**text != '\0')
		*(*text)++ = '\0';
	return word;
}

const char *
websocket_rule_parse(struct websocket_rule *rule, char *text)
{
	char *word = next_word(&text);
	size_t count = 0;

	if (word == NULL || !pattern_is_valid(slice_of(word)))
		return "the pattern does not begin with a slash";
	rule->program.pattern = slice_of(word);
	rule->mode = WEBSOCKET_LINES;
	word = next_word(&text);
	if (word != NULL && (slice_equal(slice_of(word), SLICE("lines")) ||
			     slice_equal(slice_of(word), SLICE("packets")))) {
		if (word[0] == 'p')
			rule->mode = WEBSOCKET_PACKETS;
		word = next_word(&text);
	}
	if (word == NULL)
		return "no program behind the pattern";
	for (; word != NULL; word = next_word(&text)) {
		if (count == WEBSOCKET_ARGS_MAX)
			return "too many arguments";
		rule->argv[count++] = word;
	}
	rule->argv[count] = NULL;
	rule->program.program = rule->argv[0];
	return NULL;
}

const struct websocket_rule *
websocket_find(const struct websockets *sockets, struct slice path,
	       size_t *matched)
{
	if (sockets == NULL)
		return NULL;
	for (size_t i = sockets->rule_count; i-- > 0;) {
		struct slice pattern = sockets->rule[i].program.pattern;

		/* All of the path, or what is beneath a slash. */
		if (pattern_matches(pattern, path) &&
		    pattern_matches_start(pattern, path, matched))
			return &sockets->rule[i];
	}
	return NULL;
}

bool
websocket_wants(const struct exchange *x)
{
	size_t matched;

	return websocket_find(x->site->websockets, x->target->path, &matched) !=
	       NULL;
}

static enum status
check(struct exchange *x, struct handshake *h)
{
	enum status status =
	    handshake_check(h, x->req, &x->site->websockets->policy);

	if (!status)
		return STATUS_NONE;
	if (status == STATUS_UPGRADE_REQUIRED) {
		handshake_add_versions(&x->res->fields);
		/* RFC 9110, section 7.8 */
		buf_add_str(&x->res->fields, "Connection: upgrade\r\n");
	}
	return response_refuse(x->res, status, h->refusal);
}

void
websocket_take(struct script *s, const struct websocket_rule *rule,
	       struct slice path, size_t matched)
{
	if (path.ptr[matched - 1] == '/')
		matched--;
	script_take(s, &rule->program, path, matched);
	s->argv = rule->argv;
	s->joint =
	    rule->mode == WEBSOCKET_PACKETS ? JOINT_PACKETS : JOINT_PIPES;
}

enum status
websocket_start(struct exchange *x)
{
	struct slice path = x->target->path;
	const struct websocket_rule *rule;
	struct cgi_script s = {.length = 0};
	struct handshake h;
	enum status status;
	size_t matched;

	rule = websocket_find(x->site->websockets, path, &matched);
	assert(rule != NULL);
	if ((status = check(x, &h)))
		return status;
	websocket_take(&s.script, rule, path, matched);
	s.websocket_protocol = h.protocol;
	if ((status = cgi_start(x, &s, AGENT_WEBSOCKET)))
		return status;
	exchange_explain(x, "program", slice_of(s.script.path));
	x->program->is_packets = rule->mode == WEBSOCKET_PACKETS;
	x->program->deflate = h.deflate;
	x->res->status = STATUS_SWITCHING_PROTOCOLS;
	x->res->content = CONTENT_WEBSOCKET;
	handshake_add_fields(&x->res->fields, &h);
	return STATUS_NONE;
}

enum status
websocket_handle(struct exchange *x)
{
	const struct program_rule *auth = &x->site->websockets->auth;
	struct handshake h;
	enum status status;

	if (auth->program == NULL)
		return websocket_start(x);
	/* What cannot become a WebSocket is nothing to ask about. */
	if ((status = check(x, &h)))
		return status;
	x->asks_for_websocket = true;
	return cgi_handle_by(x, auth);
}

/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The last rule that is about path; matched as in programs_find. */
static const struct websocket_rule *
find_rule(const struct exchange *x, size_t *matched)
{
	const struct websockets *sockets = x->site->websockets;
	struct slice path = x->target->path;

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

	return find_rule(x, &matched) != NULL;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Both ends of what joins us with a program, none of which may be left. */
struct joints {
	int theirs[SPAWN_FDS];
	int in, out, errors;
};

static bool
make_pipe(int *from, int *to, int *ours)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	*from = fd[0];
	*to = fd[1];
	return fcntl(*ours, F_SETFL,
		     O_NONBLOCK | (ours == to ? O_WRONLY : 0)) == 0;
}

/* Standard input is empty, and standard output goes where errors do. */
static bool
make_channel(struct joints *j)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	j->in = pair[0];
	j->theirs[3] = pair[1];
	j->theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return j->theirs[0] >= 0;
}

static bool
make_joints(struct joints *j, enum websocket_mode mode)
{
	if (!make_pipe(&j->errors, &j->theirs[2], &j->errors))
		return false;
	if (mode == WEBSOCKET_PACKETS) {
		if (!make_channel(j))
			return false;
		j->theirs[1] = dup(j->theirs[2]);
		return j->theirs[1] >= 0 &&
		       fcntl(j->theirs[1], F_SETFD, FD_CLOEXEC) == 0;
	}
	return make_pipe(&j->theirs[0], &j->in, &j->in) &&
	       make_pipe(&j->out, &j->theirs[1], &j->out);
}

static enum status
start_joined(struct exchange *x, const struct cgi_script *s,
	     enum websocket_mode mode)
{
	struct joints j = {{-1, -1, -1, -1}, -1, -1, -1};
	enum status status = make_joints(&j, mode)
				 ? cgi_spawn(x, s, j.theirs)
				 : cgi_refuse_start(x, EMFILE);

	for (int i = 0; i < SPAWN_FDS; i++)
		close_fd(&j.theirs[i]);
	if (status) {
		close_fd(&j.in);
		close_fd(&j.out);
		close_fd(&j.errors);
		return status;
	}
	x->program->in = j.in;
	x->program->out = j.out;
	x->program->errors = j.errors;
	return STATUS_NONE;
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

enum status
websocket_start(struct exchange *x)
{
	struct slice path = x->target->path;
	const struct websocket_rule *rule;
	struct cgi_script s = {
	    .file = {-1, -1, 0}, .content_fd = -1, .path_info = {0}};
	struct handshake h;
	enum status status;
	size_t matched;

	rule = find_rule(x, &matched);
	assert(rule != NULL);
	if ((status = check(x, &h)))
		return status;
	if (path.ptr[matched - 1] == '/')
		matched--;
	s.rule = &rule->program;
	s.path = rule->program.program;
	s.argv = rule->argv;
	s.name = (struct slice){path.ptr, matched};
	s.path_info = slice_skip(path, matched);
	s.websocket_protocol = h.protocol;
	if (!cgi_prepare(x, &s))
		return cgi_refuse_start(x, E2BIG);
	if ((status = start_joined(x, &s, rule->mode)))
		return status;
	exchange_explain(x, "program", slice_of(s.path));
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

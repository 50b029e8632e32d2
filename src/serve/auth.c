/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve/auth.h"
#include "serve/process.h"

/* What perch-auth may say; more is not read. */
#define COMPLAINT_MAX 1024

static bool
is_remembered(const struct auth *auth, const char *file, struct slice text)
{
	return auth->len > 0 && auth->file == file &&
	       bytes_equal_constant_time(text,
					 (struct slice){auth->text, auth->len});
}

static void
remember(struct auth *auth, const char *file, struct slice text)
{
	memcpy(auth->text, text.ptr, text.len);
	auth->len = text.len;
	auth->file = file;
}

/* As checkpassword wants it. It fits into a pipe, however small. */
static void
write_credentials(int fd, const struct credentials *c)
{
	char storage[CREDENTIALS_MAX + 4];
	struct buf text = BUF_OVER(storage);
	struct slice rest;
	ssize_t n = 0;

	buf_add(&text, c->user);
	buf_add_char(&text, '\0');
	buf_add(&text, c->password);
	buf_add(&text, (struct slice){"\0"
				      "0"
				      "\0",
				      3});
	rest = buf_slice(&text);
	/* If it does not want them, its end says what comes of it. */
	while (rest.len > 0 && (n >= 0 || errno == EINTR)) {
		n = write(fd, rest.ptr, rest.len);
		if (n > 0)
			rest = slice_skip(rest, (size_t)n);
	}
	explicit_bzero(storage, sizeof(storage));
}

int
auth_start(const struct auth_settings *settings, const char *file,
	   struct joint *j)
{
	char name[] = "perch-auth", path[] = "PATH=/usr/bin:/bin";
	char *argv[] = {name, (char *)file, NULL};
	char *environment[] = {path, NULL};
	struct spawn program = {.program_fd = -1,
				.path = settings->program,
				.directory_fd = -1,
				.argv = argv,
				.environment = environment,
				.flags = SPAWN_OWN_GROUP | SPAWN_DIES_WITH_US |
					 SPAWN_FRESH_SIGNALS |
					 SPAWN_CLOSES_REST};

	return joint_start(j, &program, JOINT_SECRET, -1);
}

static int
start(const struct auth_settings *settings, const struct auth_question *q,
      struct joint *j)
{
	const struct agent_start start = {.kind = AGENT_PASSWORD,
					  .path = slice_of(q->file)};

	return q->agent != NULL ? agent_begin(q->agent, &start, j)
				: auth_start(settings, q->file, j);
}

/* Reads what it says, until it has ended. False if it takes too long. */
static bool
listen_to(int fd, int64_t deadline, struct buf *said)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - clock_ms();
		char rest[256];
		size_t room = buf_room(said);
		ssize_t n;

		if (left <= 0)
			return false;
		n = poll(&p, 1, left < 60000 ? (int)left : 60000);
		if (n < 0 && errno != EINTR)
			return false;
		if (n <= 0)
			continue;
		n = read(p.fd, room > 0 ? buf_end(said) : rest,
			 room > 0 ? room : sizeof(rest));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0 && room > 0)
			said->len += (size_t)n;
	}
}

static void
log_lines(struct slice said)
{
	struct slice line;

	while (said.len > 0) {
		struct log_line out;

		slice_cut(said, '\n', &line, &said);
		log_begin(&out);
		buf_add(&out.text, line);
		log_end(&out, LOG_LEVEL_ERROR);
	}
}

static enum auth_result
ask(const struct auth_settings *settings, const struct auth_question *q,
    const struct credentials *c)
{
	char storage[COMPLAINT_MAX];
	struct buf said = BUF_OVER(storage);
	struct process process;
	struct joint j;
	int error = start(settings, q, &j);

	if (error) {
		log_message(LOG_LEVEL_ERROR, settings->program,
			    strerror(error));
		return AUTH_FAILED;
	}
	process_init(&process, q->agent, j.pid);
	write_credentials(j.in, c);
	close(j.in);
	j.in = -1;
	if (!listen_to(j.errors, clock_deadline(settings->timeout_ms), &said)) {
		log_message(LOG_LEVEL_ERROR, settings->program,
			    "it took too long");
		process_kill(&process);
	}
	joint_close(&j);
	process_wait(&process);
	process_release(&process);
	log_lines(buf_slice(&said));
	return process.exit_status == 0   ? AUTH_GOOD
	       : process.exit_status == 1 ? AUTH_BAD
					  : AUTH_FAILED;
}

enum auth_result
auth_check(struct auth *auth, const struct auth_settings *settings,
	   const struct auth_question *q, const char **why)
{
	char storage[CREDENTIALS_MAX];
	struct credentials c;
	struct slice text;
	enum auth_result result;

	if (q->value.ptr == NULL)
		return AUTH_ABSENT;
	if (!credentials_parse(&c, q->value, storage)) {
		*why = c.refusal;
		return AUTH_BAD;
	}
	text = (struct slice){storage, c.user.len + 1 + c.password.len};
	if (is_remembered(auth, q->file, text)) {
		result = AUTH_GOOD;
	} else {
		result = ask(settings, q, &c);
		if (result == AUTH_GOOD)
			remember(auth, q->file, text);
		else
			*why = "a wrong user or password";
	}
	if (result == AUTH_BAD)
		auth->failures++;
	credentials_wipe(&c, storage);
	return result;
}

struct slice
auth_user(const struct auth *auth)
{
	struct slice user, password;

	slice_cut((struct slice){auth->text, auth->len}, ':', &user, &password);
	return user;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve/auth.h"
#include "serve/spawn.h"

/* What perch-auth may say; more is not read. */
#define COMPLAINT_MAX 1024

/* A start of perch-auth: what it reads, and what it says. */
struct check {
	int credentials[2], complaints[2];
	int null;
	pid_t pid;
};

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
static bool
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
	while (rest.len > 0 && (n >= 0 || errno == EINTR)) {
		n = write(fd, rest.ptr, rest.len);
		if (n > 0)
			rest = slice_skip(rest, (size_t)n);
	}
	explicit_bzero(storage, sizeof(storage));
	return rest.len == 0;
}

static void
close_all(struct check *check)
{
	int *fds[] = {&check->credentials[0], &check->credentials[1],
		      &check->complaints[0], &check->complaints[1],
		      &check->null};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* Returns 0 or an errno value; what is open then is the caller's to close. */
static int
start(struct check *check, const struct auth_settings *settings,
      const char *file, const struct credentials *c)
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

	if (pipe2(check->credentials, O_CLOEXEC) != 0 ||
	    pipe2(check->complaints, O_CLOEXEC) != 0)
		return errno;
	check->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (check->null < 0 || !write_credentials(check->credentials[1], c))
		return errno;
	/* Who has inherited that it is ignored is told of no child's end. */
	signal(SIGCHLD, SIG_DFL);
	program.fd[0] = program.fd[1] = check->null;
	program.fd[2] = check->complaints[1];
	program.fd[3] = check->credentials[0];
	check->pid = spawn_start(&program);
	if (check->pid < 0)
		return (int)-check->pid;
	close(check->credentials[1]);
	check->credentials[1] = -1;
	close(check->complaints[1]);
	check->complaints[1] = -1;
	return 0;
}

/* Reads what it says, until it has ended. False if it takes too long. */
static bool
listen_to(struct check *check, int64_t deadline, struct buf *said)
{
	struct pollfd p = {.fd = check->complaints[0], .events = POLLIN};

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
ask(const struct auth_settings *settings, const char *file,
    const struct credentials *c)
{
	struct check check = {{-1, -1}, {-1, -1}, -1, -1};
	char storage[COMPLAINT_MAX];
	struct buf said = BUF_OVER(storage);
	int status = -1, error = start(&check, settings, file, c);

	if (error) {
		close_all(&check);
		log_message(LOG_LEVEL_ERROR, settings->program,
			    strerror(error));
		return AUTH_FAILED;
	}
	if (!listen_to(&check, clock_deadline(settings->timeout_ms), &said)) {
		log_message(LOG_LEVEL_ERROR, settings->program,
			    "it took too long");
		kill(check.pid, SIGKILL);
	}
	close_all(&check);
	while (waitpid(check.pid, &status, 0) < 0 && errno == EINTR) {
	}
	log_lines(buf_slice(&said));
	if (!WIFEXITED(status))
		return AUTH_FAILED;
	return WEXITSTATUS(status) == 0   ? AUTH_GOOD
	       : WEXITSTATUS(status) == 1 ? AUTH_BAD
					  : AUTH_FAILED;
}

enum auth_result
auth_check(struct auth *auth, const struct auth_settings *settings,
	   const char *file, struct slice value, const char **why)
{
	char storage[CREDENTIALS_MAX];
	struct credentials c;
	struct slice text;
	enum auth_result result;

	if (value.ptr == NULL)
		return AUTH_ABSENT;
	if (!credentials_parse(&c, value, storage)) {
		*why = c.refusal;
		return AUTH_BAD;
	}
	text = (struct slice){storage, c.user.len + 1 + c.password.len};
	if (is_remembered(auth, file, text)) {
		result = AUTH_GOOD;
	} else {
		result = ask(settings, file, &c);
		if (result == AUTH_GOOD)
			remember(auth, file, text);
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

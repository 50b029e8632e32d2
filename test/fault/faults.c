/* SPDX-License-Identifier: ISC */
/*
 * Makes every system call of perch fail, one after the other, by each error
 * that it may have, and looks at what the client gets: what an interrupt or
 * a short count may not change at all, and others by an error of the
 * server's or a cut that can be seen alone. Nothing may hang, spin, crash
 * or be left.
 *
 *	faults [NAME]    those scenarios whose name contains NAME
 *
 * Prints TAP. With $LONG each error also lasts, from each call on; with $SHORT
 * only the first and the last of a kind of call fail. $SHOW shows what the
 * client got where that is wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "errors.h"
#include "scenario.h"
#include "trace.h"

#define ROOM (1 << 20)

static const char *perch, *self;
static char site[256], spool[512];
static int test_count, failed_count;

/* What one run of a scenario has brought. */
struct run {
	struct outcome outcome;
	struct bytes bytes, log;
	struct answers answers;
};

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Of this process: another one would take the connections of others. */
static int listener = -1;

/* With room for all that either end sends: nobody reads meanwhile. */
static void
connect_by_tcp(int end[2])
{
	static struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int room = ROOM;

	if (listener < 0) {
		name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		name.sin_port = 0;
		listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(listener, (struct sockaddr *)&name, len) != 0 ||
		    listen(listener, 8) != 0 ||
		    getsockname(listener, (struct sockaddr *)&name, &len) != 0)
			die("listen");
	}
	end[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (setsockopt(end[0], SOL_SOCKET, SO_RCVBUFFORCE, &room,
		       sizeof(room)) != 0)
		setsockopt(end[0], SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(end[0], (struct sockaddr *)&name, sizeof(name)) != 0)
		die("connect");
	end[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (end[1] < 0)
		die("accept");
	setsockopt(end[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

/* Of ours [0] is written to and [1] read from; theirs are 0 and 1. */
static void
connect_by(enum connection connection, int ours[2], int theirs[2])
{
	int in[2], out[2];

	if (connection == BY_TCP) {
		connect_by_tcp(in);
		ours[0] = ours[1] = in[0];
		theirs[0] = theirs[1] = in[1];
		return;
	}
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		die("pipe2");
	fcntl(out[1], F_SETPIPE_SZ, ROOM);
	ours[0] = in[1];
	ours[1] = out[0];
	theirs[0] = in[0];
	theirs[1] = out[1];
}

static void
end_output(const int ours[2])
{
	if (ours[0] == ours[1])
		shutdown(ours[0], SHUT_WR);
	else
		close(ours[0]);
}

static void
take_all(struct bytes *b, int fd)
{
	static char block[65536];
	ssize_t n;

	append(b, "", 0);
	while ((n = read(fd, block, sizeof(block))) > 0 ||
	       (n < 0 && errno == ECONNRESET && read(fd, block, 1) > 0))
		if (n > 0)
			append(b, block, (size_t)n);
}

static void
fill(char *to, size_t size, const char *arg)
{
	static const struct {
		const char *name;
		const char *value;
	} words[] = {{"SITE", site}, {"SPOOL", spool}};
	const char *found;

	if ((found = strstr(arg, "SELF")) != NULL) {
		snprintf(to, size, "%.*s%s%s", (int)(found - arg), arg, self,
			 found + 4);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		if ((found = strstr(arg, words[i].name)) != NULL) {
			snprintf(to, size, "%.*s%s%s", (int)(found - arg), arg,
				 words[i].value, found + strlen(words[i].name));
			return;
		}
	snprintf(to, size, "%s", arg);
}

/* Which of what is otherwise is so: none, one of them, or all. */
enum { VARIANT_NONE, VARIANT_ALL = 3, VARIANTS };

static void
make_argv(const struct scenario *s, size_t variant, char **argv)
{
	static char storage[SCENARIO_ARGS + 8][600];
	static const char *const begin[] = {"--date", "1700000000", "--log",
					    "common"};
	size_t count = 0;

	argv[count++] = (char *)perch;
	for (size_t i = 0; i < 4; i++)
		argv[count++] = (char *)begin[i];
	for (size_t i = 0; s->otherwise[i] != NULL; i++)
		if (variant == VARIANT_ALL || variant == i + 1)
			argv[count++] = (char *)s->otherwise[i];
	for (size_t i = 0; s->args[i] != NULL; i++) {
		fill(storage[i], sizeof(storage[i]), s->args[i]);
		argv[count++] = storage[i];
	}
	argv[count] = NULL;
}

static size_t
request_len(const struct scenario *s)
{
	return s->request_len ? s->request_len : strlen(s->request);
}

static void
release(struct run *r)
{
	answers_free(&r->answers);
	free(r->bytes.ptr);
	free(r->log.ptr);
}

static struct run
run(const struct scenario *s, size_t variant, const struct fault *fault,
    struct trace *trace)
{
	char *argv[SCENARIO_ARGS + 16];
	struct run r = {0};
	int ours[2], fd[3];

	make_argv(s, variant, argv);
	connect_by(s->connection, ours, fd);
	fd[2] = memfd_create("log", MFD_CLOEXEC);
	if (fd[2] < 0)
		die("memfd_create");
	if (write(ours[0], s->request, request_len(s)) < 0)
		die("write");
	if (!s->is_silent)
		end_output(ours);
	r.outcome = trace_run(argv, fd, fault, trace);
	close(fd[0]);
	if (fd[1] != fd[0])
		close(fd[1]);
	take_all(&r.bytes, ours[1]);
	close(ours[1]);
	if (s->is_silent && ours[0] != ours[1])
		close(ours[0]);
	lseek(fd[2], 0, SEEK_SET);
	take_all(&r.log, fd[2]);
	close(fd[2]);
	answers_read(&r.answers, &r.bytes, s->heads);
	return r;
}

/* How a worker sees to its share of the faults. */
struct work {
	const struct scenario *scenario;
	struct answers right[VARIANTS];
	size_t right_count;
	int right_fds;
	const struct fault *fault;
	size_t count;
};

/* NULL, or what is wrong with r. */
static const char *
judge(const struct run *r, const struct work *w, const struct fault *fault,
      char *text, size_t size)
{
	const struct outcome *o = &r->outcome;

	if (o->hangs)
		return "it hangs";
	if (WIFSIGNALED(o->status)) {
		snprintf(text, size, "it ended by signal %d%s",
			 WTERMSIG(o->status),
			 WTERMSIG(o->status) == SIGXCPU ? ": it spins" : "");
		return text;
	}
	if (o->has_orphans)
		return "it left a process";
	if (WEXITSTATUS(o->status) == 0 && w->right_fds >= 0 &&
	    o->fds > w->right_fds) {
		snprintf(text, size, "it ended with %d descriptors, not %d",
			 o->fds, w->right_fds);
		return text;
	}
	if (WEXITSTATUS(o->status) != 0 &&
	    (r->answers.count > 0 || r->log.len == 0)) {
		snprintf(text, size, "it ended with %d",
			 WEXITSTATUS(o->status));
		return text;
	}
	return answers_check(&r->answers, w->right, w->right_count,
			     errors_are_passing(fault->number, fault->error));
}

static void
show(const char *label, const struct bytes *b)
{
	size_t max = b->len < 3000 ? b->len : 3000;

	printf("# %s (%zu bytes):\n# | ", label, b->len);
	for (size_t i = 0; i < max; i++) {
		unsigned char c = (unsigned char)b->ptr[i];

		if (c == '\n')
			printf("\n# | ");
		else if (c >= 0x20 && c <= 0x7e)
			putchar(c);
		else if (c != '\r')
			printf("\\x%02x", c);
	}
	putchar('\n');
}

static void
tell(const struct work *w, const struct fault *f, const char *wrong)
{
	char name[64];

	printf("# %s: %s %d of process %d, %s%s: %s\n", w->scenario->name,
	       errors_call_name(f->number), f->at + 1, f->process,
	       errors_name(f->error, name, sizeof(name)),
	       f->is_lasting ? " from then on" : "", wrong);
	fflush(stdout);
}

static unsigned
do_share(const struct work *w, size_t first, size_t step)
{
	unsigned failed = 0;
	char text[128];

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		die("prctl");
	close(listener);
	listener = -1;
	for (size_t i = first; i < w->count; i += step) {
		const struct fault *f = &w->fault[i];
		struct run r = run(w->scenario, VARIANT_NONE, f, NULL);
		const char *wrong = judge(&r, w, f, text, sizeof(text));

		if (wrong != NULL) {
			failed++;
			tell(w, f, wrong);
		}
		if (wrong != NULL && getenv("SHOW") != NULL) {
			show("got", &r.bytes);
			show("log", &r.log);
		}
		release(&r);
	}
	return failed;
}

#define WORKERS_MAX 16

static unsigned
do_all(const struct work *w)
{
	/* Those of a client that is silent wait most of the time. */
	size_t workers = w->scenario->is_silent ? WORKERS_MAX : 3;
	unsigned failed = 0;
	int status;

	fflush(stdout);
	for (size_t i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			failed = do_share(w, i, workers);
			fflush(stdout);
			_exit(failed > 100 ? 100 : (int)failed);
		}
	}
	while (wait(&status) > 0)
		failed +=
		    WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : 100;
	return failed;
}

#define FAULTS_MAX 65536

/* How often the call was made by the process before the i-th of all. */
static int
count_before(const struct trace *calls, size_t i)
{
	const struct call *c = &calls->call[i];
	int count = 0;

	for (size_t j = 0; j < i; j++)
		count += calls->call[j].number == c->number &&
			 calls->call[j].process == c->process;
	return count;
}

static int
count_after(const struct trace *calls, size_t i)
{
	const struct call *c = &calls->call[i];
	int count = 0;

	for (size_t j = i + 1; j < calls->count; j++)
		count += calls->call[j].number == c->number &&
			 calls->call[j].process == c->process;
	return count;
}

/*
 * Each error of each call that was made, from each occurrence of it; or, with
 * $SHORT, from the first and the last.
 */
static size_t
plan(const struct trace *calls, struct fault *fault)
{
	bool is_long = getenv("LONG") != NULL;
	bool is_short = getenv("SHORT") != NULL;
	size_t count = 0;

	for (size_t i = 0; i < calls->count; i++) {
		const struct call *c = &calls->call[i];
		const int *error = errors_of(c->number);
		int at = count_before(calls, i);
		bool is_last = count_after(calls, i) == 0;

		/* Of processes that a vfork makes there are many. */
		if (c->process > 1 || (is_short && at > 0 && !is_last))
			continue;
		for (; *error != 0 && count + 2 < FAULTS_MAX; error++) {
			struct fault f = {c->process, c->number, at, *error,
					  false};
			bool is_passing = errors_are_passing(c->number, *error);

			fault[count++] = f;
			/* An interrupt or full buffer that lasts is right
			 * to be waited out. */
			f.is_lasting = true;
			if ((*error == FAULT_SHORT || !is_passing) &&
			    (at == 0 || is_long))
				fault[count++] = f;
		}
	}
	return count;
}

static bool
has_statuses(const struct run *r, const char *statuses)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < r->answers.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d",
					i > 0 ? " " : "",
					r->answers.answer[i].status);
	if (strcmp(text, statuses) == 0)
		return true;
	printf("# without a fault: %s, not %s\n", text, statuses);
	return false;
}

static void
test(const struct scenario *s)
{
	static struct fault fault[FAULTS_MAX];
	static struct trace trace;
	struct fault none = {.number = -1};
	struct run right[VARIANTS];
	unsigned failed = 1;
	struct work w = {.scenario = s, .fault = fault};

	trace.count = 0;
	for (size_t i = 0; i < VARIANTS; i++) {
		if (i > 0 && i < VARIANT_ALL && s->otherwise[i - 1] == NULL)
			continue;
		if (i == VARIANT_ALL && s->otherwise[0] == NULL)
			continue;
		right[w.right_count] =
		    run(s, i, &none, i == VARIANT_NONE ? &trace : NULL);
		w.right[w.right_count] = right[w.right_count].answers;
		w.right_count++;
	}
	w.right_fds = right->outcome.fds;
	if (has_statuses(right, s->statuses)) {
		w.count = plan(&trace, fault);
		failed = do_all(&w);
	} else {
		show("got", &right->bytes);
		show("log", &right->log);
	}
	printf("%sok %d - %s: %zu faults\n", failed ? "not " : "", ++test_count,
	       s->name, w.count);
	failed_count += failed > 0;
	while (w.right_count > 0)
		release(&right[--w.right_count]);
}

static void
remove_site(void)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf '%s'", site);
	if (system(command) != 0)
		die(site);
}

int
main(int argc, char **argv)
{
	const char *bin = getenv("BIN"), *tmp = getenv("TMPDIR");
	static char program[4096], own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (getenv("GATEWAY_INTERFACE") != NULL)
		scenario_program(argc, argv);
	if (n <= 0)
		die("/proc/self/exe");
	self = own;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	snprintf(program, sizeof(program), "%s/perch", bin != NULL ? bin : ".");
	perch = realpath(program, NULL);
	if (perch == NULL)
		die(program);
	snprintf(site, sizeof(site), "%s/perch-faults-XXXXXX",
		 tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(site) == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		die(site);
	snprintf(spool, sizeof(spool), "%s/spool", site);
	scenario_make_site(site, self);
	for (size_t i = 0; i < scenario_count; i++)
		if (argc < 2 || strstr(scenarios[i].name, argv[1]) != NULL)
			test(&scenarios[i]);
	remove_site();
	printf("1..%d\n", test_count);
	return failed_count > 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * Runs the golden cases: test/cases/TOPIC/NAME.req is sent to the real
 * perch, and what comes back must be NAME.res, byte for byte.
 *
 *	cases [--update] [TOPIC/NAME | TOPIC]...
 *
 * A case is data. Beside the request and the response it may have
 *
 *	NAME.args   further arguments, one a line
 *	NAME.root   the directory that is served, beside cases/; else docroot
 *	NAME.err    what stderr must be; without it, nothing
 *	NAME.alone  a reason why it cannot stand behind another request
 *
 * Each is run three times: with files, as "perch docroot <NAME.req"; over
 * a socket one byte at a time; and in one write behind another request.
 * The clock is fixed, and so are the files' times: all were modified at
 * 1600000000. What git cannot keep, a file's inode, is "INODE" in tags.
 * Built with OVER_TLS it runs no perch, but serves in the same way over TLS,
 * each case in one of the first two ways.
 *
 * With $CHECK only names that contain it are run, with $QUICK each in one
 * of the three ways. Prints TAP; --update writes .res and .err from what
 * came back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef OVER_TLS
#include "over_tls.h"
#endif

#define ARGS_MAX 32
#define CASES_MAX 2048
#ifdef OVER_TLS
#define DROPS_MAX 256 /* each is a record */
#else
#define DROPS_MAX 4096
#endif
#define DEADLINE_SECONDS 20

struct bytes {
	char *ptr;
	size_t len, cap;
};

/* How the request gets there. */
enum mode { MODE_FILE, MODE_DRIP, MODE_BEHIND, MODES };

static const char *const mode_names[] = {"", " (byte by byte)",
					 " (behind another)"};

static const char prefix[] = "GET /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n";

static const char *perch, *directory;
static char *cases[CASES_MAX];
static size_t case_count;
static int test_count, failed_count;

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
append(struct bytes *b, const char *ptr, size_t len)
{
	if (b->len + len + 1 > b->cap) {
		b->cap = (b->len + len + 1) * 2;
		b->ptr = realloc(b->ptr, b->cap);
		if (b->ptr == NULL)
			die("realloc");
	}
	if (len > 0)
		memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
	b->ptr[b->len] = '\0';
}

static bool
read_file(struct bytes *b, const char *name, const char *suffix)
{
	char path[4096], block[65536];
	ssize_t n;
	int fd;

	*b = (struct bytes){0};
	append(b, "", 0);
	snprintf(path, sizeof(path), "%s/cases/%s%s", directory, name, suffix);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while ((n = read(fd, block, sizeof(block))) > 0)
		append(b, block, (size_t)n);
	close(fd);
	return true;
}

static void
write_file(const struct bytes *b, const char *name, const char *suffix)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cases/%s%s", directory, name, suffix);
	if (b->len == 0 && strcmp(suffix, ".err") == 0) {
		unlink(path);
		return;
	}
	f = fopen(path, "w");
	if (f == NULL || fwrite(b->ptr, 1, b->len, f) != b->len || fclose(f))
		die(path);
}

/* Starts perch in the docroot's parent; in, out and err become its 0 to 2. */
static pid_t
start(struct bytes *args, const char *root, int in, int out, int err)
{
	const char *argv[ARGS_MAX + 8] = {perch, "--date", "1700000000",
					  "--log", "none"};
	size_t argc = 5;
	pid_t pid;

	for (char *at = args->ptr; *at != '\0' && argc < ARGS_MAX;) {
		char *end = strchr(at, '\n');

		argv[argc++] = at;
		if (end == NULL)
			break;
		*end = '\0';
		at = end + 1;
	}
	argv[argc++] = root;
	argv[argc] = NULL;
#ifdef OVER_TLS
	pid = fork();
#else
	/* Half the time of a run went into copying this process. */
	pid = vfork();
#endif
	if (pid < 0)
		die("vfork");
	if (pid > 0)
		return pid;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
	    chdir(directory) != 0)
		_exit(126);
#ifdef OVER_TLS
	over_tls_execute((int)argc, (char **)argv);
#else
	execv(perch, (char **)argv);
	_exit(127);
#endif
}

/* Moves bytes both ways until all the output has come. */
static void
converse(int to, const struct bytes *input, size_t step, int from,
	 struct bytes *output, int err, struct bytes *errors)
{
	struct pollfd p[3] = {{.fd = to, .events = POLLOUT},
			      {.fd = from, .events = POLLIN},
			      {.fd = err, .events = POLLIN}};
	time_t deadline = time(NULL) + DEADLINE_SECONDS;
	size_t sent = 0;

	while (p[1].fd >= 0 || p[2].fd >= 0) {
		/* A packet socket gives what one write wrote at once. */
		static char block[1 << 18];
		ssize_t n;

		if (poll(p, 3, 1000) < 0 && errno != EINTR)
			die("poll");
		if (time(NULL) > deadline)
			return;
		if (p[0].fd >= 0 && p[0].revents) {
			size_t len = input->len - sent;

			if (len > step)
				len = step;
			n = len > 0 ? send(to, input->ptr + sent, len,
					   MSG_DONTWAIT | MSG_NOSIGNAL)
				    : 0;
			if (n > 0)
				sent += (size_t)n;
			if (sent == input->len || (n < 0 && errno != EAGAIN)) {
				shutdown(to, SHUT_WR);
				p[0].fd = -1;
			}
		}
		for (int i = 1; i <= 2; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			n = read(p[i].fd, block, sizeof(block));
			/*
			 * perch has left with input unread, as it may. A
			 * packet socket says that before it gives what was
			 * sent to us; it says so once.
			 */
			if (n < 0 && errno == ECONNRESET)
				continue;
			if (n <= 0)
				p[i].fd = -1;
			else
				append(i == 1 ? output : errors, block,
				       (size_t)n);
		}
	}
}

/* Writes INODE for the first number of each tag, which name is before. */
static void
hide_inodes(struct bytes *b, const char *name)
{
	struct bytes out = {0};
	const char *at = b->ptr, *end = b->ptr + b->len, *found;

	append(&out, "", 0);
	while ((found = memmem(at, (size_t)(end - at), name, strlen(name))) !=
	       NULL) {
		const char *tag = found + strlen(name);

		tag += strncmp(tag, "W/", 2) == 0 ? 3 : 1;
		append(&out, at, (size_t)(tag - at));
		append(&out, "INODE", 5);
		at = tag + strspn(tag, "0123456789abcdef");
	}
	append(&out, at, (size_t)(end - at));
	free(b->ptr);
	*b = out;
}

static void
run(const char *name, enum mode mode, const struct bytes *input,
    struct bytes *output, struct bytes *errors, int *status)
{
	struct bytes args, root;
	int io[2], err[2], from, to = -1;
	char path[4096];
	pid_t pid;

	*output = *errors = (struct bytes){0};
	append(output, "", 0);
	append(errors, "", 0);
	read_file(&args, name, ".args");
	if (!read_file(&root, name, ".root"))
		append(&root, "docroot", strlen("docroot"));
	root.ptr[strcspn(root.ptr, "\n")] = '\0';
	if (pipe2(err, O_CLOEXEC) != 0)
		die("pipe2");
	if (mode == MODE_FILE) {
		int in;

		snprintf(path, sizeof(path), "%s/cases/%s.req", directory,
			 name);
		in = open(path, O_RDONLY | O_CLOEXEC);
		if (in < 0 || pipe2(io, O_CLOEXEC) != 0)
			die(path);
		pid = start(&args, root.ptr, in, io[1], err[1]);
		close(in);
		from = io[0];
	} else {
		/* A stream would hand over what has queued up at once. */
		int type = mode == MODE_DRIP ? SOCK_SEQPACKET : SOCK_STREAM;

		if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, io) != 0)
			die("socketpair");
		pid = start(&args, root.ptr, io[1], io[1], err[1]);
		from = to = io[0];
	}
	close(io[1]);
	close(err[1]);
	/* A large request comes in larger drops, for the sake of time. */
	converse(to, input,
		 mode == MODE_DRIP ? input->len / DROPS_MAX + 1 : SIZE_MAX,
		 from, output, err[0], errors);
	close(io[0]);
	close(err[0]);
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	hide_inodes(output, "\r\nETag: ");
	hide_inodes(errors, "; tag ");
	free(args.ptr);
	free(root.ptr);
}

static const char *
find(const char *at, const char *end, const char *what)
{
	return memmem(at, (size_t)(end - at), what, strlen(what));
}

/*
 * Takes the chunked framing out of responses: how content is cut into
 * chunks follows how it arrived, and is free.
 */
static struct bytes
dechunk(const struct bytes *in)
{
	struct bytes out = {0};
	const char *at = in->ptr, *end = in->ptr + in->len;

	append(&out, "", 0);
	while (at < end) {
		const char *coding =
		    find(at, end, "\r\nTransfer-Encoding: chunked\r\n");
		const char *body =
		    coding ? find(coding, end, "\r\n\r\n") : NULL;

		if (body == NULL) {
			append(&out, at, (size_t)(end - at));
			break;
		}
		append(&out, at, (size_t)(body + 4 - at));
		at = body + 4;
		for (;;) {
			char *data;
			size_t size = strtoul(at, &data, 16);

			if (data == at || data + 2 + size > end) {
				append(&out, "(CUT)", 5);
				return out;
			}
			data += 2;
			append(&out, data, size);
			at = data + size + 2;
			if (size == 0)
				break;
		}
	}
	return out;
}

static int
touch(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct timespec times[2] = {{.tv_sec = 1600000000},
				    {.tv_sec = 1600000000}};

	(void)ftw;
	if ((type == FTW_F || type == FTW_D) &&
	    st->st_mtim.tv_sec != times[1].tv_sec &&
	    utimensat(AT_FDCWD, path, times, 0) != 0)
		die(path);
	return 0;
}

static void
touch_files(void)
{
	static const char *const roots[] = {"docroot", "hosts", "pages"};
	char path[4096];

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, roots[i]);
		if (nftw(path, touch, 16, FTW_PHYS) != 0)
			die(path);
	}
}

static bool
is_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && memcmp(a->ptr, b->ptr, a->len) == 0;
}

static void
show(const char *label, const struct bytes *b)
{
	size_t max = b->len < 3000 ? b->len : 3000;

	printf("# %s (%zu bytes):\n# | ", label, b->len);
	for (size_t i = 0; i < max; i++) {
		unsigned char c = (unsigned char)b->ptr[i];

		if (c == '\n')
			printf("$\n# | ");
		else if (c == '\r')
			printf("^M");
		else if (c < 0x20 || c > 0x7e)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
}

/*
 * What comes back for the prefix alone, which other arguments change. The
 * last answer is kept, since many cases in a row have the same.
 */
static const struct bytes *
prefix_response(const char *name)
{
	static struct bytes args, response;
	struct bytes prefix_bytes = {0}, errors, now, root;
	int status;

	read_file(&now, name, ".args");
	read_file(&root, name, ".root");
	append(&now, root.ptr, root.len);
	free(root.ptr);
	if (response.ptr != NULL && is_equal(&now, &args)) {
		free(now.ptr);
		return &response;
	}
	free(args.ptr);
	free(response.ptr);
	args = now;
	append(&prefix_bytes, prefix, strlen(prefix));
	run(name, MODE_BEHIND, &prefix_bytes, &response, &errors, &status);
	free(prefix_bytes.ptr);
	free(errors.ptr);
	return &response;
}

static void
check(const char *name, enum mode mode)
{
	struct bytes request, want, want_errors, got, errors, input = {0};
	bool is_ok;
	int status;

	read_file(&request, name, ".req");
	if (!read_file(&want, name, ".res"))
		die(name);
	read_file(&want_errors, name, ".err");
	if (mode == MODE_BEHIND) {
		const struct bytes *first = prefix_response(name);
		struct bytes all = {0};

		append(&all, first->ptr, first->len);
		append(&all, want.ptr, want.len);
		free(want.ptr);
		want = all;
		append(&input, prefix, strlen(prefix));
	}
	append(&input, request.ptr, request.len);
	run(name, mode, &input, &got, &errors, &status);
	if (mode != MODE_FILE) {
		struct bytes a = dechunk(&want), b = dechunk(&got);

		free(want.ptr);
		free(got.ptr);
		want = a;
		got = b;
	}
	is_ok = is_equal(&want, &got) && is_equal(&want_errors, &errors) &&
		WIFEXITED(status) && WEXITSTATUS(status) == 0;
	printf("%sok %d - %s%s\n", is_ok ? "" : "not ", ++test_count, name,
	       mode_names[mode]);
	if (!is_ok) {
		failed_count++;
		printf("# wait status %#x\n", (unsigned)status);
		show("want", &want);
		show("got", &got);
		show("want on stderr", &want_errors);
		show("got on stderr", &errors);
	}
	free(request.ptr);
	free(want.ptr);
	free(want_errors.ptr);
	free(got.ptr);
	free(errors.ptr);
	free(input.ptr);
}

static void
update(const char *name)
{
	struct bytes request, got, errors;
	int status;

	read_file(&request, name, ".req");
	run(name, MODE_FILE, &request, &got, &errors, &status);
	write_file(&got, name, ".res");
	write_file(&errors, name, ".err");
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_topic(const char *topic, const char *wanted)
{
	char path[4096], name[1024];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/cases/%s", directory, topic);
	dir = opendir(path);
	if (dir == NULL)
		die(path);
	while ((entry = readdir(dir)) != NULL) {
		char *dot = strrchr(entry->d_name, '.');

		if (dot == NULL || strcmp(dot, ".req") != 0)
			continue;
		snprintf(name, sizeof(name), "%s/%.*s", topic,
			 (int)(dot - entry->d_name), entry->d_name);
		if (wanted != NULL && strcmp(wanted, name) != 0 &&
		    strcmp(wanted, topic) != 0)
			continue;
		if (case_count == CASES_MAX)
			die("too many cases");
		cases[case_count++] = strdup(name);
	}
	closedir(dir);
}

static void
add_cases(const char *wanted)
{
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/cases", directory);
	dir = opendir(path);
	if (dir == NULL)
		die(path);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			add_topic(entry->d_name, wanted);
	closedir(dir);
}

/* In one mode each where that is enough: to start a program takes long. */
static bool
is_wanted(size_t number, enum mode mode, bool is_quick)
{
#ifdef OVER_TLS
	return mode == (number % 2 ? MODE_DRIP : MODE_FILE) &&
	       (!is_quick || number % 16 < 2);
#else
	return !is_quick || number % MODES == (size_t)mode;
#endif
}

int
main(int argc, char **argv)
{
	static char here[2048], program[4096];
	const char *bin = getenv("BIN"), *filter = getenv("CHECK");
	bool is_update = argc > 1 && strcmp(argv[1], "--update") == 0;
	bool is_quick = getenv("QUICK") != NULL;

#ifdef OVER_TLS
	if (!over_tls_init())
		die("over_tls_init");
#endif

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getcwd(here, sizeof(here) - 16) == NULL)
		die("getcwd");
	/* Run by make from the top of the tree, by test/try from anywhere. */
	directory = getenv("TEST") ? getenv("TEST") : strcat(here, "/test");
	snprintf(program, sizeof(program), "%s/perch",
		 bin != NULL ? bin : "..");
	perch = program;
	touch_files();
	if (argc - is_update == 1)
		add_cases(NULL);
	for (int i = 1 + is_update; i < argc; i++)
		add_cases(argv[i]);
	qsort(cases, case_count, sizeof(cases[0]), compare);
	for (size_t i = 0; i < case_count; i++) {
		struct bytes alone;
		bool is_alone = read_file(&alone, cases[i], ".alone");

		free(alone.ptr);
		if (filter != NULL && strstr(cases[i], filter) == NULL &&
		    strcmp(filter, "cases") != 0)
			continue;
		if (is_update)
			update(cases[i]);
		for (int mode = 0; mode < MODES && !is_update; mode++)
			if ((mode != MODE_BEHIND || !is_alone) &&
			    is_wanted(i, (enum mode)mode, is_quick))
				check(cases[i], (enum mode)mode);
	}
	if (!is_update)
		printf("1..%d\n", test_count);
	return failed_count != 0;
}

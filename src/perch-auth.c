/* SPDX-License-Identifier: ISC */
/*
 * perch-auth: checks one name and password against an htpasswd file, by
 * the checkpassword interface. A program of its own, so that the process
 * that speaks with a client never has a hash in its memory, and so that
 * only this one links libcrypt.
 *
 *	descriptor 3:  name \0 password \0 timestamp \0
 *	FILE:          name:hash
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/log.h"

#define INPUT_FD 3
#define INPUT_MAX 512 /* of the interface */
#define HTPASSWD_MAX (1024 * 1024)

/* A name, the longest hash that crypt(3) makes, and a comment. */
#define HTPASSWD_LINE_MAX 1024

/* A file that is no htpasswd file at all must not fill the log. */
#define COMPLAINTS_MAX 8

/* Also the exit statuses, which the interface lays down. */
enum verdict {
	VERDICT_RIGHT = 0,
	VERDICT_WRONG = 1,
	VERDICT_MISUSED = 2,
	VERDICT_TEMPORARY = 111,
};

/* A hash of the file and where it stands there; line 0: none was seen. */
struct entry {
	char hash[CRYPT_OUTPUT_SIZE];
	size_t line;
	const char *fault; /* why it cannot be used, or NULL */
};

/*
 * Everything that is secret lies here, to be wiped at once: what came on
 * descriptor 3, the part of the file that is being read, two hashes.
 */
static struct {
	char input[INPUT_MAX + 1]; /* one more, to see that there is more */
	char block[HTPASSWD_LINE_MAX + 1];
	struct entry user, dummy;
	struct crypt_data crypt;
} secret;

static const char *file_name; /* for messages */

static enum verdict
complain(enum verdict verdict, const char *what)
{
	log_message(LOG_LEVEL_ERROR, what, NULL);
	return verdict;
}

static enum verdict
complain_of_file(const char *what)
{
	log_message(LOG_LEVEL_ERROR, file_name, what);
	return VERDICT_TEMPORARY;
}

static enum verdict
complain_of_line(size_t number, const char *what)
{
	struct log_line line;

	log_begin(&line);
	buf_add_str(&line.text, file_name);
	buf_add_str(&line.text, ": line ");
	buf_add_u64(&line.text, number);
	buf_add_str(&line.text, ": ");
	buf_add_str(&line.text, what);
	log_end(&line, LOG_LEVEL_ERROR);
	return VERDICT_TEMPORARY;
}

/*
 * No core with a password in it, not even for a program that the system
 * pipes cores to, and no debugger of the same user.
 */
static bool
protect(rlim_t *core)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) != 0)
		return false;
	*core = limit.rlim_cur;
	limit.rlim_cur = 0;
	return setrlimit(RLIMIT_CORE, &limit) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* Reads all of descriptor 3 and closes it. */
static enum verdict
read_input(size_t *len)
{
	size_t cap = sizeof(secret.input);
	ssize_t n = 1;

	*len = 0;
	while (n != 0 && *len < cap) {
		n = read(INPUT_FD, secret.input + *len, cap - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		*len += (size_t)n;
	}
	if (n < 0)
		return errno == EBADF || errno == EISDIR
			   ? complain(VERDICT_MISUSED,
				      "descriptor 3 is not open for reading; "
				      "usage: perch-auth FILE [PROGRAM "
				      "[ARG]...] 3<name-and-password")
			   : complain(VERDICT_TEMPORARY,
				      "descriptor 3 cannot be read");
	close(INPUT_FD);
	if (*len > INPUT_MAX)
		return complain(VERDICT_MISUSED,
				"more than 512 bytes on descriptor 3");
	return VERDICT_RIGHT;
}

/* Cuts name and password out; what is behind the third NUL is ignored. */
static enum verdict
parse_input(struct slice input, struct slice *name, struct slice *password)
{
	struct slice timestamp;

	if (!slice_cut(input, '\0', name, &input) ||
	    !slice_cut(input, '\0', password, &input) ||
	    !slice_cut(input, '\0', &timestamp, &input))
		return complain(VERDICT_MISUSED,
				"descriptor 3 has not three strings that end "
				"in a NUL each");
	return VERDICT_RIGHT;
}

/* The caller closes *fd, if it is not -1. */
static enum verdict
open_file(int *fd)
{
	struct stat st;

	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	*fd = open(file_name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return complain_of_file(strerror(errno));
	if (!S_ISREG(st.st_mode))
		return complain_of_file("not a regular file");
	if (st.st_size > HTPASSWD_MAX)
		return complain_of_file("larger than 1 MiB");
	return VERDICT_RIGHT;
}

/* Why crypt(3) cannot check a password against hash, or NULL. */
static const char *
find_fault(struct slice hash)
{
	char setting[CRYPT_OUTPUT_SIZE];
	const char *fault = NULL;
	int salt;

	if (hash.len == 0)
		return "no hash behind the name";
	if (slice_starts(hash, SLICE("$apr1$")))
		return "an $apr1$ hash, which crypt(3) does not know: make a "
		       "new one, with htpasswd -B";
	if (slice_starts(hash, SLICE("{")))
		return "a {SHA} hash or the like, which crypt(3) does not "
		       "know: make a new one, with htpasswd -B";
	if (hash.len >= sizeof(setting))
		return "a hash longer than any of crypt(3)";
	memcpy(setting, hash.ptr, hash.len);
	setting[hash.len] = '\0';
	salt = crypt_checksalt(setting);
	explicit_bzero(setting, sizeof(setting));
	if (salt == CRYPT_SALT_INVALID || salt == CRYPT_SALT_METHOD_DISABLED)
		fault = "not a hash that crypt(3) knows";
	/* Any text would do for DES: the first two letters are the salt. */
	else if (hash.ptr[0] != '$' && hash.ptr[0] != '_' && hash.len != 13)
		fault = "not a hash, perhaps the password itself";
	return fault;
}

static void
keep_entry(struct entry *entry, struct slice hash, size_t line)
{
	entry->line = line;
	entry->fault = find_fault(hash);
	if (entry->fault != NULL)
		return;
	memcpy(entry->hash, hash.ptr, hash.len);
	entry->hash[hash.len] = '\0';
}

/*
 * Looks at one line. The first one of the name counts. The first hash
 * that is any good becomes the dummy.
 */
static const char *
take_line(struct slice line, size_t number, bool is_cut, struct slice wanted)
{
	struct slice name, hash, more;
	const char *fault = NULL;
	bool is_wanted;

	more = slice_trim(line);
	if (more.len == 0 || more.ptr[0] == '#')
		return NULL;
	if (!slice_cut(line, ':', &name, &hash))
		fault = "no colon";
	else if (name.len == 0)
		fault = "no name in front of the colon";
	if (is_cut)
		fault = "longer than 1024 bytes";
	else if (memchr(line.ptr, '\0', line.len) != NULL)
		fault = "a NUL byte";
	/* In vain too: its cost must not tell where the name stands. */
	is_wanted = bytes_equal_constant_time(name, wanted) && name.len > 0 &&
		    secret.user.line == 0;
	slice_cut(hash, ':', &hash, &more);
	hash = slice_trim(hash);
	if (is_wanted && fault != NULL)
		secret.user = (struct entry){.line = number, .fault = fault};
	if (fault != NULL)
		return fault;
	if (is_wanted)
		keep_entry(&secret.user, hash, number);
	if (secret.dummy.line == 0 && find_fault(hash) == NULL)
		keep_entry(&secret.dummy, hash, number);
	return NULL;
}

/* To its end, wherever the name stands. */
static enum verdict
scan_file(struct slice name)
{
	struct lines lines = {.block = secret.block,
			      .cap = sizeof(secret.block),
			      .max = HTPASSWD_MAX};
	enum verdict verdict = open_file(&lines.fd);
	size_t complaints = 0;
	struct slice line;

	while (verdict == VERDICT_RIGHT && lines_next(&lines, &line)) {
		const char *fault =
		    take_line(line, lines.number, lines.is_cut, name);

		if (fault == NULL || complaints++ >= COMPLAINTS_MAX)
			continue;
		complain_of_line(lines.number, fault);
		if (complaints == COMPLAINTS_MAX)
			complain_of_file("and perhaps more such lines");
	}
	if (lines.error)
		verdict = complain_of_file(strerror(lines.error));
	if (lines.fd >= 0)
		close(lines.fd);
	return verdict;
}

/*
 * A name that is not in the file has its password held against another's
 * hash, whatever comes of it: the answer takes as long as to a name that
 * is.
 */
static enum verdict
check_password(struct slice password)
{
	const struct entry *entry =
	    secret.user.line > 0 ? &secret.user : &secret.dummy;
	const char *result;
	bool is_equal;

	if (entry->line == 0)
		return VERDICT_WRONG;
	if (entry->fault != NULL)
		return complain_of_line(entry->line, entry->fault);
	/* A NUL stands behind it: it was cut there. */
	result = crypt_r(password.ptr, entry->hash, &secret.crypt);
	if (result == NULL || result[0] == '*')
		return complain_of_line(entry->line,
					"crypt(3) fails at this hash");
	is_equal =
	    bytes_equal_constant_time(slice_of(result), slice_of(entry->hash));
	return is_equal && entry == &secret.user ? VERDICT_RIGHT
						 : VERDICT_WRONG;
}

/* The name goes to the environment of the program that may be run. */
static enum verdict
check(void)
{
	struct slice name, password;
	enum verdict verdict;
	size_t len;

	if ((verdict = read_input(&len)) ||
	    (verdict = parse_input((struct slice){secret.input, len}, &name,
				   &password)) ||
	    (verdict = scan_file(name)) || (verdict = check_password(password)))
		return verdict;
	return setenv("USER", name.ptr, 1) == 0
		   ? VERDICT_RIGHT
		   : complain(VERDICT_TEMPORARY, "no memory for USER");
}

/*
 * Overwrites the secrets, and the stack that was used with them: the
 * dynamic linker saves vector registers there, with what was last copied.
 */
static void __attribute__((noinline)) wipe(void)
{
	char below[64 * 1024];

	explicit_bzero(below, sizeof(below));
	explicit_bzero(&secret, sizeof(secret));
}

/* Runs it as if it had been started without us in front. */
static enum verdict
run_program(char **argv, rlim_t core)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = core;
		setrlimit(RLIMIT_CORE, &limit);
	}
	execvp(argv[0], argv);
	log_message(LOG_LEVEL_ERROR, argv[0], strerror(errno));
	return VERDICT_TEMPORARY;
}

static enum verdict
run(int argc, char **argv)
{
	void (*on_pipe)(int) = signal(SIGPIPE, SIG_IGN);
	enum verdict verdict;
	rlim_t core;

	log_open("perch-auth", -1, -1);
	if (argc < 2)
		return complain(VERDICT_MISUSED,
				"usage: perch-auth FILE [PROGRAM [ARG]...] "
				"3<name-and-password");
	if (!protect(&core))
		return complain(VERDICT_TEMPORARY,
				"this process cannot be protected");
	file_name = argv[1];
	verdict = check();
	wipe();
	if (verdict != VERDICT_RIGHT || argc == 2)
		return verdict;
	signal(SIGPIPE, on_pipe);
	return run_program(argv + 2, core);
}

int
main(int argc, char **argv)
{
	return (int)run(argc, argv);
}

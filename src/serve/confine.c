/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/seccomp.h"
#include "serve/confine.h"
#include "serve/ruleset.h"

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* arm64 has none, nor any call with this number. */
#ifdef SYS_open
#define OPEN SYS_open
#else
#define OPEN (~0u)
#endif

/* Numbers from here on are x86-64's second set of the same calls. */
#define SECOND_SET 0x40000000u

#define FILTER_MAX 32

/* To write, rename, make and remove: all but to execute and read; and, where
 * the kernel knows that, to cut off. */
static uint64_t
changes(const struct confinement *c)
{
	uint64_t end =
	    c->landlock >= RULESET_WITH_TRUNCATE
		? 2 * RULESET_TRUNCATE
		: 2 * (c->landlock >= RULESET_WITH_REFER ? RULESET_REFER
							 : RULESET_REFER / 2);

	return RULESET_WRITE_FILE | (end - RULESET_REMOVE_DIR);
}

/* Who may only read could cut a file off, before Landlock knew of that. */
static bool
wants_filter(const struct confinement *c)
{
	return c->has_no_network ||
	       (c->is_read_only && c->landlock < RULESET_WITH_TRUNCATE);
}

static const char *
find_lack(struct confinement *c)
{
	if (c->is_read_only && (c->landlock = ruleset_version()) < 1)
		return "no Landlock";
	/* It has the call if it looks at where the filter is. */
	if (wants_filter(c) &&
	    (SECCOMP_ARCHITECTURE == 0 ||
	     (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0ul, NULL) != 0 &&
	      errno != EFAULT)))
		return "no seccomp";
	return NULL;
}

static const char *
keep(const char **word, const char *text)
{
	*word = strdup(text);
	return *word == NULL ? strerror(ENOMEM) : NULL;
}

static const char *
add_directory(struct confinement *c, const char *path)
{
	int fd;

	if (path[0] != '/')
		return "the directory is no absolute path";
	if (c->directory_count == CONFINE_DIRECTORIES_MAX)
		return "too many of them";
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return strerror(errno);
	close(fd);
	c->is_read_only = true;
	return keep(&c->directory[c->directory_count++], path);
}

static const char *
add_word(struct confinement *c, char *word)
{
	if (strcmp(word, "no-network") == 0)
		c->has_no_network = true;
	else if (strcmp(word, "read-only") == 0)
		c->is_read_only = true;
	else if (strncmp(word, "write=", 6) == 0)
		return add_directory(c, word + 6);
	else if (strncmp(word, "user=", 5) == 0)
		return keep(&c->user.name, word + 5);
	else
		return "not one of no-network, read-only, write=DIRECTORY, "
		       "user=NAME";
	return NULL;
}

const char *
confinement_add(struct confinement *c, char *text)
{
	const char *error = NULL;

	while (error == NULL && text != NULL) {
		char *word = text + strspn(text, " ");

		text = strchr(word, ',');
		if (text != NULL)
			*text++ = '\0';
		error = add_word(c, word);
	}
	return error != NULL ? error : find_lack(c);
}

#define LOAD(member)                                                           \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
		 offsetof(struct seccomp_data, member))
/* The kernel takes an int there: the lower half. */
#define LOAD_INT(n)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
		 offsetof(struct seccomp_data, args[n]))
#define IF(test, value, then, otherwise)                                       \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, then, otherwise)
#define SKIP(count) BPF_STMT(BPF_JMP | BPF_JA, count)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))

/* What would pass the other calls by. */
static const struct sock_filter known_ways[] = {
    LOAD(arch),
    IF(BPF_JEQ, SECCOMP_ARCHITECTURE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    IF(BPF_JGE, SECOND_SET, 1, 0),
    IF(BPF_JEQ, SYS_io_uring_setup, 0, 1),
    FAIL(ENOSYS),
};

static const struct sock_filter unix_sockets[] = {
    IF(BPF_JEQ, SYS_socket, 1, 0),
    IF(BPF_JEQ, SYS_socketpair, 0, 2),
    LOAD_INT(0),
    IF(BPF_JEQ, AF_UNIX, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    FAIL(EACCES),
};

/* To cut a file off only with the right to write it, which Landlock asks
 * for; by truncate(2), never: whose file it is cannot be seen here. */
static const struct sock_filter cuts_by_writers[] = {
    IF(BPF_JEQ, SYS_openat2, 0, 1),
    FAIL(ENOSYS), /* then they call openat */
    IF(BPF_JEQ, SYS_truncate, 10, 0),
    IF(BPF_JEQ, SYS_openat, 3, 0),
    IF(BPF_JEQ, OPEN, 0, 7),
    LOAD_INT(1),
    SKIP(1),
    LOAD_INT(2),
    IF(BPF_JSET, O_TRUNC, 0, 3),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_ACCMODE),
    IF(BPF_JEQ, O_WRONLY, 1, 0),
    IF(BPF_JEQ, O_RDWR, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    FAIL(EACCES),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
_Static_assert(COUNT(known_ways) + COUNT(cuts_by_writers) <= FILTER_MAX, "");

static int
filter_calls(const struct sock_filter *rest, size_t count)
{
	struct sock_filter code[FILTER_MAX];
	const struct sock_fprog program = {
	    (unsigned short)(COUNT(known_ways) + count), code};

	memcpy(code, known_ways, sizeof(known_ways));
	memcpy(code + COUNT(known_ways), rest, count * sizeof(*rest));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0ul, &program) == 0
		   ? 0
		   : errno;
}

/* What is not there cannot be written to either. */
static int
leave(int ruleset, const char *path, uint64_t access)
{
	int fd = open(path, O_PATH | O_CLOEXEC), error;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			   ? 0
			   : errno;
	error = ruleset_leave(ruleset, fd, access);
	close(fd);
	return error;
}

static int
leave_all(int ruleset, const struct confinement *c)
{
	static const char *const devices[] = {"/dev/null", "/dev/full",
					      "/dev/zero", "/dev/tty"};
	int error = 0;

	for (size_t i = 0; !error && i < COUNT(devices); i++)
		error =
		    leave(ruleset, devices[i],
			  changes(c) & (RULESET_WRITE_FILE | RULESET_TRUNCATE));
	for (unsigned i = 0; !error && i < c->directory_count; i++)
		error = leave(ruleset, c->directory[i], changes(c));
	return error;
}

static int
take_files(const struct confinement *c)
{
	const struct ruleset all = {.files = changes(c)};
	int ruleset = ruleset_make(&all), error;

	if (ruleset < 0)
		return -ruleset;
	error = leave_all(ruleset, c);
	if (!error)
		error = ruleset_enter(ruleset);
	close(ruleset);
	if (!error && c->landlock < RULESET_WITH_TRUNCATE)
		error = filter_calls(cuts_by_writers, COUNT(cuts_by_writers));
	return error;
}

static int
take_user(const struct user *user)
{
	int error = capability_keep(CAPABILITIES_OF_USERS,
				    CAPABILITIES_OF_USERS, false);

	if (!error)
		error = user_become(user);
	return error ? error : capability_keep(0, 0, false);
}

int
confine_enter(const struct confinement *c)
{
	bool has_user = c->user.name != NULL;
	int error = has_user ? take_user(&c->user) : 0;

	if (error || (!c->has_no_network && !c->is_read_only && !has_user))
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul) != 0)
		return errno;
	if (c->is_read_only)
		error = take_files(c);
	if (!error && c->has_no_network)
		error = filter_calls(unix_sockets, COUNT(unix_sockets));
	return error;
}

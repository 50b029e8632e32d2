/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/confine.h"
#include "serve/ruleset.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

/* Numbers from here on are x86-64's second set of the same calls. */
#define SECOND_SET 0x40000000u

/* Before this, who may only read could cut a file off. */
#define LANDLOCK_LEAST 3

/* To write, cut off, rename, make and remove: all but to execute and read. */
#define CHANGES                                                                \
	(RULESET_WRITE_FILE |                                                  \
	 (2 * RULESET_TRUNCATE - RULESET_REMOVE_DIR)) /* bits 4 to 14 */

static const char *
find_lack(const struct confinement *c)
{
	/* It has the call if it looks at where the filter is. */
	if (c->has_no_network &&
	    (ARCHITECTURE == 0 ||
	     (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0ul, NULL) != 0 &&
	      errno != EFAULT)))
		return "no seccomp";
	if (c->is_read_only && ruleset_version() < LANDLOCK_LEAST)
		return "no Landlock of Linux 6.2 or later";
	return NULL;
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
	c->directory[c->directory_count++] = path;
	return NULL;
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
	else
		return "not one of no-network, read-only, write=DIRECTORY";
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

static int
take_network(void)
{
	const struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, arch)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SECOND_SET, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 3),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    /* The kernel takes an int there: the lower half. */
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, args)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]),
					   (struct sock_filter *)code};

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

	for (size_t i = 0; !error && i < sizeof(devices) / sizeof(devices[0]);
	     i++)
		error = leave(ruleset, devices[i],
			      RULESET_WRITE_FILE | RULESET_TRUNCATE);
	for (unsigned i = 0; !error && i < c->directory_count; i++)
		error = leave(ruleset, c->directory[i], CHANGES);
	return error;
}

static int
take_files(const struct confinement *c)
{
	const struct ruleset changes = {.files = CHANGES};
	int ruleset = ruleset_make(&changes), error;

	if (ruleset < 0)
		return -ruleset;
	error = leave_all(ruleset, c);
	if (!error)
		error = ruleset_enter(ruleset);
	close(ruleset);
	return error;
}

int
confine_enter(const struct confinement *c)
{
	int error = 0;

	if (!c->has_no_network && !c->is_read_only)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul) != 0)
		return errno;
	if (c->is_read_only)
		error = take_files(c);
	if (!error && c->has_no_network)
		error = take_network();
	return error;
}

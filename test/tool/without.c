/* SPDX-License-Identifier: ISC */
/*
 * Runs a program on a kernel without some system calls, as older ones are,
 * or such as are built without them: they answer ENOSYS.
 *
 *	without CALL[,CALL]... PROGRAM [ARG]...
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
    {"eventfd", SYS_eventfd2}, {"getrandom", SYS_getrandom},
    {"landlock", 444}, /* landlock_create_ruleset */
    {"openat2", SYS_openat2},  {"seccomp", SYS_seccomp},
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* Takes the call from us, once seccomp is not needed any more. */
static int
take_away(unsigned number)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int
main(int argc, char **argv)
{
	char *rest;

	if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		fputs("without CALL[,CALL]... PROGRAM [ARG]...\n", stderr);
		return 2;
	}
	for (char *name = strtok_r(argv[1], ",", &rest); name != NULL;
	     name = strtok_r(NULL, ",", &rest)) {
		size_t i = 0;

		while (i < CALLS && strcmp(calls[i].name, name) != 0)
			i++;
		if (i == CALLS || take_away(calls[i].number) != 0) {
			perror(name);
			return 2;
		}
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}

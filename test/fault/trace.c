/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"

/* A process that is traced. */
struct tracee {
	pid_t pid; /* 0: none */
	int process;
	bool is_inside;  /* a call, where each is counted */
	bool is_changed; /* that call is not the one that it made */
	bool is_begun;
	bool is_ours; /* and not, by now, another program */
	unsigned long before;
};

#define TRACEES_MAX 64
/* CPU time after which it is taken to spin. */
#define CPU_SECONDS 3

static struct tracee tracee[TRACEES_MAX];
static const struct fault *fault;
static struct trace *calls;
static int processes, seen;
static struct outcome outcome;
static volatile pid_t watched;

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(2);
}

static unsigned long
peek(pid_t pid, size_t offset)
{
	return (unsigned long)ptrace(PTRACE_PEEKUSER, pid, (void *)offset,
				     NULL);
}

static void
poke(pid_t pid, size_t offset, unsigned long value)
{
	ptrace(PTRACE_POKEUSER, pid, (void *)offset, (void *)value);
}

#define REGISTER(name) offsetof(struct user_regs_struct, name)

/* Where the register is that says how many bytes are wanted, or 0. */
static size_t
length_register(long number)
{
	switch (number) {
	case SYS_read:
	case SYS_recvfrom:
	case SYS_write:
	case SYS_sendto:
	case SYS_pread64:
		return REGISTER(rdx);
	case SYS_sendfile:
		return REGISTER(r10);
	case SYS_splice:
		return REGISTER(r8);
	default:
		return 0;
	}
}

static bool
is_blocking(const struct tracee *t, unsigned long fd)
{
	char path[64], text[128];
	unsigned long flags = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%lu", (int)t->pid, fd);
	info = fopen(path, "re");
	while (info != NULL && fgets(text, sizeof(text), info) != NULL)
		if (strncmp(text, "flags:", 6) == 0)
			flags = strtoul(text + 6, NULL, 8);
	if (info != NULL)
		fclose(info);
	return !(flags & O_NONBLOCK);
}

/*
 * False for what the kernel never says. Of those pipes that join us with a
 * program, and files, the first three are not: others may hold them too.
 */
static bool
is_possible(const struct tracee *t, long number)
{
	unsigned long fd = peek(t->pid, REGISTER(rdi));

	switch (number) {
	case SYS_read:
	case SYS_write:
		/* Nobody has closed the other end, who would take the end
		 * of ours for that of the content. */
		if (fd > 2 && fault->error == EPIPE)
			return false;
		return fd <= 2 || fault->error != EAGAIN || !is_blocking(t, fd);
	case SYS_poll:
	case SYS_ppoll:
		/* For nothing at all it lacks nothing. */
		return peek(t->pid, REGISTER(rsi)) > 0;
	default:
		return true;
	}
}

/*
 * What is to fail becomes close(-1), which any filter of calls lets pass,
 * and its result another. A close that fails closes all the same.
 */
static void
change(struct tracee *t, long number)
{
	size_t length = length_register(number);

	outcome.is_injected = true;
	if (fault->error == FAULT_SHORT) {
		unsigned long wanted = length ? peek(t->pid, length) : 0;

		unsigned long given = 1;

		/* A large file by the byte would take a minute, and of a
		 * pipe, which nobody reads yet, a page for each. */
		if (fault->is_lasting && number == SYS_splice)
			given = 4096;
		else if (fault->is_lasting && wanted > 128)
			given = wanted / 16;
		if (wanted > given)
			poke(t->pid, length, given);
		return;
	}
	t->is_changed = true;
	t->before = peek(t->pid, REGISTER(rdi));
	if (number == SYS_close)
		return;
	poke(t->pid, REGISTER(orig_rax), SYS_close);
	poke(t->pid, REGISTER(rdi), ~0ul);
}

static void
enter(struct tracee *t)
{
	long number = (long)peek(t->pid, REGISTER(orig_rax));

	if (!t->is_ours)
		return;
	if (calls != NULL && calls->count < CALLS_MAX)
		calls->call[calls->count++] = (struct call){t->process, number};
	if (number != fault->number || t->process != fault->process ||
	    !is_possible(t, number))
		return;
	if (seen == fault->at || (fault->is_lasting && seen > fault->at))
		change(t, number);
	seen++;
}

static void
leave(struct tracee *t)
{
	if (!t->is_changed)
		return;
	t->is_changed = false;
	poke(t->pid, REGISTER(rdi), t->before);
	poke(t->pid, REGISTER(rax), (unsigned long)-(long)fault->error);
}

static struct tracee *
find(pid_t pid)
{
	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (tracee[i].pid == pid)
			return &tracee[i];
	return NULL;
}

static struct tracee *
add(pid_t pid)
{
	struct tracee *t = find(0);

	if (t == NULL)
		die("too many processes");
	*t = (struct tracee){
	    .pid = pid, .process = processes, .is_ours = processes > 0};
	processes++;
	return t;
}

/*
 * Where calls are counted it stops at each, and else by a filter at those
 * that may have to fail: two stops a call take ten times the time of a run.
 */
static void
go_on(struct tracee *t, int number)
{
	ptrace(calls != NULL || t->is_changed ? PTRACE_SYSCALL : PTRACE_CONT,
	       t->pid, NULL, (void *)(long)number);
}

/* Descriptors that are open, but for those that it was given; or -1 if it lets
 * nobody but root look. */
static int
count_fds(pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		count += atoi(entry->d_name) > 2;
	closedir(dir);
	return count;
}

static void
take_event(struct tracee *t, int event)
{
	unsigned long child;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		/* Its first stop may have come before. */
		ptrace(PTRACE_GETEVENTMSG, t->pid, NULL, &child);
		if (find((pid_t)child) == NULL)
			add((pid_t)child);
		break;
	case PTRACE_EVENT_EXEC:
		t->is_ours = t->process == 0;
		t->is_inside = true;
		break;
	case PTRACE_EVENT_SECCOMP:
		if (calls == NULL)
			enter(t);
		break;
	case PTRACE_EVENT_EXIT:
		if (t->process == 0)
			outcome.fds = count_fds(t->pid);
		break;
	}
	go_on(t, 0);
}

static void
take_stop(pid_t pid, int status)
{
	struct tracee *t = find(pid);
	int number = WSTOPSIG(status), event = status >> 16;

	if (t == NULL)
		t = add(pid);
	if (event != 0) {
		take_event(t, event);
	} else if (number == (SIGTRAP | 0x80)) {
		if (t->is_inside || calls == NULL)
			leave(t);
		else
			enter(t);
		t->is_inside = !t->is_inside;
		go_on(t, 0);
	} else {
		/* Each begins with a stop. */
		go_on(t, !t->is_begun || number == SIGTRAP ? 0 : number);
		t->is_begun = true;
	}
}

static void
give_up(int number)
{
	(void)number;
	outcome.hangs = true;
	if (watched > 0)
		kill(watched, SIGKILL);
}

static bool
set_filter(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)fault->number, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	return fault->number < 0 ||
	       (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static _Noreturn void
become(char *const *argv, const int fd[3])
{
	struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS + 1};

	setrlimit(RLIMIT_CPU, &cpu);
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 3; i++)
		if (dup2(fd[i], i) < 0)
			_exit(126);
	/* To be told what to do at calls that the filter stops at, which its
	 * children inherit, as they do that they are traced. */
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0 &&
	    set_filter())
		execv(argv[0], argv);
	_exit(127);
}

/* Whoever was left to us ends soon, as its parent has, or is an orphan. */
static bool
have_orphans(void)
{
	struct timespec pause = {.tv_nsec = 5000000};

	for (int i = 0; i < 400; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);

		if (pid < 0 && errno == ECHILD)
			return false;
		if (pid > 0 && WIFSTOPPED(status))
			take_stop(pid, status);
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	return true;
}

static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT |
			    PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
			    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			    PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;

struct outcome
trace_run(char *const *argv, const int fd[3], const struct fault *f,
	  struct trace *trace)
{
	struct sigaction alarm_action = {.sa_handler = give_up};
	int status;
	pid_t pid;

	fault = f;
	calls = trace;
	processes = seen = 0;
	memset(tracee, 0, sizeof(tracee));
	outcome = (struct outcome){0};
	sigaction(SIGALRM, &alarm_action, NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		become(argv, fd);
	watched = pid;
	alarm(TRACE_SECONDS);
	add(pid);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("not traced");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options);
	find(pid)->is_begun = true;
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	for (;;) {
		pid_t who = waitpid(-1, &status, __WALL);

		if (who < 0 && errno == EINTR)
			continue;
		if (who < 0)
			die("waitpid");
		if (WIFSTOPPED(status)) {
			take_stop(who, status);
			continue;
		}
		if (who == pid)
			break;
		if (find(who) != NULL)
			find(who)->pid = 0;
	}
	alarm(0);
	watched = 0;
	outcome.status = status;
	outcome.has_orphans = have_orphans();
	return outcome;
}

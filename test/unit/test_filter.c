/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "check.h"
#include "host/filter.h"
#include "host/fork.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const uint64_t pass = 0x123456789abcdef0u;
static const uint64_t wrong_pass = 0x123456789abcdef1u;
static const uint64_t half_pass = 0x9abcdef0u;

/* What came of a call: its errno value, 0 if there was none, or -1 if it
 * was the end of its process. */
enum { ENDED = -1 };

struct call {
	const char *name;
	long number;
	long argument[6];
	int result;
};

static const int allowed[] = {
    SYS_getppid, SYS_exit_group, SYS_exit, SYS_fcntl, SYS_ioctl, SYS_mmap,
    SYS_mprotect, SYS_rt_sigprocmask, SYS_wait4, SYS_futex, SYS_socketpair,
    SYS_setsockopt, SYS_getsockopt, SYS_sendto,
#ifdef __SANITIZE_ADDRESS__
    /* What it does before _exit. */
    SYS_sigaltstack
#endif
};

static bool
is_allowed(long number)
{
	/* uretprobe and uprobe, where they are: they are the kernel's own,
	 * pass by all filters, and end who was not sent there. */
	if (SYS_clone == 56 && (number == 335 || number == 336))
		return true;
	for (size_t i = 0; i < COUNT(allowed); i++)
		if (allowed[i] == number)
			return true;
	return false;
}

/* What the filter's settings say. */
static bool encrypts, has_datagrams;

static void
put_on(void)
{
	struct filter filter = {.encrypts = encrypts,
				.has_datagrams = has_datagrams};
	int error;

	filter_allow(&filter, allowed, COUNT(allowed));
	prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul);
	error = filter_install(&filter, &pass);
	if (error)
		_exit(200);
}

/* The end of a child, as enum above. */
static int
end_of(pid_t pid)
{
	int status;

	waitpid(pid, &status, __WALL);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? ENDED : 1000;
	return WEXITSTATUS(status);
}

static int
make_call(long number, const long *a)
{
	pid_t pid = fork();

	if (pid == 0) {
		long result;

		put_on();
		result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		_exit(result == -1 ? errno : 0);
	}
	return end_of(pid);
}

/* Whatever is not allowed ends, whatever its number. */
static void
test_numbers(void)
{
	static const long none[6];
	int wrong = 0;

	for (long number = 0; number < FILTER_CALLS; number++)
		if (!is_allowed(number) && make_call(number, none) != ENDED) {
			printf("# call %ld\n", number);
			wrong++;
		}
	CHECK("what is not allowed ends its process", wrong == 0);
	wrong = 0;
	for (long number = FILTER_CALLS; number < FILTER_CALLS + 100; number++)
		if (make_call(number, none) != ENOSYS)
			wrong++;
	CHECK("younger calls are not there", wrong == 0);
}

static void
check_calls(const struct call *call, size_t count)
{
	for (size_t i = 0; i < count; i++)
		CHECK(call[i].name,
		      make_call(call[i].number, call[i].argument) ==
			  call[i].result);
}

static void
test_arguments(void)
{
	static const struct call calls[] = {
	    {"getppid", SYS_getppid, {0}, 0},
	    {"getppid of x32", SYS_getppid | 0x40000000, {0}, ENOSYS},
	    {"F_GETFL", SYS_fcntl, {0, F_GETFL}, 0},
	    {"F_DUPFD", SYS_fcntl, {0, F_DUPFD, 0}, ENDED},
	    {"F_DUPFD_CLOEXEC", SYS_fcntl, {0, F_DUPFD_CLOEXEC, 0}, ENDED},
	    {"F_SETOWN", SYS_fcntl, {0, F_SETOWN, 1}, ENDED},
	    {"F_SETSIG", SYS_fcntl, {0, F_SETSIG, SIGKILL}, ENDED},
	    {"F_SETLEASE", SYS_fcntl, {0, F_SETLEASE, 0}, ENDED},
	    {"F_SETOWN, high half set",
	     SYS_fcntl,
	     {0, F_SETOWN | (long)(1ull << 32), 1},
	     ENDED},
	    {"FIONREAD", SYS_ioctl, {-1, FIONREAD, 0}, EBADF},
	    {"TIOCSTI", SYS_ioctl, {0, TIOCSTI, 0}, ENDED},
	    {"mmap",
	     SYS_mmap,
	     {0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	      0},
	     0},
	    {"mmap to execute",
	     SYS_mmap,
	     {0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	      0},
	     ENDED},
	    {"mmap to share",
	     SYS_mmap,
	     {0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0},
	     ENDED},
	    {"mprotect", SYS_mprotect, {0, 0, PROT_READ}, 0},
	    {"mprotect to execute", SYS_mprotect, {0, 0, PROT_EXEC}, ENDED},
	    {"a pair of sockets for packets",
	     SYS_socketpair,
	     {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0},
	     EFAULT},
	    {"a pair for datagrams",
	     SYS_socketpair,
	     {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0},
	     ENDED},
	    {"a pair of another family",
	     SYS_socketpair,
	     {AF_TIPC, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0},
	     ENDED},
	    {"SO_RCVTIMEO",
	     SYS_setsockopt,
	     {-1, SOL_SOCKET, SO_RCVTIMEO, 0, 0},
	     EBADF},
	    {"TCP_NODELAY",
	     SYS_setsockopt,
	     {-1, IPPROTO_TCP, TCP_NODELAY, 0, 0},
	     EBADF},
	    {"an option of another level",
	     SYS_setsockopt,
	     {-1, IPPROTO_IP, SO_RCVTIMEO, 0, 0},
	     ENDED},
	    {"SO_ATTACH_FILTER",
	     SYS_setsockopt,
	     {-1, SOL_SOCKET, SO_ATTACH_FILTER, 0, 0},
	     ENDED},
	    {"SO_ACCEPTCONN",
	     SYS_getsockopt,
	     {-1, SOL_SOCKET, SO_ACCEPTCONN, 0, 0},
	     EBADF},
	    {"SO_PEERCRED",
	     SYS_getsockopt,
	     {-1, SOL_SOCKET, SO_PEERCRED, 0, 0},
	     ENDED},
	    {"FUTEX_WAKE", SYS_futex, {0, FUTEX_WAKE_PRIVATE, 1}, 0},
	    {"FUTEX_LOCK_PI", SYS_futex, {0, FUTEX_LOCK_PI, 1}, ENDED},
	    {"FUTEX_REQUEUE", SYS_futex, {0, FUTEX_REQUEUE, 1}, ENDED},
	    {"clone", SYS_clone, {SIGCHLD}, ENDED},
	    {"clone as ours", SYS_clone, {FORK_SIGNAL}, ENDED},
	};

	check_calls(calls, COUNT(calls));
}

static void
test_settings(void)
{
	static const struct call without[] = {
	    {"kernel TLS where it is not wanted",
	     SYS_setsockopt,
	     {-1, IPPROTO_TCP, TCP_ULP, 0, 0},
	     ENDED},
	    {"its keys", SYS_setsockopt, {-1, SOL_TLS, TLS_TX, 0, 0}, ENDED},
	    {"send", SYS_sendto, {-1, 0, 0, 0, 0, 0}, EBADF},
	    {"sendto", SYS_sendto, {-1, 0, 0, 0, 1, 0}, EBADF}};
	static const struct call with[] = {
	    {"kernel TLS where it is",
	     SYS_setsockopt,
	     {-1, IPPROTO_TCP, TCP_ULP, 0, 0},
	     EBADF},
	    {"its keys there", SYS_setsockopt, {-1, SOL_TLS, TLS_TX}, EBADF},
	    {"send, with datagrams", SYS_sendto, {-1, 0, 0, 0, 0, 0}, EBADF},
	    {"sendto, with datagrams", SYS_sendto, {-1, 0, 0, 0, 1, 0}, ENDED},
	    {"sendto, high half set",
	     SYS_sendto,
	     {-1, 0, 0, 0, (long)(1ull << 32), 0},
	     ENDED}};

	check_calls(without, COUNT(without));
	encrypts = has_datagrams = true;
	check_calls(with, COUNT(with));
	encrypts = has_datagrams = false;
}

/* In the filter, a process forks with that pass, and its child, too. */
static int
fork_in_filter(const uint64_t *first, const uint64_t *second)
{
	pid_t pid = fork();
	sigset_t held;

	if (pid == 0) {
		sigemptyset(&held);
		sigaddset(&held, FORK_SIGNAL);
		sigprocmask(SIG_BLOCK, &held, NULL);
		put_on();
		pid = fork_with(first);
		if (pid == 0)
			_exit(second == NULL || fork_with(second) >= 0 ? 7 : 8);
		_exit(pid < 0 ? 9 : end_of(pid) == ENDED ? 10 : 11);
	}
	return end_of(pid);
}

static void
test_fork(void)
{
	CHECK("who has the number forks", fork_in_filter(&pass, NULL) == 11);
	CHECK("who has not does not",
	      fork_in_filter(&wrong_pass, NULL) == ENDED);
	CHECK("nor does who has half of it",
	      fork_in_filter(&half_pass, NULL) == ENDED);
	CHECK("nor a child", fork_in_filter(&pass, &wrong_pass) == 10);
	CHECK("nor a child with half of it",
	      fork_in_filter(&pass, &half_pass) == 10);
}

int
main(void)
{
	test_numbers();
	test_arguments();
	test_settings();
	test_fork();
	return check_done();
}

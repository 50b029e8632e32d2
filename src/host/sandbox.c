/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/log.h"
#include "host/filter.h"
#include "host/landlock.h"
#include "host/sandbox.h"

/* A connection has some ten, and a launcher those of who lingers too. */
#define CONNECTION_DESCRIPTORS_MAX 64
#define DESCRIPTORS_MAX 256

/* Compilers' sanitizers make calls of their own, of any kind. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* What a launcher had before. */
static struct rlimit descriptors;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of those that arm64 has not there are newer ones that it has. */
static const int serves[] = {
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_openat, /* by a kernel without openat2; and directories */
    SYS_openat2,
    SYS_getdents64,
    SYS_sendfile,
    SYS_sendto,
    SYS_recvfrom,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
    SYS_setsockopt,
    SYS_fcntl,
    SYS_ioctl,
    SYS_ppoll,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_getpid,
    SYS_exit_group,
    /* By the kernel, for who was stopped and goes on. */
    SYS_restart_syscall,
    /* malloc's. */
    SYS_mmap,
    SYS_mprotect,
    SYS_munmap,
    SYS_madvise,
    SYS_brk,
    /* OpenSSL's too. */
    SYS_getrandom,
    /* Where the vDSO has no such clock. */
    SYS_clock_gettime,
    SYS_gettimeofday,
    /* musl's alarm, and what an assertion says. */
    SYS_setitimer,
    SYS_writev,
#ifdef SYS_open
    SYS_poll,
    SYS_alarm,
    SYS_time,
#endif
};

/* Of a launcher, which waits for its monitor too. */
static const int accepts[] = {SYS_accept4, SYS_wait4, SYS_futex};

/* Of one who was given a connection, and may say what is wrong with it. */
static const int is_given[] = {SYS_getsockopt};

/* What files are sent with if the client is behind a pipe. */
static const int pipes[] = {SYS_splice};

/* To have the kernel send what is not data. */
static const int encrypts[] = {SYS_sendmsg};

/* Where a broker starts programs: to talk with them, and, for one that
 * accepts, to have them started for others. */
static const int talks[] = {SYS_sendmsg, SYS_recvmsg, SYS_recvmmsg};
static const int offers[] = {SYS_socketpair};

#ifdef SANDBOX_TRAP
/* Only for debugging: who is taken over can take this over too. */
static void
say_call(int number, siginfo_t *info, void *context)
{
	char storage[32];
	struct buf text = {.data = storage, .cap = sizeof(storage) - 1};

	(void)context;
	buf_add_u64(&text, (uint64_t)info->si_syscall);
	storage[text.len] = '\0';
	log_message(LOG_LEVEL_ERROR, "not in the sandbox: system call",
		    storage);
	signal(number, SIG_DFL);
	raise(number);
}

static void
set_trap(void)
{
	struct sigaction action = {.sa_sigaction = say_call,
				   .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &action, NULL);
}
#else
static void
set_trap(void)
{
}
#endif

void
sandbox_set_limits(void)
{
	struct rlimit few = descriptors;

	/* The hard one stays: without prlimit nobody gets there. */
	if (few.rlim_cur > DESCRIPTORS_MAX)
		few.rlim_cur = DESCRIPTORS_MAX;
	if (descriptors.rlim_max > 0)
		setrlimit(RLIMIT_NOFILE, &few);
}

void
sandbox_restore_limits(void)
{
	if (descriptors.rlim_max > 0)
		setrlimit(RLIMIT_NOFILE, &descriptors);
}

static void
limit_descriptors(const struct sandbox *s)
{
	static const struct rlimit few = {CONNECTION_DESCRIPTORS_MAX,
					  CONNECTION_DESCRIPTORS_MAX};

	if (s->pass == NULL) {
		/* It fails where there are less. */
		setrlimit(RLIMIT_NOFILE, &few);
	} else if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
		sandbox_set_limits();
	}
}

/* Of root's rights only that to read what is not its own stays. */
static void
drop_capabilities(void)
{
	static const uint32_t reading = CAPABILITY(CAP_DAC_READ_SEARCH);

	if (geteuid() != 0 || capability_keep(reading, reading, false) != 0)
		capability_keep(0, 0, false);
}

/*
 * True if the user may write to what is served: only then can one who may
 * only read cut a file off (O_RDONLY with O_TRUNC).
 */
static bool
could_write(int root)
{
	struct stat st;

	return geteuid() == 0 || fstat(root, &st) != 0 ||
	       st.st_uid == geteuid();
}

static int
filter_calls(const struct sandbox *s)
{
	struct filter filter = {.encrypts = s->encrypts,
				.has_datagrams = log_has_datagrams()};

	filter_allow(&filter, serves, COUNT(serves));
	if (s->pass != NULL)
		filter_allow(&filter, accepts, COUNT(accepts));
	else
		filter_allow(&filter, is_given, COUNT(is_given));
	if (s->is_piped)
		filter_allow(&filter, pipes, COUNT(pipes));
	if (s->encrypts)
		filter_allow(&filter, encrypts, COUNT(encrypts));
	if (s->has_broker)
		filter_allow(&filter, talks, COUNT(talks));
	if (s->has_broker && s->pass != NULL)
		filter_allow(&filter, offers, COUNT(offers));
	set_trap();
	return filter_install(&filter, s->pass);
}

/* What a kernel says that has no such thing, or has it turned off. */
static bool
is_lack(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP || error == EINVAL ||
	       error == EPERM;
}

int
sandbox_enter(const struct sandbox *s, enum sandbox_mode mode,
	      const char **missing)
{
	int files, calls;

	*missing = NULL;
	if (mode == SANDBOX_OFF || (mode == SANDBOX_AUTO && IS_SANITIZED))
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul) != 0)
		return errno;
	/* No core is written, nor piped to a program, as RLIMIT_CORE would let
	 * it be; and others of our user cannot look into our memory. */
	prctl(PR_SET_DUMPABLE, 0ul, 0ul, 0ul, 0ul);
	limit_descriptors(s);
	drop_capabilities();
	files = landlock_confine(s->root, could_write(s->root));
	calls = filter_calls(s);
	if (files != 0 && calls != 0)
		*missing = "neither Landlock nor seccomp";
	else if (files != 0)
		*missing = "no Landlock";
	else if (calls != 0)
		*missing = "no seccomp";
	if (files != 0 && (mode == SANDBOX_ON || !is_lack(files)))
		return files;
	return calls != 0 && (mode == SANDBOX_ON || !is_lack(calls)) ? calls
								     : 0;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/sockios.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/seccomp.h"
#include "host/filter.h"
#include "host/fork.h"

/* With -DSANDBOX_TRAP a handler can say which call it was. */
#ifdef SANDBOX_TRAP
#define FORBID SECCOMP_RET_TRAP
#else
#define FORBID SECCOMP_RET_KILL_PROCESS
#endif

/* Of the number, a tree of words, and what looks at arguments. */
#define CODE_MAX (160 + 3 * FILTER_WORDS)

struct program {
	struct sock_filter code[CODE_MAX];
	unsigned short count;
	long last_case; /* the highest number whose arguments are looked at */
};

/* Of a call's arguments, two that follow each other. */
struct pair {
	uint32_t first, second;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
add(struct program *p, unsigned code, uint32_t k, unsigned if_true,
    unsigned if_false)
{
	p->code[p->count++] = (struct sock_filter){
	    (uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, k};
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
decide(struct program *p, uint32_t action)
{
	add(p, BPF_RET | BPF_K, action, 0, 0);
}

#define IS(value) BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value)
#define IS_LEAST(value) BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(value)
#define HAS(bits) BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits)

/* The halves of an argument; both architectures are little-endian. */
#define LOW(n) (offsetof(struct seccomp_data, args) + (n)*8)
#define HIGH(n) (LOW(n) + 4)

/* Begins what is for call number alone; returns where, for end_case. */
static unsigned
begin_case(struct program *p, long number)
{
	add(p, IS(number), 0, 0);
	if (p->last_case < number)
		p->last_case = number;
	return p->count;
}

static void
end_case(struct program *p, unsigned start)
{
	decide(p, FORBID);
	p->code[start - 1].jf = (uint8_t)(p->count - start);
}

/* Allows a call whose argument n has one of these values. */
static void
allow_values(struct program *p, long number, unsigned n, const uint32_t *values,
	     unsigned count)
{
	unsigned start = begin_case(p, number);

	load(p, LOW(n));
	for (unsigned i = 0; i < count; i++)
		add(p, IS(values[i]), count - i, 0);
	end_case(p, start);
	decide(p, SECCOMP_RET_ALLOW);
	/* The case ends behind that. */
	p->code[start - 1].jf++;
}

/* Allows a call whose arguments n and n + 1 are one of these pairs. */
static void
allow_pairs(struct program *p, long number, unsigned n,
	    const struct pair *pairs, size_t count)
{
	unsigned start = begin_case(p, number);

	for (size_t i = 0; i < count; i++) {
		load(p, LOW(n));
		add(p, IS(pairs[i].first), 0, 3);
		load(p, LOW(n + 1));
		add(p, IS(pairs[i].second), 0, 1);
		decide(p, SECCOMP_RET_ALLOW);
	}
	end_case(p, start);
}

/* Allows a call whose argument n is no pointer. */
static void
allow_null(struct program *p, long number, unsigned n)
{
	unsigned start = begin_case(p, number);

	load(p, LOW(n));
	add(p, IS(0), 0, 3);
	load(p, HIGH(n));
	add(p, IS(0), 0, 1);
	decide(p, SECCOMP_RET_ALLOW);
	end_case(p, start);
}

/* Allows a call whose arguments from n on have none of these bits each. */
static void
forbid_bits(struct program *p, long number, unsigned n, const uint32_t *bits,
	    unsigned count)
{
	unsigned start = begin_case(p, number);

	for (unsigned i = 0; i < count; i++) {
		load(p, LOW(n + i));
		add(p, HAS(bits[i]), 2 * (count - 1 - i) + 1, 0);
	}
	decide(p, SECCOMP_RET_ALLOW);
	end_case(p, start);
}

/* Allows the plain fork of one who knows pass. */
static void
allow_fork(struct program *p, uint64_t pass)
{
	unsigned start = begin_case(p, SYS_clone);

	load(p, LOW(0));
	add(p, IS(FORK_SIGNAL), 0, 5);
	load(p, LOW(5));
	add(p, IS(pass), 0, 3);
	load(p, HIGH(5));
	add(p, IS(pass >> 32), 0, 1);
	decide(p, SECCOMP_RET_ALLOW);
	end_case(p, start);
}

static bool
is_allowed(const struct filter *f, long number)
{
	return f->allowed[number / 32] >> number % 32 & 1;
}

/* Options of sockets: of many a one the kernel has regretted the code. */
static void
look_at_options(struct program *p, const struct filter *f)
{
	static const struct pair set[] = {{SOL_SOCKET, SO_RCVTIMEO},
					  {SOL_SOCKET, SO_SNDBUF},
					  {IPPROTO_TCP, TCP_NODELAY},
					  /* The kernel encrypts. */
					  {IPPROTO_TCP, TCP_ULP},
					  {SOL_TLS, TLS_TX}};
	static const struct pair get[] = {{SOL_SOCKET, SO_ACCEPTCONN}};

	if (is_allowed(f, SYS_setsockopt))
		allow_pairs(p, SYS_setsockopt, 1, set,
			    COUNT(set) - (f->encrypts ? 0 : 2));
	if (is_allowed(f, SYS_getsockopt))
		allow_pairs(p, SYS_getsockopt, 1, get, COUNT(get));
}

static void
look_at_calls(struct program *p, const struct filter *f, const uint64_t *pass)
{
	/* Not F_SETOWN and F_SETSIG: others would get signals. */
	static const uint32_t fcntls[] = {F_GETFL, F_SETFL};
	/* Not TIOCSTI: it types into a terminal that is standard error. */
	static const uint32_t ioctls[] = {FIONREAD, SIOCOUTQ};
	/* Nothing to execute; nor what writes to a file, the log perhaps. */
	static const uint32_t maps[] = {PROT_EXEC, MAP_SHARED};
	/* As semaphores have them. */
	static const uint32_t futexes[] = {FUTEX_WAIT_PRIVATE,
					   FUTEX_WAKE_PRIVATE,
					   FUTEX_WAIT,
					   FUTEX_WAKE,
					   FUTEX_WAIT_BITSET_PRIVATE,
					   FUTEX_WAIT_BITSET_PRIVATE |
					       FUTEX_CLOCK_REALTIME};
	/* Not datagrams: whose socket is connected to one end can send to
	 * any socket that has a name. */
	static const struct pair pairs[] = {
	    {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC}};

	if (is_allowed(f, SYS_fcntl))
		allow_values(p, SYS_fcntl, 1, fcntls, COUNT(fcntls));
	if (is_allowed(f, SYS_ioctl))
		allow_values(p, SYS_ioctl, 1, ioctls, COUNT(ioctls));
	if (is_allowed(f, SYS_futex))
		allow_values(p, SYS_futex, 1, futexes, COUNT(futexes));
	if (is_allowed(f, SYS_mmap))
		forbid_bits(p, SYS_mmap, 2, maps, COUNT(maps));
	if (is_allowed(f, SYS_mprotect))
		forbid_bits(p, SYS_mprotect, 2, maps, 1);
	if (is_allowed(f, SYS_socketpair))
		allow_pairs(p, SYS_socketpair, 0, pairs, COUNT(pairs));
	if (is_allowed(f, SYS_sendto) && f->has_datagrams)
		allow_null(p, SYS_sendto, 4);
	look_at_options(p, f);
	if (pass != NULL)
		allow_fork(p, *pass);
}

/*
 * The kernel tries each number when it takes a filter: most of them are
 * behind the last whose arguments matter, and pass by in one step.
 */
static void
look_at_arguments(struct program *p, const struct filter *f,
		  const uint64_t *pass)
{
	unsigned start = p->count + 1u;

	add(p, IS_LEAST(0), 0, 0);
	look_at_calls(p, f, pass);
	p->code[start - 1].k = (uint32_t)p->last_case + 1;
	p->code[start - 1].jt = (uint8_t)(p->count - start);
}

/*
 * With A the number of a word, loads that word: a binary tree of words
 * first to last, each of whose leaves goes on behind the tree, at end.
 */
static void
find_word(struct program *p, const uint32_t *words, unsigned first,
	  unsigned last, unsigned end)
{
	unsigned middle = (first + last + 1) / 2, at = p->count;

	if (first == last) {
		add(p, BPF_LD | BPF_IMM, words[first], 0, 0);
		add(p, BPF_JMP | BPF_JA, end - p->count - 1, 0, 0);
		return;
	}
	add(p, IS_LEAST(middle), 0, 0);
	find_word(p, words, first, middle - 1, end);
	p->code[at].jt = (uint8_t)(p->count - at - 1);
	find_word(p, words, middle, last, end);
}

static void
look_at_number(struct program *p, const struct filter *f)
{
	/* A leaf is two instructions, and there is one less of the others. */
	unsigned end = p->count + 3 + 3 * FILTER_WORDS - 1;

	add(p, IS_LEAST(FILTER_CALLS), 0, 1);
	decide(p, SECCOMP_RET_ERRNO | ENOSYS);
	add(p, BPF_ALU | BPF_RSH | BPF_K, 5, 0, 0);
	find_word(p, f->allowed, 0, FILTER_WORDS - 1, end);
	/* allowed >> number % 32 & 1 */
	add(p, BPF_ST, 0, 0, 0);
	load(p, offsetof(struct seccomp_data, nr));
	add(p, BPF_ALU | BPF_AND | BPF_K, 31, 0, 0);
	add(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	add(p, BPF_LD | BPF_MEM, 0, 0, 0);
	add(p, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
	add(p, HAS(1), 0, 1);
	decide(p, SECCOMP_RET_ALLOW);
	decide(p, FORBID);
}

void
filter_allow(struct filter *f, const int *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		f->allowed[numbers[i] / 32] |= 1u << numbers[i] % 32;
}

int
filter_install(const struct filter *f, const uint64_t *pass)
{
	struct program p = {.count = 0};
	struct sock_fprog code;

	if (SECCOMP_ARCHITECTURE == 0)
		return ENOSYS;
	load(&p, offsetof(struct seccomp_data, arch));
	add(&p, IS(SECCOMP_ARCHITECTURE), 1, 0);
	decide(&p, FORBID);
	load(&p, offsetof(struct seccomp_data, nr));
	look_at_arguments(&p, f, pass);
	look_at_number(&p, f);
	code = (struct sock_fprog){p.count, p.code};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0ul, &code) == 0
		   ? 0
		   : errno;
}

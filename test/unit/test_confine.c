/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "serve/confine.h"

static const struct confinement no_network = {.has_no_network = true};
static const struct confinement none;

/* How a child ends that does this: its exit status, or minus a signal. */
static int
end_of(const struct confinement *c, int (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(confine_enter(c) == 0 ? act() : 200);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Elsewhere EFAULT, or what says that they are turned off. */
static int
make_ring(void)
{
	return syscall(425, 0u, NULL) < 0 ? errno : 0;
}

/* A family whose lower half alone is that of Unix. */
static int
open_padded(void)
{
	return syscall(SYS_socket, 0x200000001ul, 1ul, 0ul) < 0 ? errno : 0;
}

static int
open_packet(void)
{
	return syscall(SYS_socketpair, 2ul, 1ul, 0ul, NULL) < 0 ? errno : 0;
}

#ifdef __x86_64__
/* getpid as 32-bit programs call it: socket would pass by the numbers. */
static int
call_in_32_bits(void)
{
	long number = 20;

	__asm__ volatile("int $0x80"
			 : "+a"(number)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	return number <= 0;
}

/* The second set, with which socket is 41 and this bit. */
static int
call_second_set(void)
{
	return syscall(0x40000000 + SYS_getpid) < 0 ? errno : 0;
}
#endif

int
main(void)
{
	struct confinement c = {.has_no_network = false};
	char many[] = "write=/,write=/,write=/,write=/,write=/,write=/,write=/,"
		      "write=/,write=/,write=/,write=/,write=/,write=/,write=/,"
		      "write=/,write=/,write=/";

	CHECK("no rings", end_of(&no_network, make_ring) == ENOSYS);
	CHECK("the kernel's int", end_of(&no_network, open_padded) == 0);
	CHECK("pairs", end_of(&no_network, open_packet) == EACCES);
	CHECK("pairs else", end_of(&none, open_packet) != EACCES);
#ifdef __x86_64__
	CHECK("the second set", end_of(&no_network, call_second_set) == ENOSYS);
	if (end_of(&none, call_in_32_bits) == 0)
		CHECK("32 bits",
		      end_of(&no_network, call_in_32_bits) == -SIGSYS);
#endif
	CHECK("16 directories", confinement_add(&c, many) != NULL);
	CHECK("and no more", c.directory_count == CONFINE_DIRECTORIES_MAX);
	return check_done();
}

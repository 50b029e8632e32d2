/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "serve/confine.h"

static const struct confinement no_network = {.has_no_network = true};
static const struct confinement none;

/* As before Linux 6.2, where a filter has to stand in. */
static const struct confinement old_landlock = {.is_read_only = true,
						.landlock = 2};
static char path[] = "/tmp/perch-confine-XXXXXX";

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

static int
open_error(int flags)
{
	return open(path, flags) < 0 ? errno : 0;
}

static int
cut_by_reader(void)
{
	return open_error(O_RDONLY | O_TRUNC);
}

/* Neither: a descriptor for ioctl alone, which may cut off all the same. */
static int
cut_by_neither(void)
{
	return open_error(O_ACCMODE | O_TRUNC);
}

static int
cut_by_name(void)
{
	return truncate(path, 0) != 0 ? errno : 0;
}

static int
cut_by_new_call(void)
{
	const uint64_t how[3] = {O_RDONLY | O_TRUNC};

	return syscall(SYS_openat2, AT_FDCWD, path, how, sizeof(how)) < 0
		   ? errno
		   : 0;
}

static int
write_it(void)
{
	return open_error(O_WRONLY | O_TRUNC);
}

static int
read_it(void)
{
	return open_error(O_RDONLY);
}

#ifdef SYS_open
static int
cut_by_old_call(void)
{
	return syscall(SYS_open, path, O_RDONLY | O_TRUNC) < 0 ? errno : 0;
}
#endif

static int
write_null(void)
{
	return open("/dev/null", O_WRONLY | O_TRUNC) < 0 ? errno : 0;
}

static void
check_old_landlock(void)
{
	struct confinement writes = old_landlock;
	struct stat st;
	int fd = mkstemp(path);

	CHECK("a file of four bytes", fd >= 0 && write(fd, "text", 4) == 4);
	CHECK("cut by a reader",
	      end_of(&old_landlock, cut_by_reader) == EACCES);
	CHECK("by neither", end_of(&old_landlock, cut_by_neither) == EACCES);
	CHECK("by its name", end_of(&old_landlock, cut_by_name) == EACCES);
	CHECK("by a new call",
	      end_of(&old_landlock, cut_by_new_call) == ENOSYS);
#ifdef SYS_open
	CHECK("by an old call",
	      end_of(&old_landlock, cut_by_old_call) == EACCES);
#endif
	CHECK("written", end_of(&old_landlock, write_it) == EACCES);
	CHECK("it is as it was", fstat(fd, &st) == 0 && st.st_size == 4);
	CHECK("read", end_of(&old_landlock, read_it) == 0);
	CHECK("a device", end_of(&old_landlock, write_null) == 0);
	writes.directory[writes.directory_count++] = "/tmp";
	CHECK("written beneath", end_of(&writes, write_it) == 0);
	writes.landlock = 1;
	CHECK("by the first Landlock, too", end_of(&writes, write_it) == 0);
	close(fd);
	unlink(path);
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
	static struct confinement c;
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
	if (syscall(444, NULL, 0ul, 1u) > 0)
		check_old_landlock();
	return check_done();
}

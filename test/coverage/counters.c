/* SPDX-License-Identifier: ISC */
/*
 * Keeps what gcov counts in a file that all processes of a program share, so
 * that it counts however they end: gcov's own way is to write it down at
 * exit(3), which connections, programs' children and who is killed do not come
 * to, and which a sandbox would not let them do. They only pay for a mapping.
 *
 * It is linked with --wrap for main and __gcov_exit. In the end each program
 * is run once more, with COVERAGE_DUMP, to write down what there is for gcov.
 */
#include <fcntl.h>
#include <gcov.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern char counters_start[], counters_end[];
/* 16 bytes of a note's head, and the number. */
extern const unsigned char build_note[];

int __real_main(int argc, char **argv, char **environment);
int __wrap_main(int argc, char **argv, char **environment);
void __wrap___gcov_exit(void);

/* Whatever their users are. What cannot open the file, since it has been put
 * in a sandbox before it was executed, counts for itself. */
static void
share_counters(void)
{
	size_t size = (size_t)(counters_end - counters_start);
	const unsigned char *id = build_note + 16;
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%02x%02x%02x%02x%02x%02x", FOLDER,
		 id[0], id[1], id[2], id[3], id[4], id[5]);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	fchmod(fd, 0666);
	if (ftruncate(fd, (off_t)size) == 0)
		mmap(counters_start, size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
}

int
__wrap_main(int argc, char **argv, char **environment)
{
	share_counters();
	if (getenv("COVERAGE_DUMP") == NULL)
		return __real_main(argc, argv, environment);
	__gcov_dump();
	return 0;
}

void
__wrap___gcov_exit(void)
{
}

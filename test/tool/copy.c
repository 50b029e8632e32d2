/* SPDX-License-Identifier: ISC */
/*
 * cat(1), as small and static as perch: for what starts it very often, and
 * would wait most of the time for the dynamic linker.
 */
#include <unistd.h>

int
main(void)
{
	char bytes[4096];
	ssize_t len;

	while ((len = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0, n; at < len; at += n) {
			n = write(STDOUT_FILENO, bytes + at,
				  (size_t)(len - at));
			if (n < 0)
				return 1;
		}
	return len < 0;
}

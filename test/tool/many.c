/* SPDX-License-Identifier: ISC */
/*
 * Many senders on one WebSocket.
 *
 *	many PROCESSES COUNT           is the program: so many processes each
 *	                               send so many messages, by packets
 *	many --check PROCESSES COUNT   reads what perch sends, head and all,
 *	                               and says what is wrong with it
 *
 * Messages are numbered and of mixed sizes; the longest go in parts. Each
 * process's must arrive in order, whole, and unmixed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../../examples/perch-packets.h"

#define LONGEST (200 * 1024)
#define PROCESSES_MAX 64

static char message[LONGEST + 64];

static size_t
length_of(unsigned process, unsigned number)
{
	unsigned n = process * 7919 + number * 104729;

	if (number % 500 == 3)
		return 65530 + n % (LONGEST - 65530);
	return number % 10 == 7 ? n % 6000 : n % 300;
}

/* A head that says whose it is, and a rest that follows from that. */
static size_t
compose(unsigned process, unsigned number)
{
	int head = snprintf(message, 32, "%u %u:", process, number);
	size_t len = length_of(process, number);

	for (size_t i = 0; i < len; i++)
		message[(size_t)head + i] = (char)(process + number * 3 + i);
	return (size_t)head + len;
}

static int
run(unsigned processes, unsigned count)
{
	int failed = 0, status;

	for (unsigned p = 0; p < processes; p++) {
		if (fork() != 0)
			continue;
		for (unsigned i = 0; i < count; i++)
			if (perch_send('b', message, compose(p, i)) != 0)
				_exit(1);
		_exit(0);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}

static void
need(void *to, size_t len)
{
	if (fread(to, 1, len, stdin) != len) {
		printf("it ends too early\n");
		exit(1);
	}
}

/* Reads a frame's head. Returns its first byte. */
static unsigned
read_head(size_t *len)
{
	unsigned char head[10];

	need(head, 2);
	*len = head[1];
	if (head[1] >= 126) {
		size_t extra = head[1] == 126 ? 2 : 8;

		need(head + 2, extra);
		*len = 0;
		for (size_t i = 0; i < extra; i++)
			*len = *len << 8 | head[2 + i];
	}
	return head[0];
}

static int
check(unsigned processes, unsigned count)
{
	static char got[LONGEST + 64];
	unsigned next[PROCESSES_MAX] = {0};
	unsigned long total = 0;
	unsigned first, p, n;
	char line[256];
	size_t len;

	while (fgets(line, sizeof(line), stdin) != NULL && line[0] != '\r')
		;
	while ((first = read_head(&len)) != 0x88) {
		if (first != 0x82 || len > sizeof(got)) {
			printf("a frame %#x of %zu bytes\n", first, len);
			return 1;
		}
		need(got, len);
		if (sscanf(got, "%u %u:", &p, &n) != 2 || p >= processes ||
		    n != next[p]) {
			printf("not the next message of a sender\n");
			return 1;
		}
		if (compose(p, n) != len || memcmp(got, message, len) != 0) {
			printf("message %u of %u is not what was sent\n", n, p);
			return 1;
		}
		next[p]++;
		total++;
	}
	need(got, len);
	printf("%lu messages, closed with %u\n", total,
	       (unsigned)(unsigned char)got[0] << 8 | (unsigned char)got[1]);
	return total != (unsigned long)processes * count;
}

int
main(int argc, char **argv)
{
	bool checks = argc == 4 && strcmp(argv[1], "--check") == 0;
	unsigned processes = argc > 2 ? (unsigned)atoi(argv[argc - 2]) : 0;
	unsigned count = argc > 2 ? (unsigned)atoi(argv[argc - 1]) : 0;

	if (processes == 0 || processes > PROCESSES_MAX || count == 0)
		return 2;
	return checks ? check(processes, count) : run(processes, count);
}

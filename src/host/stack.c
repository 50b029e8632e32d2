/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "host/stack.h"

/* AddressSanitizer knows the stack that a thread began with, and no other. */
#ifdef __SANITIZE_ADDRESS__
enum { CAN_LEAVE = 0 };
#else
enum { CAN_LEAVE = 1 };
#endif

/* The deepest call of ours takes a few lines of the log: 16 KiB. */
#define STACK_SIZE (128 * 1024)

static alignas(PAGE) char stack[STACK_SIZE];
static void (*run_here)(void *argument);
static void *argument_here;

/* Finds the mapping that holds address. */
static int
find_mapping(uintptr_t address, uintptr_t *start, uintptr_t *end)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int found = 0;

	if (maps == NULL)
		return 0;
	while (!found && fgets(line, sizeof(line), maps) != NULL) {
		char *rest;

		*start = strtoul(line, &rest, 16);
		*end = strtoul(rest + 1, NULL, 16);
		found = *start <= address && address < *end;
	}
	fclose(maps);
	return found;
}

/*
 * What a fork is called from and what a child calls lie on one page, if
 * they begin at the top of one: what is written to is copied by the page.
 */
static void
handle(int number)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	volatile char *rest = __builtin_alloca(here % PAGE + 1);

	(void)number;
	rest[0] = 0;
	run_here(argument_here);
}

void
stack_leave(void (*run)(void *argument), void *argument)
{
	/*
	 * A handler may have a stack of its own: the one portable way to
	 * change to another without touching a register.
	 */
	stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = handle,
				   .sa_flags = SA_ONSTACK | SA_NODEFER |
					       (int)SA_RESETHAND};
	uintptr_t start, end;

	run_here = run;
	argument_here = argument;
	if (!CAN_LEAVE || !find_mapping((uintptr_t)&own, &start, &end) ||
	    madvise((void *)start, end - start, MADV_DONTFORK) != 0 ||
	    sigaltstack(&own, NULL) != 0 ||
	    sigaction(SIGUSR1, &action, NULL) != 0) {
		run(argument);
		return;
	}
	raise(SIGUSR1);
}

char **
stack_copy_arguments(int argc, char **argv)
{
	size_t len = 0;
	char **copy, *text;

	for (int i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	copy = malloc(((size_t)argc + 1) * sizeof(*copy) + len);
	if (copy == NULL)
		return NULL;
	text = (char *)(copy + argc + 1);
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]) + 1;

		copy[i] = memcpy(text, argv[i], n);
		text += n;
	}
	copy[argc] = NULL;
	return copy;
}

int
stack_move_environment(void)
{
	int count = 0;
	char **copy;

	while (environ[count] != NULL)
		count++;
	copy = stack_copy_arguments(count, environ);
	if (copy == NULL)
		return -1;
	environ = copy;
	return 0;
}

/* SPDX-License-Identifier: ISC */
#ifndef HOST_STACK_H
#define HOST_STACK_H

/*
 * Runs run(argument) on a stack of its own, and keeps the stack that the
 * process was started with from its children. That one lies far from all
 * else, so that a fork would copy page tables for it alone: an eighth of
 * what a short connection costs. Nothing on it, arguments and environment
 * included, exists for a forked child. Where it cannot be found, run is
 * called as it is.
 */
void stack_leave(void (*run)(void *argument), void *argument);

/* A copy of argv that is not on the stack; NULL if there is no memory. */
char **stack_copy_arguments(int argc, char **argv);

/*
 * Moves the environment off the stack, for libraries that read it in a
 * forked child. Returns 0, or -1 if there is no memory.
 */
int stack_move_environment(void);

#endif

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>

#include "base/limits.h"
#include "host/monitor.h"

/* As for the launcher, and what a thread keeps on its stack. */
#define STACK_SIZE (128 * 1024)

static alignas(PAGE) char stack[STACK_SIZE];
static struct {
	bool is_there, is_running;
	sem_t asked, done;
	int (*task)(void *argument);
	void *argument;
	sigset_t mask;
	int result;
} monitor;

static void
wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0 && errno == EINTR) {
	}
}

static void *
be_monitor(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	for (;;) {
		wait_for(&monitor.asked);
		pthread_sigmask(SIG_SETMASK, &monitor.mask, NULL);
		monitor.result = monitor.task(monitor.argument);
		pthread_sigmask(SIG_SETMASK, &all, NULL);
		sem_post(&monitor.done);
	}
	return NULL;
}

int
monitor_start(void)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int error;

	sem_init(&monitor.asked, 0, 0);
	sem_init(&monitor.done, 0, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, sizeof(stack));
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	/* Signals are for who runs: until it does, not for the monitor. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&thread, &attributes, be_monitor, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	monitor.is_there = error == 0;
	return error;
}

int
monitor_run(int (*task)(void *argument), void *argument)
{
	sigset_t all;

	if (!monitor.is_there || monitor.is_running)
		return task(argument);
	monitor.is_running = true;
	monitor.task = task;
	monitor.argument = argument;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &monitor.mask);
	sem_post(&monitor.asked);
	wait_for(&monitor.done);
	pthread_sigmask(SIG_SETMASK, &monitor.mask, NULL);
	monitor.is_running = false;
	return monitor.result;
}

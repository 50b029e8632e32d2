/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "host/fork.h"
#include "host/reaper.h"

/* Processes of a test, and those of them that go on. */
enum { MANY = 100, ALIVE = 30 };

enum { HOUR = 3600 * 1000 };

static const uint64_t pass = 1;

static struct children children;
static struct reaper reaper;
static int taken;

static void
take(void *argument, pid_t pid, int status)
{
	(void)argument;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		taken++;
	children_remove(&children, pid);
}

static void
reap(void)
{
	reaper_reap(&reaper, &children, take, NULL);
}

/* As a fork of ours, or as a program is, which sends SIGCHLD. */
static pid_t
start(bool is_fork, int live_until)
{
	pid_t pid = is_fork ? fork_with(&pass) : fork();
	char byte;

	if (pid != 0)
		return pid;
	if (read(live_until, &byte, 1) < 0)
		_exit(4);
	_exit(3);
}

/* Waits for all ends, and for none. */
static void
await(pid_t pid)
{
	siginfo_t info;

	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL);
}

static void
begin(void)
{
	taken = 0;
	reap();
	/* From here on only what is read counts, however slow this machine. */
	reaper.asked_at = clock_ms() + HOUR;
	reaper.is_unsure = false;
}

/*
 * Starts MANY of which all but ALIVE end, ALIVE at the beginning. Returns
 * what ends the others.
 */
static int
start_many(bool is_fork)
{
	int ends[2], lives[2];
	pid_t pid[MANY];

	if (pipe(ends) != 0 || pipe(lives) != 0)
		exit(1);
	begin();
	for (int i = 0; i < MANY; i++) {
		pid[i] = start(is_fork, i < ALIVE ? lives[0] : ends[0]);
		children_add(&children, pid[i], 1);
	}
	/* In one of them only. */
	close(lives[0]);
	for (int i = ALIVE; i < MANY; i++)
		if (write(ends[1], "", 1) != 1)
			exit(1);
	for (int i = ALIVE; i < MANY; i++)
		await(pid[i]);
	close(ends[0]);
	close(ends[1]);
	return lives[1];
}

static void
end_rest(int lives)
{
	for (int i = 0; i < ALIVE; i++)
		if (write(lives, "", 1) != 1)
			exit(1);
	close(lives);
	while (children.total > 0) {
		reaper.asked_at = clock_ms() - REAPER_MS;
		reap();
	}
}

static void
test_forks(void)
{
	int lives = start_many(true);
	int64_t asked_at = reaper.asked_at;

	reap();
	CHECK("forks: all that have ended, at once",
	      taken == MANY - ALIVE && children.total == ALIVE &&
		  children_count(&children, 1) == ALIVE);
	CHECK("forks: nobody else was asked", reaper.asked_at == asked_at);
	CHECK("forks: nothing is due", reaper_due(&reaper, &children) == NEVER);
	end_rest(lives);
}

static void
test_programs(void)
{
	int lives = start_many(false);
	int64_t due;

	reap();
	due = reaper_due(&reaper, &children);
	CHECK("programs: one is known", taken == 1);
	CHECK("programs: others are due soon",
	      due >= reaper.asked_at && due <= reaper.asked_at + MANY / 10);
	reaper.asked_at = clock_ms() - MANY;
	reap();
	CHECK("programs: all that have ended, when it is time",
	      taken == MANY - ALIVE && children.total == ALIVE);
	CHECK("programs: nothing is due",
	      reaper_due(&reaper, &children) == NEVER);
	end_rest(lives);
}

static void
test_lost(void)
{
	struct rlimit before, none = {0, 0};
	int lives;

	getrlimit(RLIMIT_SIGPENDING, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_SIGPENDING, &none);
	lives = start_many(true);
	reap();
	CHECK("lost signals: not known", taken == 0);
	reaper.asked_at = clock_ms() - REAPER_MS;
	reap();
	CHECK("lost signals: found all the same", taken == MANY - ALIVE);
	setrlimit(RLIMIT_SIGPENDING, &before);
	end_rest(lives);
}

static void
test_others(void)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		exit(1);
	begin();
	pid = start(false, ends[0]);
	close(ends[1]);
	close(ends[0]);
	kill(pid, SIGTERM);
	await(pid);
	reap();
	CHECK("who is in no table is waited for too",
	      waitpid(-1, NULL, WNOHANG | __WALL) < 0);
}

int
main(void)
{
	/* Under valgrind children write out what is left here. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	children_init(&children, calloc(1, children_size(MANY)), MANY, 1);
	if (reaper_init(&reaper) != 0)
		return 1;
	CHECK("at the start all are asked",
	      reaper_due(&reaper, &children) <= clock_ms());
	test_forks();
	test_programs();
	test_lost();
	test_others();
	return check_done();
}

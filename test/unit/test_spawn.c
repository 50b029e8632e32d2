/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "serve/spawn.h"

static char *const no_environment[] = {NULL};

/* A shell that runs script, with what s says beside that. */
static pid_t
start_shell(struct spawn *s, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};

	s->program_fd = -1;
	s->path = "/bin/sh";
	s->argv = (char *const *)argv;
	s->environment = no_environment;
	return spawn_start(s);
}

static struct spawn
ours(unsigned flags)
{
	return (struct spawn){
	    .directory_fd = -1,
	    .fd = {SPAWN_OURS, SPAWN_OURS, SPAWN_OURS, SPAWN_OURS},
	    .flags = flags};
}

static int
status_of(pid_t pid)
{
	int status = 0;

	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

/* Runs script and keeps what it wrote, 255 bytes at most. */
static const char *
output_of(struct spawn *s, const char *script)
{
	static char text[256];
	size_t len = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return "";
	s->fd[1] = fds[1];
	pid = start_shell(s, script);
	close(fds[1]);
	while (len < sizeof(text) - 1 &&
	       (n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	status_of(pid);
	text[len] = '\0';
	return text;
}

static void
test_descriptors(void)
{
	struct spawn s = ours(SPAWN_CLOSES_REST);
	int in = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int leaked = open("/dev/null", O_RDONLY);
	int kept;

	s.fd[0] = s.fd[2] = s.fd[3] = in;
	CHECK("it has the descriptors that are named, and no other",
	      strcmp(output_of(&s, "for fd in 0 2 3 4 5 6 7 8 9; do "
				   "[ -e /proc/$$/fd/$fd ] && "
				   "readlink /proc/$$/fd/$fd; done"),
		     "/dev/zero\n/dev/zero\n/dev/zero\n") == 0);
	s = ours(0);
	CHECK("without that flag, what was leaked to us too",
	      strncmp(output_of(&s, "readlink /proc/$$/fd/* | grep null"),
		      "/dev/null", 9) == 0);
	close(leaked);

	/* Each lies where another one goes. */
	kept = dup(2);
	dup2(in, 2);
	s = ours(SPAWN_CLOSES_REST);
	s.fd[0] = 2;
	s.fd[2] = kept;
	s.fd[3] = 0;
	CHECK("descriptors may change places",
	      strcmp(output_of(&s, "readlink /proc/$$/fd/0"), "/dev/zero\n") ==
		  0);
	dup2(kept, 2);
	close(kept);
	close(in);
}

static void
test_process(void)
{
	struct spawn s = ours(SPAWN_OWN_GROUP | SPAWN_FRESH_SIGNALS);
	struct spawn_limit limit = {RLIMIT_NOFILE, 7};
	int status, directory = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = start_shell(&s, "kill -9 0");

	CHECK("it has a group of its own", getpgrp() != getpgid(pid));
	status = status_of(pid);
	CHECK("which does not take us along", WIFSIGNALED(status));

	signal(SIGUSR1, SIG_IGN);
	status = status_of(start_shell(&s, "kill -USR1 $$"));
	CHECK("no signal is ignored", WIFSIGNALED(status));
	signal(SIGUSR1, SIG_DFL);

	s.limit = &limit;
	s.limit_count = 1;
	s.directory_fd = directory;
	CHECK("limits hold, and it starts where it is told to",
	      strcmp(output_of(&s, "ulimit -n; ulimit -Hn; pwd"),
		     "7\n7\n/usr\n") == 0);
	close(directory);
}

static void
test_files(void)
{
	char name[] = "/tmp/test_spawn.XXXXXX";
	static const char *const argv[] = {"script", NULL};
	struct spawn s = ours(0);
	int fd = mkstemp(name), status;
	pid_t pid;

	s.argv = (char *const *)argv;
	s.environment = no_environment;
	s.program_fd = open("/bin/true", O_PATH | O_CLOEXEC);
	s.path = "/nonexistent";
	CHECK("a program runs by its descriptor",
	      status_of(spawn_start(&s)) == 0);
	close(s.program_fd);

	if (write(fd, "#!/bin/sh\nexit 7\n", 17) != 17)
		return;
	close(fd);
	chmod(name, 0700);
	s.program_fd = open(name, O_PATH | O_CLOEXEC);
	s.path = name;
	status = status_of(spawn_start(&s));
	CHECK("a script runs by its path", WEXITSTATUS(status) == 7);
	chmod(name, 0600);
	pid = spawn_start(&s);
	CHECK("what may not be executed is not", pid == -EACCES);
	close(s.program_fd);

	s.program_fd = -1;
	s.path = "/nonexistent";
	CHECK("what is not there neither", spawn_start(&s) == -ENOENT);
	CHECK("no process is left", waitpid(-1, NULL, 0) < 0);
	unlink(name);
}

/* Its parent is a process that is killed at once. */
static void
test_death(void)
{
	struct spawn s = ours(SPAWN_DIES_WITH_US);
	int fds[2];
	char c;

	if (pipe(fds) != 0)
		return;
	if (fork() == 0) {
		start_shell(&s, "exec sleep 60");
		kill(getpid(), SIGKILL);
	}
	close(fds[1]);
	CHECK("it dies with us", read(fds[0], &c, 1) == 0);
	close(fds[0]);
	wait(NULL);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	test_descriptors();
	test_process();
	test_files();
	test_death();
	return check_done();
}

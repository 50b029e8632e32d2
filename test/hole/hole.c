/* SPDX-License-Identifier: ISC */
/*
 * A hole, as an attacker would like one, for test/sandbox.bats: perch,
 * perch-listen and perch-tls linked with it (--wrap=route_decide) do what the
 * field "Hole: WHAT ARGUMENT" of a request says, in the process of the
 * connection, and answer with a field "Hole" what came of it: the content that
 * was read, "done", or an error. A process that is killed answers nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parcel.h"
#include "serve/agent.h"
#include "serve/route.h"

void __real_route_decide(struct exchange *x, struct buf *page);
void __wrap_route_decide(struct exchange *x, struct buf *page);

static char content[256];

/* Of the connection; or NULL. */
static struct agent *agent;

/* What is done with a path. Each returns -1, or what is no error. */
static long
read_path(const char *path)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY);

	return fd < 0 ? -1 : read(fd, content, sizeof(content) - 1);
}

static long
list_path(const char *path)
{
	return openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
}

static long
write_path(const char *path)
{
	int fd = openat(AT_FDCWD, path, O_WRONLY);

	return fd < 0 ? -1 : write(fd, "hole", 4);
}

static long
make_path(const char *path)
{
	return openat(AT_FDCWD, path, O_WRONLY | O_CREAT, 0600);
}

static long
cut_path(const char *path)
{
	return openat(AT_FDCWD, path, O_RDONLY | O_TRUNC);
}

static long
remove_path(const char *path)
{
	return unlink(path);
}

static long
execute_path(const char *path)
{
	char *const argv[] = {(char *)"hole", NULL};

	return execve(path, argv, argv + 1);
}

/* What is done to a process. */
static long
kill_process(const char *pid)
{
	return atoi(pid) > 1 ? kill(atoi(pid), SIGKILL) : -1;
}

static long
trace_process(const char *pid)
{
	return ptrace(PTRACE_ATTACH, atoi(pid), NULL, NULL);
}

static long
read_process(const char *pid)
{
	struct iovec ours = {content, 1}, theirs = {(void *)0x1000, 1};

	return process_vm_readv(atoi(pid), &ours, 1, &theirs, 1, 0);
}

/* Signals from a socket that belongs to it. */
static long
own_process(const char *pid)
{
	return fcntl(STDERR_FILENO, F_SETOWN, atoi(pid));
}

/* And with nothing else. */
static long
connect_out(const char *unused)
{
	(void)unused;
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* Of a kind that nobody needs. */
static long
set_option(const char *unused)
{
	(void)unused;
	return setsockopt(STDIN_FILENO, IPPROTO_IP, IP_OPTIONS, "", 0);
}

static long
name_peer(struct sockaddr_un *name, const char *path)
{
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(name->sun_path))
		return errno = ENAMETOOLONG, -1;
	memcpy(name->sun_path, path, strlen(path));
	return 0;
}

/* Each socket for datagrams sends to any other that has a name. */
static long
send_datagram(const char *path)
{
	struct sockaddr_un name;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
	    name_peer(&name, path) != 0)
		return -1;
	return sendto(pair[0], "hole", 4, 0, (struct sockaddr *)&name,
		      sizeof(name));
}

/* So does one that is there for the log. */
static long
send_beside_log(const char *path)
{
	struct sockaddr_un name;

	if (name_peer(&name, path) != 0)
		return -1;
	return sendto(STDERR_FILENO, "hole", 4, 0, (struct sockaddr *)&name,
		      sizeof(name));
}

/* To write over what others have written. */
static long
go_back(const char *unused)
{
	(void)unused;
	return lseek(STDERR_FILENO, 0, SEEK_SET);
}

static long
duplicate(const char *unused)
{
	(void)unused;
	return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

static long
move_memory(const char *unused)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	return mremap(page, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

/* Not the client. */
static bool
is_local(int fd)
{
	struct sockaddr name;
	socklen_t len = sizeof(name);

	return getsockname(fd, &name, &len) == 0 && name.sa_family == AF_UNIX;
}

static long
share_memory(const char *unused)
{
	(void)unused;
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED
		   ? -1
		   : 0;
}

static long
splice_bytes(const char *unused)
{
	(void)unused;
	return splice(STDIN_FILENO, NULL, STDERR_FILENO, NULL, 1, 0);
}

static long
send_message(const char *unused)
{
	struct msghdr none = {0};

	(void)unused;
	return sendmsg(STDERR_FILENO, &none, 0);
}

/*
 * Asks everybody whom we have a descriptor of for a file, as the launcher
 * asks who opens keys for it.
 */
static long
ask_for(const char *path)
{
	struct timeval wait = {.tv_usec = 50000};
	int pair[2], fd = -1, error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (int to = 0; to < 64 && fd < 0; to++)
		if (to != pair[0] && to != pair[1] && is_local(to) &&
		    parcel_send(to, slice_of(path), &pair[1], 1) == 0)
			parcel_receive(pair[0], &error, sizeof(error), &fd, 1,
				       0);
	return fd < 0 ? (errno = EACCES, -1)
		      : read(fd, content, sizeof(content) - 1);
}

static long
fork_once(const char *unused)
{
	pid_t pid = fork();

	(void)unused;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long
fork_plainly(const char *unused)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);

	(void)unused;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long
run_bytes(const char *unused)
{
	(void)unused;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? -1
		   : 0;
}

static long
type_line(const char *unused)
{
	(void)unused;
	return ioctl(STDERR_FILENO, TIOCSTI, "x");
}

static long
raise_limit(const char *unused)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	(void)unused;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static long
open_many(const char *unused)
{
	int count = 0;

	(void)unused;
	while (openat(AT_FDCWD, ".", O_PATH) >= 0)
		count++;
	return count <= 256 ? (errno = EMFILE, -1) : count;
}

/* What is asked of the broker: a program for a path, of a host. */
static long
begin(enum agent_kind kind, const char *host, const char *path,
      struct slice variables, struct joint *j)
{
	const struct agent_start start = {.kind = kind,
					  .host = slice_of(host),
					  .path = slice_of(path),
					  .variables = variables};
	int error = agent == NULL ? ENOSYS : agent_begin(agent, &start, j);

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

/* What the program says first; it is ended. */
static long
hear(enum agent_kind kind, const char *host, const char *path,
     struct slice variables)
{
	struct joint j;
	ssize_t n = 0;
	size_t len = 0;

	if (begin(kind, host, path, variables, &j) != 0)
		return -1;
	close(j.in);
	j.in = -1;
	if (j.out >= 0)
		fcntl(j.out, F_SETFL, 0);
	while (j.out >= 0 && len < sizeof(content) - 1 &&
	       (n = read(j.out, content + len, sizeof(content) - 1 - len)) > 0)
		len += (size_t)n;
	content[len] = '\0';
	joint_close(&j);
	agent_release(agent);
	return n;
}

static long
start_cgi(const char *path)
{
	return hear(AGENT_CGI, "", path, (struct slice){0});
}

static long
start_of_host(const char *host)
{
	return hear(AGENT_CGI, host, "/cgi/show", (struct slice){0});
}

static long
start_with(const char *variable)
{
	return hear(AGENT_CGI, "", "/cgi/show",
		    (struct slice){variable, strlen(variable) + 1});
}

static long
start_websocket(const char *path)
{
	return hear(AGENT_WEBSOCKET, "", path, (struct slice){0});
}

static long
start_websocket_auth(const char *path)
{
	return hear(AGENT_WEBSOCKET_AUTH, "", path, (struct slice){0});
}

static long
start_password(const char *file)
{
	return hear(AGENT_PASSWORD, "", file, (struct slice){0});
}

static long
start_two(const char *path)
{
	struct joint j;

	return begin(AGENT_CGI, "", path, (struct slice){0}, &j) != 0
		   ? -1
		   : start_cgi(path);
}

/* Without its kind, its lengths too long, and the like. */
static long
send_raw(const char *hex)
{
	char packet[256] = {0};
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len && i < sizeof(packet); i++)
		packet[i] = (char)(hex_digit(hex[2 * i]) * 16 +
				   hex_digit(hex[2 * i + 1]));
	if (send(agent->fd, packet, len, MSG_NOSIGNAL) < 0 ||
	    recv(agent->fd, packet, sizeof(packet), 0) <= 0)
		return errno = EPIPE, -1;
	return 0;
}

/* More orders than answers are read. */
static long
send_flood(const char *unused)
{
	const struct agent_order order = {.kind = AGENT_TELL};

	(void)unused;
	for (int i = 0; i < 100000; i++)
		if (send(agent->fd, &order, sizeof(order), MSG_NOSIGNAL) < 0)
			return -1;
	return 0;
}

static long
signal_none(const char *unused)
{
	int error = agent_signal(agent, AGENT_KILL);

	(void)unused;
	errno = error;
	return error ? -1 : 0;
}

static long
make_spool(const char *unused)
{
	int fd = agent_spool(agent);

	(void)unused;
	errno = -fd;
	return fd < 0 ? -1 : 0;
}

static long
crash(const char *unused)
{
	(void)unused;
	__builtin_trap();
}

static long
do_nothing(const char *unused)
{
	(void)unused;
	return getpid();
}

static const struct {
	const char *name;
	long (*act)(const char *argument);
} acts[] = {
    {"read", read_path},
    {"list", list_path},
    {"write", write_path},
    {"make", make_path},
    {"cut", cut_path},
    {"remove", remove_path},
    {"execute", execute_path},
    {"kill", kill_process},
    {"trace", trace_process},
    {"memory", read_process},
    {"own", own_process},
    {"socket", connect_out},
    {"fork", fork_once},
    {"clone", fork_plainly},
    {"code", run_bytes},
    {"type", type_line},
    {"limit", raise_limit},
    {"many", open_many},
    {"crash", crash},
    {"nothing", do_nothing},
    {"cgi", start_cgi},
    {"host", start_of_host},
    {"with", start_with},
    {"websocket", start_websocket},
    {"two", start_two},
    {"websocket-auth", start_websocket_auth},
    {"raw", send_raw},
    {"password", start_password},
    {"flood", send_flood},
    {"signal", signal_none},
    {"spool", make_spool},
    {"option", set_option},
    {"datagram", send_datagram},
    {"address", send_beside_log},
    {"back", go_back},
    {"duplicate", duplicate},
    {"move", move_memory},
    {"ask", ask_for},
    {"share", share_memory},
    {"splice", splice_bytes},
    {"message", send_message},
};

static void
act(struct exchange *x, struct slice text)
{
	struct buf *out = &x->res->fields;
	struct slice name, rest;
	char argument[512];
	long result = -1;

	slice_cut(text, ' ', &name, &rest);
	if (rest.len >= sizeof(argument))
		return;
	memcpy(argument, rest.ptr, rest.len);
	argument[rest.len] = '\0';
	errno = ENOSYS;
	content[0] = '\0';
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (slice_equal(name, slice_of(acts[i].name)))
			result = acts[i].act(argument);
	buf_add_str(out, "Hole: ");
	if (result < 0)
		buf_add_str(out, strerror(errno));
	else if (content[0] != '\0')
		buf_add(out, (struct slice){content, strcspn(content, "\n")});
	else
		buf_add_str(out, "done");
	buf_add_str(out, "\r\n");
}

void
__wrap_route_decide(struct exchange *x, struct buf *page)
{
	struct slice text = request_field(x->req, SLICE("Hole"));

	agent = x->agent;
	__real_route_decide(x, page);
	if (text.len > 0)
		act(x, text);
}

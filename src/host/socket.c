/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "conn/fd_stream.h"
#include "host/socket.h"

/* "ADDRESS: detail". Always false. */
static bool
refuse(struct slice address, const char *detail)
{
	struct log_line line;

	log_begin(&line);
	buf_add(&line.text, address);
	buf_add_str(&line.text, ": ");
	buf_add_str(&line.text, detail);
	log_end(&line, LOG_LEVEL_ERROR);
	return false;
}

static void
set_int(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static int
new_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Returns a bound socket or a negative errno value. */
static int
bind_socket(const struct sockaddr *name, socklen_t len, bool takes_both)
{
	int fd = new_socket(name->sa_family);
	int error;

	if (fd < 0)
		return -errno;
	/* Connections of the last run that linger do not keep us out. */
	if (name->sa_family != AF_UNIX)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (name->sa_family == AF_INET6)
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !takes_both);
	if (bind(fd, name, len) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* [::] takes IPv4 as well; a machine without IPv6 has only 0.0.0.0. */
static int
bind_any(const struct address *address)
{
	const struct sockaddr_in6 *v6 =
	    (const struct sockaddr_in6 *)&address->name;
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = v6->sin6_port};
	int fd = bind_socket((const struct sockaddr *)v6, sizeof(*v6), true);

	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		fd = bind_socket((const struct sockaddr *)&v4, sizeof(v4),
				 false);
	return fd;
}

/*
 * Makes room for a socket file. What a server that was killed has left
 * behind is removed; what is alive or something else is left alone. Not
 * to be refused is to be alive: a full backlog says EAGAIN.
 */
static const char *
clear_path(const struct sockaddr_un *name, socklen_t len)
{
	struct stat st;
	int fd, error = 0;

	if (lstat(name->sun_path, &st) != 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (!S_ISSOCK(st.st_mode))
		return "exists, and is not a socket";
	fd = new_socket(AF_UNIX);
	if (fd < 0)
		return strerror(errno);
	if (connect(fd, (const struct sockaddr *)name, len) != 0)
		error = errno;
	close(fd);
	if (error != ECONNREFUSED)
		return "another process listens on it";
	return unlink(name->sun_path) == 0 ? NULL : strerror(errno);
}

/*
 * The mode is set before anyone can connect: until listen every attempt
 * is refused.
 */
static const char *
bind_unix(struct listener *listener, const struct address *address,
	  uint64_t mode)
{
	const struct sockaddr_un *name =
	    (const struct sockaddr_un *)&address->name;
	const char *error = clear_path(name, address->len);
	struct stat st;

	if (error != NULL)
		return error;
	listener->fd =
	    bind_socket((const struct sockaddr *)name, address->len, false);
	if (listener->fd < 0)
		return strerror(-listener->fd);
	if (chmod(name->sun_path, (mode_t)mode) != 0 ||
	    lstat(name->sun_path, &st) != 0) {
		error = strerror(errno);
		unlink(name->sun_path);
		close(listener->fd);
		return error;
	}
	listener->device = st.st_dev;
	listener->inode = st.st_ino;
	return NULL;
}

bool
socket_open(struct listener *listener, const struct address *address,
	    const struct listen_settings *settings)
{
	const char *error = NULL;

	*listener = (struct listener){.fd = -1,
				      .address = address->text,
				      .family = address->name.ss_family};
	if (address->kind == ADDRESS_UNIX) {
		error = bind_unix(listener, address, settings->socket_mode);
	} else {
		listener->fd =
		    address->kind == ADDRESS_ANY
			? bind_any(address)
			: bind_socket((const struct sockaddr *)&address->name,
				      address->len, false);
		if (listener->fd < 0)
			error = strerror(-listener->fd);
	}
	if (error != NULL)
		return refuse(address->text, error);
	/* TCP finds out here that another has the port and SO_REUSEADDR. */
	if (listen(listener->fd, (int)settings->backlog) != 0) {
		error = strerror(errno);
		socket_close(listener);
		return refuse(address->text, error);
	}
	return true;
}

void
socket_adopt(struct listener *listener, int fd, struct slice address)
{
	struct address parsed;
	struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(name);
	struct stat st;

	getsockname(fd, (struct sockaddr *)&name, &len);
	*listener = (struct listener){
	    .fd = fd, .address = address, .family = name.ss_family};
	/* One that an earlier image of ours has bound to a file. */
	if (address_parse(&parsed, address) == NULL &&
	    parsed.kind == ADDRESS_UNIX &&
	    lstat(((struct sockaddr_un *)&parsed.name)->sun_path, &st) == 0) {
		listener->device = st.st_dev;
		listener->inode = st.st_ino;
	}
}

static bool
option_is(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 &&
	       value == wanted;
}

bool
socket_check(const struct listener *listener)
{
	struct log_line line;

	if (option_is(listener->fd, SO_ACCEPTCONN, 1) &&
	    option_is(listener->fd, SO_TYPE, SOCK_STREAM))
		return true;
	log_begin(&line);
	buf_add(&line.text, listener->address);
	buf_add_str(&line.text, ": descriptor ");
	buf_add_u64(&line.text, (uint64_t)listener->fd);
	buf_add_str(&line.text, " is not a listening stream socket");
	log_end(&line, LOG_LEVEL_ERROR);
	return false;
}

static bool
is_tcp(const struct listener *listener)
{
	return listener->family == AF_INET || listener->family == AF_INET6;
}

/*
 * A client that is gone without a word keeps what it was not sent yet in
 * the kernel, long after its process has ended. This bounds it. It is a
 * little longer than the process's own time-out, which says more.
 */
static int
user_timeout(const struct config *config)
{
	int64_t ms = config->conn.pace.timeout_ms;

	return ms == 0 ? 0 : (int)(ms + 1000);
}

bool
socket_set_options(const struct listener *listener, const struct config *config)
{
	struct timeval none = {0};
	bool serves = config->listen.program == NULL;
	int flags = fcntl(listener->fd, F_GETFL);

	fcntl(listener->fd, F_SETFD, FD_CLOEXEC);
	fcntl(listener->fd, F_SETFL, flags | O_NONBLOCK);
	if (is_tcp(listener))
		set_int(listener->fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
			serves ? user_timeout(config) : 0);
	/* A program expects none of this; it may have been set by others. */
	return serves ? fd_stream_set_options(listener->fd,
					      conn_read_timeout(&config->conn))
		      : setsockopt(listener->fd, SOL_SOCKET, SO_RCVTIMEO, &none,
				   sizeof(none)) == 0;
}

bool
socket_set_accepted(const struct listener *listener, int fd,
		    const struct config *config)
{
	return is_tcp(listener) || config->listen.program != NULL ||
	       fd_stream_set_options(fd, conn_read_timeout(&config->conn));
}

/* Our file may have been replaced by someone else's since. */
static void
remove_file(const struct listener *listener)
{
	struct address parsed;
	const char *path;
	struct stat st;

	if (listener->inode == 0 ||
	    address_parse(&parsed, listener->address) != NULL)
		return;
	path = ((struct sockaddr_un *)&parsed.name)->sun_path;
	if (lstat(path, &st) == 0 && st.st_dev == listener->device &&
	    st.st_ino == listener->inode)
		unlink(path);
}

void
socket_close(struct listener *listener)
{
	/* The file first: until the socket is closed nobody can take the
	 * path for a stale one's. */
	remove_file(listener);
	close(listener->fd);
	listener->fd = -1;
}

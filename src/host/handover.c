/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/handover.h"
#include "host/orders.h"

#define SOCKETS "PERCH_SOCKETS"

#define VARIABLE(name)                                                         \
	{                                                                      \
		name, name " is malformed"                                     \
	}

static const struct {
	const char *name, *complaint;
} parts[HANDOVER_PARTS] = {
    [HANDOVER_CHILDREN] = VARIABLE("PERCH_CHILDREN"),
    [HANDOVER_TICKETS] = VARIABLE("PERCH_TICKETS"),
    [HANDOVER_OPENER] = VARIABLE("PERCH_OPENER"),
};

/* Where systemd's descriptors begin: sd_listen_fds(3). */
#define LISTEN_FDS_START 3

static bool
parse_fd(struct slice text, int *fd)
{
	uint64_t n;

	if (!slice_to_u64(text, &n) || n < LISTEN_FDS_START || n > INT_MAX)
		return false;
	*fd = (int)n;
	return true;
}

static bool
add_socket(struct handover *h, int fd, struct slice address)
{
	if (h->count == LISTENERS_MAX)
		return false;
	h->socket[h->count++] = (struct inherited){fd, address};
	return true;
}

/* Text of our environment stays where it is when the variable goes. */
static const char *
read_own(struct handover *h, const char *sockets)
{
	struct slice list = slice_of(sockets), element, number, address;
	int fd;

	h->is_reload = true;
	while (slice_next_element(&list, &element))
		if (!slice_cut(element, '=', &number, &address) ||
		    !parse_fd(number, &fd) || !add_socket(h, fd, address))
			return SOCKETS " is malformed";
	return NULL;
}

static const char *
read_parts(struct handover *h)
{
	for (size_t i = 0; i < HANDOVER_PARTS; i++) {
		const char *number = getenv(parts[i].name);

		h->part[i] = -1;
		if (number != NULL && !parse_fd(slice_of(number), &h->part[i]))
			return parts[i].complaint;
		unsetenv(parts[i].name);
	}
	return NULL;
}

/* The variables may have been meant for our parent: then they are not ours. */
static const char *
read_systemd(struct handover *h, const char *fds, const char *pid)
{
	uint64_t count, owner;

	if (fds == NULL || pid == NULL ||
	    !slice_to_u64(slice_of(pid), &owner) || owner != (uint64_t)getpid())
		return NULL;
	if (!slice_to_u64(slice_of(fds), &count) || count > LISTENERS_MAX)
		return "LISTEN_FDS is malformed";
	for (int i = 0; i < (int)count; i++)
		add_socket(h, LISTEN_FDS_START + i, ADDRESS_OF_SYSTEMD);
	return NULL;
}

const char *
handover_read(struct handover *h)
{
	static const char *const names[] = {SOCKETS, "LISTEN_FDS", "LISTEN_PID",
					    "LISTEN_FDNAMES"};
	const char *sockets = getenv(SOCKETS);
	const char *error;

	*h = (struct handover){.count = 0};
	error = sockets != NULL ? read_own(h, sockets)
				: read_systemd(h, getenv("LISTEN_FDS"),
					       getenv("LISTEN_PID"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return error != NULL ? error : read_parts(h);
}

static bool
is_kept(const struct handover *h, int except, int fd)
{
	if (fd == except)
		return true;
	for (size_t i = 0; i < HANDOVER_PARTS; i++)
		if (h->part[i] == fd)
			return true;
	for (size_t i = 0; i < h->count; i++)
		if (h->socket[i].fd == fd)
			return true;
	return false;
}

void
handover_close_others(const struct handover *h, int except)
{
	int first = LISTEN_FDS_START, last = LISTEN_FDS_START - 1;

	if (except > last)
		last = except;
	for (size_t i = 0; i < HANDOVER_PARTS; i++)
		if (h->part[i] > last)
			last = h->part[i];
	for (size_t i = 0; i < h->count; i++)
		if (h->socket[i].fd > last)
			last = h->socket[i].fd;
	for (; first <= last; first++)
		if (!is_kept(h, except, first))
			close(first);
	syscall(SYS_close_range, (unsigned)first, ~0u, 0u);
}

int
handover_take(struct handover *h, struct slice address)
{
	for (size_t i = 0; i < h->count; i++) {
		struct inherited *s = &h->socket[i];
		int fd = s->fd;

		if (fd >= 0 && slice_equal(s->address, address)) {
			s->fd = -1;
			return fd;
		}
	}
	return -1;
}

static void
leave_standard(int except)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (null >= 0 && fd != except)
			dup2(null, fd);
	close(null);
}

void
handover_release(struct handover *h, int except)
{
	struct listener listener;

	leave_standard(except);
	for (size_t i = 0; i < h->count; i++) {
		struct inherited *s = &h->socket[i];

		if (s->fd >= 0) {
			socket_adopt(&listener, s->fd, s->address);
			socket_close(&listener);
			s->fd = -1;
		}
	}
}

size_t
handover_children(const struct handover *h)
{
	int fd = h->part[HANDOVER_CHILDREN];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 0;
	return (size_t)st.st_size / sizeof(struct child);
}

void
handover_fill(struct handover *h, struct children *children)
{
	int fd = h->part[HANDOVER_CHILDREN];
	struct child child;
	off_t at = 0;

	if (fd < 0)
		return;
	while (pread(fd, &child, sizeof(child), at) == (ssize_t)sizeof(child)) {
		children_add(children, child.pid, child.key);
		at += (off_t)sizeof(child);
	}
	close(fd);
	h->part[HANDOVER_CHILDREN] = -1;
}

int
handover_store_children(const struct children *children)
{
	int fd = memfd_create("perch-children", MFD_CLOEXEC);
	struct child child;
	size_t at = 0;

	if (fd < 0)
		return -errno;
	while (children_next(children, &at, &child)) {
		if (write(fd, &child, sizeof(child)) !=
		    (ssize_t)sizeof(child)) {
			close(fd);
			return -ENOSPC;
		}
	}
	return fd;
}

int
handover_lend(enum handover_part part, int fd)
{
	char storage[16];
	struct buf text = {.data = storage, .cap = sizeof(storage) - 1};

	if (fd < 0)
		return 0;
	buf_add_u64(&text, (uint64_t)fd);
	storage[text.len] = '\0';
	if (setenv(parts[part].name, storage, 1) != 0)
		return ENOMEM;
	fcntl(fd, F_SETFD, 0);
	return 0;
}

void
handover_take_back(enum handover_part part, int fd)
{
	unsetenv(parts[part].name);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Returns 0, or an errno value. */
static int
lend_sockets(const struct listener *listeners, size_t count)
{
	char storage[LISTENERS_MAX * 128];
	struct buf text = {.data = storage, .cap = sizeof(storage) - 1};

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&text, ',');
		buf_add_u64(&text, (uint64_t)listeners[i].fd);
		buf_add_char(&text, '=');
		buf_add(&text, listeners[i].address);
		fcntl(listeners[i].fd, F_SETFD, 0);
	}
	storage[text.len] = '\0';
	if (text.overflow)
		return E2BIG;
	return setenv(SOCKETS, storage, 1) == 0 ? 0 : ENOMEM;
}

static void
take_back_sockets(const struct listener *listeners, size_t count)
{
	unsetenv(SOCKETS);
	for (size_t i = 0; i < count; i++)
		fcntl(listeners[i].fd, F_SETFD, FD_CLOEXEC);
}

int
handover_execute(const struct image *image, const struct listener *listeners,
		 size_t count, const int part[HANDOVER_PARTS])
{
	int error = lend_sockets(listeners, count);

	for (size_t i = 0; i < HANDOVER_PARTS && !error; i++)
		error = handover_lend((enum handover_part)i, part[i]);
	if (!error) {
		orders_hold();
		/* One that came before that is known to this image only. */
		if (orders_stop() == 0) {
			execve(image->path, image->argv, environ);
			error = errno;
		}
		orders_release();
	}
	for (size_t i = 0; i < HANDOVER_PARTS; i++)
		handover_take_back((enum handover_part)i, part[i]);
	take_back_sockets(listeners, count);
	return error;
}

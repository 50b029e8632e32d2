/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "serve/hosts.h"

#define DEFAULT_NAME "default"

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-_.[]:", c) != NULL);
}

/* What the host's directory is called; "" if none can be. */
static void
make_name(char name[HOSTS_NAME_MAX + 1], struct slice host)
{
	size_t len = host.len;

	name[0] = '\0';
	/* "example.org." is the same host (RFC 1034, section 3.1). */
	if (len > 0 && host.ptr[len - 1] == '.')
		len--;
	if (len > HOSTS_NAME_MAX || (len > 0 && host.ptr[0] == '.'))
		return;
	for (size_t i = 0; i < len; i++) {
		name[i] = ascii_lower(host.ptr[i]);
		if (!is_host_char(name[i])) {
			name[0] = '\0';
			return;
		}
	}
	name[len] = '\0';
}

int
hosts_select(struct hosts *hosts, struct root *all, struct slice host)
{
	char name[HOSTS_NAME_MAX + 1];
	int fd = -ENOENT;

	make_name(name, host);
	if (hosts->is_open && strcmp(name, hosts->name) == 0)
		return 0;
	if (hosts->is_open)
		close(hosts->root.fd);
	hosts->is_open = false;
	if (name[0] != '\0')
		fd = root_open_directory(all, name);
	hosts->is_default = fd == -ENOENT || fd == -ENOTDIR;
	if (hosts->is_default)
		fd = root_open_directory(all, DEFAULT_NAME);
	if (fd < 0)
		return fd;
	hosts->root = (struct root){.fd = fd, .walks = all->walks};
	hosts->is_open = true;
	memcpy(hosts->name, name, sizeof(name));
	return 1;
}

const char *
hosts_directory(const struct hosts *hosts)
{
	return hosts->is_default ? DEFAULT_NAME : hosts->name;
}

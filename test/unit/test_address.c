/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "check.h"
#include "host/address.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define BAD (-1)

/* The longest path that a socket's name has room for. */
#define TEN "aaaaaaaaaa"
#define PATH_OF_107 "/aaaaaa" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* clang-format off */
static const struct {
	const char *in;
	int kind;		/* or BAD */
	const char *host;	/* as inet_ntop writes it, or the path */
	unsigned port;
} rows[] = {
    {"8080",			ADDRESS_ANY,	"::",		8080},
    {"1",			ADDRESS_ANY,	"::",		1},
    {"65535",			ADDRESS_ANY,	"::",		65535},
    {"127.0.0.1:8080",		ADDRESS_TCP,	"127.0.0.1",	8080},
    {"0.0.0.0:80",		ADDRESS_TCP,	"0.0.0.0",	80},
    {"[::1]:8080",		ADDRESS_TCP,	"::1",		8080},
    {"[::]:8080",		ADDRESS_TCP,	"::",		8080},
    {"[2001:db8::1]:443",	ADDRESS_TCP,	"2001:db8::1",	443},
    {"[::ffff:192.0.2.1]:1",	ADDRESS_TCP,	"::ffff:192.0.2.1", 1},
    {"unix:/run/perch",		ADDRESS_UNIX,	"/run/perch",	0},
    {"unix:/a=b:c]",		ADDRESS_UNIX,	"/a=b:c]",	0},
    {"unix:" PATH_OF_107,	ADDRESS_UNIX,	PATH_OF_107,	0},
    {"systemd",			ADDRESS_SYSTEMD, "",		0},
    {"inetd",			ADDRESS_INETD,	"",		0},

    {"",			BAD,		"",		0},
    {"0",			BAD,		"",		0},
    {"65536",			BAD,		"",		0},
    {"18446744073709551696",	BAD,		"",		0},
    {"-80",			BAD,		"",		0},
    {"+80",			BAD,		"",		0},
    {"80 ",			BAD,		"",		0},
    {"0x50",			BAD,		"",		0},
    {"http",			BAD,		"",		0},
    {":80",			BAD,		"",		0},
    {"127.0.0.1",		BAD,		"",		0},
    {"127.0.0.1:",		BAD,		"",		0},
    {"127.0.0.1:0",		BAD,		"",		0},
    {"127.0.0.1:80:80",		BAD,		"",		0},
    {"127.1:80",		BAD,		"",		0},
    {"256.0.0.1:80",		BAD,		"",		0},
    {"localhost:80",		BAD,		"",		0},
    {"::1:80",			BAD,		"",		0},
    {"[::1]",			BAD,		"",		0},
    {"[::1]80",			BAD,		"",		0},
    {"[::1:80",			BAD,		"",		0},
    {"[]:80",			BAD,		"",		0},
    {"[::g]:80",		BAD,		"",		0},
    {"[127.0.0.1]:80",		BAD,		"",		0},
    {"[::1]:",			BAD,		"",		0},
    {"[1111:1111:1111:1111:1111:1111:1111:1111:1111:1111]:80", BAD, "", 0},
    {"unix:",			BAD,		"",		0},
    {"unix:run/perch",		BAD,		"",		0},
    {"unix:" PATH_OF_107 "a",	BAD,		"",		0},
    {"Systemd",			BAD,		"",		0},
    {"systemd:1",		BAD,		"",		0},
};
/* clang-format on */

/* True if the socket's name is of that host and port. */
static bool
has_name(const struct address *a, const char *host, unsigned port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->name;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->name;
	const struct sockaddr_un *path = (const struct sockaddr_un *)&a->name;
	char text[INET6_ADDRSTRLEN] = "";

	switch (a->name.ss_family) {
	case AF_INET:
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		return strcmp(text, host) == 0 && ntohs(v4->sin_port) == port &&
		       a->len == sizeof(*v4);
	case AF_INET6:
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		return strcmp(text, host) == 0 &&
		       ntohs(v6->sin6_port) == port && a->len == sizeof(*v6);
	case AF_UNIX:
		return strcmp(path->sun_path, host) == 0 &&
		       a->len == sizeof(path->sun_family) + strlen(host) + 1;
	default:
		return *host == '\0' && a->len == 0;
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct address a;
		const char *error = address_parse(&a, slice_of(rows[i].in));
		bool ok = rows[i].kind == BAD
			      ? error != NULL
			      : error == NULL && (int)a.kind == rows[i].kind &&
				    has_name(&a, rows[i].host, rows[i].port);

		CHECK(rows[i].in, ok);
	}
	return check_done();
}

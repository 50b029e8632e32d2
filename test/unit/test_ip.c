/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check.h"
#include "http/ip.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What is read, and how it is written; NULL: it is not read. */
static const struct {
	const char *text, *want;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"2001:db8::1", "2001:db8::1"},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
    {"::", "::"},
    {"::1", "::1"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    /* The same client as 192.0.2.1. */
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"::ffff:c000:201", "192.0.2.1"},
    {"0000:0000:0000:0000:0000:ffff:192.168.100.228", "192.168.100.228"},
    {"", NULL},
    {"1", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.256", NULL},
    {"1.2.3.-1", NULL},
    {"0x7f.0.0.1", NULL},
    {" 1.2.3.4", NULL},
    {"1.2.3.4 ", NULL},
    {"1.2.3.4:80", NULL},
    {"[::1]", NULL},
    {":", NULL},
    {":::", NULL},
    {"1::2::3", NULL},
    {"::12345", NULL},
    {"fe80::1%eth0", NULL},
    {"localhost", NULL},
    {"0000:0000:0000:0000:0000:ffff:192.168.100.2288", NULL},
};

/* Whether the address is in the network. */
static const struct {
	const char *network, *address;
	bool want;
} members[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.77/24", "192.0.2.1", true},
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"172.16.0.0/12", "172.31.255.255", true},
    {"172.16.0.0/12", "172.32.0.0", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.2/31", "192.0.2.3", true},
    {"192.0.2.2/31", "192.0.2.1", false},
    {"0.0.0.0/0", "255.1.2.3", true},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"::1", "::1", true},
    {"::1/128", "::2", false},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::", false},
    {"2001:db8::/33", "2001:db8:8000::", false},
    {"fe80::/10", "febf::1", true},
    {"fe80::/10", "fec0::1", false},
    {"::/0", "2001:db8::1", true},
    /* Of one kind does not mean of the other. */
    {"::/0", "192.0.2.1", false},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"0.0.0.0/0", "::", false},
};

static const struct {
	const char *network, *refusal;
} malformed[] = {
    {"", "not a numeric address"},
    {"/8", "not a numeric address"},
    {"10/8", "not a numeric address"},
    {"localhost", "not a numeric address"},
    {"[::1]", "not a numeric address"},
    {"unix:", "not a numeric address"},
    {"10.0.0.0/", "not a length of a prefix"},
    {"10.0.0.0/33", "not a length of a prefix"},
    {"10.0.0.0/-1", "not a length of a prefix"},
    {"10.0.0.0/8/8", "not a length of a prefix"},
    {"10.0.0.0/255.0.0.0", "not a length of a prefix"},
    {"10.0.0.0/18446744073709551624", "not a length of a prefix"},
    {"::/129", "not a length of a prefix"},
};

static void
check_addresses(void)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		char text[IP_TEXT_MAX];
		struct buf out = BUF_OVER(text);
		struct ip ip;
		bool is_read = ip_parse(&ip, slice_of(addresses[i].text));

		if (is_read)
			ip_format(&ip, &out);
		CHECK(addresses[i].text,
		      addresses[i].want == NULL
			  ? !is_read
			  : is_read && !out.overflow &&
				slice_equal(buf_slice(&out),
					    slice_of(addresses[i].want)));
	}
}

static void
check_networks(void)
{
	for (size_t i = 0; i < COUNT(members); i++) {
		struct network network;
		struct ip ip;

		CHECK(members[i].network,
		      network_parse(&network, slice_of(members[i].network)) ==
			      NULL &&
			  ip_parse(&ip, slice_of(members[i].address)) &&
			  network_has(&network, &ip) == members[i].want);
	}
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct network network;
		const char *why =
		    network_parse(&network, slice_of(malformed[i].network));

		CHECK(malformed[i].network,
		      why != NULL && strcmp(why, malformed[i].refusal) == 0);
	}
}

static void
check_list(void)
{
	static struct networks list;
	struct ip ip;
	const char *why = NULL;

	CHECK("unix", networks_add(&list, SLICE("unix")) == NULL &&
			  list.has_unix && list.count == 0);
	CHECK("two networks",
	      networks_add(&list, SLICE("10.0.0.0/8")) == NULL &&
		  networks_add(&list, SLICE("::1")) == NULL && list.count == 2);
	CHECK("a malformed one is not added",
	      networks_add(&list, SLICE("x")) != NULL && list.count == 2);
	CHECK("in the second",
	      ip_parse(&ip, SLICE("::1")) && networks_have(&list, &ip));
	CHECK("in none",
	      ip_parse(&ip, SLICE("::2")) && !networks_have(&list, &ip));
	for (int i = 0; i < NETWORKS_MAX && why == NULL; i++)
		why = networks_add(&list, SLICE("192.0.2.1"));
	CHECK("too many", list.count == NETWORKS_MAX && why != NULL &&
			      strcmp(why, "too many of them") == 0);
}

int
main(void)
{
	check_addresses();
	check_networks();
	check_list();
	return check_done();
}

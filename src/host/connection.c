/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/log.h"
#include "host/broker.h"
#include "host/connection.h"
#include "host/endpoint.h"
#include "host/peer.h"

int
connection_open_root(struct conn *c, const struct config *config)
{
	int error = root_open(&c->root, config->site.directory);

	if (!error)
		return 0;
	config_refuse(config->site.directory, strerror(error));
	return 2;
}

void
connection_read_rules(struct conn *c, const struct config *config)
{
	if (!config->site.has_page_rules || config->site.has_hosts)
		return;
	/* It is looked at again, and answered, for a request. */
	(void)page_rules_read(&c->storage.page_rules, &c->root, "");
	c->storage.page_rules.is_current = false;
}

void
connection_set_up(struct conn *c, const struct config *config, struct stream *s,
		  int fd)
{
	c->settings = &config->conn;
	c->site = &config->site;
	c->agent = broker_agent();
	c->stream = s;
	c->in_fd = fd;
	c->remote = peer_address;
	c->endpoints = endpoint_find;
	c->proxied = peer_set_proxied;
	if (config->trusted == NULL)
		return;
	peer_trust(config->trusted);
	c->forwarded = peer_set_forwarded;
}

bool
connection_has_broker(const struct config *config)
{
	return config_starts_programs(config) &&
	       (config->sandbox != SANDBOX_OFF || config->listen.has_chroot ||
		config_program_user(config) != NULL);
}

int
connection_confine(struct conn *c, const struct config *config, enum fd_kind in)
{
	struct sandbox s = {.root = c->root.fd,
			    .has_broker = connection_has_broker(config),
			    .is_piped = in != FD_SOCKET};
	const char *missing;
	int error;

	if (config_program_user(config) != NULL &&
	    !capability_has(CAPABILITIES_OF_USERS)) {
		config_refuse("--program-sandbox: user", strerror(EPERM));
		return 1;
	}
	if (config->sandbox == SANDBOX_OFF && !s.has_broker)
		return 0;
	log_settle();
	if (s.has_broker && (error = broker_start_own(config, c->root.fd))) {
		config_refuse("broker", strerror(error));
		return 1;
	}
	/* It is the broker alone that needs them. */
	if (config_program_user(config) != NULL && geteuid() != 0)
		capability_keep(0, 0, false);
	error = sandbox_enter(&s, config->sandbox, &missing);
	/* A line for each connection would be too many. */
	if (missing != NULL && (error || config->conn.explain))
		config_refuse("sandbox", missing);
	else if (error)
		config_refuse("sandbox", strerror(error));
	return error ? 1 : 0;
}

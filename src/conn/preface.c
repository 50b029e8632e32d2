/* SPDX-License-Identifier: ISC */
#include "conn/preface.h"
#include "base/clock.h"
#include "conn/stop.h"

static bool
refuse(struct conn *c, const char *why)
{
	access_note(c->remote(), why);
	return false;
}

/* Nothing more comes, or not in time; bytes is what did. */
static bool
end(struct conn *c, struct slice bytes, ssize_t n)
{
	if (bytes.len == 0)
		return false;
	/* It is the start of a request then, if of anything. */
	if (c->settings->proxy == PROXY_OPTIONAL)
		return true;
	if (n == IO_TIMEOUT)
		return refuse(c, "the PROXY header did not arrive in time");
	return refuse(c, "the connection ended inside a PROXY header");
}

bool
preface_take(struct conn *c)
{
	const struct conn_settings *s = c->settings;
	int64_t deadline = clock_deadline(s->header_ms);
	struct proxy_header header;

	for (;;) {
		struct slice bytes = reader_bytes(&c->reader);
		ssize_t n;

		switch (proxy_parse(&header, bytes, s->max_proxy_header)) {
		case PROXY_TAKEN:
			reader_take(&c->reader, header.len);
			c->proxied(&header);
			return true;
		case PROXY_MALFORMED:
			return refuse(c, header.refusal);
		case PROXY_ABSENT:
			return s->proxy == PROXY_OPTIONAL ||
			       refuse(c, "no PROXY header");
		case PROXY_NEEDS_MORE:
			break;
		}
		if (bytes.len == 0)
			stop_idle_new(c->in_fd);
		n = reader_fill(&c->reader, deadline);
		stop_idle(-1);
		if (n <= 0)
			return end(c, bytes, n);
	}
}

bool
preface_take_first(struct conn *c, struct slice *rest)
{
	reader_init(&c->reader, c->stream, c->storage.in,
		    sizeof(c->storage.in));
	if (!preface_take(c))
		return false;
	*rest = reader_bytes(&c->reader);
	return true;
}

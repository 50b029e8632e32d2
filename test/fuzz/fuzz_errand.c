/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/errand: what a connection that was taken over sends its broker.
 * - A packet that is accepted is cut without a rest: an order of some kind, a
 *   host, a path, variables, the last with its NUL.
 * - A variable that it may set is named as those of requests are, and is none
 *   that a program or what starts it goes by.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "host/errand.h"
#include "http/cgi_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_name(struct slice name)
{
	static const char *const ours[] = {"PATH",       "IFS",       "ENV",
					   "BASH_ENV",   "SHELLOPTS", "PS4",
					   "HTTP_PROXY", "HOME",      "TZ"};

	if (cgi_name_source(name) == CGI_OF_NOBODY)
		return;
	hold(name.len > 0);
	for (size_t i = 0; i < name.len; i++)
		hold(name.ptr[i] == '_' ||
		     (name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
		     (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') ||
		     (name.ptr[i] >= 'a' && name.ptr[i] <= 'z'));
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		hold(!slice_equal(name, slice_of(ours[i])));
	hold(!slice_starts(name, SLICE("LD_")));
	hold(!slice_starts(name, SLICE("BASH_")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of its own, for ASan to see what is read behind it. */
	char *copy = malloc(len);
	struct slice packet = {copy, len}, variable, name, value;
	struct errand e;

	memcpy(copy, data, len);
	if (errand_parse(&e, packet) == NULL) {
		hold(e.kind <= AGENT_RELEASE);
		hold(e.host.ptr == copy + sizeof(struct agent_order));
		hold(e.path.ptr == e.host.ptr + e.host.len);
		hold(e.variables.ptr == e.path.ptr + e.path.len);
		hold(e.variables.ptr + e.variables.len == copy + len);
		hold(e.variables.len == 0 || copy[len - 1] == '\0');
		packet = e.variables;
	}
	while (packet.len > 0) {
		slice_cut(packet, '\0', &variable, &packet);
		if (slice_cut(variable, '=', &name, &value))
			check_name(name);
	}
	free(copy);
	return 0;
}

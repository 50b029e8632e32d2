/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "host/landlock.h"
#include "serve/ruleset.h"

#define NETWORK_ALL 3ull /* TCP: bind, connect */
#define SCOPES_ALL 3ull  /* abstract sockets, signals */

/* What files can be forbidden: by version, the last right that is new. */
static uint64_t
file_rights(int version)
{
	static const int last[] = {12, 13, 14, 14, 15};
	size_t known = sizeof(last) / sizeof(last[0]);
	size_t at = (size_t)version < known ? (size_t)version : known;

	return (2ull << last[at - 1]) - 1;
}

int
landlock_confine(int root, bool guards_content)
{
	int version = ruleset_version(), ruleset, error;
	struct ruleset all;

	if (version < 1)
		return -version;
	all = (struct ruleset){.files = file_rights(version),
			       .network = version >= 4 ? NETWORK_ALL : 0,
			       .scopes = version >= 6 ? SCOPES_ALL : 0};
	if (!guards_content)
		all.files &= ~RULESET_TRUNCATE;
	ruleset = ruleset_make(&all);
	if (ruleset < 0)
		return -ruleset;
	error =
	    ruleset_leave(ruleset, root, RULESET_READ_FILE | RULESET_READ_DIR);
	if (!error)
		error = ruleset_enter(ruleset);
	close(ruleset);
	return error;
}

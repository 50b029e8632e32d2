/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/target: any target, for GET, OPTIONS and CONNECT. Whatever
 * comes in, an accepted path
 * - begins with a slash, has no empty, "." or ".." segment and no NUL, is
 *   not longer than it was sent, and ends in a NUL;
 * - encoded again and parsed, is the same path, unless it had an encoded
 *   slash;
 * and what else is accepted lies inside the target.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_inside(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	       (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

static void
check_path(struct slice path, struct slice raw)
{
	struct slice rest, segment;
	bool is_more = true;

	hold(path.len > 0 && path.ptr[0] == '/');
	hold(path.len <= raw.len);
	hold(path.ptr[path.len] == '\0' && strlen(path.ptr) == path.len);
	rest = slice_skip(path, 1);
	while (is_more) {
		is_more = slice_cut(rest, '/', &segment, &rest);
		/* The last is empty where the path ends in a slash. */
		hold(segment.len > 0 || !is_more);
		hold(!slice_equal(segment, SLICE(".")));
		hold(!slice_equal(segment, SLICE("..")));
	}
}

static void
check_round_trip(struct slice path)
{
	size_t cap = path.len * 3;
	struct buf encoded = {.data = malloc(cap), .cap = cap};
	char *storage = malloc(cap + 2);
	struct target again;

	target_encode_path(&encoded, path);
	hold(!encoded.overflow);
	hold(target_parse(&again, METHOD_GET, buf_slice(&encoded), storage) ==
	     STATUS_NONE);
	hold(slice_equal(again.path, path));
	hold(!again.has_query && !again.encoded_slash);
	free(encoded.data);
	free(storage);
}

static void
check_authority(struct slice authority, struct slice raw)
{
	struct slice host, port;

	hold(is_inside(authority, raw));
	hold(authority_parse(authority, &host, &port));
	hold(host.len > 0 && is_inside(host, authority));
	hold(port.len == 0 || is_inside(port, authority));
}

static void
check_target(enum method method, struct slice raw)
{
	/* No more room than is asked for. */
	char *storage = malloc(raw.len + 2);
	struct target t;
	enum status status = target_parse(&t, method, raw, storage);

	hold(status == STATUS_NONE || status == STATUS_BAD_REQUEST);
	hold((status == STATUS_NONE) == (t.refusal == NULL));
	if (status == STATUS_NONE) {
		hold(method == METHOD_CONNECT ? t.form == TARGET_AUTHORITY
					      : t.form != TARGET_AUTHORITY);
		hold(method == METHOD_OPTIONS || t.form != TARGET_ASTERISK);
		hold(t.query.len == 0 ||
		     (t.has_query && is_inside(t.query, raw)));
		if (t.form == TARGET_ABSOLUTE)
			check_authority(t.authority, raw);
		if (t.form == TARGET_AUTHORITY)
			check_authority(raw, raw);
		if (t.form == TARGET_ORIGIN || t.form == TARGET_ABSOLUTE) {
			check_path(t.path, raw);
			if (!t.encoded_slash)
				check_round_trip(t.path);
		} else {
			hold(t.path.len == 0 && t.path.ptr[0] == '\0');
		}
	}
	free(storage);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice raw = {(const char *)data, len};

	check_target(METHOD_GET, raw);
	check_target(METHOD_OPTIONS, raw);
	check_target(METHOD_CONNECT, raw);
	return 0;
}

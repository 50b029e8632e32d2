/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/proxy: any bytes, as they are and behind the signature of
 * version 2.
 * - What they are does not hang on the pieces in which they come: once it
 *   is known it stays so, and nothing behind a header changes it.
 * - A header lies within the bytes and within the limit, has a client only
 *   if it is taken, and says why if it is not.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX 300

/* A copy without a byte to spare, so that a read beyond it is found. */
static enum proxy_result
parse(struct proxy_header *header, struct slice bytes)
{
	char *copy = malloc(bytes.len + 1);
	enum proxy_result result;

	hold(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy + 1, bytes.ptr, bytes.len);
	result = proxy_parse(header, (struct slice){copy + 1, bytes.len}, MAX);
	free(copy);
	return result;
}

static void
check(struct slice bytes)
{
	struct proxy_header header, first;
	enum proxy_result result = parse(&header, bytes), early;
	size_t most = bytes.len < MAX + 1 ? bytes.len : MAX + 1;

	hold((header.refusal != NULL) == (result == PROXY_MALFORMED));
	hold(!header.has_ends || result == PROXY_TAKEN);
	hold(result != PROXY_TAKEN ||
	     (header.len > 0 && header.len <= MAX && header.len <= bytes.len));
	/* Beyond the limit nothing is waited for. */
	hold(result != PROXY_NEEDS_MORE || bytes.len < MAX);
	for (size_t len = 0; len <= most; len++) {
		early = parse(&first, (struct slice){bytes.ptr, len});
		if (early == PROXY_NEEDS_MORE)
			continue;
		hold(early == result);
		hold(early != PROXY_TAKEN ||
		     (first.len == len && header.len == len &&
		      first.has_ends == header.has_ends &&
		      first.is_tls == header.is_tls &&
		      first.source_port == header.source_port &&
		      memcmp(&first.source, &header.source,
			     sizeof(first.source)) == 0));
		return;
	}
	hold(result == PROXY_NEEDS_MORE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";
	size_t cap = len + sizeof(signature);
	char *bytes = malloc(cap);

	hold(bytes != NULL);
	check((struct slice){(const char *)data, len});
	memcpy(bytes, signature, sizeof(signature));
	if (len > 0)
		memcpy(bytes + sizeof(signature), data, len);
	check((struct slice){bytes, cap});
	free(bytes);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/mask.h"

#define LEN_MAX 200

static const unsigned char key[MASK_KEY_LEN] = {0x37, 0xfa, 0x21, 0x3d};

/* RFC 6455, section 5.7: "Hello", masked. */
static void
check_example(void)
{
	char hello[] = "\x7f\x9f\x4d\x51\x58";

	mask_apply(hello, 5, key, 0);
	CHECK("unmasked", memcmp(hello, "Hello", 5) == 0);
	mask_apply(hello, 2, key, 0);
	mask_apply(hello + 2, 3, key, 2);
	CHECK("masked in two pieces",
	      memcmp(hello, "\x7f\x9f\x4d\x51\x58", 5) == 0);
	mask_apply(hello, 0, key, 7);
	CHECK("nothing", memcmp(hello, "\x7f\x9f\x4d\x51\x58", 5) == 0);
}

/* "transformed-octet-i = original-octet-i XOR masking-key-octet-j", with
 * "j = i MOD 4" (section 5.3). */
static bool
is_right(size_t len, size_t place, uint64_t offset)
{
	/* Ends where its memory ends, for ASan. */
	char *block = malloc(place + len + 1), *bytes = block + 1 + place;
	bool right = true;

	if (block == NULL)
		abort();
	block[place] = 'x';
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7);
	mask_apply(bytes, len, key, offset);
	for (size_t i = 0; i < len; i++)
		right = right &&
			(unsigned char)bytes[i] ==
			    (unsigned char)((i * 7) ^ key[(offset + i) % 4]);
	right = right && block[place] == 'x';
	free(block);
	return right;
}

static void
check_lengths(void)
{
	bool right = true;

	for (size_t len = 0; len <= LEN_MAX; len++)
		for (size_t place = 0; place < 16; place++)
			for (uint64_t offset = 0; offset < 5; offset++)
				right = right && is_right(len, place, offset);
	CHECK("every length, alignment and turn of the key", right);
	CHECK("an offset of 2^63 - 1", is_right(LEN_MAX, 3, INT64_MAX));
}

int
main(void)
{
	check_example();
	check_lengths();
	return check_done();
}

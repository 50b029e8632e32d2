/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ws/mask.h"

#define WORD_LEN sizeof(uint64_t)

/* So many bytes at a time, in vector registers where there are any. */
#define BLOCK_LEN 16

void
mask_apply(char *bytes, size_t len, const unsigned char key[MASK_KEY_LEN],
	   uint64_t offset)
{
	unsigned char keys[WORD_LEN];
	uint64_t word, mask;
	uint64_t block __attribute__((vector_size(BLOCK_LEN)));

	/* Turned, so that the first byte here meets the first of keys. */
	for (size_t i = 0; i < WORD_LEN; i++)
		keys[i] = key[(offset + i) % MASK_KEY_LEN];
	memcpy(&mask, keys, WORD_LEN);
	for (; len >= BLOCK_LEN; bytes += BLOCK_LEN, len -= BLOCK_LEN) {
		memcpy(&block, bytes, BLOCK_LEN);
		block ^= mask;
		memcpy(bytes, &block, BLOCK_LEN);
	}
	for (; len >= WORD_LEN; bytes += WORD_LEN, len -= WORD_LEN) {
		memcpy(&word, bytes, WORD_LEN);
		word ^= mask;
		memcpy(bytes, &word, WORD_LEN);
	}
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(bytes[i] ^ keys[i]);
}

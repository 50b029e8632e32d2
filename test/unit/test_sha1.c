/* SPDX-License-Identifier: ISC */
/*
 * Built apart from the other tests (see the Makefile): it compares with
 * OpenSSL's, of which there is no build for musl.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/sha1.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define INPUTS 1000000

/* RFC 3174, section 7.3, and the ends of blocks. */
static const struct {
	const char *text;
	int times;
	const char *digest;
} rows[] = {
    {"abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {"0123456701234567012345670123456701234567012345670123456701234567", 10,
     "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {"", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"The quick brown fox jumps over the lazy dog", 1,
     "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},
    /* RFC 6455, section 4.2.2 */
    {"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 1,
     "b37a4f2cc0624f1690f64606cf385945b2bec4ea"},
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text), n = (size_t)rows[i].times;
		char *all = malloc(len * n + 1), hex[2 * SHA1_LEN + 1];
		unsigned char digest[SHA1_LEN];

		if (all == NULL)
			abort();
		for (size_t k = 0; k < n; k++)
			memcpy(all + k * len, rows[i].text, len);
		sha1((struct slice){all, len * n}, digest);
		for (size_t k = 0; k < SHA1_LEN; k++)
			snprintf(hex + 2 * k, 3, "%02x", digest[k]);
		CHECK(rows[i].digest, strcmp(hex, rows[i].digest) == 0);
		free(all);
	}
}

/* Every length to 200 bytes is seen thousands of times. */
static void
check_openssl(void)
{
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA1", NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint64_t random = 1;
	char bytes[200 + 8];
	unsigned same = 0;

	for (int i = 0; i < INPUTS; i++) {
		size_t len = (size_t)i % 201;
		unsigned char ours[SHA1_LEN], theirs[EVP_MAX_MD_SIZE];

		for (size_t at = 0; at < len; at += sizeof(random)) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			memcpy(bytes + at, &random, sizeof(random));
		}
		sha1((struct slice){bytes, len}, ours);
		same += EVP_DigestInit_ex2(context, md, NULL) &&
			EVP_DigestUpdate(context, bytes, len) &&
			EVP_DigestFinal_ex(context, theirs, NULL) &&
			memcmp(ours, theirs, SHA1_LEN) == 0;
	}
	CHECK("a million inputs are digested as OpenSSL does", same == INPUTS);
	EVP_MD_CTX_free(context);
	EVP_MD_free(md);
}

int
main(void)
{
	check_rows();
	check_openssl();
	return check_done();
}

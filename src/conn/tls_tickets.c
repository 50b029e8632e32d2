/* SPDX-License-Identifier: ISC */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/tls_tickets.h"

#define KEY_MS (12 * 3600 * 1000)
#define KEYS_MAX (sizeof(((struct tls_tickets *)0)->key) / TLS_TICKET_KEY_LEN)

_Static_assert(sizeof(struct tls_ticket_key) == TLS_TICKET_KEY_LEN,
	       "a key in a file is one in memory");

static bool
make_key(struct tls_ticket_key *key)
{
	return RAND_priv_bytes((unsigned char *)key, sizeof(*key)) == 1;
}

const char *
tls_tickets_init(struct tls_tickets *t, struct slice text)
{
	*t = (struct tls_tickets){.is_given = text.len > 0};
	t->aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	t->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (t->aes == NULL || t->hmac == NULL)
		return "OpenSSL has no AES-256-CBC or no HMAC";
	if (!t->is_given) {
		t->count = 1;
		t->due_ms = clock_ms() + KEY_MS;
		return make_key(&t->key[0]) ? NULL : "no random numbers";
	}
	if (text.len % TLS_TICKET_KEY_LEN != 0 ||
	    text.len / TLS_TICKET_KEY_LEN > KEYS_MAX)
		return "not one to three keys of 80 bytes";
	t->count = text.len / TLS_TICKET_KEY_LEN;
	memcpy(t->key, text.ptr, text.len);
	return NULL;
}

/* What is in the memfd. */
struct stored {
	int64_t due_ms;
	uint64_t count;
	struct tls_ticket_key key[KEYS_MAX];
};

int
tls_tickets_store(const struct tls_tickets *t)
{
	struct stored stored = {.due_ms = t->due_ms, .count = t->count};
	int fd = t->is_given ? -1 : memfd_create("perch-tickets", MFD_CLOEXEC);
	bool is_written;

	if (fd < 0)
		return -1;
	memcpy(stored.key, t->key, sizeof(stored.key));
	is_written = write(fd, &stored, sizeof(stored)) == sizeof(stored);
	OPENSSL_cleanse(&stored, sizeof(stored));
	if (is_written)
		return fd;
	close(fd);
	return -1;
}

void
tls_tickets_restore(struct tls_tickets *t, int fd)
{
	struct stored stored;

	/* One byte more would be of another version of ours. */
	if (!t->is_given && lseek(fd, 0, SEEK_END) == sizeof(stored) &&
	    pread(fd, &stored, sizeof(stored), 0) == sizeof(stored) &&
	    stored.count > 0 && stored.count <= KEYS_MAX &&
	    stored.due_ms <= clock_ms() + KEY_MS) {
		memcpy(t->key, stored.key, sizeof(t->key));
		t->count = stored.count;
		t->due_ms = stored.due_ms;
	}
	OPENSSL_cleanse(&stored, sizeof(stored));
}

void
tls_tickets_tend(struct tls_tickets *t)
{
	struct tls_ticket_key new;
	int64_t now = clock_ms();

	if (t->is_given || now < t->due_ms || !make_key(&new))
		return;
	memmove(t->key + 1, t->key, sizeof(t->key) - sizeof(t->key[0]));
	t->key[0] = new;
	OPENSSL_cleanse(&new, sizeof(new));
	if (t->count < KEYS_MAX)
		t->count++;
	t->due_ms = now + KEY_MS;
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) has it. */
enum { FAILED = -1, NO_KEY = 0, TAKEN = 1, TO_BE_RENEWED = 2 };

static int
set_mac_key(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
	static char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac,
					      sizeof(key->mac)),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};

	return EVP_MAC_CTX_set_params(mac, params);
}

static int
choose_key(SSL *ssl, unsigned char *name, unsigned char *iv,
	   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
	struct tls_tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_ticket_key *key = t->key;
	size_t number = 0;

	if (encrypts) {
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->aes)) != 1)
			return FAILED;
		memcpy(name, key->name, sizeof(key->name));
	} else {
		while (number < t->count &&
		       memcmp(name, key[number].name, sizeof(key->name)) != 0)
			number++;
		if (number == t->count)
			return NO_KEY;
		key += number;
	}
	if (EVP_CipherInit_ex2(cipher, t->aes, key->cipher, iv, encrypts,
			       NULL) != 1 ||
	    set_mac_key(mac, key) != 1)
		return FAILED;
	return number == 0 ? TAKEN : TO_BE_RENEWED;
}

void
tls_tickets_attach(struct tls_tickets *t, void *ssl_ctx)
{
	SSL_CTX_set_app_data((SSL_CTX *)ssl_ctx, t);
	SSL_CTX_set_tlsext_ticket_key_evp_cb((SSL_CTX *)ssl_ctx, choose_key);
}

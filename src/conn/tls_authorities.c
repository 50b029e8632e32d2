/* SPDX-License-Identifier: ISC */
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "conn/tls_authorities.h"

_Static_assert(sizeof(((struct tls_authorities *)0)->digest) == 256 / 8,
	       "room for SHA-256");

static bool
digest_file(struct tls_authorities *a, BIO *file)
{
	char *bytes;
	long len = BIO_get_mem_data(file, &bytes);

	return EVP_Digest(bytes, (size_t)len, a->digest, NULL, EVP_sha256(),
			  NULL) == 1;
}

const char *
tls_authorities_read(struct tls_authorities *a, tls_file_opener *open,
		     const char *path)
{
	const char *error;
	BIO *file = tls_file_read(open, path, &error);

	if (file == NULL)
		return error;
	error = digest_file(a, file)
		    ? tls_file_certificates(file, &a->certificates)
		    : "OpenSSL has no SHA-256";
	BIO_free(file);
	return error;
}

bool
tls_authorities_attach(const struct tls_authorities *a, void *ssl_ctx)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl_ctx);

	for (int i = 0; i < sk_X509_num(a->certificates); i++) {
		X509 *x = sk_X509_value(a->certificates, i);

		if (X509_STORE_add_cert(store, x) != 1 ||
		    SSL_CTX_add_client_CA(ssl_ctx, x) != 1)
			return false;
	}
	return true;
}

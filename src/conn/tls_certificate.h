/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_CERTIFICATE_H
#define CONN_TLS_CERTIFICATE_H

#include "conn/tls_file.h"
#include "conn/tls_names.h"

/*
 * A certificate with its chain, its key, the names that it is for, and
 * perhaps what its authority says of it (RFC 6960). Read once, before
 * privileges are given up, and never released.
 */
struct tls_certificate {
	void *certificate; /* X509 */
	void *chain;       /* STACK_OF(X509), what stands behind it */
	void *key;         /* EVP_PKEY */
	int key_kind;      /* EVP_PKEY_RSA and the like */
	struct slice *name;
	size_t name_count;
	struct slice ocsp;     /* DER; empty: none */
	int64_t ocsp_until;    /* seconds since 1970 */
	const char *complaint; /* what is odd, and no mistake; or NULL */
};

/* Paths of its files. Certificate and key, in PEM, may be one. */
struct tls_certificate_files {
	const char *certificate, *key;
	const char *ocsp; /* or NULL */
};

/* Returns NULL, or what is wrong with *file. */
const char *tls_certificate_read(struct tls_certificate *c,
				 const struct tls_certificate_files *files,
				 tls_file_opener *open, const char **file);

/* True if the name is one of the certificate's own, or its pattern. */
bool tls_certificate_has(const struct tls_certificate *c, struct slice name);

#endif

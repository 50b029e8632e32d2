/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_AUTHORITIES_H
#define CONN_TLS_AUTHORITIES_H

#include <stdbool.h>

#include "conn/tls_file.h"

/* Whose signatures on clients' certificates are believed. */
struct tls_authorities {
	void *certificates; /* STACK_OF(X509); NULL: nobody's */
	/* SHA-256 of the file: a session that began under others is not
	 * gone on with. */
	unsigned char digest[32];
};

/* Returns NULL, or what is wrong with the file. */
const char *tls_authorities_read(struct tls_authorities *a,
				 tls_file_opener *open, const char *path);

/* Has an SSL_CTX believe them, and name them to clients that it asks for
 * certificates. False if there is no memory. */
bool tls_authorities_attach(const struct tls_authorities *a, void *ssl_ctx);

#endif

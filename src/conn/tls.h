/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_H
#define CONN_TLS_H

#include "conn/tls_authorities.h"
#include "conn/tls_certificate.h"
#include "conn/tls_tickets.h"

/* Certificates on one command line. */
#define TLS_CERTIFICATES_MAX 64

/* Whether clients have to show a certificate of theirs. */
enum tls_client {
	TLS_CLIENT_UNASKED,
	TLS_CLIENT_OPTIONAL,
	TLS_CLIENT_REQUIRED
};

/* What the options say. Files are paths; NULL: there is none. */
struct tls_settings {
	const char *certificate[TLS_CERTIFICATES_MAX];
	const char *key[TLS_CERTIFICATES_MAX];
	const char *ocsp[TLS_CERTIFICATES_MAX]; /* of that certificate */
	size_t certificate_count, key_count;
	const char *client_ca;
	enum tls_client client;
	const char *ciphers; /* of TLS 1.2, as OpenSSL names them; or NULL */
	const char *tickets;
	bool is_13_only;
	int64_t handshake_ms; /* absolute, for a whole handshake */
	tls_file_opener *open;
};

/*
 * All that connections share: made once, before privileges are given up
 * and before the first fork, since it costs as much as many connections.
 * A child's handshake writes nothing to it.
 */
struct tls {
	const struct tls_settings *settings;
	struct tls_certificate certificate[TLS_CERTIFICATES_MAX];
	struct tls_authorities authorities; /* of clients */
	struct tls_tickets tickets;

	/* An SSL_CTX for each set of certificates that some name has, at
	 * most one for a kind of key. The first is for all other names. */
	struct tls_context {
		void *ssl_ctx;
		uint64_t members; /* a bit for each certificate */
	} * context;
	size_t context_count;
	struct tls_names names;

	void *bio_method; /* of tls_stream */
	bool offloads;    /* the kernel can encrypt */
};

/*
 * Reads all files and makes the contexts. Returns NULL, or what is wrong
 * with *file, which is NULL if it is the settings. What is only odd
 * tls->certificate says.
 */
const char *tls_init(struct tls *tls, const struct tls_settings *settings,
		     const char **file);

/*
 * Does handshakes with itself, in memory, so that no child has to look up
 * again how each thing is done. Where they fail, children's would too:
 * returns NULL, or why.
 */
const char *tls_warm(struct tls *tls);

#endif

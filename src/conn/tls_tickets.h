/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_TICKETS_H
#define CONN_TLS_TICKETS_H

#include "base/slice.h"

/*
 * The keys of session tickets (RFC 5077; RFC 8446, section 4.6.1): with
 * these a connection goes on with the session of another, in whatever
 * process that was, and no process keeps anything of a session. A key
 * that leaks opens what was sent under it in TLS 1.2, and so a key is
 * used for 12 hours, and tickets made by it are taken for 24 more.
 */
struct tls_tickets {
	struct tls_ticket_key {
		unsigned char name[16]; /* tells keys apart, and is sent */
		unsigned char mac[32];
		unsigned char cipher[32];
	} key[3]; /* the newest first */
	size_t count;
	bool is_given;    /* by a file, and changed by who writes that */
	int64_t due_ms;   /* clock_ms: when there is to be a new key */
	void *aes, *hmac; /* OpenSSL's algorithms, found once */
};

/*
 * Makes a first key, or takes those of text, if it is not empty: up to
 * three of TLS_TICKET_KEY_LEN bytes each. Returns NULL, or what is wrong.
 */
const char *tls_tickets_init(struct tls_tickets *t, struct slice text);
#define TLS_TICKET_KEY_LEN 80

/*
 * Keys that are ours are stored in a memfd for the next image of the
 * launcher, which restores them, so that sessions go on over a reload.
 * Store returns it, or -1 if they are given by a file or it fails; restore
 * changes nothing if they are, or if fd has none of the kind.
 */
int tls_tickets_store(const struct tls_tickets *t);
void tls_tickets_restore(struct tls_tickets *t, int fd);

/* Changes keys if it is time to. */
void tls_tickets_tend(struct tls_tickets *t);

/* Has an SSL_CTX use these keys, which must outlive it. */
void tls_tickets_attach(struct tls_tickets *t, void *ssl_ctx);

#endif

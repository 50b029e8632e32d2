/* SPDX-License-Identifier: ISC */
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "conn/tls.h"

/* More turns than any handshake has flights. */
#define TURNS_MAX 16

/* Lets both ends talk until neither has anything to say. */
static bool
shake(SSL *server, SSL *client)
{
	char byte;

	for (int turn = 0; turn < TURNS_MAX; turn++) {
		bool is_client_done = SSL_do_handshake(client) == 1;
		bool is_server_done = SSL_do_handshake(server) == 1;

		if (!is_client_done || !is_server_done)
			continue;
		/* The client gets its ticket by reading. */
		return SSL_write(server, "", 1) == 1 &&
		       SSL_read(client, &byte, 1) == 1 &&
		       SSL_write(client, "", 1) == 1 &&
		       SSL_read(server, &byte, 1) == 1;
	}
	return false;
}

/* One connection; resumes *session, and replaces it. */
static bool
connect_once(SSL_CTX *ours, SSL_CTX *theirs, SSL_SESSION **session)
{
	SSL *server = SSL_new(ours), *client = SSL_new(theirs);
	BIO *near, *far;
	bool is_good = false;

	if (server != NULL && client != NULL &&
	    BIO_new_bio_pair(&near, 0, &far, 0) == 1) {
		SSL_set_bio(server, near, near);
		SSL_set_bio(client, far, far);
		SSL_set_accept_state(server);
		SSL_set_connect_state(client);
		if (*session != NULL)
			SSL_set_session(client, *session);
		is_good = shake(server, client);
		SSL_SESSION_free(*session);
		*session = is_good ? SSL_get1_session(client) : NULL;
	}
	/* A session whose connection just ends is not resumed. */
	if (client != NULL)
		SSL_set_shutdown(client, SSL_SENT_SHUTDOWN);
	SSL_free(server);
	SSL_free(client);
	return is_good;
}

/* A full handshake and a resumed one, by one version. */
static bool
warm(SSL_CTX *ours, int version)
{
	SSL_CTX *theirs = SSL_CTX_new(TLS_client_method());
	SSL_SESSION *session = NULL;
	bool is_good = theirs != NULL &&
		       SSL_CTX_set_max_proto_version(theirs, version) == 1 &&
		       connect_once(ours, theirs, &session) &&
		       connect_once(ours, theirs, &session);

	SSL_SESSION_free(session);
	SSL_CTX_free(theirs);
	return is_good;
}

const char *
tls_warm(struct tls *tls)
{
	for (size_t i = 0; i < tls->context_count; i++) {
		SSL_CTX *ours = tls->context[i].ssl_ctx;
		int mode = SSL_CTX_get_verify_mode(ours);
		const char *why = NULL;

		/* We show ourselves no certificate. */
		SSL_CTX_set_verify(ours, SSL_VERIFY_NONE, NULL);
		if (!warm(ours, TLS1_3_VERSION)) {
			why = ERR_reason_error_string(ERR_peek_error());
			if (why == NULL)
				why = "a handshake with itself fails";
		}
		/* Not every key and choice of ciphers goes with this. */
		if (!tls->settings->is_13_only && why == NULL)
			warm(ours, TLS1_2_VERSION);
		SSL_CTX_set_verify(ours, mode, NULL);
		ERR_clear_error();
		if (why != NULL)
			return why;
	}
	/*
	 * What the handshakes have freed lies all over the heap, where each
	 * child would have to copy pages to use some of it again. A page that
	 * is given back is an empty one for a child.
	 */
	malloc_trim(0);
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "conn/tls_tickets.h"

#define HOURS(n) (INT64_C(3600000) * (n))

static struct tls_tickets tickets;
static SSL_CTX *server, *client;

static bool
make_contexts(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool is_made;

	server = SSL_CTX_new(TLS_server_method());
	client = SSL_CTX_new(TLS_client_method());
	if (key == NULL || x == NULL || server == NULL || client == NULL)
		return false;
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	/* Here a client has its ticket at the end of the handshake. */
	SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
	tls_tickets_attach(&tickets, server);
	is_made = SSL_CTX_use_certificate(server, x) == 1 &&
		  SSL_CTX_use_PrivateKey(server, key) == 1;
	EVP_PKEY_free(key);
	X509_free(x);
	return is_made;
}

/*
 * Shakes hands, with *session if there is one, which becomes what the
 * client has afterwards. True if the session has gone on.
 */
static bool
resumes(SSL_SESSION **session)
{
	SSL *near = SSL_new(server), *far = SSL_new(client);
	BIO *near_bio, *far_bio;
	bool is_reused;

	BIO_new_bio_pair(&near_bio, 0, &far_bio, 0);
	SSL_set_bio(near, near_bio, near_bio);
	SSL_set_bio(far, far_bio, far_bio);
	SSL_set_accept_state(near);
	SSL_set_connect_state(far);
	if (*session != NULL)
		SSL_set_session(far, *session);
	for (int i = 0; i < 8; i++) {
		SSL_do_handshake(far);
		SSL_do_handshake(near);
	}
	is_reused = SSL_session_reused(far) == 1;
	SSL_SESSION_free(*session);
	*session = SSL_is_init_finished(far) ? SSL_get1_session(far) : NULL;
	/* Else a session is one that was broken off. */
	SSL_set_shutdown(far, SSL_SENT_SHUTDOWN);
	SSL_free(near);
	SSL_free(far);
	return is_reused;
}

/* The same, without what it changes. */
static bool
would_resume(SSL_SESSION *session)
{
	SSL_SESSION *copy = SSL_SESSION_dup(session);
	bool is_reused = resumes(&copy);

	SSL_SESSION_free(copy);
	return is_reused;
}

static void
rotate(void)
{
	tickets.due_ms = clock_ms();
	tls_tickets_tend(&tickets);
}

static void
check_rotation(void)
{
	SSL_SESSION *first = NULL, *renewed;

	CHECK("a first key",
	      tls_tickets_init(&tickets, (struct slice){0}) == NULL &&
		  tickets.count == 1 && !tickets.is_given);
	CHECK("it holds for 12 hours",
	      tickets.due_ms > clock_ms() + HOURS(12) - 60000 &&
		  tickets.due_ms <= clock_ms() + HOURS(12));
	CHECK("a new session", !resumes(&first) && first != NULL);
	CHECK("it goes on", would_resume(first));
	tls_tickets_tend(&tickets);
	CHECK("nothing changes before it is time", tickets.count == 1);
	rotate();
	CHECK("a second key", tickets.count == 2);
	CHECK("and time for the next in 12 hours",
	      tickets.due_ms > clock_ms() + HOURS(12) - 60000);
	renewed = SSL_SESSION_dup(first);
	CHECK("what the first has made is taken", resumes(&renewed));
	rotate();
	rotate();
	CHECK("three keys at most", tickets.count == 3);
	CHECK("what the first has made is taken no more", !would_resume(first));
	CHECK("but was made anew by the second", would_resume(renewed));
	rotate();
	CHECK("which has its time too", !would_resume(renewed));
	SSL_SESSION_free(first);
	SSL_SESSION_free(renewed);
}

static void
check_store(void)
{
	struct tls_tickets other;
	SSL_SESSION *session = NULL;
	int64_t due_ms = tickets.due_ms - HOURS(1);
	int fd;

	resumes(&session);
	rotate();
	tickets.due_ms = due_ms;
	fd = tls_tickets_store(&tickets);
	CHECK("stored", fd >= 0);
	tls_tickets_init(&tickets, (struct slice){0});
	CHECK("other keys", !would_resume(session));
	other = tickets;
	tls_tickets_restore(&tickets, -1);
	CHECK("nothing to be restored",
	      memcmp(&other, &tickets, sizeof(other)) == 0);
	tls_tickets_restore(&tickets, fd);
	CHECK("restored", tickets.count == 3 && tickets.due_ms == due_ms);
	CHECK("the session goes on", would_resume(session));

	tls_tickets_init(&tickets, (struct slice){0});
	other = tickets;
	if (write(fd, "", 1) == 1)
		tls_tickets_restore(&tickets, fd);
	CHECK("what another version has stored is left alone",
	      memcmp(&other, &tickets, sizeof(other)) == 0);
	close(fd);
	SSL_SESSION_free(session);
}

static void
check_given(void)
{
	char keys[4 * TLS_TICKET_KEY_LEN];
	struct tls_tickets own = tickets;
	int fd = tls_tickets_store(&tickets);

	for (size_t i = 0; i < sizeof(keys); i++)
		keys[i] = (char)(i / TLS_TICKET_KEY_LEN);
	CHECK("two that are given",
	      tls_tickets_init(&tickets, (struct slice){keys, 160}) == NULL &&
		  tickets.count == 2 && tickets.is_given);
	rotate();
	tls_tickets_restore(&tickets, fd);
	CHECK("stay as they are",
	      tickets.count == 2 && memcmp(tickets.key, keys, 160) == 0);
	CHECK("and are not stored", tls_tickets_store(&tickets) < 0);
	for (size_t len = 1; len <= sizeof(keys); len += 79)
		CHECK("no whole keys, or too many",
		      len == 80 || tls_tickets_init(&tickets,
						    (struct slice){keys, len}));
	CHECK("too many",
	      tls_tickets_init(&tickets, (struct slice){keys, sizeof(keys)}));
	close(fd);
	tickets = own;
}

int
main(void)
{
	if (!make_contexts())
		return 1;
	check_rotation();
	check_store();
	check_given();
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/tls.h"
#include "conn/tls_memory.h"

/*
 * Of TLS 1.2: an ephemeral key and an AEAD, as TLS 1.3 always has. What
 * speaks nothing of this is older than 2014.
 */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

static const char *
why_openssl(const char *otherwise)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return reason != NULL ? reason : otherwise;
}

/* --- for each connection */

static const struct tls_certificate *
find_certificate(const struct tls *tls, const X509 *x)
{
	for (size_t i = 0; i < tls->settings->certificate_count; i++)
		if (tls->certificate[i].certificate == x)
			return &tls->certificate[i];
	return NULL;
}

/* RFC 6066, section 3. A name that is nobody's gets the default. */
static int
choose_context(SSL *ssl, int *alert, void *argument)
{
	const struct tls *tls = argument;
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	int number =
	    host == NULL ? -1 : tls_names_find(&tls->names, slice_of(host));

	(void)alert;
	if (number > 0)
		SSL_set_SSL_CTX(ssl, tls->context[number].ssl_ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301: who speaks only other protocols is told so. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		const unsigned char *in, unsigned in_len, void *argument)
{
	static const char ours[][sizeof("\x08http/1.x")] = {"\x08http/1.1",
							    "\x08http/1.0"};
	const unsigned len = sizeof(ours[0]) - 1;

	(void)ssl;
	(void)argument;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		for (unsigned at = 0; at < in_len; at += in[at] + 1u) {
			if (in_len - at < len ||
			    memcmp(in + at, ours[i], len) != 0)
				continue;
			*out = in + at + 1;
			*out_len = in[at];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* RFC 6066, section 8 */
static int
staple(SSL *ssl, void *argument)
{
	const struct tls_certificate *c =
	    find_certificate(argument, SSL_get_certificate(ssl));
	unsigned char *copy;

	if (c == NULL || c->ocsp.len == 0 || c->ocsp_until <= clock_seconds())
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(c->ocsp.ptr, c->ocsp.len);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	/* It is OpenSSL's now. */
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)c->ocsp.len);
	return SSL_TLSEXT_ERR_OK;
}

/* --- once */

/* What a session may be resumed with: under another policy it must not. */
static bool
set_session_id(const struct tls *tls, SSL_CTX *ctx)
{
	const struct tls_settings *s = tls->settings;
	const char *ciphers = s->ciphers != NULL ? s->ciphers : "";
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned len = 0;
	bool is_set;

	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	EVP_DigestUpdate(md, &s->client, sizeof(s->client));
	EVP_DigestUpdate(md, tls->authorities.digest,
			 sizeof(tls->authorities.digest));
	EVP_DigestUpdate(md, ciphers, strlen(ciphers));
	is_set = EVP_DigestFinal_ex(md, digest, &len) == 1 &&
		 SSL_CTX_set_session_id_context(ctx, digest, len) == 1;
	EVP_MD_CTX_free(md);
	return is_set;
}

static bool
ask_clients(const struct tls *tls, SSL_CTX *ctx)
{
	int mode = SSL_VERIFY_PEER;

	if (tls->settings->client == TLS_CLIENT_UNASKED)
		return true;
	if (tls->settings->client == TLS_CLIENT_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	return tls_authorities_attach(&tls->authorities, ctx);
}

static const char *
set_policy(struct tls *tls, SSL_CTX *ctx)
{
	const struct tls_settings *s = tls->settings;

	/* All are good: the client knows which it is fastest with. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION |
				     /* tls_stream sees it for itself. */
				     SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (tls->offloads)
		SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
	if (SSL_CTX_set_min_proto_version(
		ctx, s->is_13_only ? TLS1_3_VERSION : TLS1_2_VERSION) != 1)
		return "OpenSSL has no such version of TLS";
	if (SSL_CTX_set_cipher_list(ctx, s->ciphers != NULL ? s->ciphers
							    : CIPHERS) != 1)
		return "--tls-ciphers: OpenSSL knows none of them";
	/* The others cost us much more than the client. */
	if (SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1)
		return "OpenSSL lacks a group";
	/* Tickets hold the sessions. Most clients use but one. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (!set_session_id(tls, ctx))
		return "no session id";
	tls_tickets_attach(&tls->tickets, ctx);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, choose_context);
	SSL_CTX_set_tlsext_servername_arg(ctx, tls);
	SSL_CTX_set_tlsext_status_cb(ctx, staple);
	SSL_CTX_set_tlsext_status_arg(ctx, tls);
	return NULL;
}

static const char *
make_context(struct tls *tls, struct tls_context *context, const char **file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	const char *error;

	context->ssl_ctx = ctx;
	if (ctx == NULL)
		return why_openssl("no memory");
	if ((error = set_policy(tls, ctx)) != NULL)
		return error;
	if (!ask_clients(tls, ctx))
		return "no memory";
	for (size_t i = 0; i < tls->settings->certificate_count; i++) {
		const struct tls_certificate *c = &tls->certificate[i];

		if (!(context->members >> i & 1))
			continue;
		*file = tls->settings->certificate[i];
		if (SSL_CTX_use_cert_and_key(ctx, c->certificate, c->key,
					     c->chain, 1) != 1)
			return why_openssl("OpenSSL refuses the certificate");
	}
	*file = NULL;
	return NULL;
}

/* Adds those that have the name, but one for each kind of key. */
static uint64_t
add_members(const struct tls *tls, uint64_t members, struct slice name)
{
	size_t count = tls->settings->certificate_count;

	for (size_t i = 0; i < count; i++) {
		bool is_new = tls_certificate_has(&tls->certificate[i], name);

		for (size_t k = 0; k < count; k++)
			if ((members >> k & 1) &&
			    tls->certificate[k].key_kind ==
				tls->certificate[i].key_kind)
				is_new = false;
		if (is_new)
			members |= UINT64_C(1) << i;
	}
	return members;
}

/* Returns the number of the context with these certificates. */
static int
find_context(struct tls *tls, uint64_t members)
{
	size_t i = 0;

	while (i < tls->context_count && tls->context[i].members != members)
		i++;
	if (i == tls->context_count)
		tls->context[tls->context_count++].members = members;
	return (int)i;
}

static void
add_name(struct tls *tls, struct slice name)
{
	char storage[TLS_NAME_MAX];
	struct slice pattern = tls_name_pattern(name, storage);
	uint64_t members;

	for (size_t i = 0; i < tls->names.count; i++)
		if (slice_equal(tls->names.entry[i].name, name))
			return;
	members = add_members(tls, 0, name);
	if (name.ptr[0] != '*' && pattern.len > 0)
		members = add_members(tls, members, pattern);
	tls->names.entry[tls->names.count++] =
	    (struct tls_name){name, find_context(tls, members)};
}

/* The first certificate, and those of its names with other keys. */
static uint64_t
default_members(const struct tls *tls)
{
	const struct tls_certificate *first = &tls->certificate[0];
	uint64_t members = 1;

	for (size_t i = 0; i < first->name_count; i++)
		members = add_members(tls, members, first->name[i]);
	return members;
}

static const char *
make_contexts(struct tls *tls, const char **file)
{
	size_t count = tls->settings->certificate_count, names = 0;
	const char *error = NULL;

	for (size_t i = 0; i < count; i++)
		names += tls->certificate[i].name_count;
	tls->names.entry = calloc(names + 1, sizeof(*tls->names.entry));
	tls->context = calloc(names + 1, sizeof(*tls->context));
	if (tls->names.entry == NULL || tls->context == NULL)
		return "no memory";
	find_context(tls, default_members(tls));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < tls->certificate[i].name_count; k++)
			add_name(tls, tls->certificate[i].name[k]);
	tls_names_sort(&tls->names);
	for (size_t i = 0; i < tls->context_count && error == NULL; i++)
		error = make_context(tls, &tls->context[i], file);
	return error;
}

/* A socket that is not connected cannot be encrypted; it is asked whether
 * that is all that is wrong. */
static bool
kernel_encrypts(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = fd >= 0 &&
		   setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3) != 0 &&
		   errno == ENOTCONN;

	if (fd >= 0)
		close(fd);
	return can;
}

static const char *
read_tickets(struct tls *tls, const char *path)
{
	const char *error = NULL;
	struct slice text = {0};
	BIO *file = NULL;
	char *bytes;

	if (path != NULL) {
		file = tls_file_read(tls->settings->open, path, &error);
		if (file == NULL)
			return error;
		text.len = (size_t)BIO_get_mem_data(file, &bytes);
		text.ptr = bytes;
		if (text.len == 0)
			error = "it is empty";
	}
	if (error == NULL)
		error = tls_tickets_init(&tls->tickets, text);
	BIO_free(file);
	return error;
}

/* Returns NULL, or what is wrong with *file. */
static const char *
read_certificate(struct tls *tls, size_t number, const char **file)
{
	const struct tls_settings *s = tls->settings;
	struct tls_certificate_files files = {
	    .certificate = s->certificate[number],
	    .key = s->key_count > 0 ? s->key[number] : s->certificate[number],
	    .ocsp = s->ocsp[number]};

	return tls_certificate_read(&tls->certificate[number], &files, s->open,
				    file);
}

const char *
tls_init(struct tls *tls, const struct tls_settings *settings,
	 const char **file)
{
	const char *error = NULL;

	*tls =
	    (struct tls){.settings = settings, .offloads = kernel_encrypts()};
	*file = NULL;
	tls_memory_init();
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return why_openssl("OpenSSL does not start");
	for (size_t i = 0; i < settings->certificate_count && !error; i++)
		error = read_certificate(tls, i, file);
	if (error == NULL && settings->client != TLS_CLIENT_UNASKED) {
		*file = settings->client_ca;
		error = tls_authorities_read(&tls->authorities, settings->open,
					     settings->client_ca);
	}
	if (error == NULL) {
		*file = settings->tickets;
		error = read_tickets(tls, settings->tickets);
	}
	if (error != NULL)
		return error;
	*file = NULL;
	return make_contexts(tls, file);
}

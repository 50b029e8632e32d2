/* SPDX-License-Identifier: ISC */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "conn/tls_variables.h"

/*
 * A certificate takes some KiB in PEM, and names may be long; what has no
 * room is left out. Untouched parts cost nothing.
 */
static char storage[48 * 1024];

/* UTF-8 is left as it is. */
#define DN_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

struct writer {
	struct buf text;
	struct programs *programs;
	BIO *memory; /* for what OpenSSL prints; it is emptied each time */
};

/* The variable's name is prefix and suffix. */
static void
add(struct writer *w, const char *prefix, const char *suffix,
    struct slice value)
{
	struct buf room = {.data = buf_end(&w->text),
			   .cap = buf_room(&w->text)};

	/* Text of a certificate may hold anything but a NUL. */
	if (value.len > 0 && memchr(value.ptr, '\0', value.len) != NULL)
		return;
	buf_add_str(&room, prefix);
	buf_add_str(&room, suffix);
	buf_add_char(&room, '=');
	buf_add(&room, value);
	buf_add_char(&room, '\0');
	if (room.overflow)
		return;
	w->text.len += room.len;
	(void)programs_add_variable(w->programs, room.data);
}

static void
add_printed(struct writer *w, const char *name)
{
	char *text;
	long len = BIO_get_mem_data(w->memory, &text);

	if (len > 0)
		add(w, name, "", (struct slice){text, (size_t)len});
	(void)BIO_reset(w->memory);
}

static void
add_string(struct writer *w, const char *prefix, const char *suffix,
	   const ASN1_STRING *string)
{
	unsigned char *text = NULL;
	int len = ASN1_STRING_to_UTF8(&text, string);

	if (len >= 0)
		add(w, prefix, suffix,
		    (struct slice){(char *)text, (size_t)len});
	OPENSSL_free(text);
}

/* Of what is there more than once, the first. */
static void
add_parts(struct writer *w, const char *prefix, const X509_NAME *name)
{
	static const struct {
		int nid;
		char suffix[8];
	} parts[] = {{NID_countryName, "C"},
		     {NID_stateOrProvinceName, "ST"},
		     {NID_localityName, "L"},
		     {NID_organizationName, "O"},
		     {NID_organizationalUnitName, "OU"},
		     {NID_commonName, "CN"},
		     {NID_userId, "UID"},
		     {NID_pkcs9_emailAddress, "Email"}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int at = X509_NAME_get_index_by_NID(name, parts[i].nid, -1);

		if (at >= 0)
			add_string(w, prefix, parts[i].suffix,
				   X509_NAME_ENTRY_get_data(
				       X509_NAME_get_entry(name, at)));
	}
}

/* subjectAltName: the first ten of each kind. */
static void
add_other_names(struct writer *w, const X509 *x)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char dns[] = "0", mail[] = "0";

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS && dns[0] <= '9') {
			add_string(w, "SSL_CLIENT_SAN_DNS_", dns,
				   name->d.dNSName);
			dns[0]++;
		} else if (name->type == GEN_EMAIL && mail[0] <= '9') {
			add_string(w, "SSL_CLIENT_SAN_Email_", mail,
				   name->d.rfc822Name);
			mail[0]++;
		}
	}
	GENERAL_NAMES_free(names);
}

/* Whole days until the certificate ceases to hold. */
static void
add_remaining(struct writer *w, const X509 *x)
{
	int days = 0, seconds;

	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x));
	BIO_printf(w->memory, "%d", days > 0 ? days : 0);
	add_printed(w, "SSL_CLIENT_V_REMAIN");
}

static void
add_fingerprint(struct writer *w, const X509 *x)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	X509_digest(x, EVP_sha256(), digest, &len);
	for (unsigned i = 0; i < len; i++)
		BIO_printf(w->memory, "%02x", digest[i]);
	add_printed(w, "SSL_CLIENT_FINGERPRINT");
}

static void
add_certificate(struct writer *w, X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	const X509_NAME *issuer = X509_get_issuer_name(x);

	X509_NAME_print_ex(w->memory, subject, 0, DN_FLAGS);
	add_printed(w, "SSL_CLIENT_S_DN");
	add_parts(w, "SSL_CLIENT_S_DN_", subject);
	X509_NAME_print_ex(w->memory, issuer, 0, DN_FLAGS);
	add_printed(w, "SSL_CLIENT_I_DN");
	add_parts(w, "SSL_CLIENT_I_DN_", issuer);
	i2a_ASN1_INTEGER(w->memory, X509_get0_serialNumber(x));
	add_printed(w, "SSL_CLIENT_M_SERIAL");
	ASN1_TIME_print(w->memory, X509_get0_notBefore(x));
	add_printed(w, "SSL_CLIENT_V_START");
	ASN1_TIME_print(w->memory, X509_get0_notAfter(x));
	add_printed(w, "SSL_CLIENT_V_END");
	add_remaining(w, x);
	add_fingerprint(w, x);
	add_other_names(w, x);
	PEM_write_bio_X509(w->memory, x);
	add_printed(w, "SSL_CLIENT_CERT");
}

void
tls_variables_add(const struct tls_stream *t, struct programs *p)
{
	struct writer w = {.text = BUF_OVER(storage), .programs = p};
	const char *host =
	    SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name);
	X509 *x = SSL_get0_peer_certificate(t->ssl);

	add(&w, "SSL_PROTOCOL", "", slice_of(SSL_get_version(t->ssl)));
	add(&w, "SSL_CIPHER", "",
	    slice_of(SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl))));
	add(&w, "SSL_SESSION_RESUMED", "",
	    SSL_session_reused(t->ssl) ? SLICE("Resumed") : SLICE("Initial"));
	if (host != NULL)
		add(&w, "SSL_TLS_SNI", "", slice_of(host));
	/* One that is not good has ended the handshake. */
	add(&w, "SSL_CLIENT_VERIFY", "",
	    x != NULL ? SLICE("SUCCESS") : SLICE("NONE"));
	w.memory = x != NULL ? BIO_new(BIO_s_mem()) : NULL;
	if (w.memory != NULL)
		add_certificate(&w, x);
	BIO_free(w.memory);
}

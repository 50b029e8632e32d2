/* SPDX-License-Identifier: ISC */
#include <openssl/ssl.h>
#include <string.h>

#include "conn/tls_variables.h"

/* Distinguished names may be long; what has no room is left out. */
static char storage[16 * 1024];

struct writer {
	struct buf text;
	struct programs *programs;
};

/* Text of a certificate may hold anything but a NUL. */
static void
add(struct writer *w, const char *name, struct slice value)
{
	char *start = buf_end(&w->text);

	if (memchr(value.ptr, '\0', value.len) != NULL)
		return;
	buf_add_str(&w->text, name);
	buf_add_char(&w->text, '=');
	buf_add(&w->text, value);
	buf_add_char(&w->text, '\0');
	if (!w->text.overflow)
		(void)programs_add_variable(w->programs, start);
}

/* What was printed to memory, which is emptied. */
static void
add_printed(struct writer *w, const char *name, BIO *memory)
{
	char *text;
	long len = BIO_get_mem_data(memory, &text);

	if (len > 0)
		add(w, name, (struct slice){text, (size_t)len});
	(void)BIO_reset(memory);
}

static void
add_common_name(struct writer *w, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;
	int len;

	if (at < 0)
		return;
	len = ASN1_STRING_to_UTF8(
	    &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len >= 0)
		add(w, "SSL_CLIENT_S_DN_CN",
		    (struct slice){(char *)text, (size_t)len});
	OPENSSL_free(text);
}

static void
add_certificate(struct writer *w, const X509 *x, BIO *memory)
{
	X509_NAME_print_ex(memory, X509_get_subject_name(x), 0,
			   XN_FLAG_RFC2253);
	add_printed(w, "SSL_CLIENT_S_DN", memory);
	add_common_name(w, X509_get_subject_name(x));
	X509_NAME_print_ex(memory, X509_get_issuer_name(x), 0, XN_FLAG_RFC2253);
	add_printed(w, "SSL_CLIENT_I_DN", memory);
	i2a_ASN1_INTEGER(memory, X509_get0_serialNumber(x));
	add_printed(w, "SSL_CLIENT_M_SERIAL", memory);
	ASN1_TIME_print(memory, X509_get0_notBefore(x));
	add_printed(w, "SSL_CLIENT_V_START", memory);
	ASN1_TIME_print(memory, X509_get0_notAfter(x));
	add_printed(w, "SSL_CLIENT_V_END", memory);
}

void
tls_variables_add(const struct tls_stream *t, struct programs *p)
{
	struct writer w = {.text = BUF_OVER(storage), .programs = p};
	const char *host =
	    SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name);
	const X509 *x = SSL_get0_peer_certificate(t->ssl);
	BIO *memory = x != NULL ? BIO_new(BIO_s_mem()) : NULL;

	add(&w, "SSL_PROTOCOL", slice_of(SSL_get_version(t->ssl)));
	add(&w, "SSL_CIPHER",
	    slice_of(SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl))));
	if (host != NULL)
		add(&w, "SSL_TLS_SNI", slice_of(host));
	/* One that is not good has ended the handshake. */
	add(&w, "SSL_CLIENT_VERIFY",
	    x != NULL ? SLICE("SUCCESS") : SLICE("NONE"));
	if (memory != NULL)
		add_certificate(&w, x, memory);
	BIO_free(memory);
}

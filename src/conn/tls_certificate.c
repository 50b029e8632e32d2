/* SPDX-License-Identifier: ISC */
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "conn/tls_certificate.h"

/* A key that wants one is refused: nobody is there to be asked. */
static int
no_password(char *text, int cap, int writes, void *argument)
{
	(void)text;
	(void)cap;
	(void)writes;
	(void)argument;
	return -1;
}

/* The certificate that comes first, and the others as its chain. */
static const char *
read_chain(struct tls_certificate *c, tls_file_opener *open, const char *path)
{
	const char *error;
	BIO *file = tls_file_read(open, path, &error);

	if (file == NULL)
		return error;
	error = tls_file_certificates(file, &c->chain);
	BIO_free(file);
	if (error == NULL)
		c->certificate = sk_X509_shift(c->chain);
	return error;
}

static const char *
read_key(struct tls_certificate *c, tls_file_opener *open, const char *path)
{
	const char *error;
	BIO *file = tls_file_read(open, path, &error);

	if (file == NULL)
		return error;
	c->key = PEM_read_bio_PrivateKey(file, NULL, no_password, NULL);
	BIO_free(file);
	if (c->key == NULL)
		return "there is no key in PEM without a password";
	c->key_kind = EVP_PKEY_get_base_id(c->key);
	return X509_check_private_key(c->certificate, c->key) == 1
		   ? NULL
		   : "the key is not that of the certificate";
}

/* A copy in small letters of a name that clients can ask for. */
static bool
add_name(struct tls_certificate *c, const ASN1_STRING *text)
{
	size_t len = (size_t)ASN1_STRING_length(text);
	const char *bytes = (const char *)ASN1_STRING_get0_data(text);
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		copy[i] = ascii_lower(bytes[i]);
	if (!tls_name_is_valid((struct slice){copy, len})) {
		free(copy);
		return true;
	}
	c->name[c->name_count++] = (struct slice){copy, len};
	return true;
}

/* RFC 6125: names are those of subjectAltName alone. */
static bool
read_names(struct tls_certificate *c)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(c->certificate, NID_subject_alt_name, NULL, NULL);
	int count = sk_GENERAL_NAME_num(names);

	if (count <= 0)
		return true;
	c->name = calloc((size_t)count, sizeof(*c->name));
	if (c->name == NULL)
		return false;
	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS && !add_name(c, name->d.dNSName))
			return false;
	}
	GENERAL_NAMES_free(names);
	return true;
}

/* What the answer says of this certificate, or NULL. */
static OCSP_SINGLERESP *
find_single(const struct tls_certificate *c, OCSP_BASICRESP *basic)
{
	const ASN1_INTEGER *own = X509_get0_serialNumber(c->certificate);
	ASN1_INTEGER *serial;

	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);

		if (OCSP_id_get0_info(NULL, NULL, NULL, &serial,
				      (OCSP_CERTID *)id) == 1 &&
		    ASN1_INTEGER_cmp(serial, own) == 0)
			return single;
	}
	return NULL;
}

/* Until when the answer holds: an old one is worse than none. */
static const char *
read_ocsp_time(struct tls_certificate *c, OCSP_BASICRESP *basic)
{
	OCSP_SINGLERESP *single = find_single(c, basic);
	ASN1_GENERALIZEDTIME *next = NULL;
	struct tm broken;

	if (single == NULL)
		return "it is about another certificate";
	if (OCSP_single_get0_status(single, NULL, NULL, NULL, &next) !=
	    V_OCSP_CERTSTATUS_GOOD)
		return "it does not say that the certificate is good";
	c->ocsp_until = INT64_MAX;
	if (next != NULL && ASN1_TIME_to_tm(next, &broken) == 1)
		c->ocsp_until = timegm(&broken);
	return NULL;
}

static const char *
read_ocsp(struct tls_certificate *c, tls_file_opener *open, const char *path)
{
	const char *error;
	BIO *file = tls_file_read(open, path, &error);
	unsigned char *bytes = NULL;
	OCSP_RESPONSE *response;
	OCSP_BASICRESP *basic;
	int len;

	if (file == NULL)
		return error;
	response = d2i_OCSP_RESPONSE_bio(file, NULL);
	BIO_free(file);
	if (response == NULL)
		return "it is no OCSP response in DER";
	basic = OCSP_response_get1_basic(response);
	/* One that is no success has none. */
	error = basic != NULL ? read_ocsp_time(c, basic)
			      : "it is no answer about a certificate";
	OCSP_BASICRESP_free(basic);
	len = error == NULL ? i2d_OCSP_RESPONSE(response, &bytes) : 0;
	if (len > 0)
		c->ocsp = (struct slice){(char *)bytes, (size_t)len};
	OCSP_RESPONSE_free(response);
	return error;
}

/* What a client will not like. */
static const char *
find_oddity(const struct tls_certificate *c)
{
	if (X509_cmp_current_time(X509_get0_notAfter(c->certificate)) < 0)
		return "the certificate has expired";
	if (X509_cmp_current_time(X509_get0_notBefore(c->certificate)) > 0)
		return "the certificate is not valid yet";
	if (c->ocsp.len > 0 && c->ocsp_until <= clock_seconds())
		return "what OCSP says of the certificate has expired";
	return NULL;
}

const char *
tls_certificate_read(struct tls_certificate *c,
		     const struct tls_certificate_files *files,
		     tls_file_opener *open, const char **file)
{
	const char *error;

	*c = (struct tls_certificate){.key_kind = EVP_PKEY_NONE};
	*file = files->certificate;
	if ((error = read_chain(c, open, *file)) != NULL)
		return error;
	if (!read_names(c))
		return "no memory";
	*file = files->key;
	if ((error = read_key(c, open, *file)) != NULL)
		return error;
	*file = files->ocsp;
	if (*file != NULL && (error = read_ocsp(c, open, *file)) != NULL)
		return error;
	c->complaint = find_oddity(c);
	return NULL;
}

bool
tls_certificate_has(const struct tls_certificate *c, struct slice name)
{
	for (size_t i = 0; i < c->name_count; i++)
		if (slice_equal(c->name[i], name))
			return true;
	return false;
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "conn/tls_file.h"

/* Returns NULL, or what is wrong. */
static const char *
fill(BIO *memory, int fd)
{
	char block[4096];
	const char *error = NULL;
	size_t len = 0;
	ssize_t n;

	while (error == NULL && (n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			error = strerror(errno);
		else if ((len += (size_t)n) > TLS_FILE_MAX)
			error = "it is larger than 1 MiB";
		else if (BIO_write(memory, block, (int)n) != (int)n)
			error = "no memory";
	}
	OPENSSL_cleanse(block, sizeof(block));
	return error;
}

void *
tls_file_read(tls_file_opener *open, const char *path, const char **error)
{
	int fd = open(path);
	BIO *memory;

	if (fd < 0) {
		*error = strerror(-fd);
		return NULL;
	}
	/* The only kind that is wiped when it is freed. */
	memory = BIO_new(BIO_s_secmem());
	*error = memory != NULL ? fill(memory, fd) : "no memory";
	close(fd);
	if (*error != NULL) {
		BIO_free(memory);
		return NULL;
	}
	BIO_set_mem_eof_return(memory, 0);
	return memory;
}

const char *
tls_file_certificates(void *file, void **certificates)
{
	STACK_OF(X509) *stack = sk_X509_new_null();
	X509 *next;

	if (stack == NULL)
		return "no memory";
	*certificates = stack;
	while ((next = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(stack, next) == 0)
			return "no memory";
	if (sk_X509_num(stack) == 0)
		return "there is no certificate in PEM";
	/* It is the end of the file that is no certificate. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return "a certificate behind the first is malformed";
	ERR_clear_error();
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_FILE_H
#define CONN_TLS_FILE_H

/*
 * The files that options of TLS name. They are read whole, and what was
 * read is wiped when it is released: there are keys among them.
 */

/* No certificate, key or answer of OCSP is nearly as large: bytes. */
#define TLS_FILE_MAX (1024 * 1024)

/* Opens a file for reading: a descriptor, or a negative errno value. */
typedef int tls_file_opener(const char *path);

/*
 * Returns what the file has, as a BIO that is the caller's to free; or
 * NULL, and what is wrong with it in *error.
 */
void *tls_file_read(tls_file_opener *open, const char *path,
		    const char **error);

/*
 * Reads all certificates in PEM, at least one, from such a BIO, and sets
 * *certificates to a STACK_OF(X509) of them. Returns NULL, or what is wrong.
 */
const char *tls_file_certificates(void *file, void **certificates);

#endif

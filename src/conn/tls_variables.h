/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_VARIABLES_H
#define CONN_TLS_VARIABLES_H

#include "conn/tls_stream.h"
#include "serve/program.h"

/*
 * Tells programs of the connection and of the client's certificate, by the
 * variables of Apache's mod_ssl, and a fingerprint: perch-tls(8) lists them.
 * To be called once in a process.
 */
void tls_variables_add(const struct tls_stream *t, struct programs *p);

#endif

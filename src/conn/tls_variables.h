/* SPDX-License-Identifier: ISC */
#ifndef CONN_TLS_VARIABLES_H
#define CONN_TLS_VARIABLES_H

#include "conn/tls_stream.h"
#include "serve/program.h"

/*
 * Tells programs of the connection and of the client's certificate, by
 * the variables of Apache's mod_ssl: SSL_PROTOCOL, SSL_CIPHER, SSL_TLS_SNI,
 * SSL_CLIENT_VERIFY and, where there is a certificate, SSL_CLIENT_S_DN,
 * SSL_CLIENT_S_DN_CN, SSL_CLIENT_I_DN, SSL_CLIENT_M_SERIAL,
 * SSL_CLIENT_V_START and SSL_CLIENT_V_END. To be called once in a process.
 */
void tls_variables_add(const struct tls_stream *t, struct programs *p);

#endif

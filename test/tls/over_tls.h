/* SPDX-License-Identifier: ISC */
#ifndef OVER_TLS_H
#define OVER_TLS_H

/* Makes a key, a certificate and contexts, once. False if that fails. */
int over_tls_init(void);

/*
 * In the place of execv: serves, in a process of its own, what perch with
 * these arguments would, over TLS, and is its client, who copies standard
 * input to it and what it sends to standard output. Ends as it does.
 */
_Noreturn void over_tls_execute(int argc, char **argv);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_UCSPI_H
#define HOST_UCSPI_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * The environment of a program that gets a connection: ours, without what
 * is for the launcher, and the variables of UCSPI-TCP that say who is at
 * either end: PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT.
 * Made once; only those five are written for each connection.
 */

/* Sets it up, with the variable extra unless that is NULL. Returns 0 or an
 * errno value. */
int ucspi_init(char *extra);

/* What is to be passed to execve; the same block at every call. */
char *const *ucspi_environment(void);

/* Writes the variables for the accepted socket fd, whose peer is known. */
void ucspi_set(int fd, const struct sockaddr_storage *peer);

/*
 * What --exec tells our own image, by environment: that the connection is
 * on its standard input and output.
 */
#define UCSPI_CONNECTION "PERCH_CONNECTION"
bool ucspi_is_connection(void);

#endif

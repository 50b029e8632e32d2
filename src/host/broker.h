/* SPDX-License-Identifier: ISC */
#ifndef HOST_BROKER_H
#define HOST_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "host/config.h"

/*
 * A process that starts programs for connections, whose sandbox lets them
 * start none (serve/agent.h, host/customers.h). It is forked before the
 * sandbox is put on, and again by the launcher's monitor if it should end. It
 * serves the connections of one image: it ends when the launcher and they
 * have, and a reload leaves it to the connections that there are.
 *
 * Each connection has a socket to it that no other has.
 */

/*
 * Starts the one of a launcher, whose root is opened; config and that stay, for
 * if it ends. Returns 0 or an errno value.
 */
int broker_start(const struct config *config, int root);

/* The same for this process alone, which serves a connection. */
int broker_start_own(const struct config *config, int root);

/*
 * Around a fork for a connection: makes its socket and gives the other end to
 * the broker, or to another if that has ended; closes the socket again, in the
 * launcher; and in the connection closes what is the launcher's. Without a
 * broker they do nothing.
 */
void broker_offer(void);
void broker_withdraw(void);
void broker_leave(void);

/* Who starts programs for this connection; NULL if there is no broker. */
struct agent *broker_agent(void);

/* Takes the end of a child. False if it was not the broker. */
bool broker_take_end(pid_t pid);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_STOP_H
#define CONN_STOP_H

#include <poll.h>
#include <stdbool.h>

/*
 * How a launcher or a person asks a connection to end: SIGTERM. The
 * response that is under way is finished and says "Connection: close";
 * a connection that waits for its next request ends at once. One that is
 * new has a moment more: its client could connect, and what it is about to
 * send, or has sent, would be lost, which nobody needs to send again.
 *
 * The handler only notes the request and, if the connection is idle,
 * shuts the reading half of its socket, so that the read it is in, or is
 * about to enter, returns: there is no moment at which the signal is
 * missed.
 */
void stop_install(void);

/* As if SIGTERM had come. */
void stop_request(void);

/* True once SIGTERM has come. */
bool stop_requested(void);

/* Seconds for a first request after SIGTERM: what a lost packet takes. */
#define STOP_NEW_S 1

/*
 * Marks fd as waiting for a request, or with -1 as not waiting. False if
 * SIGTERM has come already, and nothing is to be waited for.
 */
bool stop_idle(int fd);

/* Marks fd as waiting for the first bytes of a connection. */
void stop_idle_new(int fd);

/*
 * True if SIGTERM has come while the connection waits for a request, and a
 * new one's moment has passed.
 */
bool stop_requested_idle(void);

/*
 * For who waits in poll: between stop_hold and stop_release SIGTERM waits
 * too, and comes only in stop_poll, which is poll otherwise and returns
 * then. Again there is no moment at which it is missed.
 */
void stop_hold(void);
int stop_poll(struct pollfd *p, nfds_t count, int timeout_ms);
void stop_release(void);

#endif

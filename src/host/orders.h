/* SPDX-License-Identifier: ISC */
#ifndef HOST_ORDERS_H
#define HOST_ORDERS_H

#include <stdbool.h>

/*
 * What the launcher is told by signals: SIGTERM and SIGINT to stop,
 * SIGHUP to reload. None is ever missed: the handler counts it and makes
 * orders_fd readable, so that a poll which is about to begin ends at once.
 */

/* Returns 0, or an errno value. */
int orders_install(void);

/* Readable when there may be something new; orders_clear makes it not. */
int orders_fd(void);
void orders_clear(void);

/* How often we were told to stop. */
unsigned orders_stop(void);

/* As if SIGHUP had come. */
void orders_ask_reload(void);

/* True once after each SIGHUP, or several in a row. */
bool orders_take_reload(void);

/*
 * Keeps the signals back, over an execve too: there they would end a
 * process that has no handlers yet. orders_install and orders_release let
 * them through.
 */
void orders_hold(void);
void orders_release(void);

/*
 * For a forked child that serves a connection: SIGTERM is for the
 * connection from here on, as conn/stop.h has it, even one that came since
 * the fork. SIGINT, which a terminal sends to all of its processes, and
 * SIGHUP do nothing: the launcher passes on what concerns its children.
 */
void orders_leave(void);

/* The same for a child that was executed, and has no handlers. */
void orders_ignore(void);

#endif

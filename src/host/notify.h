/* SPDX-License-Identifier: ISC */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H

/*
 * Tells whoever started us how far we are: systemd by the protocol of
 * sd_notify(3), spoken to the socket that NOTIFY_SOCKET names, and
 * anyone else by a newline on a descriptor. Nobody there is no error.
 */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* Writes a newline to fd and closes it. */
void notify_ready_fd(int fd);

#endif

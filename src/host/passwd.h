/* SPDX-License-Identifier: ISC */
#ifndef HOST_PASSWD_H
#define HOST_PASSWD_H

#include "base/user.h"

/*
 * Looks name up, which stays the caller's, in /etc/passwd, and its groups in
 * /etc/group. Returns NULL, or what is wrong with it. In the files alone: other
 * sources need what a static program cannot load.
 */
const char *passwd_find(struct user *user, const char *name);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef HOST_LANDLOCK_H
#define HOST_LANDLOCK_H

#include <stdbool.h>

/*
 * Takes from this thread, and from all that it starts from here on, for
 * good: to open files but for reading beneath the directory root, an
 * opened one (O_PATH will do); to make, rename, remove and execute any; and as
 * far as the kernel's Landlock goes, to bind or connect TCP sockets, to
 * connect to abstract sockets, and to send signals to processes that were
 * started without all this. What is open stays open.
 *
 * guards_content: nor can content of files be cut off, which some can do
 * who may not write. It costs each open a walk up to the system's root.
 *
 * Wants no_new_privs. Returns 0 or an errno value: ENOSYS and EOPNOTSUPP
 * where the kernel has no Landlock.
 */
int landlock_confine(int root, bool guards_content);

#endif

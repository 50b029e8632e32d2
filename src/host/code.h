/* SPDX-License-Identifier: ISC */
#ifndef HOST_CODE_H
#define HOST_CODE_H

#include <stddef.h>

/*
 * Puts what large libraries have of code and constants on huge pages, as
 * far as it fills them where it is. A process that is forked maps a
 * library's code anew as it runs it, 16 pages at a time, and takes note of
 * each of them, there and when it exits; a huge page is one entry, which
 * fork copies.
 *
 * What was read from the file before is no longer shared with other programs
 * that use the library, and constants among the code can be executed as the
 * code can. Nothing changes where the kernel has no huge page to give. Call
 * it before there are threads. Returns how many bytes lie on huge pages now.
 */
size_t code_make_huge(void);

#endif

/* SPDX-License-Identifier: ISC */
/* The errors that system calls may have, by their manuals. */
#ifndef ERRORS_H
#define ERRORS_H

#include <stddef.h>

/* Ends with 0; FAULT_SHORT may be among them. Of an unknown call: none. */
const int *errors_of(long number);

const char *errors_call_name(long number);

/* Writes it to text, and returns it. */
const char *errors_name(int error, char *text, size_t size);

#endif

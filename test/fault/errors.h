/* SPDX-License-Identifier: ISC */
/* The errors that system calls may have, by their manuals. */
#ifndef ERRORS_H
#define ERRORS_H

#include <stdbool.h>
#include <stddef.h>

/* Ends with 0; FAULT_SHORT may be among them. Of an unknown call: none. */
const int *errors_of(long number);

/*
 * True if the call may fail by it at any time, and is to be made again: then
 * nothing may be another.
 */
bool errors_are_passing(long number, int error);

const char *errors_call_name(long number);

/* Writes it to text, and returns it. */
const char *errors_name(int error, char *text, size_t size);

#endif

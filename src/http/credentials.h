/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CREDENTIALS_H
#define HTTP_CREDENTIALS_H

#include "base/io.h"
#include "base/slice.h"

/*
 * The user and password in an Authorization field: the Basic scheme (RFC
 * 9110, section 11; RFC 7617).
 */

/* Bytes of either. Longer ones are no password that a person has. */
#define CREDENTIALS_USER_MAX 255
#define CREDENTIALS_PASSWORD_MAX 255

/*
 * Bytes of both and the colon. One less than the two limits would let
 * through: with a NUL behind each, and one for an empty timestamp, they
 * fit into the 512 bytes that a checkpassword program reads.
 */
#define CREDENTIALS_MAX 510

struct credentials {
	struct slice user, password; /* without colons; with perhaps some */
	const char *refusal;
};

/*
 * Parses the value of an Authorization field, without blanks around it.
 * Writes the decoded text to the CREDENTIALS_MAX bytes at storage, where
 * user and password point; who is done with them calls credentials_wipe.
 * False if value is for another scheme, or not well-formed, or holds a
 * control character (RFC 7617, section 2); then credentials->refusal says
 * why, without a byte of it, and storage is wiped. Either may be empty,
 * and neither need be UTF-8.
 */
MUST_CHECK bool credentials_parse(struct credentials *credentials,
				  struct slice value, char *storage);

/* Overwrites the decoded text, so that it is not found in memory later. */
void credentials_wipe(struct credentials *credentials, char *storage);

#endif

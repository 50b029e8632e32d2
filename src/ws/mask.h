/* SPDX-License-Identifier: ISC */
#ifndef WS_MASK_H
#define WS_MASK_H

#include "base/slice.h"

#define MASK_KEY_LEN 4

/*
 * Masks the len bytes at bytes, or unmasks them, which is the same, in
 * place (RFC 6455, section 5.3). They are those of a payload from offset
 * on, so that it may come in pieces.
 */
void mask_apply(char *bytes, size_t len, const unsigned char key[MASK_KEY_LEN],
		uint64_t offset);

#endif

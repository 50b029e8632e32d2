/* SPDX-License-Identifier: ISC */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/buf.h"

/*
 * Appends an IMF-fixdate (RFC 9110, section 5.6.7), always of 29 bytes:
 * "Sun, 06 Nov 1994 08:49:37 GMT". seconds count from 1970, UTC. The
 * format has four digits for a year: an earlier or later time becomes the
 * first second of year 0, or the last of 9999.
 */
void date_add(struct buf *out, int64_t seconds);

/* Appends "06/Nov/1994:08:49:37 +0000", as access logs have it. */
void date_add_log(struct buf *out, int64_t seconds);

/* Appends "1994-11-06T08:49:37Z" (RFC 3339). */
void date_add_iso(struct buf *out, int64_t seconds);

/*
 * Reads an HTTP-date in any of its three formats. now decides the century
 * of an RFC 850 date: one that seems more than 50 years in the future is
 * in the past. False for anything else, and then the field is to be
 * ignored.
 */
bool date_parse(struct slice text, int64_t now, int64_t *seconds);

#endif

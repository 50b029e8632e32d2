/* SPDX-License-Identifier: ISC */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/*
 * Bytes, unless the name says otherwise. What a user may change is an
 * option with its default and its range in host/config.c; here stands
 * what sizes the storage behind those options, and what no user needs to
 * change.
 */

/* What memory is handed out by: where it is more, some is wasted. */
#define PAGE 4096

/*
 * The largest --max-head and --max-fields. The storage lies in .bss, and
 * what a connection does not touch costs it nothing.
 */
#define HEAD_CAP (256 * 1024)
#define FIELDS_CAP 1024

/*
 * Room behind the largest head, so that chunk framing and pipelined
 * requests can be read without moving the head that is in use.
 */
#define READ_AHEAD (16 * 1024)

/* The largest --max-request-line; no path is longer than its target. */
#define REQUEST_LINE_CAP (32 * 1024)

/*
 * What a response may add in fields of its own. A redirect repeats the
 * target, of which each byte may have to be percent-encoded.
 */
#define RESPONSE_FIELDS_MAX (REQUEST_LINE_CAP * 3 + 8 * 1024)

/*
 * Bytes that wait to be sent together. A pipelined burst of small
 * answers fills it a few times; a file up to SMALL_FILE_MAX goes out in
 * one write with its head, which measured cheaper than sendfile. The
 * largest head fits in.
 */
#define OUT_CAP (128 * 1024)
#define SMALL_FILE_MAX (16 * 1024)

/*
 * One sendfile call. Large enough to cost nothing, small enough that a
 * slow client is looked at between two of them.
 */
#define SEND_SLICE (512 * 1024)

/* The largest --file-cache. What is not used of it is not touched. */
#define FILE_CACHE_CAP (1024 * 1024)

/* Rules of one kind on the command line and in the configuration. */
#define RULES_MAX 64

/*
 * The largest --max-cgi-head, and what of a program's output is read
 * ahead with its head.
 */
#define CGI_HEAD_CAP (64 * 1024)

/*
 * The environment of a program: the longest head has room in it, and the
 * target several times.
 */
#define CGI_TEXT_MAX (2 * HEAD_CAP + 64 * 1024)
#define PROGRAM_VARIABLES_MAX (RULES_MAX + 64)
#define CGI_VARIABLES_MAX (FIELDS_CAP + PROGRAM_VARIABLES_MAX + 32)

/* Content on its way to a program: as much as a pipe holds. */
#define CGI_CONTENT_MAX (64 * 1024)

/*
 * One line of the log. A longer one is cut: a client must not choose how
 * much is written.
 */
#define LOG_LINE_MAX 4096

#endif

/* SPDX-License-Identifier: ISC */
#ifndef CONN_OUTPUT_H
#define CONN_OUTPUT_H

#include "conn/relay.h"
#include "http/cgi_head.h"

/*
 * What a program sends: one head, or a few, and then content, which it
 * yields as a source, as it comes. It ends when the program does, even if
 * something that it started holds the pipe, or when it closes the pipe,
 * or when as much has come as was announced.
 */
struct output {
	struct source source;
	struct relay relay;
	bool must_speak;   /* to send nothing is an error */
	bool is_announced; /* left is how much is still owed */
	uint64_t left;
	struct cgi_head_scan scan;
	size_t start, end; /* what is unread of head */
	char head[CGI_HEAD_CAP];
};

/* Sets o up for a program, as relay_begin does. */
void output_begin(struct output *o, const struct cgi_program *program,
		  struct stream *stream, struct body *body,
		  const struct relay_limits *limits,
		  struct slice (*remote)(void));

/*
 * Waits for the program's next head and cuts it off what comes behind; it
 * stays where it is until the next call. Returns STATUS_NONE, or the
 * status to refuse with, and o->relay.refusal says why.
 */
enum status output_read_head(struct output *o, struct slice *head);

/* Makes length what the content must come to. */
void output_announce(struct output *o, uint64_t length);

/*
 * Sends what is pending, and waits until the program has ended; where
 * something went wrong, or now does, it is made to. Then its descriptors
 * are closed. Returns NULL, or what is to be logged of it.
 */
const char *output_end(struct output *o);

#endif

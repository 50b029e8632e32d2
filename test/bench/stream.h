/* SPDX-License-Identifier: ISC */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <netdb.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A TCP connection that does not block, with TLS where `ssl` is not NULL. */
struct stream {
	int fd; /* -1: closed */
	SSL *ssl;
};

enum {
	STREAM_WAIT = -1,   /* for bytes from the server */
	STREAM_FULL = -2,   /* until the kernel has room */
	STREAM_FAILED = -3, /* stream_why says why */
};

/*
 * Begins to connect: bytes can be sent at once, and will follow. `ctx` is NULL
 * without TLS, and `session` where there is none to resume; both stay the
 * caller's.
 */
bool stream_open(struct stream *stream, const struct addrinfo *addr,
		 SSL_CTX *ctx, SSL_SESSION *session);

/* Both return a count, 0 at the end, or what is above. */
ssize_t stream_send(struct stream *stream, const char *bytes, size_t len);
ssize_t stream_receive(struct stream *stream, char *bytes, size_t len);

const char *stream_why(const struct stream *stream);

void stream_close(struct stream *stream);

#endif

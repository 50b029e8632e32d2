/* SPDX-License-Identifier: ISC */
#include "stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool
stream_open(struct stream *s, const struct addrinfo *addr, SSL_CTX *ctx,
	    SSL_SESSION *session)
{
	int one = 1;

	*s = (struct stream){
	    .fd = socket(addr->ai_family,
			 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	if (s->fd < 0)
		return false;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(s->fd, addr->ai_addr, addr->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		return false;
	if (ctx == NULL)
		return true;
	s->ssl = SSL_new(ctx);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1)
		return false;
	if (session != NULL)
		SSL_set_session(s->ssl, session);
	SSL_set_connect_state(s->ssl);
	return true;
}

/* What became of an operation that returned n. */
static ssize_t
judge_tls(struct stream *s, int n)
{
	if (n > 0)
		return n;
	switch (SSL_get_error(s->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WAIT;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_FULL;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return STREAM_FAILED;
	}
}

ssize_t
stream_send(struct stream *s, const char *bytes, size_t len)
{
	ssize_t n;

	if (s->ssl != NULL) {
		ERR_clear_error();
		return judge_tls(s, SSL_write(s->ssl, bytes, (int)len));
	}
	n = send(s->fd, bytes, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN ? STREAM_FULL : STREAM_FAILED;
}

ssize_t
stream_receive(struct stream *s, char *bytes, size_t len)
{
	ssize_t n;

	if (s->ssl != NULL) {
		ERR_clear_error();
		return judge_tls(s, SSL_read(s->ssl, bytes, (int)len));
	}
	n = recv(s->fd, bytes, len, 0);
	if (n >= 0)
		return n;
	return errno == EAGAIN ? STREAM_WAIT : STREAM_FAILED;
}

const char *
stream_why(const struct stream *s)
{
	const char *reason = NULL;

	if (s->ssl != NULL)
		reason = ERR_reason_error_string(ERR_peek_error());
	return reason != NULL ? reason : strerror(errno);
}

void
stream_close(struct stream *s)
{
	if (s->ssl != NULL) {
		SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
	}
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct stream){.fd = -1};
}

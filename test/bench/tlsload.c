/* SPDX-License-Identifier: ISC */
/*
 * A client for test/bench/tls: asks a server on 127.0.0.1 for a file by TLS
 * 1.3, COUNT times, one after the other.
 *
 *	tlsload PORT PATH COUNT full|resumed|kept
 *
 * Each time with a handshake of its own, or one that resumes the session
 * before, or all on one connection.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
die(const char *what)
{
	fprintf(stderr, "tlsload: %s\n", what);
	exit(1);
}

static SSL *
connect_to(SSL_CTX *ctx, int port, SSL_SESSION *session)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	SSL *ssl = SSL_new(ctx);

	if (fd < 0 || ssl == NULL ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	SSL_set_fd(ssl, fd);
	if (session != NULL)
		SSL_set_session(ssl, session);
	if (SSL_connect(ssl) != 1)
		die("no handshake");
	return ssl;
}

/* Sends the request, and reads a response with a Content-Length. */
static void
ask(SSL *ssl, const char *request)
{
	static char in[65536];
	size_t have = 0, head, n;
	char *end = NULL, *length;
	long long left;

	if (SSL_write(ssl, request, (int)strlen(request)) <= 0)
		die("cannot send");
	while (end == NULL) {
		if (SSL_read_ex(ssl, in + have, sizeof(in) - 1 - have, &n) != 1)
			die("no head");
		have += n;
		in[have] = '\0';
		end = strstr(in, "\r\n\r\n");
	}
	head = (size_t)(end - in) + 4;
	length = strcasestr(in, "\nContent-Length:");
	if (strncmp(in, "HTTP/1.1 200 ", 13) != 0 || length == NULL)
		die("not a 200 with a Content-Length");
	left = atoll(length + 16) - (long long)(have - head);
	for (; left > 0; left -= (long long)n)
		if (SSL_read_ex(ssl, in, sizeof(in), &n) != 1)
			die("the content is cut");
}

static void
leave(SSL *ssl)
{
	char byte;

	/* Until its close_notify has come, as a browser would. */
	while (SSL_read(ssl, &byte, 1) > 0)
		;
	SSL_shutdown(ssl);
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_SESSION *session = NULL;
	bool is_kept, resumes;
	SSL *ssl = NULL;
	char request[512];
	int port, count;

	if (argc != 5 || ctx == NULL)
		die("usage: tlsload PORT PATH COUNT full|resumed|kept");
	port = atoi(argv[1]);
	count = atoi(argv[3]);
	is_kept = strcmp(argv[4], "kept") == 0;
	resumes = strcmp(argv[4], "resumed") == 0;
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", argv[2],
		 is_kept ? "" : "Connection: close\r\n");
	if (is_kept)
		ssl = connect_to(ctx, port, NULL);
	for (int i = 0; i < count; i++) {
		if (is_kept) {
			ask(ssl, request);
			continue;
		}
		ssl = connect_to(ctx, port, session);
		if (session != NULL && !SSL_session_reused(ssl))
			die("the session was not resumed");
		ask(ssl, request);
		SSL_SESSION_free(session);
		session = resumes ? SSL_get1_session(ssl) : NULL;
		leave(ssl);
	}
	return 0;
}

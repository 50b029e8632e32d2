/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/fd_stream.h"
#include "conn/stop.h"
#include "conn/tls_stream.h"
#include "host/config.h"
#include "host/connection.h"
#include "host/opener.h"
#include "host/start.h"
#include "over_tls.h"

static struct fd_stream under;
static struct tls_stream stream;
static struct conn conn;
static struct config config;
static struct tls tls;
static struct tls_settings settings = {.handshake_ms = 10000,
				       .open = opener_open};
static SSL_CTX *client;

int
over_tls_init(void)
{
	static char path[32];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int fd = memfd_create("pem", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	const char *what;

	if (file == NULL || key == NULL || x == NULL)
		return 0;
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	PEM_write_X509(file, x);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fflush(file);
	X509_free(x);
	EVP_PKEY_free(key);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings.certificate[settings.certificate_count++] = path;
	client = SSL_CTX_new(TLS_client_method());
	return client != NULL && tls_init(&tls, &settings, &what) == NULL &&
	       tls_warm(&tls) == NULL && tls_stream_init(&tls);
}

/* As perch's main does. */
static _Noreturn void
serve(int fd, int argc, char **argv)
{
	const char *why;

	if (config_read(&config, PROGRAM_PERCH, argc, argv) != CONFIG_SERVE ||
	    connection_open_root(&conn, &config) != 0)
		_exit(2);
	start_signals();
	stop_install();
	fd_stream_init(&under, fd, fd, conn_out(&conn), config.conn.pace,
		       conn_read_timeout(&config.conn));
	connection_set_up(&conn, &config, &under.stream, fd);
	if (tls_stream_start(&stream, &tls, &under.stream, (struct slice){0},
			     clock_deadline(settings.handshake_ms),
			     &why) != TLS_STARTED)
		_exit(3);
	conn.stream = &stream.stream;
	conn_serve(&conn);
	tls_stream_close(&stream);
	_exit(0);
}

static void
write_all(const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, at, len);

		if (n < 0 && errno != EINTR)
			_exit(4);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

/* Moves bytes both ways until all the output has come. */
static void
converse(SSL *ssl, int fd)
{
	static char in[65536], out[65536];
	struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
			      {.fd = fd}};
	size_t pending = 0;

	for (;;) {
		int n = SSL_read(ssl, out, sizeof(out));

		if (n > 0) {
			write_all(out, (size_t)n);
			continue;
		}
		if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
			return;
		p[1].events = POLLIN | (pending > 0 ? POLLOUT : 0);
		poll(p, 2, -1);
		if (pending == 0 && p[0].fd >= 0 && p[0].revents) {
			ssize_t got = read(STDIN_FILENO, in, sizeof(in));

			if (got <= 0) {
				p[0].fd = -1;
				SSL_shutdown(ssl);
				shutdown(fd, SHUT_WR);
			} else {
				pending = (size_t)got;
			}
		}
		if (pending > 0) {
			n = SSL_write(ssl, in, (int)pending);
			if (n > 0)
				pending = 0;
			else if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_WRITE)
				pending = 0, p[0].fd = -1;
		}
		/* One thing at a time, as a whole record is written. */
		p[0].events = pending > 0 ? 0 : POLLIN;
		p[0].revents = 0;
	}
}

static _Noreturn void
be_client(int fd, pid_t server)
{
	SSL *ssl = SSL_new(client);
	int status = 0;

	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) == 1) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		converse(ssl, fd);
	}
	close(fd);
	close(STDOUT_FILENO);
	waitpid(server, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 5);
}

_Noreturn void
over_tls_execute(int argc, char **argv)
{
	int pair[2];
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		_exit(6);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		/* Only the client has them. */
		dup2(pair[1], STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		serve(pair[1], argc, argv);
	}
	close(pair[1]);
	be_client(pair[0], pid);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <linux/tls.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/tls_memory.h"
#include "conn/tls_stream.h"

#define RECORD_MAX SSL3_RT_MAX_PLAIN_LENGTH

/* So long tickets wait for a response that they can go with. */
#define TICKETS_HELD_MS 20

/* --- what OpenSSL reads from and writes to */

/*
 * A request follows a handshake at once, mostly, and no client needs a
 * ticket to send it.
 */
static ssize_t
read_under(struct tls_stream *t, char *dst, size_t cap)
{
	if (t->holds_tickets) {
		int64_t until = clock_deadline(TICKETS_HELD_MS);
		ssize_t n = IO_TIMEOUT;

		t->holds_tickets = false;
		if (t->deadline > until)
			n = t->under->ops->read(t->under, dst, cap, until);
		if (n != IO_TIMEOUT)
			return n;
	}
	return stream_read(t->under, dst, cap, t->deadline);
}

static int
bio_read(BIO *b, char *dst, int cap)
{
	struct tls_stream *t = BIO_get_data(b);
	ssize_t n = (ssize_t)t->early.len;

	BIO_clear_retry_flags(b);
	if (n > 0) {
		n = n < cap ? n : cap;
		memcpy(dst, t->early.ptr, (size_t)n);
		t->early = slice_skip(t->early, (size_t)n);
	} else {
		n = read_under(t, dst, (size_t)cap);
	}
	if (n > 0) {
		t->has_begun = true;
		return (int)n;
	}
	if (n == 0) {
		t->is_cut = true;
		return 0;
	}
	/* Whatever it is, the session is as good as before: a client that
	 * was too slow can still be told so. */
	t->error = (int)n;
	BIO_set_retry_read(b);
	return -1;
}

/*
 * The kernel takes what is not data by sendmsg alone. There is room for
 * such a short record, or there will be soon.
 */
static bool
send_record(struct tls_stream *t, const char *src, size_t len)
{
	union {
		struct cmsghdr head;
		char storage[CMSG_SPACE(1)];
	} control = {.head = {.cmsg_level = SOL_TLS,
			      .cmsg_type = TLS_SET_RECORD_TYPE,
			      .cmsg_len = CMSG_LEN(1)}};
	struct iovec part = {(char *)src, len};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.storage)};
	struct pollfd p = {.fd = t->under->out_fd, .events = POLLOUT};

	*CMSG_DATA(&control.head) = t->record_type;
	if (stream_flush(t->under))
		return false;
	for (int tries = 0; tries < 10; tries++) {
		if (sendmsg(p.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		    (ssize_t)len) {
			t->record_type = 0;
			return true;
		}
		if (errno != EAGAIN && errno != EINTR)
			return false;
		poll(&p, 1, 100);
	}
	return false;
}

static int
bio_write(BIO *b, const char *src, int len)
{
	struct tls_stream *t = BIO_get_data(b);
	struct slice bytes = {src, (size_t)len};

	BIO_clear_retry_flags(b);
	if (t->record_type != 0)
		return send_record(t, src, bytes.len) ? len : -1;
	t->under->waiter = t->stream.waiter;
	/* Longer ones are not copied. */
	if (bytes.len <= sizeof(t->out) / 2)
		t->error = stream_write(t->under, bytes);
	else if ((t->error = stream_reserve(t->under, sizeof(t->out))) == 0)
		t->error = t->under->ops->write(t->under, bytes, t->more);
	t->under->waiter = NULL;
	return t->error ? -1 : len;
}

/* libssl's own, without a name in its headers: from here on the kernel
 * encrypts, by the keys at ptr; and what kind of record follows. */
#define CTRL_SET_KTLS 72
#define CTRL_SET_RECORD_TYPE 74
#define CTRL_CLEAR_RECORD_TYPE 75

static long
bio_control(BIO *b, int command, long number, void *ptr)
{
	struct tls_stream *t = BIO_get_data(b);

	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return t->is_cut;
	case CTRL_SET_KTLS:
		/* 0 is for reading. */
		if (number == 0 || t->socket == NULL || stream_flush(t->under))
			return 0;
		t->is_offloaded = BIO_ctrl(t->socket, command, number, ptr) > 0;
		return t->is_offloaded;
	case BIO_CTRL_GET_KTLS_SEND:
		return t->is_offloaded;
	case CTRL_SET_RECORD_TYPE:
		t->record_type = (unsigned char)number;
		return 0;
	case CTRL_CLEAR_RECORD_TYPE:
		t->record_type = 0;
		return 0;
	default:
		return 0;
	}
}

bool
tls_stream_init(struct tls *tls)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");

	tls->bio_method = method;
	return method != NULL && BIO_meth_set_read(method, bio_read) &&
	       BIO_meth_set_write(method, bio_write) &&
	       BIO_meth_set_ctrl(method, bio_control);
}

/* --- the stream */

static ssize_t
tls_read(struct stream *s, void *dst, size_t cap, int64_t deadline)
{
	struct tls_stream *t = (struct tls_stream *)s;
	int n;

	if (t->is_broken)
		return IO_FAILED;
	ERR_clear_error();
	t->deadline = deadline;
	t->error = 0;
	n = SSL_read(t->ssl, dst, cap > INT_MAX ? INT_MAX : (int)cap);
	s->is_ready = n > 0 && SSL_has_pending(t->ssl);
	if (n > 0)
		return n;
	switch (SSL_get_error(t->ssl, n)) {
	case SSL_ERROR_ZERO_RETURN:
		return t->is_cut ? IO_FAILED : 0;
	case SSL_ERROR_WANT_READ:
		return t->error ? t->error : IO_FAILED;
	default:
		t->is_broken = true;
		return t->is_cut ? IO_FAILED : IO_INVALID;
	}
}

/* Where the kernel encrypts, what OpenSSL still holds goes first. */
static int
write_offloaded(struct tls_stream *t, struct slice bytes, enum stream_more more)
{
	int error = stream_flush(t->under);

	if (error)
		return error;
	t->under->waiter = t->stream.waiter;
	error = t->under->ops->write(t->under, bytes, more);
	t->under->waiter = NULL;
	if (!error)
		t->stream.sent += bytes.len;
	return error;
}

static int
tls_write(struct stream *s, struct slice bytes, enum stream_more more)
{
	struct tls_stream *t = (struct tls_stream *)s;

	if (t->is_broken || t->has_closed)
		return IO_FAILED;
	if (t->is_offloaded)
		return write_offloaded(t, bytes, more);
	ERR_clear_error();
	while (bytes.len > 0) {
		size_t len = bytes.len < RECORD_MAX ? bytes.len : RECORD_MAX;

		t->error = 0;
		t->more = len < bytes.len ? STREAM_MORE : more;
		if (SSL_write(t->ssl, bytes.ptr, (int)len) <= 0) {
			t->is_broken = true;
			return t->error ? t->error : IO_FAILED;
		}
		bytes = slice_skip(bytes, len);
		s->sent += len;
	}
	return more == STREAM_LAST ? stream_flush(t->under) : 0;
}

static int
copy_file(struct tls_stream *t, int fd, uint64_t offset, uint64_t len)
{
	while (len > 0) {
		size_t want =
		    len < sizeof(t->block) ? (size_t)len : sizeof(t->block);
		ssize_t n = pread(fd, t->block, want, (off_t)offset);
		int error;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? IO_EOF : IO_FAILED;
		error =
		    tls_write(&t->stream, (struct slice){t->block, (size_t)n},
			      (uint64_t)n < len ? STREAM_MORE : STREAM_LAST);
		if (error)
			return error;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int
tls_send_file(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
	struct tls_stream *t = (struct tls_stream *)s;
	uint64_t before;
	int error;

	if (!t->is_offloaded)
		return copy_file(t, fd, offset, len);
	if (t->is_broken || t->has_closed)
		return IO_FAILED;
	if ((error = stream_flush(t->under)))
		return error;
	before = t->under->sent;
	t->under->waiter = s->waiter;
	error = t->under->ops->send_file(t->under, fd, offset, len);
	t->under->waiter = NULL;
	s->sent += t->under->sent - before;
	return error;
}

static int
tls_finish(struct stream *s)
{
	struct tls_stream *t = (struct tls_stream *)s;
	int error = stream_send(s, STREAM_MORE);

	if (!t->is_broken && !t->has_closed) {
		t->has_closed = true;
		t->more = STREAM_LAST;
		ERR_clear_error();
		if (!s->breaks_off)
			SSL_shutdown(t->ssl);
	}
	return stream_flush(t->under) ? t->under->error : error;
}

void
tls_stream_close(struct tls_stream *t)
{
	(void)stream_finish(&t->stream);
}

static void
tls_end_output(struct stream *s)
{
	struct tls_stream *t = (struct tls_stream *)s;

	tls_stream_close(t);
	t->under->ops->end_output(t->under);
}

static bool
tls_has_input(struct stream *s)
{
	struct tls_stream *t = (struct tls_stream *)s;

	return s->is_ready || t->under->ops->has_input(t->under);
}

static const struct stream_ops tls_ops = {tls_read,      tls_write,
					  tls_send_file, tls_end_output,
					  tls_has_input, tls_finish};

/* --- the handshake */

static bool
make_ssl(struct tls_stream *t, struct tls *tls)
{
	BIO *bio = BIO_new(tls->bio_method);

	t->ssl = SSL_new(tls->context[0].ssl_ctx);
	if (bio == NULL || t->ssl == NULL)
		return false;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	if (tls->offloads)
		t->socket = BIO_new_socket(t->under->out_fd, BIO_NOCLOSE);
	return true;
}

/* Why there was no handshake, for the log. */
static enum tls_start
explain(struct tls_stream *t, int result, const char **why)
{
	unsigned long code = ERR_peek_error();

	if (SSL_get_error(t->ssl, result) == SSL_ERROR_SSL &&
	    ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST)
		return TLS_IS_HTTP;
	if (!t->has_begun)
		return TLS_SAID_NOTHING;
	*why = "the client has left its handshake";
	if (t->error == IO_TIMEOUT)
		*why = "the handshake did not end in time";
	else if (code != 0 && (*why = ERR_reason_error_string(code)) == NULL)
		*why = "the handshake failed";
	return TLS_FAILED;
}

enum tls_start
tls_stream_start(struct tls_stream *t, struct tls *tls, struct stream *under,
		 struct slice early, int64_t deadline, const char **why)
{
	char *storage = under->out.data;
	size_t cap = under->out.cap;
	int n;

	t->stream = (struct stream){.ops = &tls_ops,
				    .in_fd = under->in_fd,
				    .out_fd = under->out_fd,
				    .out = {.data = storage, .cap = cap}};
	t->under = under;
	t->early = early;
	t->deadline = deadline;
	t->more = STREAM_LAST;
	under->out = BUF_OVER(t->out);
	*why = "no memory for TLS";
	tls_memory_enter();
	if (!make_ssl(t, tls))
		return TLS_FAILED;
	ERR_clear_error();
	n = SSL_accept(t->ssl);
	t->stream.is_ready = SSL_has_pending(t->ssl);
	/* No client sends more than its hello before it has heard ours. */
	if (n == 1 && t->early.len == 0) {
		t->holds_tickets = SSL_version(t->ssl) == TLS1_3_VERSION;
		return TLS_STARTED;
	}
	/* An alert, perhaps. */
	stream_flush(under);
	return explain(t, n, why);
}

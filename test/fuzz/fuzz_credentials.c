/* SPDX-License-Identifier: ISC */
/*
 * make fuzz/credentials: any value of Authorization, as it is and behind
 * "Basic ", and any user and password.
 * - What is accepted has no control character, its user no colon, neither
 *   is too long, both lie in the storage; and written anew it is accepted
 *   and the same.
 * - What is refused says why, and leaves nothing in the storage.
 */
#include <stdlib.h>
#include <string.h>

#include "hold.h"
#include "http/base64.h"
#include "http/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_part(struct slice part, size_t max, const char *storage)
{
	hold(part.len <= max);
	hold(part.len == 0 ||
	     (part.ptr >= storage &&
	      part.ptr + part.len <= storage + CREDENTIALS_MAX));
	for (size_t i = 0; i < part.len; i++)
		hold((unsigned char)part.ptr[i] >= 0x20 && part.ptr[i] != 0x7f);
}

static void
check_again(const struct credentials *c)
{
	char text[CREDENTIALS_MAX], value[BASE64_LEN(CREDENTIALS_MAX) + 8];
	char storage[CREDENTIALS_MAX];
	struct buf plain = BUF_OVER(text), out = BUF_OVER(value);
	struct credentials again;

	buf_add(&plain, c->user);
	buf_add_char(&plain, ':');
	buf_add(&plain, c->password);
	buf_add_str(&out, "bASIC  ");
	base64_encode(&out, buf_slice(&plain));
	hold(!plain.overflow && !out.overflow);
	hold(credentials_parse(&again, buf_slice(&out), storage));
	hold(slice_equal(again.user, c->user));
	hold(slice_equal(again.password, c->password));
}

static bool
check_value(struct slice value)
{
	char *storage = malloc(CREDENTIALS_MAX);
	struct credentials c;
	bool is_taken;

	memset(storage, 'x', CREDENTIALS_MAX);
	is_taken = credentials_parse(&c, value, storage);
	hold(is_taken == (c.refusal == NULL));
	if (is_taken) {
		check_part(c.user, CREDENTIALS_USER_MAX, storage);
		check_part(c.password, CREDENTIALS_PASSWORD_MAX, storage);
		hold(c.user.len == 0 ||
		     memchr(c.user.ptr, ':', c.user.len) == NULL);
		hold(c.user.len + 1 + c.password.len <= CREDENTIALS_MAX);
		check_again(&c);
		credentials_wipe(&c, storage);
	}
	for (size_t i = 0; i < CREDENTIALS_MAX; i++)
		hold(storage[i] == '\0');
	free(storage);
	return is_taken;
}

/* The input as user:password, to be taken unless something is wrong. */
static void
check_plain(struct slice plain)
{
	size_t cap = 6 + BASE64_LEN(plain.len);
	struct buf out = {.data = malloc(cap), .cap = cap};
	struct slice user, password;
	bool wants = slice_cut(plain, ':', &user, &password) &&
		     user.len <= 255 && password.len <= 255 && plain.len <= 510;

	for (size_t i = 0; i < plain.len; i++)
		if ((unsigned char)plain.ptr[i] < 0x20 || plain.ptr[i] == 0x7f)
			wants = false;
	buf_add_str(&out, "Basic ");
	base64_encode(&out, plain);
	hold(!out.overflow);
	hold(check_value(buf_slice(&out)) == wants);
	free(out.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice s = {(const char *)data, len};
	struct buf out = {.data = malloc(len + 6), .cap = len + 6};

	check_value(s);
	buf_add_str(&out, "Basic ");
	buf_add(&out, s);
	check_value(buf_slice(&out));
	free(out.data);
	check_plain(s);
	return 0;
}

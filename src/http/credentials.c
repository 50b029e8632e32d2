/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/base64.h"
#include "http/credentials.h"

/* CTL in RFC 5234, appendix B.1: what RFC 7617 forbids. */
static bool
has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

/* Returns NULL, or why they are refused. */
static const char *
parse(struct credentials *c, struct slice value, char *storage)
{
	struct buf text = {.data = storage, .cap = CREDENTIALS_MAX};
	struct slice scheme, token, user, password;
	bool is_base64;

	/* credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ] */
	slice_cut(value, ' ', &scheme, &token);
	if (!slice_equal_nocase(scheme, SLICE("Basic")))
		return "the scheme is not Basic";
	while (token.len > 0 && token.ptr[0] == ' ')
		token = slice_skip(token, 1);
	if (token.len == 0)
		return "nothing behind Basic";
	is_base64 = base64_decode(&text, token);
	if (text.overflow)
		return "user and password are too long";
	if (!is_base64)
		return "what stands behind Basic is not base64";
	if (has_control(buf_slice(&text)))
		return "a control character in user or password";
	/* A user has no colon, a password may. */
	if (!slice_cut(buf_slice(&text), ':', &user, &password))
		return "no colon behind the user";
	if (user.len > CREDENTIALS_USER_MAX)
		return "the user is too long";
	if (password.len > CREDENTIALS_PASSWORD_MAX)
		return "the password is too long";
	c->user = user;
	c->password = password;
	return NULL;
}

bool
credentials_parse(struct credentials *credentials, struct slice value,
		  char *storage)
{
	*credentials = (struct credentials){0};
	credentials->refusal = parse(credentials, value, storage);
	if (credentials->refusal == NULL)
		return true;
	explicit_bzero(storage, CREDENTIALS_MAX);
	return false;
}

void
credentials_wipe(struct credentials *credentials, char *storage)
{
	*credentials = (struct credentials){0};
	explicit_bzero(storage, CREDENTIALS_MAX);
}

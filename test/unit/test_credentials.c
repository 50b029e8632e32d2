/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http/base64.h"
#include "http/credentials.h"

/* clang-format off */
#define BYTES(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A copy that ends where its block of memory ends; until the next call. */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	block = malloc(s.len + 1);
	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	return (struct slice){block + 1, s.len};
}

static bool
is_wiped(const char *storage)
{
	for (size_t i = 0; i < CREDENTIALS_MAX; i++)
		if (storage[i] != '\0')
			return false;
	return true;
}

static const struct {
	const char *value, *user, *password;
} taken[] = {
    /* RFC 7617, sections 2 and 2.1 */
    {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
    {"Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3"},
    /* "case-insensitive" (RFC 9110, section 11.1) */
    {"basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
    {"BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
    {"bAsIc QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
    /* auth-scheme 1*SP token68 (RFC 9110, section 11.4) */
    {"Basic   YTpi", "a", "b"},
    /* "the first colon": a password may have some. */
    {"Basic YTpiOmM=", "a", "b:c"},
    {"Basic YTo6", "a", ":"},
    {"Basic Ojo=", "", ":"},
    /* Either may be empty. */
    {"Basic YTo=", "a", ""},
    {"Basic OmI=", "", "b"},
    {"Basic Og==", "", ""},
    /* Blanks, and bytes that are no UTF-8 */
    {"Basic IGEgOiBiIA==", " a ", " b "},
    {"Basic /zr+", "\xff", "\xfe"},
    {"Basic gDqf", "\x80", "\x9f"},
};

static const struct {
	struct slice value;
	const char *refusal;
} refused[] = {
    {BYTES(""), "the scheme is not Basic"},
    {BYTES("Bearer YTpi"), "the scheme is not Basic"},
    {BYTES("Digest username=\"a\""), "the scheme is not Basic"},
    {BYTES("Basic\tYTpi"), "the scheme is not Basic"},
    {BYTES("BasicYTpi"), "the scheme is not Basic"},
    {BYTES("Basi YTpi"), "the scheme is not Basic"},
    {BYTES("Basicc YTpi"), "the scheme is not Basic"},
    {BYTES(" Basic YTpi"), "the scheme is not Basic"},
    {BYTES("YTpi"), "the scheme is not Basic"},
    {BYTES("Basic"), "nothing behind Basic"},
    {BYTES("Basic "), "nothing behind Basic"},
    {BYTES("Basic    "), "nothing behind Basic"},
    {BYTES("Basic YTpi YTpi"), "what stands behind Basic is not base64"},
    {BYTES("Basic YTpi,"), "what stands behind Basic is not base64"},
    {BYTES("Basic YTpi, Basic YTpi"), "what stands behind Basic is not base64"},
    {BYTES("Basic \tYTpi"), "what stands behind Basic is not base64"},
    {BYTES("Basic YTo"), "what stands behind Basic is not base64"},
    {BYTES("Basic YTp="), "what stands behind Basic is not base64"},
    {BYTES("Basic YT_i"), "what stands behind Basic is not base64"},
    {BYTES("Basic YTpi\0"), "what stands behind Basic is not base64"},
    {BYTES("Basic a=\"b\""), "what stands behind Basic is not base64"},
    {BYTES("Basic YWI="), "no colon behind the user"},
    {BYTES("Basic AA=="), "a control character in user or password"},
    {BYTES("Basic YQA6Yg=="), "a control character in user or password"},
    {BYTES("Basic YTpiAA=="), "a control character in user or password"},
    {BYTES("Basic YTpiDQo="), "a control character in user or password"},
    {BYTES("Basic YQo6Yg=="), "a control character in user or password"},
    {BYTES("Basic YX86Yg=="), "a control character in user or password"},
    {BYTES("Basic YTpiCQ=="), "a control character in user or password"},
};

static void
check_taken(void)
{
	for (size_t i = 0; i < COUNT(taken); i++) {
		char storage[CREDENTIALS_MAX];
		struct credentials c;

		CHECK(taken[i].value,
		      credentials_parse(&c, exact(slice_of(taken[i].value)),
					storage) &&
			  c.refusal == NULL &&
			  slice_equal(c.user, slice_of(taken[i].user)) &&
			  slice_equal(c.password, slice_of(taken[i].password)));
	}
}

static void
check_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		char storage[CREDENTIALS_MAX];
		struct credentials c;

		memset(storage, 'x', sizeof(storage));
		CHECK(
		    refused[i].value.ptr,
		    !credentials_parse(&c, exact(refused[i].value), storage) &&
			c.refusal != NULL &&
			strcmp(c.refusal, refused[i].refusal) == 0 &&
			c.user.len == 0 && c.password.len == 0 &&
			is_wiped(storage));
	}
}

/* "Basic " and the base64 of user_len times 'u', a colon, and 'p's. */
static struct slice
make(size_t user_len, size_t password_len)
{
	static char text[2048], value[4096];
	struct buf out = BUF_OVER(value);

	memset(text, 'u', user_len);
	text[user_len] = ':';
	memset(text + user_len + 1, 'p', password_len);
	buf_add_str(&out, "Basic ");
	base64_encode(&out, (struct slice){text, user_len + 1 + password_len});
	return buf_slice(&out);
}

static void
check_limits(void)
{
	static const struct {
		const char *name;
		size_t user, password;
		const char *refusal;
	} rows[] = {
	    {"255 and 254 bytes", 255, 254, NULL},
	    {"254 and 255 bytes", 254, 255, NULL},
	    {"255 and 0 bytes", 255, 0, NULL},
	    {"0 and 255 bytes", 0, 255, NULL},
	    {"255 and 255 bytes", 255, 255, "user and password are too long"},
	    {"256 and 0 bytes", 256, 0, "the user is too long"},
	    {"0 and 256 bytes", 0, 256, "the password is too long"},
	    {"509 and 0 bytes", 509, 0, "the user is too long"},
	    {"0 and 509 bytes", 0, 509, "the password is too long"},
	    {"0 and 510 bytes", 0, 510, "user and password are too long"},
	    {"1000 and 1000 bytes", 1000, 1000,
	     "user and password are too long"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char storage[CREDENTIALS_MAX];
		struct credentials c;
		bool is_taken;

		memset(storage, 'x', sizeof(storage));
		is_taken = credentials_parse(
		    &c, exact(make(rows[i].user, rows[i].password)), storage);
		CHECK(rows[i].name,
		      is_taken == (rows[i].refusal == NULL) &&
			  (is_taken ? c.user.len == rows[i].user &&
					  c.password.len == rows[i].password
				    : strcmp(c.refusal, rows[i].refusal) == 0 &&
					  is_wiped(storage)));
	}
}

/* Every byte in a user and in a password: which of them are CTLs. */
static void
check_every_byte(void)
{
	bool in_user = true, in_password = true;

	for (int i = 0; i < 256; i++) {
		char storage[CREDENTIALS_MAX], value[16], text[3];
		struct buf out = BUF_OVER(value);
		bool wants = i >= 0x20 && i != 0x7f;
		struct credentials c;

		memcpy(text, "a:b", 3);
		text[0] = (char)i;
		buf_add_str(&out, "Basic ");
		base64_encode(&out, (struct slice){text, 3});
		if (credentials_parse(&c, buf_slice(&out), storage) != wants ||
		    (wants && i != ':' && c.user.ptr[0] != text[0]))
			in_user = false;
		memcpy(text, "a:b", 3);
		text[2] = (char)i;
		out.len = 6;
		base64_encode(&out, (struct slice){text, 3});
		if (credentials_parse(&c, buf_slice(&out), storage) != wants ||
		    (wants && c.password.ptr[0] != text[2]))
			in_password = false;
	}
	CHECK("all 256 bytes in a user", in_user);
	CHECK("all 256 bytes in a password", in_password);
}

static void
check_wipe(void)
{
	char storage[CREDENTIALS_MAX];
	struct credentials c;

	memset(storage, 'x', sizeof(storage));
	CHECK("a wipe leaves nothing",
	      credentials_parse(&c, SLICE("Basic YTpi"), storage) &&
		  (credentials_wipe(&c, storage), is_wiped(storage)) &&
		  c.user.len == 0 && c.password.len == 0);
}

int
main(void)
{
	check_taken();
	check_refused();
	check_limits();
	check_every_byte();
	check_wipe();
	return check_done();
}

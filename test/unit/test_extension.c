/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fields.h"
#include "ws/extension.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
#define EXT "Sec-WebSocket-Extensions: "
#define OFFER(value) IN(EXT value "\n")
#define PMD "permessage-deflate"
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define NONE ""        /* nothing is agreed on */
#define MALFORMED NULL /* the handshake fails */

static const struct deflate_policy large = {
    .is_on = true, .server_bits = 15, .client_bits = 15};
static const struct deflate_policy small = {
    .is_on = true, .server_bits = 11, .client_bits = 10};
static const struct deflate_policy least = {
    .is_on = true, .server_bits = 8, .client_bits = 8};
static const struct deflate_policy forgetful = {
    .is_on = true,
    .server_bits = 15,
    .client_bits = 15,
    .server_no_context_takeover = true,
    .client_no_context_takeover = true};
static const struct deflate_policy off = {.server_bits = 15, .client_bits = 15};

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	const struct deflate_policy *policy;
	const char *want;	/* the response, behind "permessage-deflate" */
	int server_bits, client_bits;
} rows[] = {
    /* no offer */
    {IN(""),				&large, NONE, 0, 0},
    {IN("X-" EXT PMD "\n"),		&large, NONE, 0, 0},
    {OFFER("foo"),			&large, NONE, 0, 0},
    {OFFER("x-webkit-deflate-frame"),	&large, NONE, 0, 0},
    {OFFER("permessage-deflate2"),	&large, NONE, 0, 0},
    {OFFER("permessage-bzip2"),		&large, NONE, 0, 0},
    {OFFER("foo; permessage-deflate"),	&large, NONE, 0, 0},
    {OFFER(PMD),			&off,	NONE, 0, 0},

    /* the examples of RFC 7692, section 7.1.3, and of section 5.1 */
    {OFFER(PMD),			&large, ";", 15, 15},
    {OFFER(PMD "; client_max_window_bits; server_max_window_bits=10"),
					&large, "; server_max_window_bits=10", 10, 15},
    {OFFER(PMD "; client_max_window_bits; server_max_window_bits=10, "
	   PMD "; client_max_window_bits"),
					&large, "; server_max_window_bits=10", 10, 15},
    {OFFER(PMD "; server_max_window_bits=7, " PMD "; client_max_window_bits"),
					&large, ";", 15, 15},

    /* what is sent: Chromium, Firefox, ws, python3-websockets */
    {OFFER(PMD "; client_max_window_bits"), &large, ";", 15, 15},
    {OFFER(PMD "; client_max_window_bits"), &small,
     "; server_max_window_bits=11; client_max_window_bits=10", 11, 10},
    {OFFER(PMD),			&small, NONE, 0, 0},

    /* "A server accepts [...] by including the "server_no_context_takeover"
     * extension parameter" (7.1.1.1) */
    {OFFER(PMD "; server_no_context_takeover"), &large,
     "; server_no_context_takeover", 15, 15},
    {OFFER(PMD), &forgetful,
     "; server_no_context_takeover; client_no_context_takeover", 15, 15},
    {OFFER(PMD "; server_no_context_takeover=1"), &large, NONE, 0, 0},
    {OFFER(PMD "; server_no_context_takeover; server_no_context_takeover"),
     &large, NONE, 0, 0},
    /* (7.1.1.2) */
    {OFFER(PMD "; client_no_context_takeover"), &large,
     "; client_no_context_takeover", 15, 15},
    {OFFER(PMD ";client_no_context_takeover;server_no_context_takeover"), &large,
     "; server_no_context_takeover; client_no_context_takeover", 15, 15},
    {OFFER(PMD "; client_no_context_takeover=\"\\t\""), &large, NONE, 0, 0},
    {OFFER(PMD "; client_no_context_takeover; client_no_context_takeover"),
     &large, NONE, 0, 0},

    /* "a decimal integer value without leading zeroes between 8 to 15,
     * inclusive", which the server includes "with the same or smaller
     * value" (7.1.2.1) */
    {OFFER(PMD "; server_max_window_bits=8"), &large,
     "; server_max_window_bits=8", 8, 15},
    {OFFER(PMD "; server_max_window_bits=9"), &large,
     "; server_max_window_bits=9", 9, 15},
    {OFFER(PMD "; server_max_window_bits=15"), &large,
     "; server_max_window_bits=15", 15, 15},
    {OFFER(PMD "; server_max_window_bits=15; client_max_window_bits"), &small,
     "; server_max_window_bits=11; client_max_window_bits=10", 11, 10},
    {OFFER(PMD "; server_max_window_bits=9; client_max_window_bits"), &small,
     "; server_max_window_bits=9; client_max_window_bits=10", 9, 10},
    {OFFER(PMD "; server_max_window_bits"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=0"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=7"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=16"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=08"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=010"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=1"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=150"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=1000"), &large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=+9"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=-9"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=9x"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=1.0"),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=true"), &large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=18446744073709551625"), &large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=10; server_max_window_bits=10"),
     &large, NONE, 0, 0},
    /* of the client's window, the value may be left out; it is a hint to
     * save memory by (7.1.2.2) */
    {OFFER(PMD "; client_max_window_bits=8"), &large,
     "; client_max_window_bits=8", 15, 8},
    {OFFER(PMD "; client_max_window_bits=10"), &large,
     "; client_max_window_bits=10", 15, 10},
    {OFFER(PMD "; client_max_window_bits=15"), &large, ";", 15, 15},
    {OFFER(PMD "; client_max_window_bits=15"), &small,
     "; server_max_window_bits=11; client_max_window_bits=10", 11, 10},
    {OFFER(PMD "; client_max_window_bits=9"), &small,
     "; server_max_window_bits=11; client_max_window_bits=9", 11, 9},
    {OFFER(PMD "; client_max_window_bits"), &least,
     "; server_max_window_bits=8; client_max_window_bits=8", 8, 8},
    {OFFER(PMD "; client_max_window_bits="),	&large, MALFORMED, 0, 0},
    {OFFER(PMD "; client_max_window_bits=7"),	&large, NONE, 0, 0},
    {OFFER(PMD "; client_max_window_bits=16"),	&large, NONE, 0, 0},
    {OFFER(PMD "; client_max_window_bits=09"),	&large, NONE, 0, 0},
    {OFFER(PMD "; client_max_window_bits=x"),	&large, NONE, 0, 0},
    {OFFER(PMD "; client_max_window_bits; client_max_window_bits=10"),
     &large, NONE, 0, 0},
    /* all four */
    {OFFER(PMD "; client_max_window_bits=11; server_max_window_bits=12"
	   "; client_no_context_takeover; server_no_context_takeover"), &large,
     "; server_no_context_takeover; client_no_context_takeover"
     "; server_max_window_bits=12; client_max_window_bits=11", 12, 11},

    /* "A server MUST decline [...] if [...] an extension parameter not
     * defined for use in an offer" (7.1) */
    {OFFER(PMD "; foo"),		&large, NONE, 0, 0},
    {OFFER(PMD "; foo=\"bar\""),	&large, NONE, 0, 0},
    {OFFER(PMD "; server_max_window_bits=10; mode=fast"), &large, NONE, 0, 0},
    {OFFER(PMD "; SERVER_NO_CONTEXT_TAKEOVER"), &large, NONE, 0, 0},

    /* the first valid offer of several, in order, over all lines */
    {OFFER(PMD "; foo, " PMD "; server_max_window_bits=9"), &large,
     "; server_max_window_bits=9", 9, 15},
    {OFFER("foo, " PMD "; server_max_window_bits=9, " PMD), &large,
     "; server_max_window_bits=9", 9, 15},
    {OFFER(PMD ", " PMD "; client_max_window_bits"), &small,
     "; server_max_window_bits=11; client_max_window_bits=10", 11, 10},
    {OFFER(PMD "; foo\n" EXT "bar\n" EXT PMD), &large, ";", 15, 15},
    {OFFER(PMD "; foo, " PMD "; bar"), &large, NONE, 0, 0},

    /* quoted values, "after quoted-string unescaping" (RFC 6455, 9.1) */
    {OFFER(PMD "; server_max_window_bits=\"10\""), &large,
     "; server_max_window_bits=10", 10, 15},
    {OFFER(PMD "; server_max_window_bits=\"1\\0\""), &large,
     "; server_max_window_bits=10", 10, 15},
    {OFFER("foo; a=\"b\\c\"; d, " PMD), &large, ";", 15, 15},
    {OFFER("foo; a=\"b,c\", " PMD),	&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"b c\""),		&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"\""),		&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"b\\\"c\""),	&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"b"),		&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"b\\"),		&large, MALFORMED, 0, 0},
    {OFFER("foo; a=\"b\"c"),		&large, MALFORMED, 0, 0},

    /* blanks and empty elements of the list */
    {OFFER(PMD ";server_max_window_bits=10"), &large,
     "; server_max_window_bits=10", 10, 15},
    {OFFER(" \t" PMD " \t; \tserver_max_window_bits\t = 10 ,"), &large,
     "; server_max_window_bits=10", 10, 15},
    {OFFER(", ,foo,," PMD ", ,"),	&large, ";", 15, 15},

    /* malformed, whatever stands before or behind */
    {OFFER(""),				&large, MALFORMED, 0, 0},
    {OFFER(","),			&large, MALFORMED, 0, 0},
    {OFFER(PMD "\n" EXT),		&large, ";", 15, 15},
    {OFFER(";"),			&large, MALFORMED, 0, 0},
    {OFFER(PMD ";"),			&large, MALFORMED, 0, 0},
    {OFFER(PMD "; ;server_max_window_bits=10"), &large, MALFORMED, 0, 0},
    {OFFER(PMD ", foo;"),		&large, MALFORMED, 0, 0},
    {OFFER(PMD ", foo bar"),		&large, MALFORMED, 0, 0},
    {OFFER(PMD ", foo=bar"),		&large, MALFORMED, 0, 0},
    {OFFER(PMD "; =10"),		&large, MALFORMED, 0, 0},
    {OFFER(PMD "; a=b=c"),		&large, MALFORMED, 0, 0},
    {OFFER("(" PMD ")"),		&large, MALFORMED, 0, 0},
    {OFFER(PMD "; server_max_window_bits=10 11"), &large, MALFORMED, 0, 0},
    {OFFER("f\xf6o"),			&large, MALFORMED, 0, 0},
    {OFFER(";"),			&off,	MALFORMED, 0, 0},
};
/* clang-format on */

static bool
is_right(size_t i)
{
	const struct fields *fields = fields_of(rows[i].in);
	char storage[EXTENSION_MAX], wanted[EXTENSION_MAX];
	struct buf out = BUF_OVER(storage), want = BUF_OVER(wanted);
	struct deflate_terms terms;

	if (!extension_choose(&terms, rows[i].policy, fields->field,
			      fields->count))
		return rows[i].want == MALFORMED && !terms.is_on;
	if (rows[i].want == MALFORMED || !terms.is_on)
		return rows[i].want != MALFORMED && rows[i].want[0] == '\0';
	extension_add(&out, &terms);
	buf_add_str(&want, PMD);
	/* ";" alone is none. */
	buf_add_str(&want, rows[i].want[1] == '\0' ? "" : rows[i].want);
	return !out.overflow &&
	       slice_equal(buf_slice(&out), buf_slice(&want)) &&
	       terms.server_bits == rows[i].server_bits &&
	       terms.client_bits == rows[i].client_bits;
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(rows[i].name, is_right(i));
	return check_done();
}

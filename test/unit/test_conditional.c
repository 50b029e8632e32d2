/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fields.h"
#include "http/conditional.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What the target has: its tag is "a", its date MODIFIED. */
enum current {
	STRONG,
	WEAK,     /* W/"a", and its date is this second's */
	UNTAGGED, /* a strong date alone */
	UNDATED,  /* a strong tag alone */
	BARE,     /* a representation without validators */
	ABSENT,   /* no representation */
};

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct validators currents[] = {
    [STRONG] = {"\"a\"", 3, true, 784111777, true, 784111800},
    [WEAK] = {"W/\"a\"", 5, true, 784111777, false, 784111777},
    [UNTAGGED] = {"", 0, true, 784111777, true, 784111800},
    [UNDATED] = {"\"a\"", 3, false, 0, false, 784111800},
    [BARE] = {.now = 784111800},
};

/* clang-format off */
static const struct {
	const char *name;
	struct slice in;
	enum method method;
	enum current current;
	const char *want;
} conditions[] = {
#define GET METHOD_GET
#define HEAD METHOD_HEAD
#define PUT METHOD_PUT
#define GO_ON "go on"
    {IN(""),				GET,	STRONG,	GO_ON},
    {IN(""),				PUT,	ABSENT,	GO_ON},
    {IN("If-None: *\nX-If-None-Match: *\n"), GET, STRONG, GO_ON},

    /* If-Match: "If the field value is "*", the condition is true if the
     * origin server has a current representation" (RFC 9110, section
     * 13.1.1) */
#define FAILED "412 If-Match"
    {IN("If-Match: *\n"),		GET,	STRONG,	GO_ON},
    {IN("If-Match: *\n"),		GET,	WEAK,	GO_ON},
    {IN("If-Match: *\n"),		GET,	BARE,	GO_ON},
    {IN("If-Match: *\n"),		PUT,	STRONG,	GO_ON},
    {IN("If-Match: *\n"),		PUT,	ABSENT,	FAILED},
    {IN("If-Match: *\n"),		METHOD_DELETE, ABSENT, FAILED},
    /* "the condition is true if any of the listed tags match the entity
     * tag of the selected representation" */
    {IN("If-Match: \"a\"\n"),		PUT,	STRONG,	GO_ON},
    {IN("If-Match: \"b\"\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \"b\", \"a\"\n"),	PUT,	STRONG,	GO_ON},
    {IN("If-Match: \"b\",,\"a\",\n"),	PUT,	STRONG,	GO_ON},
    {IN("If-Match: \"b\", \"c\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"b,\"\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\"\n"),		PUT,	UNDATED, GO_ON},
    {IN("If-Match: \"a\"\n"),		PUT,	UNTAGGED, FAILED},
    {IN("If-Match: \"\"\n"),		PUT,	BARE,	FAILED},
    {IN("If-Match: \"a\"\n"),		PUT,	ABSENT,	FAILED},
    /* "MUST use the strong comparison function" */
    {IN("If-Match: W/\"a\"\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\"\n"),		PUT,	WEAK,	FAILED},
    {IN("If-Match: W/\"a\"\n"),		PUT,	WEAK,	FAILED},
    {IN("If-Match: W/\"a\", \"a\"\n"),	PUT,	STRONG,	GO_ON},
    /* "Otherwise, the condition is false." */
    {IN("If-Match:\n"),			PUT,	STRONG,	FAILED},
    {IN("If-Match: ,\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: a\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\" \"a\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\", b\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: b, \"a\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\"; q=1\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\"\0\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \xff\n"),		PUT,	STRONG,	FAILED},
    /* "it can be used with any method that involves the selection or
     * modification of a representation" */
    {IN("If-Match: \"b\"\n"),		GET,	STRONG,	FAILED},
    {IN("If-Match: \"b\"\n"),		HEAD,	STRONG,	FAILED},
    {IN("If-Match: \"b\"\n"),		METHOD_POST, STRONG, FAILED},
    {IN("If-Match: \"b\"\n"),		METHOD_DELETE, STRONG, FAILED},
    {IN("If-Match: \"b\"\n"),		METHOD_PATCH, STRONG, FAILED},
    /* "a list value containing "*" and other values (including other
     * instances of "*") is syntactically invalid" */
    {IN("If-Match: *, \"a\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\", *\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: *, *\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: *\nIf-Match: *\n"),	PUT,	STRONG,	FAILED},
    {IN("If-Match: *\nIf-Match: \"a\"\n"), PUT,	STRONG,	FAILED},
    {IN("If-Match: \"a\"\nIf-Match: *\n"), PUT,	STRONG,	FAILED},
    {IN("If-Match: **\n"),		PUT,	STRONG,	FAILED},
    {IN("If-Match: \"*\"\n"),		PUT,	STRONG,	FAILED},
    /* several lines, one list */
    {IN("If-Match: \"b\"\nHost: a\nif-match: \"a\"\n"), PUT, STRONG, GO_ON},
    {IN("If-Match: \"a\"\nIf-Match: \"b\"\n"), PUT, STRONG, GO_ON},
    {IN("If-Match: \"a\"\nIf-Match:\n"), PUT,	STRONG,	GO_ON},
    {IN("If-Match: \"b\"\nIf-Match: \"c\"\n"), PUT, STRONG, FAILED},
    {IN("If-Match: \"a\"\nIf-Match: b\n"), PUT,	STRONG,	FAILED},
    {IN("If-Match: b\nIf-Match: \"a\"\n"), PUT,	STRONG,	FAILED},
#undef FAILED

    /* If-None-Match: "If the field value is "*", the condition is false if
     * the origin server has a current representation" (section 13.1.2) */
#define SAME "304 If-None-Match"
#define FAILED "412 If-None-Match"
    {IN("If-None-Match: *\n"),		GET,	STRONG,	SAME},
    {IN("If-None-Match: *\n"),		GET,	WEAK,	SAME},
    {IN("If-None-Match: *\n"),		GET,	BARE,	SAME},
    {IN("If-None-Match: *\n"),		HEAD,	STRONG,	SAME},
    {IN("If-None-Match: *\n"),		PUT,	STRONG,	FAILED},
    {IN("If-None-Match: *\n"),		PUT,	BARE,	FAILED},
    {IN("If-None-Match: *\n"),		PUT,	ABSENT,	GO_ON},
    /* "the condition is false if one of the listed tags matches the entity
     * tag of the selected representation" */
    {IN("If-None-Match: \"a\"\n"),	GET,	STRONG,	SAME},
    {IN("If-None-Match: \"b\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"A\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"b\", \"a\"\n"), GET,	STRONG,	SAME},
    {IN("If-None-Match: \"b\" , ,\"a\",\n"), GET, STRONG, SAME},
    {IN("If-None-Match: \"b,a\", \"a\"\n"), GET, STRONG, SAME},
    {IN("If-None-Match: \"a,a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"b\", \"c\"\n"), GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\"\n"),	GET,	UNDATED, SAME},
    {IN("If-None-Match: \"a\"\n"),	GET,	UNTAGGED, GO_ON},
    {IN("If-None-Match: \"\"\n"),	GET,	BARE,	GO_ON},
    {IN("If-None-Match: \"a\"\n"),	PUT,	ABSENT,	GO_ON},
    /* "MUST use the weak comparison function" */
    {IN("If-None-Match: W/\"a\"\n"),	GET,	STRONG,	SAME},
    {IN("If-None-Match: \"a\"\n"),	GET,	WEAK,	SAME},
    {IN("If-None-Match: W/\"a\"\n"),	GET,	WEAK,	SAME},
    {IN("If-None-Match: W/\"b\"\n"),	GET,	WEAK,	GO_ON},
    /* "either a) the 304 (Not Modified) [...] status code if the request
     * method is GET or HEAD or b) the 412 (Precondition Failed) [...] status
     * code for all other request methods" */
    {IN("If-None-Match: \"a\"\n"),	HEAD,	STRONG,	SAME},
    {IN("If-None-Match: \"a\"\n"),	PUT,	STRONG,	FAILED},
    {IN("If-None-Match: W/\"a\"\n"),	METHOD_POST, STRONG, FAILED},
    {IN("If-None-Match: \"a\"\n"),	METHOD_DELETE, STRONG, FAILED},
    {IN("If-None-Match: \"a\"\n"),	METHOD_PATCH, WEAK, FAILED},
    /* "Otherwise, the condition is true." */
    {IN("If-None-Match:\n"),		GET,	STRONG,	GO_ON},
    {IN("If-None-Match: ,\n"),		GET,	STRONG,	GO_ON},
    {IN("If-None-Match: a\n"),		GET,	STRONG,	GO_ON},
    {IN("If-None-Match: w/\"a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\" \"a\"\n"), GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\", b\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: b, \"a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\"\0\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \xff\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: " MODIFIED "\n"), GET,	STRONG,	GO_ON},
    /* "containing "*" and other values [...] is syntactically invalid" */
    {IN("If-None-Match: *, \"a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\", *\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: *, *\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: *\nIf-None-Match: *\n"), GET, STRONG, GO_ON},
    {IN("If-None-Match: *\nIf-None-Match: \"a\"\n"), GET, STRONG, GO_ON},
    {IN("If-None-Match: \"*\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-None-Match: W/*\n"),	GET,	STRONG,	GO_ON},
    /* several lines, one list */
    {IN("If-None-Match: \"b\"\nHost: a\nIF-NONE-MATCH: \"a\"\n"),
					GET,	STRONG,	SAME},
    {IN("If-None-Match: \"a\"\nIf-None-Match: \"b\"\n"), GET, STRONG, SAME},
    {IN("If-None-Match: \"a\"\nIf-None-Match: b\n"), GET, STRONG, GO_ON},
#undef SAME
#undef FAILED

    /* If-Modified-Since: "If the selected representation's last
     * modification date is earlier or equal to the date provided [...] the
     * condition is false" (section 13.1.3) */
#define SAME "304 If-Modified-Since"
    {IN("If-Modified-Since: " BEFORE "\n"), GET, STRONG, GO_ON},
    {IN("If-Modified-Since: " MODIFIED "\n"), GET, STRONG, SAME},
    {IN("If-Modified-Since: " AFTER "\n"), GET,	STRONG,	SAME},
    {IN("If-Modified-Since: " MODIFIED "\n"), HEAD, STRONG, SAME},
    {IN("If-Modified-Since: " MODIFIED "\n"), GET, WEAK, SAME},
    {IN("If-Modified-Since: " MODIFIED "\n"), GET, UNTAGGED, SAME},
    {IN("If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\n"),
					GET,	STRONG,	SAME},
    {IN("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: Sat, 01 Jan 0000 00:00:00 GMT\n"),
					GET,	STRONG,	GO_ON},
    /* "MUST accept all three HTTP-date formats" (section 5.6.7) */
    {IN("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\n"),
					GET,	STRONG,	SAME},
    {IN("If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: Sun Nov  6 08:49:37 1994\n"), GET, STRONG, SAME},
    /* "MUST ignore If-Modified-Since if the request contains an
     * If-None-Match header field" */
    {IN("If-None-Match: \"b\"\nIf-Modified-Since: " MODIFIED "\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: " MODIFIED "\nIf-None-Match: \"b\"\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-None-Match: b\nIf-Modified-Since: " MODIFIED "\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-None-Match:\nIf-Modified-Since: " MODIFIED "\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-None-Match: \"a\"\nIf-Modified-Since: " MODIFIED "\n"),
					GET,	UNTAGGED, GO_ON},
    {IN("If-None-Match: \"a\"\nIf-Modified-Since: " BEFORE "\n"),
					GET,	STRONG,	"304 If-None-Match"},
    /* "MUST ignore the If-Modified-Since header field if the received
     * field value is not a valid HTTP-date" */
    {IN("If-Modified-Since:\n"),	GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: tomorrow\n"), GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: 1994-11-06T08:49:37Z\n"), GET, STRONG, GO_ON},
    {IN("If-Modified-Since: 784111777\n"), GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: Sun, 31 Feb 1999 08:49:37 GMT\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: " AFTER "; length=10\n"), GET, STRONG, GO_ON},
    {IN("If-Modified-Since: \"a\"\n"),	GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: " AFTER "\0\n"), GET, STRONG, GO_ON},
    {IN("If-Modified-Since: \xff\n"),	GET,	STRONG,	GO_ON},
    /* "the field value has more than one member" */
    {IN("If-Modified-Since: " AFTER ", " AFTER "\n"), GET, STRONG, GO_ON},
    {IN("If-Modified-Since: " AFTER "\nIf-Modified-Since: " AFTER "\n"),
					GET,	STRONG,	GO_ON},
    {IN("If-Modified-Since: " AFTER "\nIf-Modified-Since: x\n"),
					GET,	STRONG,	GO_ON},
    /* "or if the request method is neither GET nor HEAD" */
    {IN("If-Modified-Since: " MODIFIED "\n"), PUT, STRONG, GO_ON},
    {IN("If-Modified-Since: " MODIFIED "\n"), METHOD_POST, STRONG, GO_ON},
    {IN("If-Modified-Since: " MODIFIED "\n"), METHOD_DELETE, STRONG, GO_ON},
    /* "MUST ignore [...] if the resource does not have a modification date
     * available" */
    {IN("If-Modified-Since: " AFTER "\n"), GET,	UNDATED, GO_ON},
    {IN("If-Modified-Since: " AFTER "\n"), GET,	BARE,	GO_ON},
    {IN("If-Modified-Since: " AFTER "\n"), GET,	ABSENT,	GO_ON},
#undef SAME

    /* If-Unmodified-Since: "If the selected representation's last
     * modification date is earlier than or equal to the date provided in
     * the field value, the condition is true" (section 13.1.4) */
#define FAILED "412 If-Unmodified-Since"
    {IN("If-Unmodified-Since: " BEFORE "\n"), PUT, STRONG, FAILED},
    {IN("If-Unmodified-Since: " MODIFIED "\n"), PUT, STRONG, GO_ON},
    {IN("If-Unmodified-Since: " AFTER "\n"), PUT, STRONG, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\n"), GET, STRONG, FAILED},
    {IN("If-Unmodified-Since: " BEFORE "\n"), HEAD, STRONG, FAILED},
    {IN("If-Unmodified-Since: " BEFORE "\n"), METHOD_DELETE, UNTAGGED, FAILED},
    {IN("If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT\n"),
					PUT,	STRONG,	FAILED},
    {IN("If-Unmodified-Since: Sun Nov  6 08:49:36 1994\n"),
					PUT,	STRONG,	FAILED},
    /* "MUST ignore If-Unmodified-Since if the request contains an If-Match
     * header field" */
    {IN("If-Match: \"a\"\nIf-Unmodified-Since: " BEFORE "\n"),
					PUT,	STRONG,	GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\nIf-Match: *\n"),
					PUT,	STRONG,	GO_ON},
    {IN("If-Match: \"b\"\nIf-Unmodified-Since: " AFTER "\n"),
					PUT,	STRONG,	"412 If-Match"},
    /* "MUST ignore [...] if the received field value is not a valid
     * HTTP-date (including when the field value appears to be a list of
     * dates)" */
    {IN("If-Unmodified-Since:\n"),	PUT,	STRONG,	GO_ON},
    {IN("If-Unmodified-Since: yesterday\n"), PUT, STRONG, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE ", " BEFORE "\n"), PUT, STRONG, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\nIf-Unmodified-Since: " BEFORE "\n"),
					PUT,	STRONG,	GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\0\n"), PUT, STRONG, GO_ON},
    /* "MUST ignore [...] if the resource does not have a modification date
     * available" */
    {IN("If-Unmodified-Since: " BEFORE "\n"), PUT, UNDATED, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\n"), PUT, BARE, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\n"), PUT, ABSENT, GO_ON},
#undef FAILED

    /* "a server MUST ignore the conditional request header fields [...]
     * such as CONNECT, OPTIONS, or TRACE" (section 13.2.1) */
    {IN("If-None-Match: *\n"),		METHOD_OPTIONS, STRONG, GO_ON},
    {IN("If-Match: \"b\"\n"),		METHOD_OPTIONS, STRONG, GO_ON},
    {IN("If-Match: \"b\"\n"),		METHOD_TRACE, STRONG, GO_ON},
    {IN("If-Match: \"b\"\n"),		METHOD_CONNECT, STRONG, GO_ON},
    {IN("If-Match: \"b\"\n"),		METHOD_UNKNOWN, STRONG, GO_ON},
    {IN("If-Unmodified-Since: " BEFORE "\n"), METHOD_OPTIONS, STRONG, GO_ON},

    /* the order of section 13.2.2: step 1 before 3 and 4, if true then 3 */
    {IN("If-None-Match: \"a\"\nIf-Match: \"b\"\n"), GET, STRONG,
					"412 If-Match"},
    {IN("If-None-Match: \"a\"\nIf-Match: \"a\"\n"), GET, STRONG,
					"304 If-None-Match"},
    {IN("If-None-Match: \"b\"\nIf-Match: \"a\"\n"), GET, STRONG, GO_ON},
    {IN("If-None-Match: *\nIf-Match: *\n"), PUT, STRONG,
					"412 If-None-Match"},
    {IN("If-None-Match: *\nIf-Match: *\n"), PUT, ABSENT, "412 If-Match"},
    {IN("If-Modified-Since: " MODIFIED "\nIf-Match: \"b\"\n"), GET, STRONG,
					"412 If-Match"},
    {IN("If-Modified-Since: " MODIFIED "\nIf-Match: \"a\"\n"), GET, STRONG,
					"304 If-Modified-Since"},
    /* step 2 before 3 and 4, if true then 3 */
    {IN("If-None-Match: \"a\"\nIf-Unmodified-Since: " BEFORE "\n"), GET, STRONG,
					"412 If-Unmodified-Since"},
    {IN("If-None-Match: \"a\"\nIf-Unmodified-Since: " AFTER "\n"), GET, STRONG,
					"304 If-None-Match"},
    {IN("If-Modified-Since: " AFTER "\nIf-Unmodified-Since: " BEFORE "\n"),
				GET, STRONG, "412 If-Unmodified-Since"},
    {IN("If-Modified-Since: " MODIFIED "\nIf-Unmodified-Since: " MODIFIED "\n"),
				GET, STRONG, "304 If-Modified-Since"},
    /* all of them */
    {IN("If-Modified-Since: " BEFORE "\nIf-None-Match: W/\"a\"\n"
	"If-Unmodified-Since: " BEFORE "\nIf-Match: \"a\"\nRange: bytes=0-\n"
	"If-Range: \"a\"\n"),	GET, STRONG, "304 If-None-Match"},
};

static const struct {
	const char *name;
	struct slice in;
	enum current current;
	bool want;
} ranges[] = {
    {IN("Range: bytes=0-\n"),		STRONG,		true},
    {IN(""),				BARE,		true},
    /* "If the entity-tag validator provided exactly matches the ETag field
     * value for the selected representation using the strong comparison
     * function, the condition is true" (section 13.1.5) */
    {IN("If-Range: \"a\"\n"),		STRONG,		true},
    {IN("If-Range: \"a\"\n"),		UNDATED,	true},
    {IN("if-range: \"a\"\n"),		STRONG,		true},
    {IN("If-Range: \"b\"\n"),		STRONG,		false},
    {IN("If-Range: \"A\"\n"),		STRONG,		false},
    {IN("If-Range: W/\"a\"\n"),		STRONG,		false},
    {IN("If-Range: \"a\"\n"),		WEAK,		false},
    {IN("If-Range: W/\"a\"\n"),		WEAK,		false},
    {IN("If-Range: \"a\"\n"),		UNTAGGED,	false},
    {IN("If-Range: \"\"\n"),		BARE,		false},
    /* "If the HTTP-date validator provided is not a strong validator in
     * the sense defined by Section 8.8.2.2, the condition is false." */
    {IN("If-Range: " MODIFIED "\n"),	WEAK,		false},
    /* "If the HTTP-date validator provided exactly matches the
     * Last-Modified field value for the selected representation, the
     * condition is true." */
    {IN("If-Range: " MODIFIED "\n"),	STRONG,		true},
    {IN("If-Range: " MODIFIED "\n"),	UNTAGGED,	true},
    {IN("If-Range: Sunday, 06-Nov-94 08:49:37 GMT\n"), STRONG, true},
    {IN("If-Range: Sun Nov  6 08:49:37 1994\n"), STRONG, true},
    /* "it differs from the "earlier than or equal to" comparison" */
    {IN("If-Range: " BEFORE "\n"),	STRONG,		false},
    {IN("If-Range: " AFTER "\n"),	STRONG,		false},
    /* "Otherwise, the condition is false." */
    {IN("If-Range: " MODIFIED "\n"),	UNDATED,	false},
    {IN("If-Range: Thu, 01 Jan 1970 00:00:00 GMT\n"), UNDATED, false},
    {IN("If-Range: Thu, 01 Jan 1970 00:00:00 GMT\n"), BARE, false},
    /* If-Range = entity-tag / HTTP-date */
    {IN("If-Range:\n"),			STRONG,		false},
    {IN("If-Range: *\n"),		STRONG,		false},
    {IN("If-Range: a\n"),		STRONG,		false},
    {IN("If-Range: \"a\n"),		STRONG,		false},
    {IN("If-Range: a\"\n"),		STRONG,		false},
    {IN("If-Range: \"a\", \"a\"\n"),	STRONG,		false},
    {IN("If-Range: \"a\",\n"),		STRONG,		false},
    {IN("If-Range: \"a\", \"b\"\n"),	STRONG,		false},
    {IN("If-Range: \"a\" " MODIFIED "\n"), STRONG,	false},
    {IN("If-Range: w/\"a\"\n"),		STRONG,		false},
    {IN("If-Range: 784111777\n"),	STRONG,		false},
    {IN("If-Range: " MODIFIED ", " MODIFIED "\n"), STRONG, false},
    {IN("If-Range: " MODIFIED "\0\n"),	STRONG,		false},
    {IN("If-Range: \"a\"\0\n"),		STRONG,		false},
    {IN("If-Range: \xff\n"),		STRONG,		false},
    {IN("If-Range: \"a\"\nIf-Range: \"a\"\n"), STRONG,	false},
    {IN("If-Range: \"a\"\nIf-Range: b\n"), STRONG,	false},
};
/* clang-format on */

/* "go on", or the status and the field that it comes from. */
static struct slice
describe(struct conditional c)
{
	static char storage[64];
	struct buf out = BUF_OVER(storage);

	switch (c.result) {
	case CONDITIONAL_GO_ON:
		buf_add_str(&out, "go on");
		break;
	case CONDITIONAL_NOT_MODIFIED:
		buf_add_str(&out, "304 ");
		break;
	case CONDITIONAL_FAILED:
		buf_add_str(&out, "412 ");
		break;
	}
	buf_add(&out, c.decided_by);
	return buf_slice(&out);
}

static void
check_conditions(void)
{
	for (size_t i = 0; i < COUNT(conditions); i++) {
		const struct fields *f = fields_of(conditions[i].in);
		enum current current = conditions[i].current;
		struct conditional got = conditional_evaluate(
		    f->field, f->count, conditions[i].method,
		    current == ABSENT ? NULL : &currents[current]);

		CHECK(conditions[i].name,
		      slice_equal(describe(got), slice_of(conditions[i].want)));
	}
}

static void
check_ranges(void)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct fields *f = fields_of(ranges[i].in);

		CHECK(ranges[i].name,
		      conditional_allows_range(f->field, f->count,
					       &currents[ranges[i].current]) ==
			  ranges[i].want);
	}
}

/* What a client got is what it has, as soon as it is a second old. */
static void
check_echo(void)
{
	static const struct validator_facts file = {
	    .inode = 7, .size = 7, .seconds = 1700000000, .nanoseconds = 7};

	for (int64_t age = 0; age < 3; age++) {
		struct validator_facts facts = file;
		struct fields f = {.count = 0};
		struct validators v;
		char storage[256];
		struct buf out = BUF_OVER(storage);
		struct slice lines, etag, date;
		bool is_range, is_old = age == 2;

		facts.now = file.seconds + age;
		validator_make(&v, &facts);
		validator_add(&out, &v);
		lines = buf_slice(&out);
		slice_cut(lines, '\r', &etag, &lines);
		slice_cut(lines, '\r', &date, &lines);
		etag = slice_skip(etag, sizeof("ETag: ") - 1);
		date = slice_skip(date, sizeof("\nLast-Modified: ") - 1);

		fields_add(&f, SLICE("If-None-Match"), etag);
		fields_add(&f, SLICE("If-Range"), etag);
		CHECK("an ETag echoed in If-None-Match",
		      conditional_evaluate(f.field, f.count, METHOD_GET, &v)
			      .result == CONDITIONAL_NOT_MODIFIED);
		is_range = conditional_allows_range(f.field, f.count, &v);
		CHECK("an ETag echoed in If-Range", is_range == is_old);
		fields_free(&f);
		fields_add(&f, SLICE("If-Match"), etag);
		CHECK("an ETag echoed in If-Match",
		      (conditional_evaluate(f.field, f.count, METHOD_PUT, &v)
			   .result == CONDITIONAL_GO_ON) == is_old);
		fields_free(&f);
		fields_add(&f, SLICE("If-Modified-Since"), date);
		fields_add(&f, SLICE("If-Range"), date);
		CHECK("a Last-Modified echoed in If-Modified-Since",
		      conditional_evaluate(f.field, f.count, METHOD_GET, &v)
			      .result == CONDITIONAL_NOT_MODIFIED);
		is_range = conditional_allows_range(f.field, f.count, &v);
		CHECK("a Last-Modified echoed in If-Range",
		      is_range == (age > 0));
		fields_free(&f);
	}
}

int
main(void)
{
	check_conditions();
	check_ranges();
	check_echo();
	return check_done();
}

/* SPDX-License-Identifier: ISC */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/slice.h"

/*
 * The methods of RFC 9110, section 9, and PATCH (RFC 5789). They are
 * case-sensitive: "get" is METHOD_UNKNOWN, and answered 501.
 */
enum method {
	METHOD_UNKNOWN,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_PATCH,
	METHOD_OPTIONS,
	METHOD_TRACE,
	METHOD_CONNECT,
};

enum method method_parse(struct slice name);

/* A set of methods, for handlers and Allow: METHOD_BIT(METHOD_GET) | ... */
#define METHOD_BIT(method) (1u << (method))

/*
 * The statuses this program sends itself. Functions that can refuse a
 * request return one of them, or STATUS_NONE to go on.
 */
enum status {
	STATUS_NONE = 0,
	STATUS_CONTINUE = 100,
	STATUS_SWITCHING_PROTOCOLS = 101,
	STATUS_EARLY_HINTS = 103,
	STATUS_OK = 200,
	STATUS_NO_CONTENT = 204,
	STATUS_PARTIAL_CONTENT = 206,
	STATUS_MOVED_PERMANENTLY = 301,
	STATUS_FOUND = 302,
	STATUS_SEE_OTHER = 303,
	STATUS_NOT_MODIFIED = 304,
	STATUS_TEMPORARY_REDIRECT = 307,
	STATUS_PERMANENT_REDIRECT = 308,
	STATUS_BAD_REQUEST = 400,
	STATUS_UNAUTHORIZED = 401,
	STATUS_FORBIDDEN = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_METHOD_NOT_ALLOWED = 405,
	STATUS_REQUEST_TIMEOUT = 408,
	STATUS_PRECONDITION_FAILED = 412,
	STATUS_CONTENT_TOO_LARGE = 413,
	STATUS_URI_TOO_LONG = 414,
	STATUS_RANGE_NOT_SATISFIABLE = 416,
	STATUS_EXPECTATION_FAILED = 417,
	STATUS_UPGRADE_REQUIRED = 426,
	STATUS_FIELDS_TOO_LARGE = 431,
	STATUS_INTERNAL_SERVER_ERROR = 500,
	STATUS_NOT_IMPLEMENTED = 501,
	STATUS_BAD_GATEWAY = 502,
	STATUS_SERVICE_UNAVAILABLE = 503,
	STATUS_GATEWAY_TIMEOUT = 504,
	STATUS_VERSION_NOT_SUPPORTED = 505,
};

/*
 * "Not Found" for 404 (RFC 9110, section 15). For a number that has no
 * entry, the name of its class: never empty, never NULL.
 */
const char *status_reason(int status);

/* One header field. Both slices point into the head that was read. */
struct field {
	struct slice name, value;
};

/* tchar: what tokens are made of (RFC 9110, section 5.6.2). */
bool is_tchar(char c);

/* True if s is a token: not empty, tchars only. */
bool is_token(struct slice s);

/*
 * True if c may stand in a field value: VCHAR, obs-text, space, tab. The
 * other control characters are refused, not only CR, LF and NUL (RFC
 * 9110, section 5.5, lets us).
 */
bool is_field_char(char c);
bool is_field_text(struct slice s); /* nothing else is in s */

#endif

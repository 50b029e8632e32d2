/* SPDX-License-Identifier: ISC */
#include "http/http.h"

static const struct {
	enum method method;
	struct slice name;
} methods[] = {
    {METHOD_GET, {"GET", 3}},         {METHOD_HEAD, {"HEAD", 4}},
    {METHOD_POST, {"POST", 4}},       {METHOD_PUT, {"PUT", 3}},
    {METHOD_DELETE, {"DELETE", 6}},   {METHOD_PATCH, {"PATCH", 5}},
    {METHOD_OPTIONS, {"OPTIONS", 7}}, {METHOD_TRACE, {"TRACE", 5}},
    {METHOD_CONNECT, {"CONNECT", 7}},
};

enum method
method_parse(struct slice name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_equal(name, methods[i].name))
			return methods[i].method;
	return METHOD_UNKNOWN;
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *
status_reason(int status)
{
	static const char *const classes[] = {"Informational", "Success",
					      "Redirection", "Client Error",
					      "Server Error"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status >= 100 && status < 600 ? classes[status / 100 - 1]
					     : "Unknown";
}

/* Bit 0: tchar. Bit 1: allowed in a field value. */
static const unsigned char char_class[256] = {
    /* clang-format off */
    0,0,0,0,0,0,0,0,0,2,0,0,0,0,0,0,
    0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
    2,3,2,3,3,3,3,3,2,2,3,3,2,3,3,2,	/*  !"#$%&'()*+,-./ */
    3,3,3,3,3,3,3,3,3,3,2,2,2,2,2,2,	/* 0-9 :;<=>?       */
    2,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,	/* @A-O             */
    3,3,3,3,3,3,3,3,3,3,3,2,2,2,3,3,	/* P-Z [\]^_        */
    3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,	/* `a-o             */
    3,3,3,3,3,3,3,3,3,3,3,2,3,2,3,0,	/* p-z {|}~ DEL     */
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    /* clang-format on */
};

bool
is_tchar(char c)
{
	return char_class[(unsigned char)c] & 1;
}

bool
is_field_char(char c)
{
	return char_class[(unsigned char)c] & 2;
}

bool
is_field_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(char_class[(unsigned char)s.ptr[i]] & 2))
			return false;
	return true;
}

bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_tchar(s.ptr[i]))
			return false;
	return s.len > 0;
}

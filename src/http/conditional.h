/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include "http/validator.h"

/*
 * Conditional requests (RFC 9110, section 13): whether the client wants
 * the method performed, now that the representation is what it is. To be
 * asked when the answer would be 2xx otherwise, and before it is made
 * (section 13.2.1).
 */
enum conditional_result {
	CONDITIONAL_GO_ON,
	CONDITIONAL_NOT_MODIFIED, /* 304, for GET and HEAD alone */
	CONDITIONAL_FAILED,       /* 412 */
};

struct conditional {
	enum conditional_result result;
	struct slice decided_by; /* the field's name; empty on GO_ON */
};

/*
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and
 * If-Modified-Since, in that order (RFC 9110, section 13.2.2), among the
 * count fields at field. current are the validators of the selected
 * representation, or NULL if the target has no representation yet.
 *
 * A malformed list of tags matches nothing, whatever it has in it: then
 * If-Match is false, and If-None-Match true. A malformed date is ignored,
 * and so is one of several. Where the method is none that selects or
 * modifies a representation, all of them are ignored (section 13.2.1).
 */
struct conditional conditional_evaluate(const struct field *field, size_t count,
					enum method method,
					const struct validators *current);

/*
 * Evaluates If-Range (RFC 9110, section 13.1.5), for a GET that has a
 * Range and would be answered 200, so that there is a current: true if
 * the Range holds, false if it is to be ignored. It is ignored too if
 * there are several If-Range fields, or one that is malformed.
 */
bool conditional_allows_range(const struct field *field, size_t count,
			      const struct validators *current);

#endif

/* SPDX-License-Identifier: ISC */
#include <assert.h>

#include "http/chunked.h"

/*
 *	chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *	chunk-ext      = *( BWS ";" BWS name [ BWS "=" BWS value ] )
 *	chunked-body   = *chunk 1*"0" [ chunk-ext ] CRLF trailers CRLF
 *
 *	SIZE -> SIZE_MORE -> [BEFORE_EXTENSION -> EXTENSION -> NAME ...]
 *	     -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE ...
 *	                \-> TRAILER -> [TRAILER_NAME -> TRAILER_VALUE ->
 *	                    TRAILER_LF -> TRAILER] -> LAST_LF -> END
 */

/* Sixteen digits are 64 bits; more would be zeros that hide something. */
#define SIZE_DIGITS_MAX 16

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_invalid(struct chunked *c, const char *why)
{
	c->refusal = why;
	return false;
}

static bool
take_size(struct chunked *c, char byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (++c->digits > SIZE_DIGITS_MAX ||
		    c->left > (uint64_t)INT64_MAX >> 4)
			return is_invalid(c, "chunk size too large");
		c->left = c->left * 16 + (unsigned)digit;
		c->state = CHUNKED_SIZE_MORE;
		return true;
	}
	if (c->state == CHUNKED_SIZE)
		return is_invalid(c, "a chunk has no size");
	if (byte == '\r')
		c->state = CHUNKED_SIZE_LF;
	else if (byte == ';')
		c->state = CHUNKED_EXTENSION;
	else if (is_blank(byte))
		c->state = CHUNKED_BEFORE_EXTENSION;
	else
		return is_invalid(c, "a stray byte behind a chunk size");
	return true;
}

static bool
is_quoted_text(char byte)
{
	return is_field_char(byte) && byte != '"' && byte != '\\';
}

/* Where an extension may be over: at its next, or at the line's end. */
static bool
end_extension(struct chunked *c, char byte)
{
	if (byte == '\r')
		c->state = CHUNKED_SIZE_LF;
	else if (byte == ';')
		c->state = CHUNKED_EXTENSION;
	else
		return is_invalid(c, "malformed chunk extension");
	return true;
}

static bool
take_extension(struct chunked *c, char byte)
{
	if (++c->extension_len > c->extension_max)
		return is_invalid(c, "chunk extensions larger than the limit");
	switch (c->state) {
	case CHUNKED_BEFORE_EXTENSION:
		if (is_blank(byte))
			return true;
		if (byte != ';')
			return is_invalid(c, "a blank behind a chunk size");
		c->state = CHUNKED_EXTENSION;
		return true;
	case CHUNKED_EXTENSION:
		if (is_blank(byte))
			return true;
		if (!is_tchar(byte))
			return is_invalid(c, "a chunk extension has no name");
		c->state = CHUNKED_NAME;
		return true;
	case CHUNKED_NAME:
	case CHUNKED_AFTER_NAME:
		if (c->state == CHUNKED_NAME && is_tchar(byte))
			return true;
		if (byte == '=') {
			c->state = CHUNKED_VALUE;
			return true;
		}
		/* A blank here must lead to "=" or ";". */
		if (is_blank(byte)) {
			c->state = CHUNKED_AFTER_NAME;
			return true;
		}
		if (c->state == CHUNKED_AFTER_NAME && byte == '\r')
			return is_invalid(c, "a blank ends a chunk extension");
		return end_extension(c, byte);
	case CHUNKED_VALUE:
		if (is_blank(byte))
			return true;
		if (byte != '"' && !is_tchar(byte))
			return is_invalid(c, "a chunk extension has no value");
		c->state = byte == '"' ? CHUNKED_QUOTED : CHUNKED_TOKEN;
		return true;
	case CHUNKED_TOKEN:
		if (is_tchar(byte))
			return true;
		if (!is_blank(byte))
			return end_extension(c, byte);
		c->state = CHUNKED_BEFORE_EXTENSION;
		return true;
	case CHUNKED_QUOTED:
		if (byte == '"')
			c->state = CHUNKED_AFTER_VALUE;
		else if (byte == '\\')
			c->state = CHUNKED_QUOTED_PAIR;
		else if (!is_quoted_text(byte))
			return is_invalid(c, "malformed quoted string in a "
					     "chunk extension");
		return true;
	case CHUNKED_QUOTED_PAIR:
		if (!is_field_char(byte))
			return is_invalid(c, "malformed quoted pair in a "
					     "chunk extension");
		c->state = CHUNKED_QUOTED;
		return true;
	default:
		assert(c->state == CHUNKED_AFTER_VALUE);
		if (!is_blank(byte))
			return end_extension(c, byte);
		c->state = CHUNKED_BEFORE_EXTENSION;
		return true;
	}
}

static bool
take_trailer(struct chunked *c, char byte)
{
	/* The empty line behind them is no trailer. */
	if (c->state == CHUNKED_TRAILER && byte == '\r') {
		c->state = CHUNKED_LAST_LF;
		return true;
	}
	if (++c->trailer_len > c->trailer_max)
		return is_invalid(c, "trailers larger than the limit");
	switch (c->state) {
	case CHUNKED_TRAILER:
		if (!is_tchar(byte))
			return is_invalid(c, "malformed trailer field");
		c->state = CHUNKED_TRAILER_NAME;
		return true;
	case CHUNKED_TRAILER_NAME:
		if (byte == ':')
			c->state = CHUNKED_TRAILER_VALUE;
		else if (!is_tchar(byte))
			return is_invalid(c, "malformed trailer field name");
		return true;
	default:
		assert(c->state == CHUNKED_TRAILER_VALUE);
		if (byte == '\r')
			c->state = CHUNKED_TRAILER_LF;
		else if (!is_field_char(byte))
			return is_invalid(
			    c, "a control character in a trailer field");
		return true;
	}
}

/* The LF that must follow a CR, and the CR that must follow the data. */
static bool
take_line_end(struct chunked *c, char byte)
{
	char wanted = c->state == CHUNKED_DATA_CR ? '\r' : '\n';

	if (byte != wanted)
		return is_invalid(c, c->state == CHUNKED_DATA_CR
					 ? "chunk data longer than its size"
					 : "bare CR in chunk framing");
	switch (c->state) {
	case CHUNKED_SIZE_LF:
		c->state = c->left > 0 ? CHUNKED_DATA : CHUNKED_TRAILER;
		break;
	case CHUNKED_DATA_CR:
		c->state = CHUNKED_DATA_LF;
		break;
	case CHUNKED_DATA_LF:
		c->state = CHUNKED_SIZE;
		c->digits = 0;
		break;
	case CHUNKED_TRAILER_LF:
		c->state = CHUNKED_TRAILER;
		break;
	default:
		assert(c->state == CHUNKED_LAST_LF);
		c->state = CHUNKED_END;
		break;
	}
	return true;
}

/* Takes one byte of framing. False if it may not stand there. */
static bool
take_byte(struct chunked *c, char byte)
{
	switch (c->state) {
	case CHUNKED_SIZE:
	case CHUNKED_SIZE_MORE:
		return take_size(c, byte);
	case CHUNKED_SIZE_LF:
	case CHUNKED_DATA_CR:
	case CHUNKED_DATA_LF:
	case CHUNKED_TRAILER_LF:
	case CHUNKED_LAST_LF:
		return take_line_end(c, byte);
	case CHUNKED_TRAILER:
	case CHUNKED_TRAILER_NAME:
	case CHUNKED_TRAILER_VALUE:
		return take_trailer(c, byte);
	default:
		return take_extension(c, byte);
	}
}

enum chunked_event
chunked_next(struct chunked *c, struct slice *in, struct slice *data)
{
	for (;;) {
		if (c->refusal != NULL)
			return CHUNKED_IS_INVALID;
		if (c->state == CHUNKED_END)
			return CHUNKED_IS_DONE;
		if (in->len == 0)
			return CHUNKED_WANTS_MORE;
		if (c->state == CHUNKED_DATA) {
			*data = *in;
			if (data->len > c->left)
				data->len = (size_t)c->left;
			*in = slice_skip(*in, data->len);
			chunked_took(c, data->len);
			return CHUNKED_HAS_DATA;
		}
		if (!take_byte(c, in->ptr[0]))
			return CHUNKED_IS_INVALID;
		*in = slice_skip(*in, 1);
	}
}

uint64_t
chunked_data_left(const struct chunked *c)
{
	return c->state == CHUNKED_DATA ? c->left : 0;
}

void
chunked_took(struct chunked *c, uint64_t n)
{
	assert(c->state == CHUNKED_DATA && n <= c->left);
	c->left -= n;
	if (c->left == 0)
		c->state = CHUNKED_DATA_CR;
}

/* SPDX-License-Identifier: ISC */
/*
 * Mutations that know what a request is made of (RFC 9112): of ten inputs
 * that bytes are changed in at random, nine end at the request line.
 */
#ifndef FUZZ_GRAMMAR_H
#define FUZZ_GRAMMAR_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap,
			       unsigned seed);

static const char *const request_lines[] = {
    "GET / HTTP/1.1\r\n",
    "GET /a HTTP/1.1\r\n",
    "HEAD /a HTTP/1.1\r\n",
    "GET /big HTTP/1.1\r\n",
    "GET /sub HTTP/1.1\r\n",
    "GET /sub/ HTTP/1.0\r\n",
    "GET /bare/ HTTP/1.1\r\n",
    "POST /echo HTTP/1.1\r\n",
    "PUT /echo HTTP/1.0\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://h/a HTTP/1.1\r\n",
    "GET /%61?q=%00 HTTP/1.1\r\n",
    "GET /sub/../a HTTP/1.1\r\n",
    "GET /sub/%2e%2e/%2e%2e/outside HTTP/1.1\r\n",
    "DELETE /a HTTP/1.1\r\n",
    "GET /.well-known/w HTTP/1.1\r\n",
    "GET /l HTTP/1.1\r\n",
    "CONNECT h:1 HTTP/1.1\r\n",
    "GET /a HTTP/2.0\r\n",
    "GET /a\r\n"};

static const char *const field_lines[] = {
    "Host: h\r\n",
    "Host: h:80\r\n",
    "Host:\r\n",
    "Host: h\r\nHost: g\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding:\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding:\tchunked\r\n",
    "Transfer-Encoding: xchunked\r\n",
    " folded\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, te\r\n",
    "Expect: 100-continue\r\n",
    "Expect: what\r\n",
    "Range: bytes=0-4\r\n",
    "Range: bytes=-3\r\n",
    "Range: bytes=2-3,5-,-1\r\n",
    "Range: bytes=9-2\r\n",
    "Range: bytes=99999999999999999999-\r\n",
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n",
    "If-None-Match: *\r\n",
    "If-None-Match: W/\"a\", \"b\"\r\n",
    "If-Match: \"\"\r\n",
    "If-Range: \"x\"\r\n",
    "If-Range: Sun Nov  6 08:49:37 1994\r\n",
    "Accept-Encoding: gzip\r\n",
    "Accept-Encoding: gzip;q=0, *;q=0.5\r\n",
    "Accept: text/html;q=0.1\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\n",
    "Authorization: Basic YTpi\r\n",
    "Cookie: a=b\r\n",
    "Proxy: x\r\n",
    "A: \x01\r\n",
    "A\r\n",
    "A:\r b\r\n"};

static const char *const contents[] = {"hello",
				       "5\r\nhello\r\n0\r\n\r\n",
				       "0\r\n\r\n",
				       "0\r\nA: b\r\n\r\n",
				       "05;a=\"b\r\nc\"\r\nhello\r\n0\r\n\r\n",
				       "5\nhello\n0\n\n",
				       "-1\r\n",
				       "0x5\r\nhello\r\n0\r\n\r\n",
				       "5 \r\nhello\r\n0\r\n\r\n",
				       "5\r\nhelloX\r\n0\r\n\r\n",
				       "ffffffffffffffff\r\n",
				       "1\r\na\r\n1\r\nb\r\n"};

static const char *const line_ends[] = {"\r\n", "\n", "\r",    "\r\r\n",
					"\n\r", "\0", " \r\n", "\t\r\n"};

#define ONE_OF(array)                                                          \
	(array)[(unsigned)rand() % (sizeof(array) / sizeof(*(array)))]

/* Puts text in place of the len bytes at at, as far as there is room. */
static size_t
replace(uint8_t *data, size_t size, size_t cap, size_t at, size_t len,
	const char *text, size_t text_len)
{
	if (size - len + text_len > cap)
		return size;
	memmove(data + at + text_len, data + at + len, size - at - len);
	memcpy(data + at, text, text_len);
	return size - len + text_len;
}

/* Where some line begins; *len is its length, with its end. */
static size_t
pick_line(const uint8_t *data, size_t size, size_t *len)
{
	size_t at = size > 0 ? (size_t)rand() % size : 0, end;

	while (at > 0 && data[at - 1] != '\n')
		at--;
	for (end = at; end < size && data[end] != '\n'; end++)
		;
	*len = end < size ? end + 1 - at : end - at;
	return at;
}

/* A number a bit larger or smaller, which is where limits are. */
static size_t
change_number(uint8_t *data, size_t size, size_t cap)
{
	size_t at = size > 0 ? (size_t)rand() % size : 0, len = 0;
	char number[32];
	long value;

	while (at < size && (data[at] < '0' || data[at] > '9'))
		at++;
	while (at + len < size && len < 18 && data[at + len] >= '0' &&
	       data[at + len] <= '9')
		len++;
	if (len == 0)
		return size;
	memcpy(number, data + at, len);
	number[len] = '\0';
	value = atol(number) + rand() % 5 - 2;
	snprintf(number, sizeof(number), "%ld", value);
	return replace(data, size, cap, at, len, number, strlen(number));
}

static size_t
add_request(uint8_t *data, size_t size, size_t cap)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%sHost: h\r\n%s%s\r\n%s",
			   ONE_OF(request_lines), ONE_OF(field_lines),
			   rand() % 2 ? ONE_OF(field_lines) : "",
			   rand() % 2 ? ONE_OF(contents) : "");

	return replace(data, size, cap, rand() % 4 ? size : 0, 0, text,
		       (size_t)len);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed)
{
	size_t len, at;
	const char *text;

	srand(seed);
	at = pick_line(data, size, &len);
	switch (rand() % 10) {
	case 0:
		return add_request(data, size, cap);
	case 1:
		text = ONE_OF(request_lines);
		return replace(data, size, cap, at, len, text, strlen(text));
	case 2:
	case 3:
		text = ONE_OF(field_lines);
		return replace(data, size, cap, at + len, 0, text,
			       strlen(text));
	case 4:
		text = ONE_OF(field_lines);
		return replace(data, size, cap, at, len, text, strlen(text));
	case 5:
		text = ONE_OF(contents);
		return replace(data, size, cap, size, 0, text, strlen(text));
	case 6:
		if (len < 2)
			return LLVMFuzzerMutate(data, size, cap);
		text = ONE_OF(line_ends);
		return replace(data, size, cap, at + len - 2, 2, text,
			       text[0] == '\0' ? 1 : strlen(text));
	case 7:
		return change_number(data, size, cap);
	default:
		return LLVMFuzzerMutate(data, size, cap);
	}
}

#endif

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/proxy.h"

/*
 * Version 1 is a line, of 107 bytes at most (section 2.1):
 *
 *	PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n
 *	PROXY UNKNOWN\r\n
 *
 * Version 2 (section 2.2), numbers in network order:
 *
 *	| 12 bytes of signature | version, command | family, transport |
 *	| length, 2 bytes | addresses | TLVs: type, 2 bytes length, value |
 */
static const struct slice v1_prefix = {"PROXY ", 6};
static const struct slice v2_signature = {"\r\n\r\n\0\r\nQUIT\n", 12};

#define V2_HEAD 16

enum { COMMAND_LOCAL = 0, COMMAND_PROXY = 1 };
enum { FAMILY_UNSPEC = 0, FAMILY_INET, FAMILY_INET6, FAMILY_UNIX };
enum { TRANSPORT_UNSPEC = 0, TRANSPORT_DGRAM = 2 };
enum { TLV_CRC32C = 0x03, TLV_SSL = 0x20 };

/* Of the SSL TLV's first byte: the client has connected over TLS. */
#define CLIENT_SSL 0x01

static enum proxy_result
refuse(struct proxy_header *header, const char *why)
{
	*header = (struct proxy_header){.refusal = why};
	return PROXY_MALFORMED;
}

static unsigned
number_at(struct slice bytes, size_t at)
{
	return (unsigned)(unsigned char)bytes.ptr[at] << 8 |
	       (unsigned char)bytes.ptr[at + 1];
}

/* "192.0.2.1", of the family that the line has named. */
static bool
parse_address(struct ip *ip, struct slice text, bool is_v6)
{
	return text.len > 0 &&
	       (memchr(text.ptr, ':', text.len) != NULL) == is_v6 &&
	       ip_parse(ip, text);
}

/* "Heading zeroes are not permitted." */
static bool
parse_port(uint16_t *port, struct slice text)
{
	uint64_t n;

	if (!slice_to_u64(text, &n) || n > UINT16_MAX ||
	    (text.len > 1 && text.ptr[0] == '0'))
		return false;
	*port = (uint16_t)n;
	return true;
}

/* The line without "PROXY " and CRLF. */
static enum proxy_result
parse_v1(struct proxy_header *header, struct slice line)
{
	struct slice family, source, destination, source_port;
	bool is_v6;

	slice_cut(line, ' ', &family, &line);
	/* "The receiver must ignore anything presented before the CRLF." */
	if (slice_equal(family, SLICE("UNKNOWN")))
		return PROXY_TAKEN;
	is_v6 = slice_equal(family, SLICE("TCP6"));
	if (!is_v6 && !slice_equal(family, SLICE("TCP4")))
		return refuse(header, "a PROXY line of an unknown family");
	slice_cut(line, ' ', &source, &line);
	slice_cut(line, ' ', &destination, &line);
	slice_cut(line, ' ', &source_port, &line);
	if (!parse_address(&header->source, source, is_v6) ||
	    !parse_address(&header->destination, destination, is_v6))
		return refuse(header, "a malformed address in a PROXY line");
	if (!parse_port(&header->source_port, source_port) ||
	    !parse_port(&header->destination_port, line))
		return refuse(header, "a malformed port in a PROXY line");
	header->has_ends = true;
	return PROXY_TAKEN;
}

static enum proxy_result
find_v1(struct proxy_header *header, struct slice bytes, size_t max)
{
	struct slice line, rest;
	size_t limit = max < PROXY_V1_MAX ? max : PROXY_V1_MAX;

	if (bytes.len > limit)
		bytes.len = limit;
	if (!slice_cut(bytes, '\r', &line, &rest) || rest.len == 0) {
		if (memchr(bytes.ptr, '\n', bytes.len) != NULL)
			return refuse(header, "a PROXY line ends in a bare LF");
		return bytes.len < limit
			   ? PROXY_NEEDS_MORE
			   : refuse(header, "a PROXY line over 107 bytes");
	}
	if (rest.ptr[0] != '\n')
		return refuse(header, "a bare CR in a PROXY line");
	if (memchr(line.ptr, '\n', line.len) != NULL)
		return refuse(header, "a bare LF in a PROXY line");
	header->len = line.len + 2;
	return parse_v1(header, slice_skip(line, v1_prefix.len));
}

static uint32_t
crc_add(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	return crc;
}

/* Over the whole header, its own four bytes at the offset as zeroes. */
static bool
checksum_is_right(struct slice header, size_t at)
{
	uint32_t crc = UINT32_MAX;
	uint32_t told =
	    (uint32_t)number_at(header, at) << 16 | number_at(header, at + 2);

	for (size_t i = 0; i < header.len; i++)
		crc =
		    crc_add(crc, i - at < 4 ? 0 : (unsigned char)header.ptr[i]);
	return (crc ^ UINT32_MAX) == told;
}

static enum proxy_result
parse_tlvs(struct proxy_header *header, struct slice bytes, size_t at)
{
	while (at < bytes.len) {
		unsigned char type = (unsigned char)bytes.ptr[at];
		size_t len;

		if (bytes.len - at < 3)
			return refuse(header, "half a TLV in a PROXY header");
		len = number_at(bytes, at + 1);
		at += 3;
		if (len > bytes.len - at)
			return refuse(header,
				      "a TLV longer than its PROXY header");
		if (type == TLV_CRC32C &&
		    (len != 4 || !checksum_is_right(bytes, at)))
			return refuse(header,
				      "a wrong checksum in a PROXY header");
		/* Its first byte is a set of flags, four more a verdict. */
		if (type == TLV_SSL && len < 5)
			return refuse(header,
				      "half an SSL TLV in a PROXY header");
		if (type == TLV_SSL && (bytes.ptr[at] & CLIENT_SSL))
			header->is_tls = true;
		at += len;
	}
	return PROXY_TAKEN;
}

static void
take_v4(struct ip *ip, const char *bytes)
{
	*ip = (struct ip){{[10] = 0xff, [11] = 0xff}};
	memcpy(ip->byte + 12, bytes, 4);
}

static void
take_ends(struct proxy_header *header, struct slice bytes, unsigned family)
{
	const char *at = bytes.ptr + V2_HEAD;
	size_t ports;

	if (family == FAMILY_INET) {
		take_v4(&header->source, at);
		take_v4(&header->destination, at + 4);
		ports = V2_HEAD + 8;
	} else {
		memcpy(header->source.byte, at, 16);
		memcpy(header->destination.byte, at + 16, 16);
		ports = V2_HEAD + 32;
	}
	header->source_port = (uint16_t)number_at(bytes, ports);
	header->destination_port = (uint16_t)number_at(bytes, ports + 2);
	header->has_ends = true;
}

/* A whole header of version 2. */
static enum proxy_result
parse_v2(struct proxy_header *header, struct slice bytes)
{
	static const size_t addresses[] = {
	    [FAMILY_INET] = 12, [FAMILY_INET6] = 36, [FAMILY_UNIX] = 216};
	unsigned command = (unsigned char)bytes.ptr[12] & 0x0f;
	unsigned family = (unsigned char)bytes.ptr[13] >> 4;
	unsigned transport = (unsigned char)bytes.ptr[13] & 0x0f;
	size_t len;

	if (command > COMMAND_PROXY)
		return refuse(header, "an unknown command in a PROXY header");
	/* "Must discard the protocol block including the family." */
	if (command == COMMAND_LOCAL)
		return PROXY_TAKEN;
	if (family > FAMILY_UNIX || transport > TRANSPORT_DGRAM)
		return refuse(header, "an unknown family in a PROXY header");
	/* How long its addresses are nobody has said. */
	if (family == FAMILY_UNSPEC)
		return PROXY_TAKEN;
	len = addresses[family];
	if (bytes.len - V2_HEAD < len)
		return refuse(header,
			      "a PROXY header shorter than its addresses");
	if (family != FAMILY_UNIX && transport != TRANSPORT_UNSPEC)
		take_ends(header, bytes, family);
	return parse_tlvs(header, bytes, V2_HEAD + len);
}

static enum proxy_result
find_v2(struct proxy_header *header, struct slice bytes, size_t max)
{
	size_t len;

	/* "Must be 2": what others look like nobody knows. */
	if (bytes.len > 12 && (unsigned char)bytes.ptr[12] >> 4 != 2)
		return refuse(header, "a PROXY header of another version");
	if (bytes.len < V2_HEAD)
		return PROXY_NEEDS_MORE;
	len = V2_HEAD + (size_t)number_at(bytes, 14);
	if (len > max)
		return refuse(header, "a PROXY header over the limit");
	if (bytes.len < len)
		return PROXY_NEEDS_MORE;
	header->len = len;
	return parse_v2(header, (struct slice){bytes.ptr, len});
}

/* True if bytes begin with prefix, as far as they go. */
static bool
may_be(struct slice bytes, struct slice prefix)
{
	if (bytes.len < prefix.len)
		prefix.len = bytes.len;
	return slice_starts(bytes, prefix);
}

enum proxy_result
proxy_parse(struct proxy_header *header, struct slice bytes, size_t max)
{
	*header = (struct proxy_header){0};
	if (slice_starts(bytes, v1_prefix))
		return find_v1(header, bytes, max);
	if (slice_starts(bytes, v2_signature))
		return find_v2(header, bytes, max);
	return may_be(bytes, v1_prefix) || may_be(bytes, v2_signature)
		   ? PROXY_NEEDS_MORE
		   : PROXY_ABSENT;
}

/* SPDX-License-Identifier: ISC */
/*
 * Mutations that know what a client's frames are (RFC 6455, section 5.2):
 * whole ones are put in, taken out and doubled, so that what stands behind
 * the first is reached. Whoever includes this says how many bytes of
 * options come before the frames, as FRAMES_AT.
 */
#ifndef FUZZ_FRAMES_H
#define FUZZ_FRAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap,
			       unsigned seed);

static const char *const payloads[] = {
    "",
    "a",
    "hello",
    "\xc3\xa9",
    "\xc3",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
    "\x03\xe8",
    "\x03",
    "\x03\xe8reason",
    "\x03\xed",
    "\x0f\xa0\xff",
    "a\nb",
    "\\n \\\\ \\x",
    "\xf2\x48\xcd\xc9\xc9\x07",
};

/* The bytes of the frame at at, or all that are left. */
static size_t
frame_len(const uint8_t *data, size_t size, size_t at)
{
	size_t left = size - at, head, len;

	if (left < 2)
		return left;
	len = data[at + 1] & 0x7f;
	head = (data[at + 1] & 0x80) ? 6 : 2;
	if (len == 126 && left >= 4) {
		len = (size_t)data[at + 2] << 8 | data[at + 3];
		head += 2;
	} else if (len == 127 && left >= 10) {
		len = (size_t)data[at + 8] << 8 | data[at + 9];
		head += 8;
	}
	return head + len < left ? head + len : left;
}

/* Where one of the frames begins. */
static size_t
pick_frame(const uint8_t *data, size_t size)
{
	size_t at = FRAMES_AT, picked = at;

	for (int n = 1; at < size; n++) {
		if (rand() % n == 0)
			picked = at;
		at += frame_len(data, size, at);
	}
	return picked;
}

static size_t
put(uint8_t *data, size_t size, size_t cap, size_t at, const uint8_t *bytes,
    size_t len)
{
	if (len > cap - size)
		return size;
	memmove(data + at + len, data + at, size - at);
	memcpy(data + at, bytes, len);
	return size + len;
}

/* A frame of any kind, mostly one that a client may send. */
static size_t
make_frame(uint8_t *frame)
{
	static const uint8_t opcodes[] = {0, 1, 1, 2, 8, 9, 10, 3, 11};
	const char *payload =
	    payloads[(unsigned)rand() % (sizeof(payloads) / sizeof(*payloads))];
	size_t len = strlen(payload), repeat = rand() % 8 ? 1 : 20, n = 0;
	const uint8_t key[4] = {(uint8_t)rand(), 0, (uint8_t)rand(), 1};

	frame[n++] =
	    (uint8_t)((rand() % 3 ? 0x80 : 0) | (rand() % 16 ? 0 : 0x40) |
		      (rand() % 64 ? 0 : 0x20) |
		      opcodes[(unsigned)rand() % sizeof(opcodes)]);
	if (len * repeat > 125 || rand() % 16 == 0) {
		frame[n++] = 0x80 | 126;
		frame[n++] = (uint8_t)(len * repeat >> 8);
		frame[n++] = (uint8_t)(len * repeat);
	} else {
		frame[n++] = (uint8_t)(0x80 | len * repeat);
	}
	memcpy(frame + n, key, sizeof(key));
	n += sizeof(key);
	for (size_t i = 0; i < len * repeat; i++)
		frame[n++] = (uint8_t)payload[i % len] ^ key[i % 4];
	return n;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed)
{
	uint8_t frame[512];
	size_t at, len;

	srand(seed);
	if (size < FRAMES_AT)
		return LLVMFuzzerMutate(data, size, cap);
	at = pick_frame(data, size);
	len = at < size ? frame_len(data, size, at) : 0;
	switch (rand() % 8) {
	case 0:
	case 1:
	case 2:
		return put(data, size, cap, at, frame, make_frame(frame));
	case 3:
		memmove(data + at, data + at + len, size - at - len);
		return size - len;
	case 4:
		if (len > sizeof(frame))
			len = sizeof(frame);
		memcpy(frame, data + at, len);
		return put(data, size, cap, pick_frame(data, size), frame, len);
	case 5:
		if (at < size)
			data[at] ^= (uint8_t)(1 << rand() % 8);
		return size;
	default:
		return LLVMFuzzerMutate(data, size, cap);
	}
}

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/frames.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Kept free at the end of a frame for what closes it: ,"cut":true}} */
#define FRAME_RESERVE 32
/* The same in one with data: "part":2147483647,"more":true come before that. */
#define FRAME_DATA_RESERVE 128
/* A string but `data` takes no more than this, so that there is always room for some data. */
#define FRAME_MAX_STRING 8192

uint32_t frame_crc32(uint32_t crc, const void *bytes, size_t length)
{
	static uint32_t table[256];
	const unsigned char *p = bytes;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
			table[i] = c;
		}
	}
	crc = ~crc;
	while (length--)
		crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return ~crc;
}

uint64_t frame_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

size_t frame_utf8_length(const char *bytes, size_t length)
{
	const unsigned char *b = (const unsigned char *)bytes;
	size_t need;

	if (length == 0)
		return 0;
	if (b[0] < 0x80)
		return 1;
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	need = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (length < need)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
	    (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
		return 0;
	return need;
}

size_t frame_utf8_tail(const char *bytes, size_t length)
{
	for (size_t back = 1; back <= 3 && back <= length; back++) {
		unsigned char c = (unsigned char)bytes[length - back];

		if ((c & 0xc0) == 0x80)
			continue;
		if ((c >= 0xc2 && c < 0xe0 && back < 2) || (c >= 0xe0 && c < 0xf0 && back < 3) ||
		    (c >= 0xf0 && c <= 0xf4 && back < 4))
			return back;
		return 0;
	}
	return 0;
}

/*
 * Appends bytes as the inside of a JSON string, as far as they fit below
 * `limit`; returns how many were taken. A NUL becomes U+FFFD like bytes that
 * are no UTF-8: readers in C end a string there.
 */
static size_t frame_escape(struct frame_writer *f, const char *bytes, size_t length, size_t limit)
{
	size_t i = 0;

	while (i < length) {
		unsigned char c = (unsigned char)bytes[i];
		size_t taken = frame_utf8_length(bytes + i, length - i);
		char escape[8];
		const char *out = bytes + i;
		size_t out_length = taken;

		if (taken == 0 || c == 0) {
			out = "\xef\xbf\xbd";
			out_length = 3;
			taken = 1;
		} else if (c == '"' || c == '\\') {
			escape[0] = '\\';
			escape[1] = (char)c;
			out = escape;
			out_length = 2;
		} else if (c == '\n' || c == '\t') {
			out = c == '\n' ? "\\n" : "\\t";
			out_length = 2;
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			out = escape;
			out_length = 6;
		}
		if (f->length + out_length > limit)
			break;
		memcpy(f->json + f->length, out, out_length);
		f->length += out_length;
		i += taken;
	}
	return i;
}

static void frame_add(struct frame_writer *f, const char *text)
{
	size_t length = strlen(text);

	if (f->length + length > FRAME_MAX_JSON) {
		f->cut = true;
		return;
	}
	memcpy(f->json + f->length, text, length);
	f->length += length;
}

/* Keys are ours: short, and nothing in them needs an escape. False when there is no room for it. */
static bool frame_key(struct frame_writer *f, const char *key)
{
	size_t start = f->length;

	if (f->length + strlen(key) + 32 > FRAME_MAX_JSON - FRAME_RESERVE) {
		f->cut = true;
		return false;
	}
	if (start && f->json[start - 1] != '{')
		frame_add(f, ",");
	frame_add(f, "\"");
	frame_add(f, key);
	frame_add(f, "\":");
	return true;
}

void frame_begin(struct frame_writer *f, const char *kind)
{
	f->length = 0;
	f->cut = false;
	frame_add(f, "{");
	frame_str(f, "k", kind);
	frame_int(f, "t", (int64_t)frame_clock_ns());
}

void frame_int(struct frame_writer *f, const char *key, int64_t value)
{
	char text[24];

	if (!frame_key(f, key))
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	frame_add(f, text);
}

void frame_bool(struct frame_writer *f, const char *key, bool value)
{
	if (frame_key(f, key))
		frame_add(f, value ? "true" : "false");
}

void frame_str(struct frame_writer *f, const char *key, const char *value)
{
	size_t length, limit;

	if (!value || !frame_key(f, key))
		return;
	length = strlen(value);
	frame_add(f, "\"");
	limit = f->length + FRAME_MAX_STRING;
	if (limit > FRAME_MAX_JSON - FRAME_RESERVE)
		limit = FRAME_MAX_JSON - FRAME_RESERVE;
	if (frame_escape(f, value, length, limit) < length)
		f->cut = true;
	frame_add(f, "\"");
}

bool frame_object_begin(struct frame_writer *f, const char *key)
{
	if (!frame_key(f, key))
		return false;
	frame_add(f, "{");
	return true;
}

void frame_object_end(struct frame_writer *f)
{
	frame_add(f, "}");
}

static void frame_send(struct frame_writer *f)
{
	char head[FRAME_MAX_HEAD];
	char signed_head[48];
	uint32_t crc;
	int n;

	n = snprintf(signed_head, sizeof(signed_head), "%s %" PRIu64 " ", f->nonce, f->sequence);
	crc = frame_crc32(0, signed_head, (size_t)n);
	crc = frame_crc32(crc, f->json, f->length);
	n = snprintf(head, sizeof(head), "\n@klab %s %" PRIu64 " %zu %08x ", f->nonce, f->sequence,
		     f->length, crc);
	f->json[f->length++] = '\n';
	if (f->write(f->context, head, (size_t)n) || f->write(f->context, f->json, f->length))
		f->failed = true;
	f->sequence++;
}

void frame_end(struct frame_writer *f)
{
	if (f->cut)
		frame_add(f, ",\"cut\":true");
	frame_add(f, "}");
	frame_send(f);
}

void frame_end_data(struct frame_writer *f, const char *bytes, size_t length)
{
	size_t head = f->length;
	size_t sent = 0;

	for (int part = 0; part == 0 || sent < length; part++) {
		size_t limit = FRAME_MAX_JSON - FRAME_DATA_RESERVE;

		f->length = head;
		frame_add(f, ",\"data\":\"");
		sent += frame_escape(f, bytes + sent, length - sent, limit);
		frame_add(f, "\"");
		if (part > 0 || sent < length)
			frame_int(f, "part", part);
		if (sent < length)
			frame_bool(f, "more", true);
		frame_end(f);
	}
}

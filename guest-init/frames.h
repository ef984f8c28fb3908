/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames: the guest's own words to the host (docs/formats.md, "Frames").
 *
 * One is built by frame_begin(), frame_int() and its like in order, and sent by
 * frame_end() or frame_end_data(). No memory is allocated: init speaks even
 * when the guest has none left. Plain C, so the host tests it as well.
 */
#ifndef GUEST_FRAMES_H
#define GUEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX_LINE 65536 /* bytes, the header and the newline included */
#define FRAME_MAX_HEAD 96
#define FRAME_MAX_JSON (FRAME_MAX_LINE - FRAME_MAX_HEAD)

struct frame_writer {
	/* Takes all of the bytes or returns -1 with errno. */
	int (*write)(void *context, const char *bytes, size_t length);
	void *context;
	const char *nonce; /* borrowed */
	uint64_t sequence; /* of the next frame: how many were sent */
	bool failed;	   /* a write failed: the host will see the gap */
	bool cut;	   /* a string of the frame in the making did not fit */
	size_t length;
	char json[FRAME_MAX_JSON + 1]; /* and the newline */
};

uint32_t frame_crc32(uint32_t crc, const void *bytes, size_t length); /* start with 0 */
uint64_t frame_clock_ns(void); /* CLOCK_MONOTONIC, as in `t` */

void frame_begin(struct frame_writer *f, const char *kind);
void frame_int(struct frame_writer *f, const char *key, int64_t value);
void frame_bool(struct frame_writer *f, const char *key, bool value);
/* NULL: the key is left out. A string too long for the frame is cut, and "cut": true says so. */
void frame_str(struct frame_writer *f, const char *key, const char *value);
/* False when there is no room: then nothing was begun, and nothing is to be ended. */
bool frame_object_begin(struct frame_writer *f, const char *key);
void frame_object_end(struct frame_writer *f);
void frame_end(struct frame_writer *f);
/*
 * Sends the frame with "data" as its last key, in as many parts as it takes:
 * each has all the keys before it, `part` and, but for the last, `more`. One
 * that needs no parts has neither. The empty string is one frame.
 */
void frame_end_data(struct frame_writer *f, const char *bytes, size_t length);

/* Length of the UTF-8 sequence that opens `bytes`: 1 to 4, or 0 if it is none (or cut). */
size_t frame_utf8_length(const char *bytes, size_t length);
/* Bytes at the end that are the beginning of a UTF-8 sequence which may go on: 0 to 3. */
size_t frame_utf8_tail(const char *bytes, size_t length);

#endif

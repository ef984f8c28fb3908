/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's own words (docs/formats.md, "Frames"). Untrusted input: bounded,
 * fuzzed. A frame counts only with the boot's nonce, the next sequence number
 * and the right checksum.
 */
#ifndef KLAB_CONSOLE_FRAMES_H
#define KLAB_CONSOLE_FRAMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct frames {
	json_t *list;		/* array of genuine frames in order, parts joined, `seq` added */
	bool complete;		/* hello first, no gap, nothing forged, all parts there, and a
				 * genuine end frame last that counts them right */
	uint64_t noise_bytes;	/* what was no frame */
	uint64_t forged;	/* looked like a frame: wrong nonce, checksum, length or JSON */
	uint64_t gaps;		/* sequence numbers missing, doubled or out of order; a frame after
				 * a gap is listed, a doubled or late one is not */
	char why[256];		/* when not complete: the first reason */
};

/*
 * The part of a boot that was shared: a run from a snapshot begins with the frames
 * that were written before it was made, which have the nonce of that boot; the last
 * of them is `checkpoint`. Those after have the run's own, the first is `resume`.
 */
struct frames_boot {
	const char *nonce;
	uint64_t bytes; /* of frames.raw */
};

/* Pure. Never fails: what is wrong is counted. Memory bounded by length. */
void frames_parse(struct frames *f, const char *bytes, size_t length, const char *nonce);
/* The same of a run from a snapshot; boot NULL: it was from none. */
void frames_parse_from(struct frames *f, const char *bytes, size_t length,
		       const struct frames_boot *boot, const char *nonce);
void frames_clear(struct frames *f);
/* Reads RUN/frames.raw, writes RUN/frames.jsonl. boot NULL: the run was from no snapshot. */
int frames_read_run(struct frames *f, const char *run_dir, const struct frames_boot *boot,
		    const char *nonce, struct err *err);
/* Did it come whole to its checkpoint, and say no more? What a snapshot is made of. */
bool frames_tell_checkpoint(const struct frames *f);

/* Complete, and the last of them is the end frame: nothing more was to come. */
bool frames_tell_all(const struct frames *f);

/*
 * Last frame of kind k whose `key` is `value`, a string or an integer in
 * decimal (key NULL: any). Borrowed or NULL.
 */
json_t *frames_find(const struct frames *f, const char *k, const char *key, const char *value);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of verdict/: a good run in memory that a test then spoils. */
#ifndef KLAB_TESTS_VERDICT_WORLD_H
#define KLAB_TESTS_VERDICT_WORLD_H

#include <jansson.h>

#include "base/str.h"
#include "verdict/verdict.h"

/* Its frames are those of fixtures/compare/wbt-on; they reach the verdict through the real parser.
 */
struct world {
	json_t *plan, *machine, *reports, *frames; /* frames: as frames.jsonl has them */
	uint64_t console_dropped;
	bool console_log_ends;
	uint64_t console_lacks;
	uint64_t kernel_hz;
	struct case_expect expects[4];
	char *trace[3];
};

/* The good run, with the expectations of its case as the case parser gives them. */
void world_init(struct world *w);
void world_clear(struct world *w);
#define _cleanup_world_ _cleanup_(world_clear)

/* The frames as the guest would have sent them: numbered anew, counted by the end frame. Yours. */
char *world_frames_raw(json_t *list);
/* Judges these raw frames, or the world's own; *out, when asked for, is yours. */
enum verdict world_judge_raw(struct world *w, const char *raw, size_t length, json_t **out);
enum verdict world_judge(struct world *w, json_t **out);

/* The first reason of a verdict: a part of its text, and its place. */
void world_assert_reason(const json_t *verdict, const char *what, const char *where);
/* The nth frame of a kind, which must be there; borrowed. */
json_t *world_frame(struct world *w, const char *k, size_t nth, size_t *index);
json_t *world_add_report(struct world *w, const char *kind, bool info); /* borrowed */

/* Ten minutes of which the host had nothing for the guest from 100 s to 130 s; the guest's clock
 * began after 2 s. */
void world_starve(struct world *w);
/* A report of that time of the guest's clock, s, with room for details; borrowed. */
json_t *world_add_stall(struct world *w, const char *kind, double time_s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is known of a run to one word and its reasons. Pure; the table is in verdict.c. */
#ifndef KLAB_VERDICT_VERDICT_H
#define KLAB_VERDICT_VERDICT_H

#include <jansson.h>

#include "case/case.h"
#include "console/frames.h"

enum verdict { /* worst first: the word of a run is the smallest of its reasons */
	       VERDICT_CRASH,
	       VERDICT_HANG,
	       VERDICT_FAIL,
	       VERDICT_BROKEN,
	       VERDICT_INCOMPLETE,
	       VERDICT_SKIP,
	       VERDICT_PASS,
};

struct verdict_facts {
	const json_t *machine; /* machine.json; NULL: the run never got there */
	const struct frames *frames;
	const json_t *reports;		    /* reports.json array */
	const uint64_t *console_read_bytes; /* of console.log, for the reports; NULL: not told */
	uint64_t console_dropped;	    /* messages that the kernel says it dropped */
	uint64_t console_lacks;		    /* of the warnings that init saw in the log */
	bool console_log_ends;		    /* it has the last line that init wrote into the log */
	const json_t *plan;		    /* plan.json */
	uint64_t kernel_hz;		    /* its CONFIG_HZ; 0: not known */
	const struct case_expect *expects;
	size_t expect_count;
};

/* verdict.json of docs/formats.md as a new reference; *word gets the verdict. */
json_t *verdict_judge(const struct verdict_facts *facts, enum verdict *word);
const char *verdict_name(enum verdict v);
/* The word of a name; what is no word (a file cut short, an older klab) is `incomplete`. */
enum verdict verdict_parse(const char *name);
/*
 * The word that a finding stands for, from the one table that says so. What the
 * table does not know is never a pass. For tests, and for whoever explains words.
 */
enum verdict verdict_of(const char *about, const char *what);
/* Exit code of `klab run`: 0 pass, 1 crash hang fail, 3 broken incomplete; skip 0. */
int verdict_exit_code(enum verdict v);
/* For `git bisect run`: 0 good, 1 bad, 125 cannot tell. */
int verdict_git_bisect_code(enum verdict v);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer of a case: one line whose figures come from the run. `{...}` in it
 * stands for something that the run showed, as in
 *
 *	The hog was {task hog} after {injected fail_make_request} failed writes,
 *	with {snapshot /proc/swaps@late /dev/sda Used as KiB} of swap in use.
 *
 * Placeholders: KIND SUBJECT [FIELD] [as UNIT]; the kinds are in answer_kinds.
 */
#ifndef KLAB_CASE_ANSWER_H
#define KLAB_CASE_ANSWER_H

#include "base/err.h"
#include "base/str.h"

enum answer_kind {
	ANSWER_TEXT = 0,  /* as it stands, in `subject` */
	ANSWER_TASK,	  /* how a task ended */
	ANSWER_RESULT,	  /* what a task found: a field of its result */
	ANSWER_INJECTED,  /* how often a fault fired, all its steps together */
	ANSWER_SNAPSHOT,  /* a file's field, as `snapshot:` of an expectation has it */
	ANSWER_REPORT,	  /* how many reports of a kind there were */
	ANSWER_TITLE,	  /* the title of the first of them */
	ANSWER_DETAIL,	  /* of its `details`, by name: "memory.usage_kib" */
	ANSWER_RECOVERED, /* what the checks after the last step found */
};

enum answer_unit {
	ANSWER_PLAIN = 0,
	ANSWER_BYTES, /* shown as a size */
	ANSWER_KIB,
	ANSWER_PAGES, /* of 4096 bytes */
	ANSWER_US,    /* shown as a time */
	ANSWER_MS,
};

struct answer_part {
	enum answer_kind kind;
	char *text; /* as written, "{task hog}"; NULL: of ANSWER_TEXT */
	char *subject;
	char *field; /* NULL: none */
	char *label; /* of a snapshot; NULL: the last one */
	char *over;  /* of several with that label: as `over` of an expectation, or NULL */
	enum answer_unit unit;
};

struct answer {
	struct answer_part *parts;
	size_t count, capacity;
};

/* Splits a text into its parts. ERR_INPUT with what was expected; *answer is to be cleared either way. */
int answer_parse(const char *text, struct answer *answer, struct err *err);
void answer_clear(struct answer *answer);
#define _cleanup_answer_ _cleanup_(answer_clear)

/* "task NAME, result NAME FIELD, ...": for help and messages. Yours. */
char *answer_kinds(void);

#endif

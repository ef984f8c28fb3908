/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bug that a bisect is after, and what a run says of it. Pure: reads what verdict.json and
 * reports.json hold.
 *
 * Bad is only what shows the target: a report with one of its titles, an expectation that is
 * not met, or a reason in its own words. A run that crashed or hung of something else, or
 * that could not do what it set out to do, cannot tell: nobody knows what it would have shown.
 */
#ifndef KLAB_BISECT_TARGET_H
#define KLAB_BISECT_TARGET_H

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"

enum target_kind {
	TARGET_REPORT = 1,  /* any of the titles */
	TARGET_EXPECTATION, /* its text */
	TARGET_REASON,	    /* the words of the reason, numbers aside */
	TARGET_ASKED,	    /* words that a title, an expectation or a reason has in it */
};

struct target {
	enum target_kind kind;
	struct strv names; /* titles, or the one text */
};

enum target_answer { TARGET_SHOWN, TARGET_ABSENT, TARGET_CANNOT_TELL };
/* As the records of searches have them. */
extern const char *const target_answer_names[TARGET_CANNOT_TELL + 1];

static inline bool target_is_known(const struct target *t)
{
	return t->kind;
}

void target_ask(struct target *t, const char *words);
void target_copy(struct target *to, const struct target *from);
/*
 * As a search begins: what was asked for, else (NULL) what the record that it goes on with has
 * (earlier; NULL: none), else it is not known yet. `record` gets it as its `target`.
 */
void target_begin(struct target *t, const struct target *asked, const json_t *earlier,
		  json_t *record);
/*
 * The worst thing that a run shows, the first of its kind. False: it shows nothing that is
 * the kernel's (it passed, or could not be judged).
 */
bool target_find(struct target *t, const json_t *verdict, const json_t *reports);
void target_clear(struct target *t); /* NULL-safe */

/* *why (may be NULL): what else there was, when it cannot tell; yours. */
enum target_answer target_look(const struct target *t, const json_t *verdict,
			       const json_t *reports, char **why);

/*
 * The same, of a run that may be the first to show what the target is (of the bad side) as long as
 * that is not known. `record`: as above.
 */
enum target_answer target_judge(struct target *t, bool is_bad_side, const json_t *verdict,
				const json_t *reports, json_t *record, char **why);

json_t *target_json(const struct target *t); /* {kind, names}; new reference */
/* False: it is none. */
bool target_from_json(struct target *t, const json_t *value);
const char *target_name(const struct target *t); /* what people call it; borrowed */

#endif

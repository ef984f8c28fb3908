/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The expectations of a case, held against what is known of a run. Pure. */
#ifndef KLAB_VERDICT_EXPECT_H
#define KLAB_VERDICT_EXPECT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"
#include "verdict/verdict.h"

/* Expectations with their patterns compiled. Borrows the expectations. */
struct expect_set;
struct expect_set *expect_set_new(const struct case_expect *expects, size_t count);
void expect_set_free(struct expect_set *set); /* NULL-safe */

/* Does some `report:` expectation ask for this report? */
bool expect_set_asks_for(const struct expect_set *set, const json_t *report);

/* May this fault stay silent: does an `injected:` expectation allow none? */
bool expect_set_allows_silence(const struct expect_set *set, const char *fault);

/*
 * Is expectation `index` met? What was found, or was found instead, is added to
 * `why`, one line.
 */
bool expect_judge(const struct expect_set *set, size_t index, const struct verdict_facts *facts,
		  struct strbuf *why);

/* Was what the expectation is about cut short, so that what is missing may just not have been kept? */
bool expect_lacks_data(const struct case_expect *e, const struct frames *frames);

/*
 * Has the snapshot no such field, is there none at all, or the field no number where one is asked for? Then it cannot be held
 * against what the case wants: a mistake in the case, which no kernel is to blame for.
 */
bool expect_lacks_value(const struct case_expect *e, const struct frames *frames);

/*
 * The snapshot that a snapshot expectation is about, by its subject, label, field
 * and over: borrowed, NULL: there is none.
 */
const json_t *expect_find_snapshot(const struct case_expect *e, const struct frames *frames);

/* How a `task-end` frame says that a task ended: "killed by SIGKILL", "exited with code 1". Yours.
 */
char *expect_task_end_text(const json_t *task_end);

/* "SIGKILL", or "signal 77" for one without a name. Yours. */
char *expect_signal_name(int number);

/*
 * An OOM kill is about the task that was killed, whoever ran out of memory;
 * every other report is about the task it happened in. Borrowed, or NULL.
 */
const char *expect_report_task(const json_t *report);

#endif

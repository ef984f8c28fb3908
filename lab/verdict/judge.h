/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the verdict share: where findings are named, and the looks at machine and
 * guest. */
#ifndef KLAB_VERDICT_JUDGE_H
#define KLAB_VERDICT_JUDGE_H

#include "base/str.h"
#include "verdict/verdict.h"

struct judge {
	const struct verdict_facts *facts;
	const struct frames *frames; /* never NULL */
	struct expect_set *expects;
	json_t *reasons[VERDICT_PASS + 1]; /* arrays, by word */
	size_t left_out[VERDICT_PASS + 1];
	json_t *notes;
	/* The case did not come to pass as it is written; the console may lack something. Then an
	 * expectation that is not met is no evidence against the kernel. */
	bool unsound, console_unsure;
};

/* A finding, named as in the table of verdict.c; where: "case.yaml:12", "console.log:340", a file,
 * or NULL. */
void judge_found(struct judge *j, const char *about, const char *what, const char *where,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Something to know that stands against nothing. */
void judge_note(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The step of the plan with this index; NULL: there is none. Borrowed. */
const json_t *judge_step(const struct judge *j, int64_t index);
/* "case.yaml:12" of that step, or "frames.jsonl" when there is none. Yours. */
char *judge_step_where(const struct judge *j, int64_t index);
/* An argument of a plan's step, of a list the first. Borrowed; NULL: nothing. */
const char *judge_step_arg(const json_t *step, const char *name);

/*
 * Had the host no processor for the guest for most of a time of the guest's clock, s? Then what
 * to say of it, after a reason; yours. NULL: it had, and a hang in that time is one.
 */
char *judge_starved(const struct judge *j, double from_s, double to_s);
/* The same of the time that a report of a hang tells of; NULL too where it is no such report. */
char *judge_starved_report(const struct judge *j, const json_t *report);
/*
 * Can it come of such a time that an expectation is met, or is not? A task's end, an errno, a
 * count and what a figure of time misses by being too fast cannot.
 */
bool judge_starved_expect(const struct judge *j, const struct case_expect *e, bool met);
void judge_machine(struct judge *j); /* how QEMU ended */
void judge_console(struct judge *j); /* was all of it kept, and read? */
void judge_log(struct judge *j);     /* did all that the kernel said reach the console? */
void judge_frames(struct judge *j);  /* is the guest's account whole and genuine? */
void judge_steps(struct judge *j);   /* did each step of the plan end well? */
void judge_command_line(struct judge *j); /* did the kernel get the words of the plan? */
void judge_facts(struct judge *j);   /* is the running kernel what its fragments promise? */
void judge_faults(struct judge *j);  /* did every armed fault fire? */
void judge_snapshots(struct judge *j); /* did each file that was to be taken get taken? */
void judge_recovery(struct judge *j); /* a note when something does not work in the end */
/* Did the tasks end well, or as expected? After all that says whether that can be judged. */
void judge_tasks(struct judge *j);
void judge_output(struct judge *j); /* was all that the tasks wrote kept? */

#endif

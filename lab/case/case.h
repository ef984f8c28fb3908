/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A case file (YAML), read and checked: every mistake is found here, before anything is built. */
#ifndef KLAB_CASE_CASE_H
#define KLAB_CASE_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "case/step-table.h"

/* A place in the file, 1-based. */
struct case_place {
	int line, column;
};

/* One argument of a step as the guest gets it: checked, sizes in bytes, durations in ms, booleans 0/1. */
struct case_arg {
	char *name;
	struct strv values;	/* one, or several where the type is a list */
	struct case_place place;	/* of its value; {0, 0}: it is the default */
};

struct case_step {
	const struct step_def *def;	/* borrowed from the table */
	int line;			/* 1-based, in the case file */
	struct case_arg *args;		/* all with a value or a default, in table order, open ones last */
	size_t arg_count, arg_capacity;
};

/* One line under `expect:`; the kinds are the rows of expect_table (case/expect-table.c). */
enum expect_kind {
	EXPECT_TASK = 1,	/* how a task ended */
	EXPECT_REPORT,		/* a report that must be there, so often */
	EXPECT_NO_REPORT,	/* a report kind or title that must not be there */
	EXPECT_INJECTED,	/* a fault that must have fired */
	EXPECT_TRACE,		/* functions in one trace, innermost first, others may stand between */
	EXPECT_SNAPSHOT,	/* a number or text in a snapshot */
	EXPECT_RESULT,		/* a number that a task reported */
	EXPECT_RECOVERED,	/* does everything work once the faults are disarmed? */
};

struct case_expect {
	enum expect_kind kind;
	int line, column;	/* in the case file; in a plan.json the line alone */
	int since, before;	/* of kernels from this version on, and before that: kernel-version.h; 0: of all */
	char *text;		/* as written, one line, for people */
	char *subject;		/* task name, report kind (NULL: any), fault, snapshot file, result task */
	char *title;		/* report: PCRE2 pattern on the title, or NULL */
	char *task;		/* report: the task's comm (not its name in the case), or NULL */
	char *cgroup;		/* report: the memcg that ran out or the task's, "/t", or NULL */
	int killed_by;		/* task: signal number, 0: not asked */
	bool has_exit;		/* task: exit_code is asked */
	int exit_code;
	bool has_or_exit;	/* task: this exit code will do too */
	int or_exit;
	bool recovered;		/* recovered: what is asked */
	int64_t at_least;	/* reports, injections, numbers; INT64_MIN: not asked */
	int64_t at_most;	/* INT64_MAX: not asked */
	bool sized;		/* snapshot, result: a limit was written as a size, and is in bytes */
	struct strv functions;	/* trace */
	char *field;		/* snapshot: line's first word ("swapcached") or NULL; result: name of the number */
	char *label;		/* snapshot: label or NULL: the last one */
	char *equals;		/* snapshot: text after the field; result: text; or NULL */
	char *over;		/* snapshot: "first", "last", "min", "max"; NULL: last */
};

/* A look from outside, each time that the kernel comes to a place; keys: probe_key_table. */
struct case_probe {
	int line, column;	/* in the case file; 0: of the command line */
	char *at;		/* function or FILE:LINE */
	char *when;		/* C expression, or NULL: always */
	bool args;
	int limit;		/* hits that are looked at */
};
#define CASE_PROBE_INIT { .args = true, .limit = 10 }

struct case_file {
	char *path;		/* as given */
	char *dir;		/* where HOSTFILE and SOURCE arguments are looked up */
	char *bytes;		/* the file, to the byte */
	size_t length;
	char *name;
	char *question;
	char *answer;		/* with its placeholders (case/answer.h), or NULL */
	struct strv fragments;	/* kernel.fragments, default: base */
	struct case_place *fragment_places;	/* where each was written; {1, 1}: by default */
	struct strv require;	/* symbols that must be y (or m), without CONFIG_: kernel.require, what steps
				 * need, SMP where cpus is above 1, DEBUG_INFO where there are probes */
	struct strv require_by;	/* of each, who wants it: "FILE:LINE:COL: `netem`" */
	struct strv append;	/* kernel.append: words added to the command line */
	uint64_t memory_bytes;	/* machine.memory, default 256M */
	int cpus;		/* machine.cpus, default 1 */
	uint64_t timeout_ms;	/* timeout, host time for the whole boot, default 120 s */
	struct case_step *steps;
	size_t step_count, step_capacity;
	struct case_expect *expects;
	size_t expect_count, expect_capacity;
	struct case_probe *probes;
	size_t probe_count, probe_capacity;
};

/*
 * Reads and checks a case. A mistake is ERR_INPUT with "FILE:LINE:COLUMN: what,
 * expected what"; all mistakes of the file that can be told apart are put, one
 * a line, into *mistakes when it is not NULL. Yours, case_free(); NULL on error.
 */
struct case_file *case_read(const char *path, struct strv *mistakes, struct err *err);
struct case_file *case_read_bytes(const char *path, const char *bytes, size_t length,
				  struct strv *mistakes, struct err *err);
void case_free(struct case_file *c);	/* NULL-safe */
/* Adds a symbol to those that are required, once; the place may be {0, 0}: of the command line. */
void case_require(struct case_file *c, const char *symbol, struct case_place place, const char *by);
void case_expects_free(struct case_expect *expects, size_t count);

/*
 * Is every fragment of the case there? Apart from case_read(), for only the
 * caller knows the data folder. Mistakes as of case_read().
 */
int case_check_fragments(const struct case_file *c, const char *data_dir, struct strv *mistakes,
			 struct err *err);
/*
 * A fragment by its name: a path when it holds a '/' or ends in ".config", else
 * DATA/kconfigs/NAME.config. Yours, never NULL; need not exist.
 */
char *case_fragment_path(const char *name, const char *data_dir);
/* Fragments of "a+b"; a value that is an existing file is one fragment, `+` or not. */
int case_split_fragments(const char *value, struct strv *out, struct err *err);

/* Path of a case given by path, or by name below DATA/cases (searched in its folders). Yours; NULL on error. */
char *case_find(const char *name_or_path, const char *data_dir, struct err *err);
/* Paths of all cases below DATA/cases, in order of name. */
int case_list(const char *data_dir, struct strv *paths, struct err *err);

/* "FUNCTION" or "FUNCTION if EXPRESSION", as after --probe. */
int case_probe_parse(struct case_probe *p, const char *text, struct err *err);
void case_probe_clear(struct case_probe *p);

const char *case_step_arg(const struct case_step *step, const char *name);	/* first value or NULL; borrowed */

/* `klab help case`, `klab help step [NAME]`: the tables as text, for 80 columns. Yours. */
char *case_help_format(void);
char *case_help_steps(void);
char *case_help_step(const char *verb, struct err *err);

#endif

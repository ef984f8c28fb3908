/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a case and the kinds of expectation, as tables: the parser, the
 * checks, `klab help case` and the test of the documentation all read them. A
 * new field is one row (and its member in struct case_file), a new expectation
 * one row (and its line in the verdict).
 */
#ifndef KLAB_CASE_CASE_TABLE_H
#define KLAB_CASE_CASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case/case.h"
#include "case/field.h"

extern const struct field case_field_table[];
extern const size_t case_field_count;
/* The keys of a probe; their offsets are in struct case_probe. */
extern const struct field probe_key_table[];
extern const size_t probe_key_count;

enum expect_type {
	EXPECT_VALUE_TASK = 1,	/* char *: a task of the case */
	EXPECT_VALUE_KIND,	/* char *: a report kind */
	EXPECT_VALUE_FAULT,	/* char *: a fault that a step injects */
	EXPECT_VALUE_FUNCTIONS, /* struct strv */
	EXPECT_VALUE_FILE,	/* char *: a file of a snapshot step, as written there */
	EXPECT_VALUE_LABEL,	/* char *: a label of a snapshot step */
	EXPECT_VALUE_SIGNAL,	/* int */
	EXPECT_VALUE_EXIT,	/* exit_code and has_exit */
	EXPECT_VALUE_OR_EXIT,	/* or_exit and has_or_exit */
	EXPECT_VALUE_PATTERN,	/* char *: a PCRE2 pattern that compiles */
	EXPECT_VALUE_COMM,	/* char *: what the kernel calls a task */
	EXPECT_VALUE_CGROUP,	/* char *: "/t" */
	EXPECT_VALUE_TEXT,	/* char * */
	EXPECT_VALUE_COUNT,	/* int64_t, not negative */
	EXPECT_VALUE_NUMBER,	/* int64_t, may be written as a size */
	EXPECT_VALUE_EXACT,	/* at_least and at_most, both that number; or char *, a text */
	EXPECT_VALUE_OVER,	/* char *: first, last, min, max */
	EXPECT_VALUE_BOOL,	/* bool */
	EXPECT_VALUE_VERSION,	/* int: kernel-version.h */
};

enum expect_flag {
	EXPECT_REQUIRED = 1,
	EXPECT_ONE_OF = 2,   /* at least one of the keys so marked */
	EXPECT_ONLY_ONE = 4, /* and not two of them */
};

#define EXPECT_MAX_KEYS 8

struct expect_key {
	const char *name;
	enum expect_type type;
	unsigned int flags;
	size_t offset; /* in struct case_expect */
	const char *help;
};

struct expect_def {
	enum expect_kind kind;
	const char *summary;
	/* The first names the kind of expectation; ended by a NULL name. */
	struct expect_key keys[EXPECT_MAX_KEYS];
};

/*
 * In order of precedence: `{report: oom-kill, task: memhog}` is a report's, for
 * `report` stands before `task`.
 */
extern const struct expect_def expect_table[];
extern const size_t expect_count;
/* What every kind takes beside its own keys. */
extern const struct expect_key expect_common_keys[];
extern const size_t expect_common_count;

#endif

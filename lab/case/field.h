/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of a YAML file as rows of a table: reading, checking, messages and help all come from
 * the rows. A case and the plan of a night are such files.
 */
#ifndef KLAB_CASE_FIELD_H
#define KLAB_CASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "case/mistakes.h"
#include "case/yaml.h"

enum field_type {
	FIELD_NAME = 1, /* char *: becomes part of file names */
	FIELD_TEXT,	/* char *: one line */
	FIELD_WORDS,	/* struct strv */
	FIELD_SIZE,	/* uint64_t, bytes */
	FIELD_COUNT,	/* int */
	FIELD_DURATION, /* uint64_t, ms */
	FIELD_BOOL,	/* bool */
	FIELD_GROUP,	/* a map of the fields whose group it is */
	/* What only one kind of file has, read by its own function. */
	FIELD_ANSWER,	/* char *: one line with placeholders, case/answer.h */
	FIELD_SYMBOLS,	/* struct strv of kconfig symbols */
	FIELD_STEPS,
	FIELD_EXPECTS,
	FIELD_PROBES,
	FIELD_PATTERNS,	/* struct night_words */
	FIELD_SEEDS,	/* two uint64_t: "1..50" */
	FIELD_MODE,	/* enum plan_mode */
	FIELD_INCLUDES,
	FIELD_EXCLUDES,
};

struct field {
	const char *group; /* NULL: at the top */
	const char *name;
	enum field_type type;
	bool required;
	const char *otherwise; /* default as it would be written; NULL: none */
	size_t offset;	       /* in the struct that is filled */
	int64_t min, max;      /* sizes in bytes, durations in ms (min only), counts */
	int64_t multiple_of;   /* sizes; 0: any */
	const char *help;
};

struct field_reader {
	const struct field *rows;
	size_t row_count;
	const char *what;    /* "case", for messages */
	const char *place;   /* "the file": what the root is */
	const char *example; /* "`name`, `question` and `steps`": what a map of it has */
	struct mistakes *m;
	const struct yaml_node *root;
	void *out; /* where the rows' offsets are */
	/* Of a type of its own; context is the reader's. */
	void (*read_own)(const struct field_reader *r, const struct yaml_node *n,
			 const struct field *row);
	void *context;
};

/* Reads every row from the root, in the table's order, defaults where nothing is written; tells
 * unknown keys, what is lacking, and what is wrong. */
void fields_read(const struct field_reader *r);
/* The member of r->out that a row fills. */
void *field_member(const struct field_reader *r, const struct field *row);
/* The place of the index-th of `count` words that a node gave. */
const struct yaml_node *field_word_node(const struct yaml_node *n, size_t index, size_t count);

/* ---- help: text of 80 columns ---- */

/* Words of the text from `column` on, wrapped and indented there; the cursor stands at `at`. */
void help_add_wrapped(struct strbuf *sb, size_t at, size_t column, const char *text);
/* One row: NAME, TYPE, and the rest wrapped beside them. */
void help_add_row(struct strbuf *sb, const char *name, const char *type, const char *text);
void help_add_field(struct strbuf *sb, const struct field *row);

#endif

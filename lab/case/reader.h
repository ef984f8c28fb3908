/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a case share: inside case/ only. */
#ifndef KLAB_CASE_READER_H
#define KLAB_CASE_READER_H

#include "case/case-table.h"
#include "case/case.h"
#include "case/mistakes.h"
#include "case/yaml.h"

#define CASE_MAX_STEPS	 1000
#define CASE_MAX_EXPECTS 1000

enum name_kind { NAME_DEVICE, NAME_TASK, NAME_CGROUP, NAME_UNSURE };

/* A name that a step makes. */
struct case_name {
	enum name_kind kind; /* NAME_UNSURE: made by a step that was not understood */
	const char *text;    /* borrowed from the YAML tree */
	size_t step;
	int line;
};

/* A place where a step wants a name to be there already. */
struct case_use {
	enum name_kind kind;
	char *text;
	size_t step;
	int line, column;
};

/* scsi_debug's settings after the steps so far; one driver, whatever the disk. */
struct scsi_debug_state {
	int64_t opts, every_nth;
	int64_t delay, ndelay; /* jiffies, ns */
};

struct case_reader {
	struct case_file *c;
	struct mistakes *m;
	const struct yaml_node *root;
	struct case_name *names;
	size_t name_count, name_capacity;
	struct case_use *uses;
	size_t use_count, use_capacity;
	struct scsi_debug_state scsi_debug;
	bool unsure; /* a step was not understood: what it would have done is unknown */
};

/* One step while it is read. */
struct step_reader {
	struct case_reader *r;
	struct case_step *step;
	size_t index;
	const struct yaml_node *at; /* the verb */
	const struct yaml_node *written; /* what stands behind it */
	const struct yaml_node
		*given[STEP_MAX_ARGS]; /* by row of the step's table; NULL: not written */
};

/* read-args.c: appends the values of one argument as the guest gets them; tells what is wrong. */
void read_arg(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
	      struct strv *values);
/* {NAME} in a path or text stands for a device, which must be there by then. */
void read_use_devices(struct step_reader *s, const struct yaml_node *n);
/* read-files.c: of a type that is a file beside the case. */
void read_arg_file(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		   struct strv *values);
/* read-lists.c: of a type that is a list. */
void read_arg_list(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		   struct strv *values);
/* read-steps.c */
void read_arg_default(struct step_reader *s, const struct arg_def *def, struct strv *values);
void read_steps(struct case_reader *r, const struct yaml_node *node);
/* scsi-debug-delay.c: told when a step makes it inject what it cannot */
void read_check_scsi_debug(struct step_reader *s);
/* read-names.c */
void names_make(struct case_reader *r, enum name_kind kind, const struct yaml_node *n, size_t step);
void names_use(struct case_reader *r, enum name_kind kind, const char *text, size_t length,
	       const struct yaml_node *at, size_t step);
void names_check_uses(struct case_reader *r);
/* After all steps: is there such a name at all? Tells when not. */
bool names_check_known(struct case_reader *r, enum name_kind kind, const char *text,
		       const struct yaml_node *at);
bool names_have(const struct case_reader *r, enum name_kind kind, const char *text);
void names_clear(struct case_reader *r);
/* expect-checks.c: false after it has told what is wrong; `what` is the key. */
bool expect_check_kind(struct case_reader *r, const struct yaml_node *n, const char *what);
bool expect_check_fault(struct case_reader *r, const struct yaml_node *n, const char *what);
bool expect_check_functions(struct case_reader *r, const struct yaml_node *n, const char *what,
			    struct strv *out);
bool expect_check_snapshot(struct case_reader *r, const struct yaml_node *n, const char *what,
			   const char *arg_name, const char *expected);
/* Does the result of such a task have the field? Does one step take the file under that label? */
bool expect_check_result(struct case_reader *r, const struct yaml_node *at, const char *task,
			 const char *field);
/* May a field of a result be equal to this? One that is an error is its name. */
bool expect_check_error_word(struct case_reader *r, const struct yaml_node *at, const char *field,
			     const char *word);
bool expect_check_taken(struct case_reader *r, const struct yaml_node *at, const char *file,
			const char *label);
bool expect_check_pattern(struct case_reader *r, const struct yaml_node *n, const char *what);
bool expect_check_cgroup(struct case_reader *r, const struct yaml_node *n, const char *what);
bool expect_check_over(struct case_reader *r, const struct yaml_node *n, const char *what);
bool expect_check_comm(struct case_reader *r, const struct yaml_node *n, const char *what);
/* read-answer.c, after all steps */
void read_answer(struct case_reader *r, const struct yaml_node *n, const char *text);
/* read-probes.c */
void read_probes(struct case_reader *r, const struct yaml_node *node);
/* read-expects.c */
void read_expects(struct case_reader *r, const struct yaml_node *node);

#endif

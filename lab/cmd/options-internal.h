/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options (options.c), as what reads a command line by it has it (options-parse.c). */
#ifndef KLAB_CMD_OPTIONS_INTERNAL_H
#define KLAB_CMD_OPTIONS_INTERNAL_H

#include "cmd/options.h"

enum {
	MAX_BOOTS = 10000, /* of one case */
	MAX_OPTIONS = 128, /* rows of the table */
};

struct option_def {
	uint64_t bit;
	const char *name;
	char letter;	   /* 0: none */
	const char *value; /* what it takes, NULL: nothing */
	const char *help;
	int (*set)(struct options *o, const char *value, struct err *err);
};

extern const struct option_def option_table[];
extern const size_t option_count;
extern const char *const output_format_names[FORMAT_HTML + 1]; /* by enum output_format */

#endif

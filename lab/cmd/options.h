/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of options. A command names those that it takes in its row
 * (struct cmd, `options`); parsing, its messages and `klab help COMMAND` all
 * come from here.
 */
#ifndef KLAB_CMD_OPTIONS_H
#define KLAB_CMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "plan/plan.h"

#define OPT_SOURCE     (1u << 0)
#define OPT_KCONFIG    (1u << 1)
#define OPT_WITH       (1u << 2)
#define OPT_MODE       (1u << 3)
#define OPT_SEED       (1u << 4)
#define OPT_REPEAT     (1u << 5)
#define OPT_JOBS       (1u << 6)
#define OPT_TIMEOUT    (1u << 7)
#define OPT_MACHINE    (1u << 8)
#define OPT_APPEND     (1u << 9)
#define OPT_OUT	       (1u << 10)
#define OPT_JSON       (1u << 11)
#define OPT_DRY_RUN    (1u << 12)
#define OPT_VERBOSE    (1u << 13)
#define OPT_QUIET      (1u << 14)
#define OPT_GIT_BISECT (1u << 15)
#define OPT_VMLINUX    (1u << 16)
#define OPT_MODULES    (1u << 17)
#define OPT_PROBE      (1u << 18)
#define OPT_FROM_SNAPSHOT (1u << 24)
#define OPT_FILE       (1u << 27)
#define OPT_WITH_VMLINUX (1u << 28)
#define OPT_GDB	       (1u << 29)
#define OPT_AT	       (1u << 30)
#define OPT_FORMAT     (1u << 31) /* of a comparison's page */

/* What every command that builds a kernel takes; and what every command that boots one takes. */
#define OPT_BUILD                                                                                  \
	(OPT_SOURCE | OPT_KCONFIG | OPT_WITH | OPT_JOBS | OPT_JSON | OPT_VERBOSE | OPT_QUIET)
#define OPT_BOOT                                                                                   \
	(OPT_BUILD | OPT_MODE | OPT_SEED | OPT_REPEAT | OPT_TIMEOUT | OPT_MACHINE | OPT_APPEND |   \
	 OPT_OUT | OPT_DRY_RUN | OPT_PROBE)

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN };

struct options {
	const char *source;  /* borrowed from argv, as all strings here; the last; NULL: not given */
	struct strv sources; /* all that were given */
	struct strv kconfig; /* fragments in order; none: the case's own */
	struct strv with;    /* each as it was given: "wbt-on", "kasan+slub" */
	struct strv append;  /* words for the kernel's command line */
	struct strv probes;  /* "FUNCTION" or "FUNCTION if EXPRESSION" */
	struct strv args;    /* what is no option */
	const char *machine; /* NULL: the default one */
	const char *out_dir; /* "runs" */
	const char *vmlinux, *modules; /* NULL: not given */
	const char *file;    /* of -o of a command that writes one; NULL: not given */
	const char *at;	     /* NULL: not given */
	enum plan_mode mode;
	enum output_format format; /* --json is FORMAT_JSON, and sets `json` */
	uint64_t seed, seed_last; /* of --seed N both are N */
	uint64_t timeout_ms;	  /* 0: the case's own */
	int repeat;
	int jobs; /* 0: processors online */
	bool json, dry_run, verbose, quiet, git_bisect, from_snapshot, gdb, with_vmlinux;
};

void options_clear(struct options *o);
#define _cleanup_options_ _cleanup_(options_clear)

/*
 * Reads argv by the command's mask, and tells env's progress how loud to be.
 * A wrong option or value is ERR_INPUT saying what was expected. min_args and
 * max_args bound what is no option (max_args < 0: no bound). --help is main.c's.
 */
int options_parse(struct options *o, const struct cmd_env *env, const struct cmd *cmd, int argc,
		  char **argv, int min_args, int max_args, struct err *err);

/*
 * The boots of a case that --seed and --repeat ask for: how many, and the seed
 * of each. A range gives each of its seeds so often as --repeat says. One seed
 * is the first of as many that count up, but in deterministic mode it stays:
 * there, the runs of one seed must be alike. Boots of one seed follow each other.
 */
int options_boot_count(const struct options *o);
uint64_t options_boot_seed(const struct options *o, int index);

/* The options of a mask as help text, one or more lines each. */
void options_format_help(uint32_t mask, struct strbuf *out);

/* Fragments of "a+b"; a value that is an existing file is one fragment, `+` or not. */
int options_split_fragments(const char *value, struct strv *out, struct err *err);

#endif

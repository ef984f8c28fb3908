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
#include "history/retention.h"
#include "plan/plan.h"

#define OPT_SOURCE     (1ull << 0)
#define OPT_KCONFIG    (1ull << 1)
#define OPT_WITH       (1ull << 2)
#define OPT_MODE       (1ull << 3)
#define OPT_SEED       (1ull << 4)
#define OPT_REPEAT     (1ull << 5)
#define OPT_JOBS       (1ull << 6)
#define OPT_TIMEOUT    (1ull << 7)
#define OPT_MACHINE    (1ull << 8)
#define OPT_APPEND     (1ull << 9)
#define OPT_OUT	       (1ull << 10)
#define OPT_JSON       (1ull << 11)
#define OPT_DRY_RUN    (1ull << 12)
#define OPT_VERBOSE    (1ull << 13)
#define OPT_QUIET      (1ull << 14)
#define OPT_GIT_BISECT (1ull << 15)
#define OPT_VMLINUX    (1ull << 16)
#define OPT_MODULES    (1ull << 17)
#define OPT_PROBE      (1ull << 18)
#define OPT_CHANCE     (1ull << 19) /* how sure a comparison has to be */
#define OPT_COVERAGE   (1ull << 20)
#define OPT_EXEC       (1ull << 21)
#define OPT_FROM_SNAPSHOT (1ull << 24)
#define OPT_FILE       (1ull << 27)
#define OPT_WITH_VMLINUX (1ull << 28)
#define OPT_GDB	       (1ull << 29)
#define OPT_AT	       (1ull << 30)
#define OPT_FORMAT     (1ull << 31) /* of a comparison's page */
#define OPT_GOOD       (1ull << 32)
#define OPT_BAD	       (1ull << 33)
#define OPT_ONLY       (1ull << 34)
#define OPT_CONFIDENCE (1ull << 35)
#define OPT_MOST       (1ull << 36)
#define OPT_PATCH      (1ull << 37)
#define OPT_FIXUP      (1ull << 38)
#define OPT_TOOLCHAINS (1ull << 39)
#define OPT_CASES      (1ull << 40)
#define OPT_RESUME     (1ull << 45)
#define OPT_RESULTS    (1ull << 46) /* --format of results, which may be repeated */
#define OPT_MAIL_TO    (1ull << 47)
#define OPT_EXECUTOR   (1ull << 48)
#define OPT_MISSING_OK (1ull << 41)
#define OPT_HISTORY    (1ull << 50)
#define OPT_FOLDER     (1ull << 51)
#define OPT_NEW	       (1ull << 52)
#define OPT_SINCE      (1ull << 53)
#define OPT_KNOWN      (1ull << 54)
#define OPT_BISECT     (1ull << 56)
#define OPT_RUNS       (1ull << 55) /* of gc: and the rule for them */

/* What every command that builds a kernel takes; and what every command that boots one takes. */
#define OPT_BUILD                                                                                  \
	(OPT_SOURCE | OPT_PATCH | OPT_KCONFIG | OPT_WITH | OPT_JOBS | OPT_JSON | OPT_VERBOSE |     \
	 OPT_QUIET)
#define OPT_BOOT                                                                                   \
	(OPT_BUILD | OPT_MODE | OPT_SEED | OPT_REPEAT | OPT_TIMEOUT | OPT_MACHINE | OPT_APPEND |   \
	 OPT_OUT | OPT_DRY_RUN | OPT_PROBE)

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN, FORMAT_HTML };

struct options {
	const char *source;  /* borrowed from argv, as all strings here; the last; NULL: not given */
	struct strv sources; /* all that were given */
	struct strv kconfig; /* fragments in order; none: the case's own */
	struct strv with;    /* each as it was given: "wbt-on", "kasan+slub" */
	struct strv append;  /* words for the kernel's command line */
	struct strv cases;   /* of --case: names or paths, each a side */
	struct strv probes;  /* "FUNCTION" or "FUNCTION if EXPRESSION" */
	struct strv args;    /* what is no option */
	const char *machine; /* NULL: the default one */
	const char *out_dir; /* "runs" */
	const char *vmlinux, *modules; /* NULL: not given */
	const char *file;    /* of -o of a command that writes one; NULL: not given */
	const char *at;	     /* NULL: not given */
	const char *exec;    /* a command; NULL: not given */
	struct strv patches; /* files */
	struct strv fixups;  /* "RANGE:PATCH" */
	const char *toolchains; /* a file; NULL: not given */
	struct strv results; /* "FORMAT" or "FORMAT=FILE" */
	const char *mail_to; /* NULL: not given */
	struct strv sbatch; /* further words for it */
	struct strv good;    /* revisions */
	const char *bad, *only; /* NULL: not given */
	const char *history; /* a file; NULL: the default one */
	const char *known; /* a file of known bugs; NULL: not given */
	const char *since; /* a night; NULL: not given */
	struct strv folders; /* of runs */
	struct retention retention;
	double confidence;   /* 0..1; default 0.95 */
	enum plan_mode mode;
	enum output_format format; /* --json is FORMAT_JSON, and sets `json` */
	uint64_t seed, seed_last; /* of --seed N both are N */
	uint64_t timeout_ms;	  /* 0: the case's own */
	double error, power, difference; /* of a comparison: struct sequential_plan's */
	int repeat;
	int most; /* of a list */
	int jobs; /* 0: processors online */
	bool only_new, runs, json, dry_run, verbose, quiet, git_bisect, from_snapshot, gdb, with_vmlinux, coverage,
		resume, slurm, bisect;
	bool missing_ok, has_repeat; /* --repeat was given */
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
void options_format_help(uint64_t mask, struct strbuf *out);

#endif

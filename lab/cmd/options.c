/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/options-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>

#include "page/results.h"

static int set_source(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT,
			       "expected a folder, a git repository as PATH@REV, "
			       "or a tarball");
	o->source = value;
	strv_add(&o->sources, value);
	return 0;
}

static int set_case(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT, "expected a case, by name or path");
	strv_add(&o->cases, value);
	return 0;
}

static int set_exec(struct options *o, const char *value, struct err *err)
{
	if (!value[strspn(value, " \t\n")])
		return err_set(err, ERR_INPUT, "expected a command, as 'uname -a'");
	o->exec = value;
	return 0;
}

static int set_kconfig(struct options *o, const char *value, struct err *err)
{
	return case_split_fragments(value, &o->kconfig, err);
}

static int set_with(struct options *o, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv parts = { 0 };

	if (case_split_fragments(value, &parts, err) < 0)
		return -1;
	strv_add(&o->with, value);
	return 0;
}

static int set_mode(struct options *o, const char *value, struct err *err)
{
	return plan_mode_parse(value, &o->mode, err);
}

static int parse_number(const char *value, int64_t min, int64_t max, int64_t *out, struct err *err)
{
	if (!str_parse_i64(value, out) || *out < min || *out > max)
		return err_set(err, ERR_INPUT, "'%s': expected a number from %lld to %lld", value,
			       (long long)min, (long long)max);
	return 0;
}

/* "7" or "1..50". */
static int set_seed(struct options *o, const char *value, struct err *err)
{
	int64_t first, last;

	if (!str_parse_range(value, &first, &last) || first < 0)
		return err_set(err, ERR_INPUT,
			       "'%s': expected a number, or FIRST..LAST, the smaller one first",
			       value);
	if (last - first >= MAX_BOOTS)
		return err_set(err, ERR_INPUT, "'%s': expected at most %d seeds", value, MAX_BOOTS);
	o->seed = (uint64_t)first;
	o->seed_last = (uint64_t)last;
	return 0;
}

static int set_repeat(struct options *o, const char *value, struct err *err)
{
	int64_t repeat;

	if (parse_number(value, 1, MAX_BOOTS, &repeat, err) < 0)
		return -1;
	o->repeat = (int)repeat;
	o->has_repeat = true;
	return 0;
}

/* "0.05" or "5%". */
static int parse_share(const char *value, double *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	if (*end == '%') {
		*out /= 100;
		end++;
	}
	if (errno || end == value || *end || !(*out > 0 && *out < 1))
		return err_set(err, ERR_INPUT,
			       "'%s': expected a number between 0 and 1, as 0.05 or 5%%", value);
	return 0;
}

static int set_error(struct options *o, const char *value, struct err *err)
{
	return parse_share(value, &o->error, err);
}

static int set_power(struct options *o, const char *value, struct err *err)
{
	return parse_share(value, &o->power, err);
}

static int set_difference(struct options *o, const char *value, struct err *err)
{
	return parse_share(value, &o->difference, err);
}

static int set_jobs(struct options *o, const char *value, struct err *err)
{
	int64_t jobs;

	if (parse_number(value, 1, 4096, &jobs, err) < 0)
		return -1;
	o->jobs = (int)jobs;
	return 0;
}

static int set_most(struct options *o, const char *value, struct err *err)
{
	int64_t most;

	if (parse_number(value, 1, 1000000, &most, err) < 0)
		return -1;
	o->most = (int)most;
	return 0;
}

static int set_timeout(struct options *o, const char *value, struct err *err)
{
	if (!str_parse_duration(value, &o->timeout_ms) || o->timeout_ms == 0)
		return err_set(err, ERR_INPUT, "'%s': expected a duration, as 90s or 5m", value);
	return 0;
}

static int set_machine(struct options *o, const char *value, struct err *err)
{
	o->machine = value;
	return 0;
}

static int set_append(struct options *o, const char *value, struct err *err)
{
	strv_add(&o->append, value);
	return 0;
}

static int set_probe(struct options *o, const char *value, struct err *err)
{
	struct case_probe probe;

	if (case_probe_parse(&probe, value, err) < 0)
		return -1;
	case_probe_clear(&probe);
	strv_add(&o->probes, value);
	return 0;
}

static int set_out(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT, "expected a folder");
	o->out_dir = value;
	return 0;
}

static int set_json(struct options *o, const char *value, struct err *err)
{
	o->json = true;
	o->format = FORMAT_JSON;
	return 0;
}

const char *const output_format_names[] = {
	[FORMAT_TEXT] = "text",
	[FORMAT_JSON] = "json",
	[FORMAT_MARKDOWN] = "markdown",
	[FORMAT_HTML] = "html",
};

static int set_format(struct options *o, const char *value, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(output_format_names); i++)
		if (str_eq(value, output_format_names[i])) {
			o->format = (enum output_format)i;
			o->json = i == FORMAT_JSON;
			return 0;
		}
	return err_set(err, ERR_INPUT, "'%s': expected text, json, markdown or html", value);
}

static int set_dry_run(struct options *o, const char *value, struct err *err)
{
	o->dry_run = true;
	return 0;
}

static int set_from_snapshot(struct options *o, const char *value, struct err *err)
{
	o->from_snapshot = true;
	return 0;
}

static int set_coverage(struct options *o, const char *value, struct err *err)
{
	o->coverage = true;
	return 0;
}

static int set_verbose(struct options *o, const char *value, struct err *err)
{
	o->verbose = true;
	return 0;
}

static int set_quiet(struct options *o, const char *value, struct err *err)
{
	o->quiet = true;
	return 0;
}

static int set_missing_ok(struct options *o, const char *value, struct err *err)
{
	o->missing_ok = true;
	return 0;
}

static int set_git_bisect(struct options *o, const char *value, struct err *err)
{
	o->git_bisect = true;
	return 0;
}

static int set_vmlinux(struct options *o, const char *value, struct err *err)
{
	o->vmlinux = value;
	return 0;
}

static int set_modules(struct options *o, const char *value, struct err *err)
{
	o->modules = value;
	return 0;
}

static int set_file(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT, "expected a file");
	o->file = value;
	return 0;
}

static int set_with_vmlinux(struct options *o, const char *value, struct err *err)
{
	o->with_vmlinux = true;
	return 0;
}

static int set_gdb(struct options *o, const char *value, struct err *err)
{
	o->gdb = true;
	return 0;
}

static int set_at(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT, "expected a time, a report or a function");
	o->at = value;
	return 0;
}

static int set_patch(struct options *o, const char *value, struct err *err)
{
	strv_add(&o->patches, value);
	return 0;
}

static int set_fixup(struct options *o, const char *value, struct err *err)
{
	strv_add(&o->fixups, value);
	return 0;
}

static int set_toolchains(struct options *o, const char *value, struct err *err)
{
	o->toolchains = value;
	return 0;
}

static int set_good(struct options *o, const char *value, struct err *err)
{
	strv_add(&o->good, value);
	return 0;
}

static int set_bad(struct options *o, const char *value, struct err *err)
{
	o->bad = value;
	return 0;
}

static int set_only(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT,
			       "expected words of a report's title, of an "
			       "expectation, or of a reason");
	o->only = value;
	return 0;
}

static int set_confidence(struct options *o, const char *value, struct err *err)
{
	char *end = NULL;
	double percent = strtod(value, &end);

	if (end == value || *end || !(percent >= 50 && percent <= 99.99))
		return err_set(err, ERR_INPUT, "'%s': expected a number from 50 to 99.99", value);
	o->confidence = percent / 100;
	return 0;
}

static int set_history(struct options *o, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, ERR_INPUT, "expected a file");
	o->history = value;
	return 0;
}

static int set_folder(struct options *o, const char *value, struct err *err)
{
	strv_add(&o->folders, value);
	return 0;
}

static int set_known(struct options *o, const char *value, struct err *err)
{
	o->known = value;
	return 0;
}

static int set_runs(struct options *o, const char *value, struct err *err)
{
	o->runs = true;
	return 0;
}

static int set_keep_passed(struct options *o, const char *value, struct err *err)
{
	return parse_number(value, 0, 100000, &o->retention.passed_nights, err);
}

static int set_keep_failed(struct options *o, const char *value, struct err *err)
{
	return parse_number(value, 0, 100000, &o->retention.failed_nights, err);
}

static int set_keep_newest(struct options *o, const char *value, struct err *err)
{
	return parse_number(value, 0, 100000, &o->retention.newest, err);
}

static int set_pack_after(struct options *o, const char *value, struct err *err)
{
	return parse_number(value, 0, 100000, &o->retention.pack_nights, err);
}

static int set_new(struct options *o, const char *value, struct err *err)
{
	o->only_new = true;
	return 0;
}

static int set_since(struct options *o, const char *value, struct err *err)
{
	o->since = value;
	return 0;
}

static int set_bisect(struct options *o, const char *value, struct err *err)
{
	o->bisect = true;
	return 0;
}

static int set_resume(struct options *o, const char *value, struct err *err)
{
	o->resume = true;
	return 0;
}

static int set_executor(struct options *o, const char *value, struct err *err)
{
	o->slurm = str_eq(value, "slurm");
	if (o->slurm || str_eq(value, "local"))
		return 0;
	return err_set(err, ERR_INPUT, "'%.60s': expected local or slurm", value);
}

static int set_sbatch(struct options *o, const char *value, struct err *err)
{
	if (str_starts(value, "--clusters") || str_starts(value, "-M"))
		return err_set(err, ERR_INPUT, "'%.60s': expected no other cluster", value);
	strv_add(&o->sbatch, value);
	return 0;
}

static int set_results(struct options *o, const char *value, struct err *err)
{
	_cleanup_free_ char *name = xstrndup(value, strcspn(value, "="));

	if (!page_results_format(name, err))
		return -1;
	strv_add(&o->results, value);
	return 0;
}

static int set_mail_to(struct options *o, const char *value, struct err *err)
{
	if (!strchr(value, '@') || strpbrk(value, "\r\n"))
		return err_set(err, ERR_INPUT, "'%.60s': expected an address, as me@example.org",
			       value);
	o->mail_to = value;
	return 0;
}

const struct option_def option_table[] = {
	{ OPT_CASES, "case", 0, "CASE", "a case that is a side: one question asked in several ways",
	  set_case },
	{ OPT_SOURCE, "source", 's', "SOURCE",
	  "kernel source: a folder, a git repository as PATH@REV, or a tarball; "
	  "default: the newest installed linux-source tarball; for `compare` several are sides",
	  set_source },
	{ OPT_PATCH, "patch", 0, "FILE",
	  "a patch on the source, which is PATH@REV then; may be repeated", set_patch },
	{ OPT_KCONFIG, "kconfig", 'k', "A+B",
	  "config fragments in order, by name or path; default: those of the case", set_kconfig },
	{ OPT_WITH, "with", 'w', "FRAGMENT",
	  "a fragment more; for `compare` each one is a side of its own", set_with },
	{ OPT_MISSING_OK, "missing-ok", 0, NULL,
	  "an option of a fragment that the source does not have at all is told, and left out",
	  set_missing_ok },
	{ OPT_MODE, "mode", 0, "MODE",
	  "free (fastest, the default), deterministic (repeats to the byte) or record", set_mode },
	{ OPT_SEED, "seed", 0, "N",
	  "what chance would decide, as a number, or a range of them, as 1..50; default: 1",
	  set_seed },
	{ OPT_REPEAT, "repeat", 0, "N",
	  "boot each case so often, with seeds that count up; in deterministic mode with the same "
	  "seed, and then all runs must be alike to the byte; of a range of seeds each so often; "
	  "`compare` boots each side so often, less often when it is sure before",
	  set_repeat },
	{ OPT_CHANCE, "difference", 0, "RATE",
	  "of runs that differ by themselves: the smallest change of a rate that must not be "
	  "missed; default: 0.5",
	  set_difference },
	{ OPT_CHANCE, "error", 0, "P",
	  "how often a comparison of equal kernels may say that they differ; default: 0.05",
	  set_error },
	{ OPT_CHANCE, "power", 0, "P",
	  "how often a difference is to be seen where one is ruled out; default: 0.95", set_power },
	{ OPT_JOBS, "jobs", 'j', "N",
	  "jobs of a kernel build, or processors for a night; default: one a processor", set_jobs },
	{ OPT_TIMEOUT, "timeout", 0, "TIME",
	  "host time for one boot, as 90s or 5m; default: the case's own", set_timeout },
	{ OPT_MACHINE, "machine", 0, "NAME",
	  "what runs the guest: qemu, the default, or libvirt[:URI]", set_machine },
	{ OPT_APPEND, "append", 0, "WORD",
	  "a word more on the kernel's command line; may be repeated: for `compare` each is a side",
	  set_append },
	{ OPT_PROBE, "probe", 'p', "FUNC[ if EXPR]",
	  "look at the kernel from outside each time it comes to a function, with gdb: call "
	  "trace, arguments, lines; may be repeated; needs the fragment debug",
	  set_probe },
	{ OPT_FROM_SNAPSHOT, "from-snapshot", 0, NULL,
	  "boot once to the case's `checkpoint`, and start each run from there: with --repeat, "
	  "--seed, and other steps after it",
	  set_from_snapshot },
	{ OPT_COVERAGE, "coverage", 0, NULL,
	  "which functions of the kernel the case runs; for `compare`, which of those that differ: "
	  "one more run a side",
	  set_coverage },
	{ OPT_EXEC, "exec", 0, "COMMAND",
	  "no case but one command of busybox sh: prints what it prints, and ends as it ends",
	  set_exec },
	{ OPT_OUT, "out", 'o', "DIR", "where run directories go; default: runs", set_out },
	{ OPT_GDB, "gdb", 0, NULL, "stop at a place, and open gdb there", set_gdb },
	{ OPT_AT, "at", 0, "PLACE",
	  "with --gdb: a time as 3.25, a report by number or title, or a function; default: the "
	  "first report",
	  set_at },
	{ OPT_FILE, "output", 'o', "FILE", "the file to write; default: ID.tar.zst", set_file },
	{ OPT_WITH_VMLINUX, "vmlinux", 0, NULL,
	  "the kernel with its symbols too, for gdb: some 60 MB more", set_with_vmlinux },
	{ OPT_DRY_RUN, "dry-run", 'n', NULL, "change nothing: say what would be done",
	  set_dry_run },
	{ OPT_GIT_BISECT, "git-bisect", 0, NULL,
	  "exit as `git bisect run` wants it: 0 good, 1 bad, 125 cannot be tested, 128 stop",
	  set_git_bisect },
	{ OPT_GOOD, "good", 0, "GOOD",
	  "a revision without the bug, which may be repeated; or a config without it", set_good },
	{ OPT_BAD, "bad", 0, "BAD", "the revision, or the config, with the bug", set_bad },
	{ OPT_ONLY, "only", 0, "WORDS",
	  "the bug: words of a report's title, of an expectation or of a reason; default: the "
	  "worst that the bad side shows first",
	  set_only },
	{ OPT_CONFIDENCE, "confidence", 0, "PERCENT",
	  "how probable the answer has to be, 50 to 99.99; default: 95", set_confidence },
	{ OPT_FIXUP, "fixup", 0, "RANGE:PATCH",
	  "a patch that commits need to be built or to boot: one commit, or A..B, of which A is "
	  "none; "
	  "may be repeated",
	  set_fixup },
	{ OPT_TOOLCHAINS, "toolchains", 0, "FILE",
	  "compilers of ranges of commits, in lines as `v4.4..v4.9 CC=gcc-6`", set_toolchains },
	{ OPT_VMLINUX, "vmlinux", 0, "FILE",
	  "the kernel with its symbols, as built or as the store keeps it (.zst)", set_vmlinux },
	{ OPT_MODULES, "modules", 0, "DIR", "where its modules (.ko) are, folders below included",
	  set_modules },
	{ OPT_FOLDER, "recursive", 'r', "FOLDER", "all runs below a folder; may be repeated",
	  set_folder },
	{ OPT_HISTORY, "history", 0, "FILE",
	  "the history; default: klab/history.db in $XDG_STATE_HOME (~/.local/state)",
	  set_history },
	{ OPT_RUNS, "runs", 0, NULL, "run directories below DIR, by the rule of the next four",
	  set_runs },
	{ OPT_RUNS, "keep-passed", 0, "NIGHTS", "so long one that passed stays; default: 30",
	  set_keep_passed },
	{ OPT_RUNS, "keep-failed", 0, "NIGHTS", "so long any other one stays; default: 365",
	  set_keep_failed },
	{ OPT_RUNS, "keep-newest", 0, "N",
	  "so many of a case, a kernel line and a config stay in any case, of those that passed "
	  "and of the others; default: 3",
	  set_keep_newest },
	{ OPT_RUNS, "pack-after", 0, "NIGHTS", "then a console is packed by zstd; default: 7",
	  set_pack_after },
	{ OPT_KNOWN, "known", 0, "FILE",
	  "known bugs, a YAML list of {title: PATTERN, until: NIGHT, link: URL}: they are silenced "
	  "until then",
	  set_known },
	{ OPT_NEW, "new", 0, NULL, "only what the last night has and none before", set_new },
	{ OPT_SINCE, "since", 0, "NIGHT", "only from this night on, as 2026-11-28", set_since },
	{ OPT_MOST, "most", 'n', "N", "list so many at most; default: 10", set_most },
	{ OPT_JSON, "json", 0, NULL, "print JSON, and no progress", set_json },
	{ OPT_FORMAT, "format", 0, "FORMAT",
	  "how a comparison is printed: text, json, markdown (for a mail or an issue) or html",
	  set_format },
	{ OPT_RESUME, "resume", 0, NULL,
	  "go on with a night that was stopped or killed: its folder, its plan, or the last one",
	  set_resume },
	{ OPT_BISECT, "bisect", 0, NULL,
	  "bisect what changed for the worse, within what the budget leaves", set_bisect },
	{ OPT_RESULTS, "format", 0, "FORMAT[=FILE]",
	  "results as ktap, junit, jsonl, kcidb or mail; may be repeated. Without FILE `export` "
	  "prints them, `nightly` puts them into the night's folder",
	  set_results },
	{ OPT_MAIL_TO, "mail-to", 0, "ADDRESS", "send the summary, by sendmail -t", set_mail_to },
	{ OPT_EXECUTOR, "executor", 0, "NAME",
	  "where builds and boots run: local, as when nothing is said, or slurm, as job arrays",
	  set_executor },
	{ OPT_EXECUTOR, "sbatch", 0, "WORD",
	  "with slurm: a word for sbatch, as --partition=lab; may be repeated", set_sbatch },
	{ OPT_VERBOSE, "verbose", 'v', NULL, "say more", set_verbose },
	{ OPT_QUIET, "quiet", 'q', NULL, "no progress", set_quiet },
};

const size_t option_count = ARRAY_SIZE(option_table);
_Static_assert(ARRAY_SIZE(option_table) <= MAX_OPTIONS, "more options than there is room for");

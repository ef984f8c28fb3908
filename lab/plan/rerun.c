// SPDX-License-Identifier: GPL-2.0-or-later
/* rerun.sh of a run directory. */
#include "plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"

/*
 * DIR, TARBALL or REPO@REV with an absolute path; as it is when there is no such
 * file. Both parts of the latter may have an @ of their own: "a@b/linux@v6.1@{1}".
 * Yours.
 */
static char *absolute_source(const char *source)
{
	_cleanup_free_ char *whole = realpath(source, NULL);

	if (whole)
		return take_ptr(&whole);
	for (const char *at = strchr(source, '@'); at; at = strchr(at + 1, '@')) {
		_cleanup_free_ char *repo = xstrndup(source, (size_t)(at - source));
		_cleanup_free_ char *real = realpath(repo, NULL);

		if (real)
			return xasprintf("%s%s", real, at);
	}
	return xstrdup(source);
}

/*
 * Names stay, paths become absolute. An option each: a path may have a + of its
 * own, which only a whole value that is a file may.
 */
static void add_kconfig(struct strbuf *sb, const struct strv *kconfig)
{
	for (size_t i = 0; i < kconfig->count; i++) {
		const char *name = kconfig->items[i];
		_cleanup_free_ char *path = case_fragment_path(name, "");
		_cleanup_free_ char *real = str_eq(path, name) ? realpath(name, NULL) : NULL;

		strbuf_adds(sb, " --kconfig ");
		strbuf_add_quoted(sb, real ? real : name);
	}
}

/*
 * Fragments, a source tree and compilers change, and then the same words make
 * another kernel; so do QEMU, and somebody who edits the case here. That is no
 * repetition, and must not look like one: each is told, and nothing is run.
 */
static const char rerun_head[] =
	"#!/bin/sh\n"
	"# Repeats this run; the new run directory comes beside this one.\n"
	"klab=${KLAB:-klab}\n"
	"case $klab in /*) ;; */*) klab=$PWD/$klab ;; esac\n"
	"cd \"$(dirname \"$0\")\" || exit 3\n"
	"command -v \"$klab\" >/dev/null || {\n"
	"\techo \"rerun.sh: $klab is not there: put it into PATH, or set KLAB to its path\" >&2\n"
	"\texit 3\n"
	"}\n"
	"changed=\n"
	"differs() {\n"
	"\techo \"rerun.sh: $*\" >&2\n"
	"\tchanged=yes\n"
	"}\n";
static const char rerun_files[] =
	"while read -r sum file; do\n"
	"\t[ \"$(sha256sum 2>/dev/null <\"$file\")\" = \"$sum  -\" ] ||\n"
	"\t\tdiffers \"$file is not as it was in the run: it was changed since, or is gone\"\n"
	"done <<'END'\n";
static const char rerun_qemu[] =
	"END\n"
	"was=$(sed -n 's/^ *\"qemu_version\": *\"\\([0-9.]*\\)\".*/\\1/p' machine.json "
	"2>/dev/null)\n"
	"now=$(\"${KLAB_QEMU:-qemu-system-x86_64}\" --version 2>/dev/null |\n"
	"\tsed -n 's/^QEMU emulator version \\([0-9.]*\\).*/\\1/p')\n"
	"[ \"${was:-$now}\" = \"$now\" ] || differs \"QEMU ${now:-is not there} now, the run had "
	"$was\"\n";
static const char rerun_was[] =
	"was=$(sed -n 's/^ *\"key\": *\"\\([0-9a-f]*\\)\".*/\\1/p' kernel.json)\n"
	"now=$(\"$klab\" build case.yaml";
static const char rerun_check[] =
	" --dry-run --quiet) || exit\n"
	"case $now in\n"
	"*\"key         ${was:-unknown}\"*) ;;\n"
	"*)\tdiffers \"this would be another kernel than the one of the run,\" \\\n"
	"\t\t\"${was:-unknown}: fragments, source or compiler have changed.\" ;;\n"
	"esac\n"
	"if [ -n \"$changed\" ]; then\n"
	"\techo \"So it would be no repetition. As things are now: klab run $PWD/case.yaml\" >&2\n"
	"\texit 3\n"
	"fi\n";

static void add_sum(struct strbuf *sb, const char *hex, const char *file)
{
	strbuf_addf(sb, "%s %s\n", hex, file);
}

/* What the run is of, by content: the case, and the files that were taken along. */
static int add_sums(struct strbuf *sb, const char *run_dir, const struct case_file *test,
		    struct err *err)
{
	char hex[HASH_HEX_SIZE];

	hash_bytes(test->bytes, test->length, hex);
	add_sum(sb, hex, "case.yaml");
	for (size_t i = 0; i < test->step_count; i++) {
		const struct step_def *def = test->steps[i].def;

		for (size_t k = 0; k < STEP_MAX_ARGS && def->args[k].name; k++) {
			const char *source = case_step_arg(&test->steps[i], def->args[k].name);
			_cleanup_free_ char *path = NULL;

			if ((def->args[k].type != ARG_SOURCE && def->args[k].type != ARG_OBJECT) ||
			    !source)
				continue;
			path = path_join(run_dir, source);
			if (hash_file(path, hex, err) < 0)
				return -1;
			add_sum(sb, hex, source);
		}
	}
	return 0;
}

/*
 * One that is made anew waits at the same step, and is not the same to the byte: QEMU stops it
 * a little sooner or later. In free mode no boot is another's repetition either.
 */
static void add_snapshot_check(struct strbuf *sb, const struct plan *p)
{
	if (!p->snapshot)
		return;
	strbuf_addf(sb,
		    "grep -qs '\"sha256\": *\"%s\"' \\\n"
		    "\t\"${XDG_CACHE_HOME:-$HOME/.cache}/klab/snapshots/%s/snapshot.json\" ||\n",
		    p->snapshot->state_sha256, p->snapshot->key);
	if (p->mode == PLAN_MODE_FREE)
		strbuf_adds(sb,
			    "\techo \"rerun.sh: the snapshot that the run went on from is gone: "
			    "this goes on from another\" >&2\n");
	else
		strbuf_adds(sb,
			    "\tdiffers \"the snapshot that the run went on from is gone, and one "
			    "made now would be another\"\n");
}

/* One of the command line; those of the case come with it. */
static void add_probe(struct strbuf *sb, const struct case_probe *probe)
{
	_cleanup_free_ char *text =
		probe->when ? xasprintf("%s if %s", probe->at, probe->when) : xstrdup(probe->at);

	if (probe->line)
		return;
	strbuf_adds(sb, " --probe ");
	strbuf_add_quoted(sb, text);
}

/*
 * What klab takes from its environment, as it was: set to the same, and what was not set is not.
 * The kernel is known by its key; a program of the case would be compiled otherwise unseen.
 */
static void add_environment(struct strbuf *sb)
{
	static const char *const names[] = { "ARCH",	"CROSS_COMPILE", "CC",		"LLVM",
					     "KCFLAGS", "KLAB_QEMU",	 "KLAB_BUSYBOX" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value) {
			strbuf_addf(sb, "export %s=", names[i]);
			strbuf_add_quoted(sb, value);
			strbuf_addc(sb, '\n');
		} else {
			strbuf_addf(sb, "unset %s\n", names[i]);
		}
	}
}

static void add_options(struct strbuf *sb, const struct plan *p, const struct rerun *rerun)
{
	if (rerun->machine) {
		strbuf_adds(sb, " --machine ");
		strbuf_add_quoted(sb, rerun->machine);
	}
	for (size_t i = 0; rerun->append && i < rerun->append->count; i++) {
		strbuf_adds(sb, " --append ");
		strbuf_add_quoted(sb, rerun->append->items[i]);
	}
	for (size_t i = 0; i < p->test->probe_count; i++)
		add_probe(sb, &p->test->probes[i]);
	if (p->snapshot)
		strbuf_adds(sb, " --from-snapshot");
	strbuf_addf(sb, " --seed %" PRIu64 " --mode %s --timeout %" PRIu64 "ms -o .. \"$@\"\n",
		    p->seed, plan_mode_name(p->mode), p->timeout_ms);
}

int plan_run_dir_write_rerun(const char *run_dir, const struct plan *p, const struct rerun *rerun,
			     struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "rerun.sh");
	_cleanup_free_ char *source = rerun->source ? absolute_source(rerun->source) : NULL;
	_cleanup_strbuf_ struct strbuf sb = { 0 }, kernel = { 0 };

	if (source) {
		strbuf_adds(&kernel, " --source ");
		strbuf_add_quoted(&kernel, source);
	}
	for (size_t i = 0; rerun->patches && i < rerun->patches->count; i++) {
		_cleanup_free_ char *patch = realpath(rerun->patches->items[i], NULL);

		strbuf_adds(&kernel, " --patch ");
		strbuf_add_quoted(&kernel, patch ? patch : rerun->patches->items[i]);
	}
	add_kconfig(&kernel, &p->kconfig);
	if (rerun->missing_ok)
		strbuf_adds(&kernel, " --missing-ok");
	strbuf_adds(&sb, rerun_head);
	add_environment(&sb);
	strbuf_adds(&sb, rerun_files);
	if (add_sums(&sb, run_dir, p->test, err) < 0)
		return -1;
	strbuf_adds(&sb, rerun_qemu);
	add_snapshot_check(&sb, p);
	strbuf_adds(&sb, rerun_was);
	strbuf_adds(&sb, kernel.data);
	strbuf_adds(&sb, rerun_check);
	strbuf_addf(&sb, "exec \"$klab\" run case.yaml%s", kernel.data);
	add_options(&sb, p, rerun);
	if (file_write_atomic(path, sb.data, sb.length, err) < 0)
		return -1;
	if (chmod(path, 0755) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	return 0;
}

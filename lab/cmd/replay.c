/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab replay: a recorded or deterministic run once more, and is it the same? */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/packed.h"
#include "cmd/prepare.h"
#include "cmd/recorded.h"
#include "cmd/replay-gdb.h"
#include "cmd/runs.h"
#include "compare/exact.h"
#include "machine/disks.h"
#include "page/page.h"

/*
 * Another QEMU may emulate otherwise: then a difference is its doing. Told, for it may also not.
 * A run that ended klab does not say which it had.
 */
static void note_qemu(const struct cmd_env *env, const struct recorded *r,
		      const struct machine_result *now)
{
	const char *then = json_get_str(r->machine, "qemu_version", "");

	if (*then && !str_eq(then, now->version))
		progress_note(env->progress, "the run was made with QEMU %s, this is %s", then,
			      now->version);
}

/*
 * A command line that klab now makes otherwise gives another machine: the first word that is not
 * the same. Where files are does not matter. libvirt words it in its own way, for the same
 * machine. Yours; NULL: none.
 */
static char *changed_argument(const struct recorded *r, const char *replay_dir)
{
	static const char *const names_files[] = { "-kernel", "-initrd", "-icount", "-blockdev" };
	_cleanup_strv_ struct strv then = { 0 }, now = { 0 };
	const char *const dirs[] = { r->dir, replay_dir };
	struct strv *const argvs[] = { &then, &now };
	_cleanup_free_ char *domain = path_join(r->dir, "domain.xml");

	if (path_exists(domain))
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *path = path_join(dirs[i], "qemu.argv");
		_cleanup_free_ char *text = file_read(path, 1 << 20, NULL, NULL);

		if (!text)
			return NULL;
		strv_split(argvs[i], text, '\n');
	}
	for (size_t i = 1; i < then.count && i < now.count; i++) {
		bool is_file = false;

		for (size_t k = 0; k < ARRAY_SIZE(names_files); k++)
			is_file = is_file || str_eq(then.items[i - 1], names_files[k]);
		if (!is_file && !str_eq(then.items[i], now.items[i]))
			return xasprintf("%s, then %s", now.items[i], then.items[i]);
	}
	return then.count == now.count ? NULL : xstrdup("more or fewer arguments");
}

/*
 * A replay that klab stopped before it had printed all of the run shows nothing of what would have
 * come: neither that it is the same nor that it is not.
 */
static int check_stopped(const struct recorded *r, const struct machine_result *now,
			 const char *dir, struct err *err)
{
	if (!now->stopped || now->enough || machine_end_is_own(machine_end_name(now->end)))
		return 0;
	return err_set(
		err, ERR_HOST,
		"%s: klab ended the replay after %.1f s, for %.1f s of which the host had no "
		"processor for it: nobody knows whether it is the same; --timeout gives more",
		dir, (double)now->wall_ms / 1000, (double)now->starved_ms / 1000);
}

/*
 * Did it come to its recording's end? QEMU then ends by itself, and for the last reason that
 * was noted: after the power-off of a guest with disks, that klab had told it to quit.
 */
static bool is_at_end_of_recording(const struct recorded *r, const struct machine_result *now)
{
	return r->spec.mode == MACHINE_REPLAY && !now->stopped && now->end == MACHINE_END_KILLED &&
	       now->exit_code == 0;
}

/*
 * The same words and another end is another run. How one ends that was ended from
 * outside is not the guest's doing: of it there is what it wrote until then.
 */
static void compare_ends(const struct recorded *r, const struct machine_result *now, json_t *exact)
{
	const char *then = json_get_str(r->machine, "end", "");
	const char *end = machine_end_name(now->end);

	if (r->spec.enough) {
		json_set_str(exact, "until", r->machine ? then : "killed");
		return;
	}
	if (str_eq(then, end) || is_at_end_of_recording(r, now))
		return;
	json_set_bool(exact, "same", false);
	json_object_set_new(exact, "end", json_pack("{s:s,s:s}", "first", then, "second", end));
}

static void print_text(const json_t *exact, const struct machine_result *now, const char *dir)
{
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = page_exact_text(exact, &style);

	fputs(text, stdout);
	if (json_get_bool(exact, "same", false))
		printf("%" PRIu64 " bytes of console, %" PRIu64 " of frames, in %.1f s\n",
		       now->console_bytes, now->frames_bytes, (double)now->wall_ms / 1000);
	else
		printf("what it printed now: %s\n", dir);
}

/* Runs it in RUN/replay, which stays only when there is something to look at. */
static int replay(const struct cmd_env *env, const struct options *opt, struct recorded *r,
		  struct packed *packed, const struct machine_ops *machine, struct err *err)
{
	_cleanup_free_ char *dir = path_join(r->dir, "replay");
	_cleanup_json_ json_t *exact = NULL;
	_cleanup_free_ char *changed = NULL, *kept = NULL, *seen = NULL;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	struct machine_result now = { 0 };
	bool same;

	/* Disks as they were at the start: a recording holds when requests were done, not what is
	 * in them. */
	if (file_remove_tree(dir, err) < 0 || file_mkdir_p(dir, err) < 0 ||
	    machine_disks_of_case(r->test, dir, &disks, err) < 0 ||
	    machine_disks_make(&disks, err) < 0 ||
	    (r->probe_count && recorded_unpack_vmlinux(r, env->cache_dir, dir, NULL, err) < 0))
		return -1;
	r->spec.run_dir = dir;
	r->spec.disks = disks.items;
	r->spec.disk_count = disks.count;
	if (opt->timeout_ms)
		r->spec.timeout_ms = opt->timeout_ms;
	if (machine->run(&r->spec, &now, env->progress, err) < 0)
		return -1;
	progress_end(env->progress);
	note_qemu(env, r, &now);
	changed = changed_argument(r, dir);
	if (changed)
		progress_note(env->progress, "the machine is started otherwise now: %s", changed);
	exact = check_stopped(r, &now, dir, err) == 0 ? exact_compare(r->dir, dir, err) : NULL;
	if (!exact)
		return -1;
	compare_ends(r, &now, exact);
	same = json_get_bool(exact, "same", false);
	/* What differs is to be looked at, so a pack's run stays then. */
	if (!same && packed->folder && !(kept = packed_keep(packed, err)))
		return -1;
	seen = kept ? path_join(kept, "replay") : xstrdup(dir);
	if (!same && *now.detail)
		progress_note(env->progress, "QEMU's last words: %s", now.detail);
	if (!opt->json)
		print_text(exact, &now, seen);
	else
		output_json(exact);
	if (same && file_remove_tree(dir, err) < 0)
		return -1;
	return same ? 0 : 1;
}

/* A run, or what a pack has in it. Yours; NULL on error. */
static char *find_run(const struct options *opt, struct packed *packed, struct err *err)
{
	if (!packed_is_file(opt->args.items[0]))
		return runs_find(opt->out_dir, opt->args.items[0], RUNS_RUN, err);
	if (packed_open(packed, opt->args.items[0], opt->out_dir, err) < 0)
		return NULL;
	return xstrdup(packed->run_dir);
}

/* What stands after `--` is gdb's. Returns what is left. */
static int split_gdb_args(int argc, char **argv, struct strv *gdb_args, bool *any)
{
	for (int i = 1; i < argc; i++) {
		if (!str_eq(argv[i], "--"))
			continue;
		*any = true;
		for (int k = i + 1; k < argc; k++)
			strv_add(gdb_args, argv[k]);
		return i;
	}
	return argc;
}

static int replay_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_packed_ struct packed packed = { 0 };
	_cleanup_recorded_ struct recorded r = RECORDED_INIT;
	_cleanup_strv_ struct strv gdb_args = { 0 };
	_cleanup_free_ char *run_dir = NULL;
	const struct machine_ops *machine;
	bool for_gdb = false;

	argc = split_gdb_args(argc, argv, &gdb_args, &for_gdb);
	if (options_parse(&opt, env, &cmd_replay, argc, argv, 1, 1, err) < 0)
		return -1;
	if (!opt.gdb && (opt.at || for_gdb))
		return err_set(err, ERR_INPUT,
			       "%s: expected --gdb with it, without which a replay "
			       "does not stop",
			       opt.at ? "--at" : "--");
	if (opt.gdb && opt.json)
		return err_set(err, ERR_INPUT, "--json: not with --gdb, whose output is gdb's");
	run_dir = find_run(&opt, &packed, err);
	if (!run_dir || recorded_open(&r, run_dir, env->cache_dir, err) < 0 ||
	    prepare_machine(&opt, &machine, err) < 0)
		return -1;
	return opt.gdb ? replay_with_gdb(env, &opt, &gdb_args, &r, machine, err)
		       : replay(env, &opt, &r, &packed, machine, err);
}

const struct cmd cmd_replay = {
	.name = "replay",
	.args = "RUN [--gdb [--at PLACE] [-- GDB-ARGUMENT...]]",
	.summary = "Replays a recorded or deterministic run, and checks that it is the same",
	.main = replay_main,
	.needs = CMD_NEEDS_CACHE,
	.options = OPT_GDB | OPT_AT | OPT_TIMEOUT | OPT_OUT | OPT_JSON | OPT_QUIET,
	.details =
		"RUN may be a file of klab pack. The kernel is the one of the run, from the store\n"
		"or the pack. Exit 0: the console and the frames are the same to the byte, of a\n"
		"run that was ended from outside as far as it went; 1: they differ, and the first\n"
		"line that does is told.\n"
		"\n"
		"With --gdb it stops before the first line of a report is printed, the first\n"
		"that is a bug, else the first, and gdb gets the terminal: `bt` shows how the\n"
		"kernel came there, reverse-stepi and reverse-continue go back. PLACE is another:\n"
		"  3.25           the first message of that time or later, in seconds\n"
		"  2              the second report; a title, or a part of one, is one too\n"
		"  do_exit        the first call of a function\n"
		"`klab replay last --gdb -- -batch -ex bt` prints the call trace and ends. The\n"
		"exit code is 0 when gdb's is, else 1. The kernel must have debug information.\n",
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/replay-gdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "build/gdb-scripts.h"
#include "cmd/replay-at.h"
#include "compare/exact.h"
#include "console/console-file.h"
#include "machine/disks.h"
#include "machine/gdb.h"

enum { COMPARE_BYTES = 64 * 1024 };

struct session {
	const struct cmd_env *env;
	struct recorded *r;
	char *dir;	 /* RUN/replay, removed at the end */
	char *vmlinux;	 /* in it */
	char *scripts;	 /* the kernel's scripts for gdb, in it; NULL: it has none */
	char *snapshots; /* in it */
	char *recording; /* of a deterministic run, in it */
	struct replay_at where;
	struct machine_disks disks;
	struct strv gdb_argv;
};

static void session_clear(struct session *s)
{
	if (s->dir)
		file_remove_tree(s->dir, NULL);
	free(s->dir);
	free(s->vmlinux);
	free(s->scripts);
	free(s->snapshots);
	free(s->recording);
	replay_at_clear(&s->where);
	machine_disks_clear(&s->disks);
	strv_clear(&s->gdb_argv);
}

/* ---- symbols ---- */

static int unpack_vmlinux(struct session *s, struct err *err)
{
	const struct kernel *stored = NULL;

	s->vmlinux = path_join(s->dir, "vmlinux");
	if (recorded_unpack_vmlinux(s->r, s->env->cache_dir, s->dir, &stored, err) < 0)
		return -1;
	/* Scripts are programs: only those that were built here are run. */
	if (stored && gdb_scripts_unpack(stored, s->dir, err) < 0)
		return -1;
	return 0;
}

static int find_place(struct session *s, const char *at, struct err *err)
{
	struct symbolizer *symbols = symbolizer_open(s->vmlinux, err);
	int result;

	if (!symbols)
		return -1;
	if (!symbolizer_has_lines(symbols))
		result = err_set(err, ERR_INPUT,
				 "the kernel of %s has no debug information, without which gdb "
				 "knows no frames: run the case --with debug",
				 s->r->dir);
	else
		result = replay_at_find(&s->where, at, s->r, symbols, err);
	symbolizer_free(symbols);
	return result;
}

/* ---- what can go back ---- */

/*
 * Only what is replayed can go back. A deterministic run is first recorded: with the
 * same clock it gives the same bytes, and that is checked.
 */
static int record_first(struct session *s, const struct machine_ops *machine, struct err *err)
{
	struct machine_spec spec = s->r->spec;
	struct machine_result now = { 0 };
	_cleanup_json_ json_t *exact = NULL;

	s->recording = path_join(s->dir, "recording");
	spec.mode = MACHINE_RECORD;
	spec.record_counted = true;
	spec.run_dir = s->recording;
	spec.vmlinux_path = "../vmlinux"; /* for probes, without which it would not repeat */
	if (file_mkdir_p(s->recording, err) < 0 ||
	    machine->run(&spec, &now, s->env->progress, err) < 0)
		return -1;
	progress_end(s->env->progress);
	exact = exact_compare(s->r->dir, s->recording, err);
	if (!exact)
		return -1;
	if (!json_get_bool(exact, "same", false))
		return err_set(err, ERR_HOST,
			       "the run does not repeat: %s differs in line %d; `klab replay` says "
			       "more",
			       json_get_str(exact, "file", "its console"),
			       (int)json_get_int(exact, "line", 0));
	s->r->spec.mode = MACHINE_REPLAY;
	s->r->spec.record_counted = true;
	s->r->spec.recorded_dir = s->recording;
	return 0;
}

/* An image that nothing but QEMU's snapshots go to. */
static int make_snapshots(struct session *s, struct err *err)
{
	struct machine_disks one = { 0 };
	struct machine_disk *disk = vec_push(&one.items, &one.count, &one.capacity);
	int result;

	s->snapshots = path_join(s->dir, "snapshots.qcow2");
	disk->path = xstrdup(s->snapshots);
	disk->format = xstrdup("qcow2");
	disk->size_bytes = 1 << 20;
	result = machine_disks_make(&one, err);
	machine_disks_clear(&one);
	return result;
}

/*
 * Disks as they were at the start. An image that keeps no snapshots would forbid
 * them all, and a recording does not hold what is in them: so qcow2. Rules on
 * what happens inside an image are of the format that they were written for.
 */
static int make_disks(struct session *s, struct err *err)
{
	if (machine_disks_of_case(s->r->test, s->dir, &s->disks, err) < 0)
		return -1;
	for (size_t i = 0; i < s->disks.count; i++) {
		struct machine_disk *disk = &s->disks.items[i];
		bool on_events = false;

		for (size_t k = 0; k < disk->error_count; k++)
			on_events = on_events || disk->errors[k].event;
		if (on_events)
			continue;
		free(disk->format);
		disk->format = xstrdup("qcow2");
	}
	s->r->spec.disks = s->disks.items;
	s->r->spec.disk_count = s->disks.count;
	return machine_disks_make(&s->disks, err);
}

/* ---- gdb ---- */

static void make_argv(struct session *s, const char *gdb, const struct strv *args)
{
	struct strv *argv = &s->gdb_argv;
	_cleanup_free_ char *scripts = path_join(s->dir, GDB_SCRIPTS_LOADER);

	strv_add(argv, gdb);
	strv_add(argv, "-q");
	strv_add(argv, "-iex");
	strv_add(argv, "set debuginfod enabled off");
	strv_add(argv, "-iex");
	if (path_exists(scripts))
		strv_addf(argv, "add-auto-load-safe-path %s", s->dir);
	else
		strv_add(argv, "set auto-load no");
	strv_add(argv, s->vmlinux);
	strv_add(argv, "-ex");
	strv_add(argv, "target remote {gdb}");
	strv_add_strv(argv, args);
}

/* Bytes of a file from its start on, at most COMPARE_BYTES of them. */
static size_t read_start(FILE *f, char *block, uint64_t left)
{
	return fread(block, 1, left < COMPARE_BYTES ? left : COMPARE_BYTES, f);
}

/* Whether the guest printed so far what it printed in the run. Long ones are kept in part only. */
static bool is_the_run(const struct session *s, uint64_t bytes)
{
	const json_t *console = json_get_object(s->r->machine, "console");
	uint64_t kept = (uint64_t)json_get_int(console, "head_bytes", 0);
	bool missing;
	int kept_fd = console_open(s->r->dir, &missing, NULL);
	_cleanup_free_ char *now_path = path_join(s->dir, "console.log");
	_cleanup_fclose_ FILE *was = kept_fd >= 0 ? fdopen(kept_fd, "r") : NULL;
	_cleanup_fclose_ FILE *now = fopen(now_path, "re");
	char was_block[COMPARE_BYTES], now_block[COMPARE_BYTES];

	if (!was || !now)
		return false;
	for (uint64_t left = bytes < kept || !kept ? bytes : kept; left;) {
		size_t n = read_start(was, was_block, left);

		if (!n || read_start(now, now_block, left) != n ||
		    memcmp(was_block, now_block, n) != 0)
			return false;
		left -= n;
	}
	return true;
}

static int at_stop(struct machine_debug *d, struct err *err)
{
	const struct session *s = d->context;

	progress_end(s->env->progress);
	if (!is_the_run(s, d->stopped_bytes))
		return err_set(err, ERR_HOST,
			       "this is not the run: before the place it printed something else; "
			       "`klab replay` says what");
	progress_note(s->env->progress, "stopped at %s", s->where.what);
	if (d->console_bytes && d->stopped_bytes > d->console_bytes)
		progress_note(
			s->env->progress,
			"it began while another message was printed: this is the message after it");
	progress_note(s->env->progress, "%s%s",
		      d->no_reverse[0] ? "gdb cannot go back: "
				       : "gdb can go back: reverse-stepi, reverse-continue",
		      d->no_reverse);
	if (!path_exists(s->scripts))
		progress_note(s->env->progress,
			      "without the kernel's scripts for gdb (lx-dmesg...): they are not in "
			      "the store");
	return 0;
}

static int run_gdb(struct session *s, const struct machine_ops *machine, struct err *err)
{
	struct machine_debug debug = {
		.stop_address = s->where.address,
		.console_bytes = s->where.console_bytes,
		.snapshots_path = s->snapshots,
		.gdb_argv = (const char *const *)s->gdb_argv.items,
		.at_stop = at_stop,
		.context = s,
		.gdb_code = -1,
	};
	struct machine_result now = { 0 };

	if (s->r->spec.probed) {
		debug.snapshots_path = NULL;
		snprintf(debug.no_reverse, sizeof(debug.no_reverse),
			 "the run had probes, and no snapshot of QEMU holds what keeps its clock");
	}
	s->r->spec.run_dir = s->dir;
	s->r->spec.debug = &debug;
	if (machine->run(&s->r->spec, &now, s->env->progress, err) < 0)
		return -1;
	if (!debug.stopped && now.end == MACHINE_END_TIMEOUT)
		return err_set(err, ERR_HOST,
			       "in %.0f s the guest did not come to %s; --timeout gives more",
			       (double)now.wall_ms / 1000, s->where.what);
	if (!debug.stopped)
		return err_set(err, ERR_INPUT, "the guest ended and never came to %s",
			       s->where.what);
	return debug.gdb_code == 0 ? 0 : 1;
}

int replay_with_gdb(const struct cmd_env *env, const struct options *opt,
		    const struct strv *gdb_args, struct recorded *r,
		    const struct machine_ops *machine, struct err *err)
{
	_cleanup_(session_clear)
	struct session s = { .env = env, .r = r };
	_cleanup_free_ char *gdb = gdb_find(err);

	if (!gdb)
		return -1;
	s.dir = path_join(r->dir, "replay");
	s.scripts = path_join(s.dir, GDB_SCRIPTS_LOADER);
	if (opt->timeout_ms)
		r->spec.timeout_ms = opt->timeout_ms;
	if (file_remove_tree(s.dir, err) < 0 || file_mkdir_p(s.dir, err) < 0 ||
	    unpack_vmlinux(&s, err) < 0 || find_place(&s, opt->at, err) < 0)
		return -1;
	if (r->spec.mode == MACHINE_DETERMINISTIC && record_first(&s, machine, err) < 0)
		return -1;
	/* It goes on as far as the recording does. */
	r->spec.enough = NULL;
	/* A recording holds what they did to its clock. */
	r->spec.probes = NULL;
	r->spec.probe_count = 0;
	if (make_snapshots(&s, err) < 0 || make_disks(&s, err) < 0)
		return -1;
	make_argv(&s, gdb, gdb_args);
	return run_gdb(&s, machine, err);
}

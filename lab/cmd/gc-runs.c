/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/gc-runs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/output.h"
#include "cmd/runs.h"
#include "console/console-file.h"
#include "history/retention.h"

enum { RECORD_MAX = 256 << 20 };

struct gc_runs {
	const struct options *opt;
	struct history *history;
	char folder[PATH_MAX + 1]; /* with a slash at its end */
	json_t *named;		   /* {name: true} of what comparisons and bisects name */
	json_t *gone;		   /* [run id in the history] */
	json_t *removed, *packed;  /* [{run, verdict, night, bytes}] */
	int64_t kept, linked, elsewhere;
	struct err *err;
};

/* Whatever a record says of runs, it says it in a string: an id, or a path that ends with one. */
static void add_names(json_t *named, const json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		json_object_set_new(named, path_base(json_string_value(value)), json_true());
	json_array_foreach (value, i, item)
		add_names(named, item);
	json_object_foreach ((json_t *)value, key, item)
		add_names(named, item);
}

/* One that cannot be read may name any run: then none may go. */
static int read_record(struct gc_runs *gc, const char *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name);
	_cleanup_json_ json_t *record = NULL;

	if (!path_exists(path))
		return 0;
	record = json_read_file(path, RECORD_MAX, err);
	if (!record)
		return -1;
	add_names(gc->named, record);
	return 0;
}

static int read_records(struct gc_runs *gc, struct err *err)
{
	static const char *const names[] = { "compare.json", "bisect.json", "config.json" };
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(gc->opt->out_dir, RUNS_COMPARISON | RUNS_BISECT | RUNS_CONFIG_SEARCH, &dirs,
		      err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			if (read_record(gc, dirs.items[i], names[k], err) < 0)
				return -1;
	return 0;
}

static void add_entry(json_t *list, const struct retention_run *run, uint64_t bytes)
{
	json_t *entry = json_object();

	json_set_str(entry, "run", run->name);
	json_set_str(entry, "verdict", run->verdict);
	json_set_str(entry, "night", run->night);
	json_set_int(entry, "bytes", (int64_t)bytes);
	json_array_append_new(list, entry);
}

/* Is it still that run, and nobody's at this moment? Its lock, else -1. */
static int hold(const struct retention_run *run)
{
	_cleanup_free_ char *path = path_join(run->folder, "run.json");
	_cleanup_json_ json_t *json = json_read_file(path, 1 << 20, NULL);
	bool busy;

	if (!str_eq(json_get_str(json, "id", ""), run->name))
		return -1;
	return file_lock_dir(run->folder, &busy, NULL);
}

static int remove_run(struct gc_runs *gc, const struct retention_run *run)
{
	add_entry(gc->removed, run, file_tree_size(run->folder));
	if (gc->opt->dry_run)
		return 0;
	json_array_append_new(gc->gone, json_integer(run->id));
	return file_remove_tree(run->folder, gc->err);
}

static int pack_run(struct gc_runs *gc, const struct retention_run *run)
{
	uint64_t saved = 0;

	gc->kept++;
	if (str_eq(console_file_name(run->folder), CONSOLE_FILE_PACKED))
		return 0;
	if (!gc->opt->dry_run && console_pack(run->folder, &saved, gc->err) < 0)
		return -1;
	if (saved || gc->opt->dry_run)
		add_entry(gc->packed, run, saved);
	return 0;
}

static int look_at(void *ctx, const struct retention_run *run)
{
	struct gc_runs *gc = ctx;
	_cleanup_close_ int lock = -1;
	bool named = json_object_get(gc->named, run->name) != NULL;

	if (cancel_requested())
		return err_set(gc->err, ERR_CANCELLED, "stopped");
	if (!str_starts(run->folder, gc->folder)) {
		gc->elsewhere++;
		return 0;
	}
	lock = run->fate == RETENTION_KEEP ? -1 : hold(run);
	if (lock < 0) {
		gc->kept += path_exists(run->folder);
		return 0;
	}
	gc->linked += run->linked || (named && run->fate == RETENTION_REMOVE);
	if (run->fate == RETENTION_REMOVE && !named)
		return remove_run(gc, run);
	return pack_run(gc, run);
}

static int note_gone(struct gc_runs *gc, struct err *err)
{
	size_t i;
	json_t *run;

	if (history_begin(gc->history, err) < 0)
		return -1;
	json_array_foreach (gc->gone, i, run)
		if (history_forget_folder(gc->history, json_integer_value(run), err) < 0)
			return -1;
	return history_commit(gc->history, err);
}

static int64_t sum_bytes(const json_t *list)
{
	int64_t bytes = 0;
	size_t i;
	json_t *entry;

	json_array_foreach (list, i, entry)
		bytes += json_get_int(entry, "bytes", 0);
	return bytes;
}

static void print_result(const struct gc_runs *gc)
{
	const char *would = gc->opt->dry_run ? "would " : "";
	char size[16], won[16];
	size_t i;
	json_t *entry;

	json_array_foreach (gc->removed, i, entry)
		if (gc->opt->dry_run || gc->opt->verbose)
			printf("%sremove %s  %s, night of %s\n", would,
			       json_get_str(entry, "run", "?"), json_get_str(entry, "verdict", "?"),
			       json_get_str(entry, "night", "?"));
	output_format_size((uint64_t)sum_bytes(gc->removed), size);
	output_format_size((uint64_t)sum_bytes(gc->packed), won);
	printf("%s%zu runs, %s; ", gc->opt->dry_run ? "would remove " : "removed ",
	       json_array_size(gc->removed), size);
	if (gc->opt->dry_run)
		printf("would pack %zu consoles; ", json_array_size(gc->packed));
	else
		printf("packed %zu consoles, %s less; ", json_array_size(gc->packed), won);
	printf("%lld runs stay", (long long)gc->kept);
	if (gc->linked)
		printf(", %lld of them because something links to them", (long long)gc->linked);
	putchar('\n');
}

static int gc_all(struct gc_runs *gc, struct err *err)
{
	int ret;

	if (read_records(gc, err) < 0)
		return -1;
	ret = history_retain(gc->history, &gc->opt->retention, look_at, gc, err);
	/* What went is told also when the rest was not to be. */
	if (json_array_size(gc->gone) && note_gone(gc, ret < 0 ? NULL : err) < 0)
		return -1;
	return ret;
}

static json_t *result_json(const struct gc_runs *gc)
{
	json_t *out = json_object();

	json_object_set(out, "removed", gc->removed);
	json_object_set(out, "packed", gc->packed);
	json_set_int(out, "kept", gc->kept);
	json_set_int(out, "linked", gc->linked);
	return out;
}

int gc_runs(const struct options *opt, struct err *err)
{
	_cleanup_history_ struct history *history = NULL;
	_cleanup_json_ json_t *named = json_object(), *gone = json_array();
	_cleanup_json_ json_t *removed = json_array(), *packed = json_array();
	struct gc_runs gc = { .opt = opt,
			      .named = named,
			      .gone = gone,
			      .removed = removed,
			      .packed = packed,
			      .err = err };

	if (!realpath(opt->out_dir, gc.folder))
		return err_set_errno(err, ERR_INPUT, errno, "%s", opt->out_dir);
	strncat(gc.folder, "/", sizeof(gc.folder) - strlen(gc.folder) - 1);
	gc.history = history = history_open(opt->history, err);
	if (!history || gc_all(&gc, err) < 0)
		return -1;
	if (opt->json) {
		_cleanup_json_ json_t *result = result_json(&gc);

		return output_json(result);
	}
	print_result(&gc);
	return 0;
}

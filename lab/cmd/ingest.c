/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab ingest: run directories, wherever they were made, into the history. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/runs.h"
#include "history/history.h"

enum {
	BATCH = 200,   /* runs in a transaction: others want to write, too */
	MAX_DEPTH = 8, /* folders below the one that was named */
};

struct ingest {
	struct history *history;
	struct progress *progress;
	size_t counts[HISTORY_GOING_ON + 1];
	json_t *refused; /* [{dir, why}] */
};

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Every run below, but none by a link: that might lead anywhere. */
static int find_runs(const char *folder, int depth, struct strv *dirs, struct err *err)
{
	_cleanup_free_ char *run_json = path_join(folder, "run.json");
	_cleanup_strv_ struct strv names = { 0 };

	if (path_exists(run_json)) {
		strv_add(dirs, folder);
		return 0;
	}
	if (file_list_dir(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);

		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "stopped");
		if (depth < MAX_DEPTH && is_folder(path) &&
		    find_runs(path, depth + 1, dirs, err) < 0)
			return -1;
	}
	return 0;
}

/* What is wrong with one is no reason to leave the others out. */
static int take_run(struct ingest *in, const char *dir, struct err *err)
{
	enum history_ingested what;
	struct err why = ERR_INIT;
	json_t *refused;

	if (history_ingest(in->history, dir, &what, &why) == 0) {
		in->counts[what]++;
		return 0;
	}
	if (why.kind != ERR_INPUT) {
		*err = why;
		return -1;
	}
	refused = json_object();
	json_set_str(refused, "dir", dir);
	json_set_str(refused, "why", why.msg);
	json_array_append_new(in->refused, refused);
	return 0;
}

/* Those from `first` on in one transaction; *next is where to go on. */
static int take_batch(struct ingest *in, const struct strv *dirs, size_t first, size_t *next,
		      struct err *err)
{
	if (history_begin(in->history, err) < 0)
		return -1;
	for (*next = first; *next < dirs->count && *next < first + BATCH; (*next)++) {
		if (cancel_requested())
			break;
		if (take_run(in, dirs->items[*next], err) < 0)
			return -1;
		progress_update(in->progress, "ingest", *next + 1, dirs->count, -1);
	}
	return history_commit(in->history, err);
}

static int take_runs(struct ingest *in, const struct strv *dirs, struct err *err)
{
	size_t next = 0;

	while (next < dirs->count) {
		if (take_batch(in, dirs, next, &next, err) < 0)
			return -1;
		/* What was taken in stays: the same command goes on from there. */
		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "stopped after %zu runs", next);
	}
	progress_end(in->progress);
	return 0;
}

static json_t *result_json(const struct ingest *in)
{
	json_t *out = json_object();

	json_set_int(out, "added", (int64_t)in->counts[HISTORY_ADDED]);
	json_set_int(out, "known", (int64_t)in->counts[HISTORY_KNOWN]);
	json_set_int(out, "rejudged", (int64_t)in->counts[HISTORY_REJUDGED]);
	json_set_int(out, "going_on", (int64_t)in->counts[HISTORY_GOING_ON]);
	json_object_set(out, "refused", in->refused);
	return out;
}

static void print_result(const struct ingest *in)
{
	size_t i;
	json_t *refused;

	json_array_foreach (in->refused, i, refused)
		fprintf(stderr, "klab ingest: left out: %s\n", json_get_str(refused, "why", ""));
	printf("%zu new, %zu known already", in->counts[HISTORY_ADDED], in->counts[HISTORY_KNOWN]);
	if (in->counts[HISTORY_REJUDGED])
		printf(", %zu judged anew", in->counts[HISTORY_REJUDGED]);
	if (in->counts[HISTORY_GOING_ON])
		printf(", %zu still going on", in->counts[HISTORY_GOING_ON]);
	if (json_array_size(in->refused))
		printf(", %zu left out", json_array_size(in->refused));
	putchar('\n');
}

static int find_all(const struct options *opt, struct strv *dirs, struct err *err)
{
	for (size_t i = 0; i < opt->args.count; i++) {
		char *dir = runs_find(opt->out_dir, opt->args.items[i], RUNS_RUN, err);

		if (!dir)
			return -1;
		strv_add_take(dirs, dir);
	}
	for (size_t i = 0; i < opt->folders.count; i++) {
		const char *folder = opt->folders.items[i];
		struct stat st;

		if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
			return err_set(err, ERR_INPUT, "%s: no such folder", folder);
		if (find_runs(folder, 0, dirs, err) < 0)
			return -1;
	}
	if (!dirs->count)
		return err_set(err, ERR_INPUT,
			       opt->folders.count ? "no run directory in there"
						  : "expected: klab ingest RUN... or -r FOLDER");
	return 0;
}

static int ingest_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_strv_ struct strv dirs = { 0 };
	_cleanup_history_ struct history *history = NULL;
	_cleanup_json_ json_t *refused = json_array();
	struct ingest in = { .progress = env->progress, .refused = refused };
	int code;

	if (options_parse(&opt, env, &cmd_ingest, argc, argv, 0, -1, err) < 0 ||
	    find_all(&opt, &dirs, err) < 0)
		return -1;
	in.history = history = history_open(opt.history, err);
	if (!history || take_runs(&in, &dirs, err) < 0)
		return -1;
	code = json_array_size(refused) ? 2 : 0;
	if (opt.json) {
		_cleanup_json_ json_t *result = result_json(&in);

		output_json(result);
	} else {
		print_result(&in);
	}
	return code;
}

const struct cmd cmd_ingest = {
	.name = "ingest",
	.args = "RUN... | -r FOLDER",
	.summary = "Takes runs into the history, wherever they were made",
	.main = ingest_main,
	.options = OPT_OUT | OPT_HISTORY | OPT_FOLDER | OPT_JSON | OPT_QUIET,
	.details = "A run that is in the history already stays as it is; one that was judged anew "
		   "since\n"
		   "counts as what it is now. Exit code: 0; 2: some were no runs, and were left "
		   "out.\n",
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-runs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/runs.h"

enum { RUN_JSON_MAX_BYTES = 64 << 20 };

/* ---- one run ---- */

int night_list_runs(const char *dir, struct strv *dirs, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			strv_add_take(dirs, take_ptr(&path));
	}
	return 0;
}

/* *run stays NULL where there is none, or not all of it. -1: it cannot be read. */
static int read_run(const char *run_dir, json_t **run, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	struct err why = ERR_INIT;
	struct stat st;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return 0;
	*run = json_read_file(path, RUN_JSON_MAX_BYTES, &why);
	if (*run || why.kind == ERR_INPUT)
		return 0;
	*err = why;
	return -1;
}

int night_look_at_run(const char *run_dir, const char *night_id, char **job, struct err *err)
{
	_cleanup_free_ char *plan = path_join(run_dir, "plan.json");
	_cleanup_json_ json_t *run = NULL;
	const json_t *night;
	const char *id;

	if (read_run(run_dir, &run, err) < 0)
		return -1;
	if (!run)
		return path_exists(plan) ? NIGHT_RUN_HALF : NIGHT_RUN_OTHER;
	night = json_get_object(run, "nightly");
	id = json_get_str(night, "id", NULL);
	/* The first that a run writes does not name its night yet. */
	if (!str_eq(json_get_str(run, "id", ""), path_base(run_dir)) ||
	    (id && !str_eq(id, night_id)))
		return NIGHT_RUN_OTHER;
	if (json_get_str(night, "job", NULL))
		*job = xstrdup(json_get_str(night, "job", NULL));
	if (!str_eq(json_get_str(run, "state", ""), "done"))
		return NIGHT_RUN_HALF;
	return *job ? NIGHT_RUN_WHOLE : NIGHT_RUN_OTHER;
}

static json_t *read_json(const char *run_dir, const char *name)
{
	_cleanup_free_ char *path = path_join(run_dir, name);

	return json_read_file(path, RUN_JSON_MAX_BYTES, NULL);
}

json_t *night_run_result(const char *run_dir)
{
	_cleanup_json_ json_t *verdict = read_json(run_dir, "verdict.json");
	_cleanup_json_ json_t *machine = read_json(run_dir, "machine.json");
	const json_t *reason = json_array_get(json_get_array(verdict, "reasons"), 0);
	json_t *result = json_object();

	json_set_str(result, "dir", path_base(run_dir));
	/* What cannot be read is no pass. */
	json_set_str(result, "verdict", json_get_str(verdict, "verdict", "incomplete"));
	json_set_str(result, "what", json_get_str(reason, "what", NULL));
	json_set_int(result, "wall_ms", json_get_int(machine, "wall_ms", 0));
	return result;
}

/* Killed in between, it has no run.json, and is removed as half a run. */
int night_set_aside(const char *night_dir, const char *run_dir, struct err *err)
{
	_cleanup_free_ char *folder = path_join(night_dir, "aside");
	_cleanup_free_ char *to = path_join(folder, path_base(run_dir));
	_cleanup_free_ char *name = path_join(run_dir, "run.json");
	_cleanup_free_ char *other_name = path_join(run_dir, "run-aside.json");

	if (file_mkdir_p(folder, err) < 0)
		return -1;
	if (rename(name, other_name) < 0 || rename(run_dir, to) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", run_dir);
	return 0;
}

/* ---- all of them ---- */

static int set_aside(struct night *n, const char *run_dir, const char *job, struct err *err)
{
	json_t *second;

	if (night_set_aside(n->dir, run_dir, err) < 0)
		return -1;
	progress_note(n->env->progress, "%s: a second run of `%s`: set aside, in %s/aside",
		      path_base(run_dir), job, n->dir);
	second = json_object();
	json_set_str(second, "job", job);
	json_set_str(second, "dir", path_base(run_dir));
	if (!n->aside)
		n->aside = json_array();
	json_array_append_new(n->aside, second);
	return 0;
}

/* A run that is no job's result. */
static int tidy_run(struct night *n, const char *run_dir, bool adopt, struct err *err)
{
	_cleanup_free_ char *id = NULL;
	int64_t job;

	switch (night_look_at_run(run_dir, path_base(n->dir), &id, err)) {
	case NIGHT_RUN_OTHER:
		return 0;
	case NIGHT_RUN_HALF:
		return runs_is_going_on(run_dir) ? 0 : file_remove_tree(run_dir, err);
	case NIGHT_RUN_WHOLE:
		job = json_get_int(n->index, id, -1);
		if (job < 0)
			return 0;
		if (n->results[job] || !adopt)
			return set_aside(n, run_dir, id, err);
		return night_add_result(n, (size_t)job, night_run_result(run_dir), err);
	default:
		return -1;
	}
}

/* Folders of runs that are results: {name: true}. New reference. */
static json_t *known_runs(const struct night *n)
{
	json_t *known = json_object();

	for (size_t i = 0; i < n->jobs.count; i++) {
		const char *dir = json_get_str(n->results[i], "dir", NULL);

		if (dir)
			json_set_bool(known, path_base(dir), true);
	}
	return known;
}

int night_tidy_runs(struct night *n, bool adopt, struct err *err)
{
	_cleanup_json_ json_t *known = known_runs(n);
	_cleanup_strv_ struct strv dirs = { 0 };

	if (night_list_runs(n->dir, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++)
		if (!json_object_get(known, path_base(dirs.items[i])) &&
		    tidy_run(n, dirs.items[i], adopt, err) < 0)
			return -1;
	return 0;
}

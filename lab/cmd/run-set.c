/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/run-set.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/runs.h"

#define COMPARE_JSON_MAX (256u << 20)

void run_set_clear(struct run_set *set)
{
	if (!set)
		return;
	free(set->name);
	strv_clear(&set->dirs);
	free(set->comparison);
	json_decref(set->statistics);
	*set = (struct run_set){ 0 };
}

/* A run that is named twice is one observation. */
static void add_run(struct run_set *set, const char *dir)
{
	_cleanup_free_ char *real = realpath(dir, NULL);

	for (size_t i = 0; i < set->dirs.count; i++) {
		_cleanup_free_ char *other = realpath(set->dirs.items[i], NULL);

		if (str_eq(dir, set->dirs.items[i]) || str_eq(real, other))
			return;
	}
	strv_add(&set->dirs, dir);
}

/* ---- a side of a comparison ----------------------------------------------------------- */

static const json_t *find_side(const json_t *comparison, const char *name, const char *where,
			       struct err *err)
{
	_cleanup_strbuf_ struct strbuf names = { 0 };
	json_t *side;
	size_t i;

	json_array_foreach (json_object_get(comparison, "sides"), i, side) {
		const char *its = json_get_str(side, "name", "");

		if (str_eq(its, name))
			return side;
		strbuf_addf(&names, "%s'%s'", i ? ", " : "", its);
	}
	err_set(err, ERR_INPUT, "%s: no side '%s'; expected %s", where, name,
		names.length ? names.data : "a comparison with sides");
	return NULL;
}

/* Runs are where they were, or, when the folder was moved, beside the comparison. */
static void add_run_of_side(struct run_set *set, const char *comparison_dir, const json_t *run)
{
	const char *dir = json_get_str(run, "dir", "");
	_cleanup_free_ char *beside =
		xasprintf("%s/../%s", comparison_dir, json_get_str(run, "id", ""));

	add_run(set, path_exists(dir) ? dir : beside);
}

static int add_side(struct run_set *set, const char *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "compare.json");
	_cleanup_json_ json_t *comparison = json_read_file(path, COMPARE_JSON_MAX, err);
	const json_t *side = comparison ? find_side(comparison, name, dir, err) : NULL;
	json_t *run;
	size_t i;

	if (!side)
		return -1;
	json_array_foreach (json_object_get(side, "runs"), i, run)
		add_run_of_side(set, dir, run);
	set->name = xstrdup(name);
	set->comparison = realpath(dir, NULL);
	set->statistics = json_incref(json_get_object(comparison, "statistics"));
	return 0;
}

/* "COMPARISON:SIDE"; 0: it is none. */
static int try_side(struct run_set *set, const char *base, const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');
	_cleanup_free_ char *name = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	_cleanup_free_ char *dir = colon ? runs_find(base, name, RUNS_COMPARISON, NULL) : NULL;

	if (!dir)
		return 0;
	return add_side(set, dir, colon + 1, err) < 0 ? -1 : 1;
}

/* ---- runs by name --------------------------------------------------------------------- */

static int add_pattern(struct run_set *set, const char *pattern, struct err *err)
{
	glob_t found = { 0 };
	size_t before = set->dirs.count;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			_cleanup_free_ char *file = path_join(found.gl_pathv[i], "run.json");

			if (path_exists(file))
				add_run(set, found.gl_pathv[i]);
		}
	globfree(&found);
	if (set->dirs.count == before)
		return err_set(err, ERR_INPUT, "%s: no run directory matches it", pattern);
	return 0;
}

/* All runs in a folder; 0: there is none. */
static size_t add_folder(struct run_set *set, const char *dir)
{
	_cleanup_strv_ struct strv inside = { 0 };

	if (!path_exists(dir) || runs_list(dir, RUNS_RUN, &inside, NULL) < 0)
		return 0;
	for (size_t i = 0; i < inside.count; i++)
		add_run(set, inside.items[i]);
	return inside.count;
}

static int add_named(struct run_set *set, const char *base, const char *text, struct err *err)
{
	_cleanup_free_ char *run = NULL;
	_cleanup_free_ char *comparison = NULL;

	if (strpbrk(text, "*?["))
		return add_pattern(set, text, err);
	if (add_folder(set, text))
		return 0;
	comparison = runs_find(base, text, RUNS_COMPARISON, NULL);
	run = runs_find_ended(base, text, comparison ? NULL : err);
	if (run)
		add_run(set, run);
	else if (comparison)
		err_set(err, ERR_INPUT, "%s: is a comparison; expected one side of it, as %s:SIDE",
			text, text);
	return run ? 0 : -1;
}

int run_set_find(struct run_set *set, const char *base, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv parts = { 0 };
	int is_side = try_side(set, base, text, err);

	if (is_side)
		return is_side < 0 ? -1 : 0;
	strv_split(&parts, text, ',');
	for (size_t i = 0; i < parts.count; i++)
		if (add_named(set, base, parts.items[i], err) < 0)
			return -1;
	/* A folder and a pattern have a name; of a list, which is long, the first run stands for
	 * it. */
	if (parts.count == 1 && set->dirs.count > 1)
		set->name = xstrdup(path_base(text));
	else if (set->dirs.count > 1)
		set->name =
			xasprintf("%s +%zu", path_base(set->dirs.items[0]), set->dirs.count - 1);
	else
		set->name = xstrdup(path_base(set->dirs.items[0]));
	return 0;
}

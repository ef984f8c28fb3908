/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/bisect-session.h"

#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/runs.h"
#include "cmd/search-request.h"

static const char record_name[] = "bisect.json";

void session_clear(struct session *s)
{
	bisect_ahead_clear(&s->ahead);
	bisect_clear(&s->bisect);
	bisect_ranges_clear(&s->ranges);
	git_history_clear(&s->history);
	strv_clear(&s->fragments);
	case_free(s->test);
	json_decref(s->request);
	free(s->dir);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	options_clear(&s->opt);
}

/* ---- the record ---- */

/* By content: a fragment that was edited makes other kernels. */
static json_t *fragments_request(const struct session *s, struct err *err)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < s->fragments.count; i++) {
		const char *name = s->fragments.items[i];
		_cleanup_free_ char *path = case_fragment_path(name, s->env->data_dir);

		if (search_request_add_file(list, name, path, err) < 0)
			return NULL;
	}
	return take_ptr(&list);
}

static int make_request(struct session *s, struct err *err)
{
	const struct strv *commits = &s->history.commits;
	_cleanup_json_ json_t *ranges = bisect_ranges_json(&s->ranges, &s->history, &s->opt, err);
	_cleanup_json_ json_t *fragments = fragments_request(s, err);

	s->request = ranges && fragments ? search_request(s->test, &s->opt, s->machine, err) : NULL;
	if (!s->request)
		return -1;
	json_set_str(s->request, "repository", s->history.repo);
	json_set_str(s->request, "good", commits->items[0]);
	json_set_str(s->request, "bad", commits->items[commits->count - 1]);
	json_set_int(s->request, "commits", (int64_t)commits->count - 1);
	json_object_set(s->request, "fragments", fragments);
	json_object_update(s->request, ranges);
	return 0;
}

int session_save(const struct session *s, const json_t *result, struct err *err)
{
	_cleanup_json_ json_t *record = json_object();
	_cleanup_free_ char *path = path_join(s->dir, record_name);

	json_set_str(record, "state", result ? "done" : "going on");
	json_object_set(record, "request", s->request);
	json_object_update(record, s->bisect.record);
	if (result)
		json_object_set(record, "result", (json_t *)result);
	return json_write_file(path, record, err);
}

/* ---- runs ---- */

json_t *session_run_keys(const struct session *s, size_t vertex, const char *reverted)
{
	json_t *keys = json_object(), *place = json_object();

	json_set_str(place, "id", path_base(s->dir));
	json_set_str(place, "commit", s->history.commits.items[vertex]);
	json_set_str(place, "reverted", reverted);
	json_object_set_new(keys, "bisect", place);
	return keys;
}

/* What a run says; new references. */
struct said {
	json_t *verdict, *reports;
};

static void said_clear(struct said *said)
{
	json_decref(said->verdict);
	json_decref(said->reports);
}

int session_add_run(struct session *s, size_t vertex, const char *run_dir, double run_s,
		    struct err *err)
{
	_cleanup_(said_clear)
	struct said said = { 0 };

	if (runs_read_outcome(run_dir, &said.verdict, &said.reports, err) < 0)
		return -1;
	bisect_add_run(&s->bisect, vertex, path_base(run_dir), said.verdict, said.reports, run_s);
	return session_save(s, NULL, err);
}

int session_add_reverted(struct session *s, const char *culprit, const char *run_dir,
			 struct err *err)
{
	_cleanup_(said_clear)
	struct said said = { 0 };

	if (runs_read_outcome(run_dir, &said.verdict, &said.reports, err) < 0)
		return -1;
	bisect_add_reverted(&s->bisect, culprit, path_base(run_dir), said.verdict, said.reports);
	return session_save(s, NULL, err);
}

/* A finished run of this bisect that is not in its record, of which it was killed. */
static int adopt_run(struct session *s, const char *run_dir, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	_cleanup_json_ json_t *run = json_read_file(path, BISECT_RECORD_MAX_BYTES, NULL);
	const json_t *place = json_get_object(run, "bisect");
	const char *commit = json_get_str(place, "commit", "");
	const char *reverted = json_get_str(place, "reverted", NULL);
	const struct bisect *b = &s->bisect;
	_cleanup_(said_clear)
	struct said said = { 0 };

	/* What cannot be read was no run. */
	if (!str_eq(json_get_str(place, "id", NULL), path_base(s->dir)) ||
	    !str_eq(json_get_str(run, "state", ""), "done") ||
	    bisect_has_run(b, path_base(run_dir)) ||
	    runs_read_outcome(run_dir, &said.verdict, &said.reports, NULL) < 0)
		return 0;
	if (reverted)
		return session_add_reverted(s, reverted, run_dir, err);
	/* How long it took nobody noted: as long as the others. */
	for (size_t v = 0; v < s->history.commits.count; v++)
		if (str_eq(s->history.commits.items[v], commit))
			return session_add_run(s, v, run_dir, b->runs ? b->run_s / b->runs : 0,
					       err);
	return 0;
}

static int adopt_runs(struct session *s, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(s->opt.out_dir, RUNS_RUN, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++)
		if (adopt_run(s, dirs.items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- beginning ---- */

int session_begin(struct session *s, struct err *err)
{
	struct target asked = { 0 };
	_cleanup_json_ json_t *record = NULL;
	bool busy;
	int result;

	if (make_request(s, err) < 0)
		return -1;
	record = runs_take_unfinished(s->opt.out_dir, RUNS_BISECT, record_name, s->request, &s->dir,
				      &s->lock_fd, err);
	if (s->opt.only)
		target_ask(&asked, s->opt.only);
	result = bisect_init(&s->bisect, &s->history.graph, &s->history.commits, s->opt.confidence,
			     s->opt.only ? &asked : NULL, record, err);
	target_clear(&asked);
	if (result < 0)
		return err_add(err, "%s", s->dir);
	if (s->opt.has_repeat)
		s->bisect.first_runs = (unsigned)s->opt.repeat;
	if (record) {
		progress_note(s->env->progress, "goes on with %s: %u builds and %u runs are done",
			      s->dir, s->bisect.builds, s->bisect.runs);
		return adopt_runs(s, err);
	}
	s->dir = runs_make_folder(s->opt.out_dir, s->test->name, "bisect", err);
	if (!s->dir)
		return -1;
	s->lock_fd = file_lock_dir(s->dir, &busy, err);
	return s->lock_fd < 0 ? -1 : session_save(s, NULL, err);
}

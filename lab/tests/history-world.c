/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history-world.h"

#include "base/file.h"
#include "base/json.h"
#include "history/ingest.h"

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static void write_json(const char *dir, const char *name, json_t *value)
{
	_cleanup_free_ char *path = path_join(dir, name);
	struct err err = ERR_INIT;

	assert_non_null(value);
	if (json_write_file(path, value, &err) < 0)
		fail_msg("%s", err.msg);
	json_decref(value);
}

static json_t *run_json(const struct world_run *run)
{
	const char *started = text_or(run->started, "2025-11-28T01:00:00Z");
	json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "id", run->id, "case",
				text_or(run->case_name, "swap"), "state",
				run->killed ? "incomplete" : "done", "mode", "free", "seed", 1,
				"host", "lab", "started", started);
	json_t *nightly = json_pack("{s:s}", "line", text_or(run->line, "lts"));

	json_object_set_new(out, "nightly", nightly);
	if (!run->killed)
		json_set_str(out, "ended", started);
	if (run->bisect)
		json_object_set_new(out, "bisect", json_pack("{s:s}", "id", run->bisect));
	return out;
}

static json_t *reports_json(const struct world_run *run)
{
	if (!run->title)
		return json_array();
	return json_pack("[{s:s, s:[s], s:s, s:b, s:i, s:i, s:[{s:s, s:[{s:s}, {s:s}]}]}]", "title",
			 run->title, "alt_titles", "another name", "kind", "warning", "info", 0,
			 "count", run->times ? run->times : 1, "start_line", 7, "traces", "context",
			 "task", "frames", "symbol", text_or(run->symbol, "swap_writepage"),
			 "symbol", "shrink_folio_list");
}

static void write_frames(const char *dir, const struct world_run *run)
{
	_cleanup_free_ char *path = path_join(dir, "frames.jsonl");
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_adds(&text, "{\"k\":\"fault\",\"i\":1,\"fault\":\"failslab\",\"device\":\"\","
			   "\"asked\":9,\"fired\":3}\n");
	if (run->value != 0)
		strbuf_addf(&text,
			    "{\"k\":\"snapshot\",\"i\":2,\"label\":\"\",\"file\":\"/proc/swaps\","
			    "\"data\":\"free %.17g\\n\"}\n",
			    run->value);
	assert_int_equal(file_write_atomic(path, text.data, text.length, NULL), 0);
}

char *world_run_make(void **state, const struct world_run *run)
{
	char *dir = scratch_path(state, run->id);
	const char *verdict = text_or(run->verdict, "pass"), *commit = text_or(run->commit, "aaaa");

	assert_int_equal(file_mkdir_p(dir, NULL), 0);
	write_json(dir, "run.json", run_json(run));
	write_json(dir, "plan.json",
		   json_pack("{s:[s], s:[], s:s}", "kconfig", text_or(run->config, "base"),
			     "append", "nonce", run->id));
	write_json(dir, "kernel.json",
		   json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:s}, s:i}", "key", commit,
			     "source", "kind", "git", "path", "linux", "rev", commit, "commit",
			     commit, "release", "6.1.9", "toolchain", "version", "gcc 12",
			     "build_ms", 60000));
	write_json(dir, "machine.json",
		   json_pack("{s:i, s:i, s:i}", "wall_ms", run->wall_ms ? run->wall_ms : 1000,
			     "cpu_ms", 500, "starved_ms", 0));
	write_json(dir, "verdict.json",
		   json_pack("{s:s, s:[{s:s, s:s}]}", "verdict", verdict, "reasons", "verdict",
			     verdict, "what", "because"));
	write_json(dir, "reports.json", reports_json(run));
	write_frames(dir, run);
	return dir;
}

enum history_ingested world_ingest(void **state, struct history *h, const struct world_run *run)
{
	_cleanup_free_ char *dir = world_run_make(state, run);
	enum history_ingested what = HISTORY_ADDED;
	struct err err = ERR_INIT;

	if (history_ingest(h, dir, &what, &err) < 0)
		fail_msg("%s", err.msg);
	return what;
}

struct history *world_history(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "history.db");
	struct err err = ERR_INIT;
	struct history *h = history_open(path, &err);

	if (!h)
		fail_msg("%s", err.msg);
	return h;
}

int64_t world_ask(struct history *h, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t out;

	if (database_get(&h->db, sql, NULL, -1, &out, &err) < 0)
		fail_msg("%s", err.msg);
	return out;
}

void world_check_sums(struct history *h)
{
	/* Each finds rows that one way of counting has and the other has not. */
	static const char *const sums[][2] = {
		{ "SELECT series, night, verdict, count(*) FROM run GROUP BY 1, 2, 3",
		  "SELECT series, night, verdict, runs FROM series_night" },
		{ "SELECT title, series, night, count(DISTINCT run), sum(times) FROM report JOIN "
		  "run "
		  "ON run.id = run GROUP BY 1, 2, 3",
		  "SELECT title, series, night, runs, times FROM title_night" },
		{ "SELECT title, series, count(DISTINCT run), sum(times) FROM report JOIN run ON "
		  "run.id = run GROUP BY 1, 2",
		  "SELECT title, series, runs, times FROM title_series" },
		{ "SELECT title, count(DISTINCT run), sum(times), min(started), max(started), "
		  "min(night), max(night) FROM report JOIN run ON run.id = run GROUP BY 1",
		  "SELECT id, runs, times, first_started, last_started, first_night, last_night "
		  "FROM title" },
		{ "SELECT series, quantity, count(*) FROM number GROUP BY 1, 2",
		  "SELECT series, quantity, runs FROM series_quantity" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		for (int k = 0; k < 2; k++) {
			_cleanup_free_ char *sql = xasprintf("SELECT count(*) FROM (%s EXCEPT %s)",
							     sums[i][k], sums[i][1 - k]);

			if (world_ask(h, sql) != 0)
				fail_msg("sums that do not agree: %s", sql);
		}
	assert_int_equal(world_ask(h, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For pages: reports by title, and single runs. */
#include "base/json.h"
#include "history/watch.h"

enum { MAX_TITLE_NIGHTS = 3660 }; /* the newest ones */

/* title, kind, info, runs, times, first_night, last_night, and the names of the first and last run.
 */
#define TITLE_COLUMNS                                                                              \
	"title.title, kind, info, runs, times, first_night, last_night, "                          \
	"(SELECT name FROM run WHERE run.id = first_run), "                                        \
	"(SELECT name FROM run WHERE run.id = last_run)"

static json_t *title_json(sqlite3_stmt *row)
{
	json_t *out = json_object();

	json_set_str(out, "title", database_text(row, 0));
	json_set_str(out, "kind", database_text(row, 1));
	json_set_bool(out, "info", sqlite3_column_int(row, 2));
	json_set_int(out, "runs", sqlite3_column_int64(row, 3));
	json_set_int(out, "times", sqlite3_column_int64(row, 4));
	history_set_night(out, "first_night", sqlite3_column_int64(row, 5));
	history_set_night(out, "last_night", sqlite3_column_int64(row, 6));
	json_set_str(out, "first_run", database_text(row, 7));
	json_set_str(out, "last_run", database_text(row, 8));
	return out;
}

/* Texts of a statement's first column. */
static int add_texts(struct history *h, json_t *out, const char *key, const char *sql,
		     const struct value *values, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(&h->db, sql, values, err);
	json_t *list = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0)
		json_array_append_new(list, json_string(database_text(row, 0)));
	json_object_set_new(out, key, list);
	return there;
}

static int add_cases(struct history *h, json_t *out, int64_t title, struct err *err)
{
	return add_texts(h, out, "cases",
			 "SELECT DISTINCT case_name FROM series WHERE id IN "
			 "(SELECT series FROM title_series WHERE title = ?) ORDER BY 1",
			 VALUES(INTEGER(title)), err);
}

json_t *history_reports(struct history *h, int64_t since, bool only_new, size_t most,
			struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT " TITLE_COLUMNS ", id FROM title WHERE last_night >= ?1 AND "
		"(NOT ?2 OR first_night >= ?1) ORDER BY info, first_started DESC, id LIMIT ?3",
		VALUES(INTEGER(since), INTEGER(only_new), INTEGER(most)), err);
	_cleanup_json_ json_t *out = json_object();
	json_t *list = json_array();
	int there = row ? 0 : -1;
	int64_t count;

	json_object_set_new(out, "reports", list);
	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *one = title_json(row);

		json_array_append_new(list, one);
		if (add_cases(h, one, sqlite3_column_int64(row, 9), err) < 0)
			return NULL;
	}
	if (there < 0 ||
	    database_get(&h->db,
			 "SELECT count(*) FROM title WHERE last_night >= ?1 AND "
			 "(NOT ?2 OR first_night >= ?1)",
			 VALUES(INTEGER(since), INTEGER(only_new)), 0, &count, err) < 0)
		return NULL;
	json_set_int(out, "left_out", count - (int64_t)json_array_size(list));
	return take_ptr(&out);
}

static int add_title_series(struct history *h, json_t *out, int64_t title, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT case_name, line, config, append, mode, runs, times, "
		"(SELECT min(night) FROM title_night n WHERE n.title = t.title AND n.series = "
		"t.series), "
		"(SELECT max(night) FROM title_night n WHERE n.title = t.title AND n.series = "
		"t.series) "
		"FROM title_series t JOIN series ON series.id = t.series WHERE t.title = ? "
		"ORDER BY case_name, line, config, append, mode",
		VALUES(INTEGER(title)), err);
	json_t *list = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *one = history_series_json(row, 0);

		json_set_int(one, "runs", sqlite3_column_int64(row, 5));
		json_set_int(one, "times", sqlite3_column_int64(row, 6));
		history_set_night(one, "first_night", sqlite3_column_int64(row, 7));
		history_set_night(one, "last_night", sqlite3_column_int64(row, 8));
		json_array_append_new(list, one);
	}
	json_object_set_new(out, "series", list);
	return there;
}

/* The sums of all series; a table a night is faster than SQL's sorting. */
struct title_nights {
	int64_t first;
	size_t count;
	int64_t *runs, *times; /* of a night each */
};

static int sum_nights(struct history *h, int64_t title, struct title_nights *n, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row =
		database_ask(&h->db, "SELECT night, runs, times FROM title_night WHERE title = ?",
			     VALUES(INTEGER(title)), err);
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		int64_t at = sqlite3_column_int64(row, 0) - n->first;

		if (at < 0 || at >= (int64_t)n->count)
			continue;
		n->runs[at] += sqlite3_column_int64(row, 1);
		n->times[at] += sqlite3_column_int64(row, 2);
	}
	return there;
}

/* Of those that had it. */
static int add_title_nights(struct history *h, json_t *out, int64_t title, int64_t first,
			    int64_t last, struct err *err)
{
	size_t count =
		last - first < MAX_TITLE_NIGHTS ? (size_t)(last - first + 1) : MAX_TITLE_NIGHTS;
	_cleanup_free_ int64_t *runs = xcalloc(count, sizeof(*runs));
	_cleanup_free_ int64_t *times = xcalloc(count, sizeof(*times));
	struct title_nights n = { last - (int64_t)count + 1, count, runs, times };
	json_t *nights = json_array();

	json_object_set_new(out, "nights", nights);
	if (sum_nights(h, title, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		json_t *one;

		if (!runs[i])
			continue;
		one = json_object();
		history_set_night(one, "night", n.first + (int64_t)i);
		json_set_int(one, "runs", runs[i]);
		json_set_int(one, "times", times[i]);
		json_array_append_new(nights, one);
	}
	return 0;
}

json_t *history_report(struct history *h, const char *title, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row =
		database_ask(&h->db, "SELECT " TITLE_COLUMNS ", id FROM title WHERE title = ?",
			     VALUES(TEXT(title)), err);
	int there = row ? database_step(&h->db, row, err) : -1;
	_cleanup_json_ json_t *out = NULL;
	int64_t id;

	if (!there)
		err_set(err, ERR_INPUT, "'%s': no such title in %s", title, h->db.path);
	if (there <= 0)
		return NULL;
	out = title_json(row);
	id = sqlite3_column_int64(row, 9);
	if (add_texts(h, out, "other_titles", "SELECT other FROM other_title WHERE title = ?",
		      VALUES(INTEGER(id)), err) < 0 ||
	    add_texts(h, out, "newest_runs",
		      "SELECT name FROM report JOIN run ON run.id = run WHERE title = ? "
		      "GROUP BY run ORDER BY run DESC LIMIT 20",
		      VALUES(INTEGER(id)), err) < 0 ||
	    add_title_series(h, out, id, err) < 0 ||
	    add_title_nights(h, out, id, sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6),
			     err) < 0)
		return NULL;
	return take_ptr(&out);
}

/* ---- a run ---------------------------------------------------------------------------- */

static int add_run_reports(struct history *h, json_t *out, int64_t run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT title.title, kind, info, report.times, line FROM report JOIN title ON "
		"title.id = report.title WHERE run = ? ORDER BY line",
		VALUES(INTEGER(run)), err);
	json_t *list = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *one = json_object();

		json_set_str(one, "title", database_text(row, 0));
		json_set_str(one, "kind", database_text(row, 1));
		json_set_bool(one, "info", sqlite3_column_int(row, 2));
		json_set_int(one, "times", sqlite3_column_int64(row, 3));
		json_set_int(one, "line", sqlite3_column_int64(row, 4));
		json_array_append_new(list, one);
	}
	json_object_set_new(out, "reports", list);
	return there;
}

static int add_run_numbers(struct history *h, json_t *out, int64_t run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT label, file, key, value FROM run JOIN series_quantity s ON s.series = "
		"run.series "
		"JOIN number n ON n.series = s.series AND n.quantity = s.quantity AND "
		"n.night = run.night AND n.run = run.id JOIN quantity ON quantity.id = s.quantity "
		"WHERE run.id = ? ORDER BY file, label, key",
		VALUES(INTEGER(run)), err);
	json_t *list = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *one = json_object();

		json_set_str(one, "label", database_text(row, 0));
		json_set_str(one, "file", database_text(row, 1));
		json_set_str(one, "key", database_text(row, 2));
		json_object_set_new(one, "value", json_real(sqlite3_column_double(row, 3)));
		json_array_append_new(list, one);
	}
	json_object_set_new(out, "numbers", list);
	return there;
}

json_t *history_run(struct history *h, const char *id, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT run.id, name, night, verdict, why, seed, wall_ms, cpu_ms, host, folder, "
		"case_name, line, series.config, append, mode, release, revision FROM run "
		"JOIN series ON series.id = run.series LEFT JOIN kernel ON kernel.id = run.kernel "
		"WHERE name = ? ORDER BY run.id DESC LIMIT 1",
		VALUES(TEXT(id)), err);
	int there = row ? database_step(&h->db, row, err) : -1;
	_cleanup_json_ json_t *out = NULL;

	if (!there)
		err_set(err, ERR_INPUT, "%s: no such run in %s", id, h->db.path);
	if (there <= 0)
		return NULL;
	out = json_object();
	json_set_str(out, "run", database_text(row, 1));
	history_set_night(out, "night", sqlite3_column_int64(row, 2));
	json_set_str(out, "verdict", verdict_name((enum verdict)sqlite3_column_int(row, 3)));
	json_set_str(out, "why", database_text(row, 4));
	json_set_int(out, "seed", sqlite3_column_int64(row, 5));
	json_set_int(out, "wall_ms", sqlite3_column_int64(row, 6));
	json_set_int(out, "cpu_ms", sqlite3_column_int64(row, 7));
	json_set_str(out, "host", database_text(row, 8));
	json_set_str(out, "folder", database_text(row, 9));
	json_object_set_new(out, "series", history_series_json(row, 10));
	json_set_str(out, "release", database_text(row, 15));
	json_set_str(out, "revision", database_text(row, 16));
	if (add_run_reports(h, out, sqlite3_column_int64(row, 0), err) < 0 ||
	    add_run_numbers(h, out, sqlite3_column_int64(row, 0), err) < 0)
		return NULL;
	return take_ptr(&out);
}

int history_each_trace(struct history *h, int (*fn)(void *ctx, const struct history_trace *trace),
		       void *ctx, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT report, (SELECT name FROM run WHERE run.id = first_run), "
		"(SELECT name FROM run WHERE run.id = last_run), runs, times FROM trace "
		"JOIN title ON title.id = trace.title WHERE report IS NOT NULL "
		"ORDER BY first_started, title.id, trace.id",
		NULL, err);
	int there = row ? 0 : -1, ret = 0;

	while (row && !ret && (there = database_step(&h->db, row, err)) > 0) {
		_cleanup_json_ json_t *report = json_loads(database_text(row, 0), 0, NULL);
		const struct history_trace trace = { .report = report,
						     .first = database_text(row, 1),
						     .last = database_text(row, 2),
						     .runs = sqlite3_column_int64(row, 3),
						     .times = sqlite3_column_int64(row, 4) };

		ret = report ? fn(ctx, &trace) : 0;
	}
	return there < 0 ? -1 : ret;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For pages: cases and their series, over the nights. */
#include "base/json.h"
#include "history/night-values.h"
#include "history/watch.h"

/* {fail: 3, pass: 20} grows by a verdict's runs. */
static void add_verdict(json_t *verdicts, int verdict, int64_t runs)
{
	const char *word = verdict_name((enum verdict)verdict);

	json_set_int(verdicts, word, json_get_int(verdicts, word, 0) + runs);
}

json_t *history_overview(struct history *h, int64_t since, struct err *err)
{
	/* Series by series, whose nights lie beside each other: nothing has to be sorted. */
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT case_name, line, config, append, mode, series.id, verdict, n.runs "
		"FROM series CROSS JOIN series_night n ON n.series = series.id AND n.night >= ? "
		"WHERE bisect = ''",
		VALUES(INTEGER(since)), err);
	json_t *out = json_object(), *list = json_array(), *last = NULL;
	int64_t series = 0;
	int there = row ? 0 : -1;

	json_object_set_new(out, "series", list);
	while (row && (there = database_step(&h->db, row, err)) > 0) {
		if (sqlite3_column_int64(row, 5) != series) {
			series = sqlite3_column_int64(row, 5);
			last = history_series_json(row, 0);
			json_object_set_new(last, "verdicts", json_object());
			json_array_append_new(list, last);
		}
		add_verdict(json_object_get(last, "verdicts"), sqlite3_column_int(row, 6),
			    sqlite3_column_int64(row, 7));
	}
	if (there == 0)
		return out;
	json_decref(out);
	return NULL;
}

static int add_nights(struct history *h, json_t *out, int64_t series, int64_t since,
		      struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT night, verdict, runs FROM series_night WHERE series = ? AND night >= ? "
		"ORDER BY night",
		VALUES(INTEGER(series), INTEGER(since)), err);
	json_t *nights = json_array(), *verdicts = json_object(), *night = NULL;
	int64_t last = -1, runs = 0;
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		if (sqlite3_column_int64(row, 0) != last) {
			last = sqlite3_column_int64(row, 0);
			night = json_object();
			history_set_night(night, "night", last);
			json_object_set_new(night, "verdicts", json_object());
			json_array_append_new(nights, night);
		}
		add_verdict(json_object_get(night, "verdicts"), sqlite3_column_int(row, 1),
			    sqlite3_column_int64(row, 2));
		add_verdict(verdicts, sqlite3_column_int(row, 1), sqlite3_column_int64(row, 2));
		runs += sqlite3_column_int64(row, 2);
	}
	json_set_int(out, "runs", runs);
	json_object_set_new(out, "verdicts", verdicts);
	json_object_set_new(out, "nights", nights);
	return there;
}

/* All that ever cried of a series, open ones and those that healed. */
static int add_changes(struct history *h, json_t *out, int64_t series, int64_t since,
		       struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT alarm.kind, first, ended, before, after, title.title, file, key FROM alarm "
		"LEFT JOIN title ON title.id = alarm.title LEFT JOIN quantity ON "
		"quantity.id = alarm.quantity WHERE series = ? AND first >= ? ORDER BY first",
		VALUES(INTEGER(series), INTEGER(since)), err);
	json_t *changes = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *change = json_object();

		json_set_str(change, "kind", alarm_kind_name(sqlite3_column_int64(row, 0)));
		history_set_night(change, "first", sqlite3_column_int64(row, 1));
		if (sqlite3_column_type(row, 2) != SQLITE_NULL)
			history_set_night(change, "ended", sqlite3_column_int64(row, 2));
		json_object_set_new(change, "before", json_real(sqlite3_column_double(row, 3)));
		json_object_set_new(change, "after", json_real(sqlite3_column_double(row, 4)));
		if (sqlite3_column_type(row, 5) != SQLITE_NULL)
			json_set_str(change, "title", database_text(row, 5));
		if (sqlite3_column_type(row, 6) != SQLITE_NULL) {
			json_set_str(change, "file", database_text(row, 6));
			json_set_str(change, "key", database_text(row, 7));
		}
		json_array_append_new(changes, change);
	}
	json_object_set_new(out, "changes", changes);
	return there;
}

/* The series of a case, by line and config. */
static sqlite3_stmt *ask_series(struct history *h, const char *case_name, struct err *err)
{
	return database_ask(
		&h->db,
		"SELECT id, case_name, line, config, append, mode FROM series "
		"WHERE case_name = ? AND bisect = '' ORDER BY line, config, append, mode",
		VALUES(TEXT(case_name)), err);
}

static int no_such_case(struct history *h, const char *case_name, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s: no run of such a case in %s", case_name, h->db.path);
}

json_t *history_case(struct history *h, const char *case_name, int64_t since, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = ask_series(h, case_name, err);
	_cleanup_json_ json_t *out = json_object();
	json_t *list = json_array();
	int there = row ? 0 : -1, count = 0;

	json_set_str(out, "case", case_name);
	json_object_set_new(out, "series", list);
	for (; row && (there = database_step(&h->db, row, err)) > 0; count++) {
		int64_t series = sqlite3_column_int64(row, 0);
		json_t *one = history_series_json(row, 1);

		json_array_append_new(list, one);
		if (add_nights(h, one, series, since, err) < 0 ||
		    add_changes(h, one, series, since, err) < 0)
			return NULL;
	}
	if (there == 0 && !count)
		there = no_such_case(h, case_name, err);
	return there < 0 ? NULL : take_ptr(&out);
}

/* ---- numbers ------------------------------------------------------------------------ */

static bool has_words(sqlite3_stmt *row, const char *words)
{
	_cleanup_free_ char *name = xasprintf("%s %s %s", database_text(row, 1),
					      database_text(row, 2), database_text(row, 3));
	_cleanup_strv_ struct strv all = { 0 };

	strv_split_words(&all, words ? words : "");
	for (size_t i = 0; i < all.count; i++)
		if (!strcasestr(name, all.items[i]))
			return false;
	return true;
}

static void end_night(json_t *trend, struct night_values *n)
{
	json_t *one;

	if (n->count) {
		one = json_object();
		history_set_night(one, "night", n->night);
		json_object_set_new(one, "median", json_real(night_values_median(n)));
		json_object_set_new(one, "least", json_real(n->values[0]));
		json_object_set_new(one, "most", json_real(n->values[n->count - 1]));
		json_array_append_new(trend, one);
	}
	n->count = 0;
}

static int add_trend(struct history *h, json_t *out, int64_t series, int64_t quantity,
		     int64_t since, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT night, value FROM number WHERE series = ? AND quantity = ? AND night >= ? "
		"ORDER BY night",
		VALUES(INTEGER(series), INTEGER(quantity), INTEGER(since)), err);
	json_t *trend = json_array();
	struct night_values night;
	int there = row ? 0 : -1;

	night.night = 0;
	night.count = 0;
	while (row && (there = database_step(&h->db, row, err)) > 0) {
		if (sqlite3_column_int64(row, 0) != night.night)
			end_night(trend, &night);
		night.night = sqlite3_column_int64(row, 0);
		night_values_add(&night, sqlite3_column_double(row, 1));
	}
	end_night(trend, &night);
	json_object_set_new(out, "nights", trend);
	return there;
}

static int add_numbers(struct history *h, json_t *list, sqlite3_stmt *series, const char *words,
		       int64_t since, size_t most, struct err *err)
{
	int64_t id = sqlite3_column_int64(series, 0);
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT quantity.id, label, file, key FROM series_quantity JOIN quantity "
		"ON quantity.id = quantity WHERE series = ? ORDER BY file, label, key",
		VALUES(INTEGER(id)), err);
	int there = row ? 0 : -1;

	while (row && json_array_size(list) < most &&
	       (there = database_step(&h->db, row, err)) > 0) {
		json_t *one;

		if (!has_words(row, words))
			continue;
		one = history_series_json(series, 1);
		json_set_str(one, "label", database_text(row, 1));
		json_set_str(one, "file", database_text(row, 2));
		json_set_str(one, "key", database_text(row, 3));
		json_array_append_new(list, one);
		if (add_trend(h, one, id, sqlite3_column_int64(row, 0), since, err) < 0)
			return -1;
	}
	return there < 0 ? -1 : 0;
}

json_t *history_numbers(struct history *h, const char *case_name, const char *words, int64_t since,
			size_t most, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *series = ask_series(h, case_name, err);
	_cleanup_json_ json_t *out = json_object();
	json_t *list = json_array();
	int there = series ? 0 : -1, count = 0;

	json_set_str(out, "case", case_name);
	json_object_set_new(out, "numbers", list);
	for (; series && (there = database_step(&h->db, series, err)) > 0; count++)
		if (add_numbers(h, list, series, words, since, most, err) < 0)
			return NULL;
	if (there == 0 && !count)
		there = no_such_case(h, case_name, err);
	return there < 0 ? NULL : take_ptr(&out);
}

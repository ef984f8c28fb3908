/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms for people: what changed, between which sources, and how to find the commit. */
#include "base/json.h"
#include "history/known.h"
#include "history/watch.h"

static const char *const kind_names[] = {
	[ALARM_FAILS] = "failures",	 [ALARM_UNJUDGED] = "not judged", [ALARM_TITLE] = "title",
	[ALARM_NEW_TITLE] = "new title", [ALARM_NUMBER] = "number",
};

const char *alarm_kind_name(int64_t kind)
{
	return kind >= 0 && kind < (int64_t)ARRAY_SIZE(kind_names) ? kind_names[kind] : "?";
}

void history_set_night(json_t *out, const char *key, int64_t night)
{
	char text[16];

	history_night_format(night, text);
	json_set_str(out, key, text);
}

/* A run and the kernel that it ran, of a statement's first row. NULL: there is none. */
static int read_run(struct history *h, const char *sql, const struct value *values, json_t **out,
		    struct err *err)
{
	_cleanup_free_ char *full =
		xasprintf("SELECT run.name, run.night, folder, coalesce(source, ''), "
			  "coalesce(revision, ''), coalesce(release, '') FROM run "
			  "LEFT JOIN kernel ON kernel.id = run.kernel %s LIMIT 1",
			  sql);
	_cleanup_statement_ sqlite3_stmt *row = database_ask(&h->db, full, values, err);
	int there = row ? database_step(&h->db, row, err) : -1;

	*out = NULL;
	if (there <= 0)
		return there;
	*out = json_object();
	json_set_str(*out, "run", database_text(row, 0));
	history_set_night(*out, "night", sqlite3_column_int64(row, 1));
	json_set_str(*out, "folder", database_text(row, 2));
	json_set_str(*out, "source", database_text(row, 3));
	json_set_str(*out, "revision", database_text(row, 4));
	json_set_str(*out, "release", database_text(row, 5));
	return 0;
}

/* The last run before it, and the first that shows it. */
static int add_range(struct history *h, json_t *alarm, const struct subject *s, int64_t first,
		     struct err *err)
{
	static const char *const shows[] = {
		[ALARM_FAILS] = "AND verdict < 3",
		[ALARM_UNJUDGED] = "AND verdict BETWEEN 3 AND 5",
		[ALARM_TITLE] =
			"AND EXISTS (SELECT 1 FROM report WHERE title = ?3 AND run = run.id)",
		[ALARM_NEW_TITLE] =
			"AND EXISTS (SELECT 1 FROM report WHERE title = ?3 AND run = run.id)",
		[ALARM_NUMBER] = "",
	};
	_cleanup_free_ char *after = xasprintf(
		"WHERE series = ?1 AND night >= ?2 AND ?3 >= 0 %s ORDER BY night, started",
		shows[s->kind]);
	const struct value *key = VALUES(INTEGER(s->series), INTEGER(first), INTEGER(s->title));
	json_t *good, *bad;

	if (read_run(h,
		     "WHERE series = ?1 AND night < ?2 AND ?3 >= 0 AND verdict NOT IN (3, 4, 5) "
		     "ORDER BY night DESC, started DESC",
		     key, &good, err) < 0)
		return -1;
	json_object_set_new(alarm, "good", good ? good : json_null());
	if (read_run(h, after, key, &bad, err) < 0)
		return -1;
	json_object_set_new(alarm, "bad", bad ? bad : json_null());
	return 0;
}

static bool is_commit(const char *revision)
{
	size_t length = strlen(revision);

	return length >= 40 && strspn(revision, "0123456789abcdef") == length;
}

/* The words of a command, or why there is none to be given. */
static void add_bisect(json_t *alarm, const struct subject *s)
{
	const json_t *series = json_object_get(alarm, "series");
	const json_t *good = json_object_get(alarm, "good"), *bad = json_object_get(alarm, "bad");
	const char *from = json_get_str(good, "revision", ""),
		   *to = json_get_str(bad, "revision", "");
	const char *title = json_get_str(alarm, "title", NULL);
	const char *append = json_get_str(series, "append", "");
	_cleanup_strv_ struct strv words = { 0 }, appended = { 0 };

	if (s->kind == ALARM_NUMBER || s->kind == ALARM_UNJUDGED)
		return;
	if (*from && str_eq(from, to)) {
		json_set_str(alarm, "no_bisect", "the source is the same");
		return;
	}
	if (!is_commit(from) || !is_commit(to)) {
		json_set_str(alarm, "no_bisect",
			     "its sources are no revisions of a git repository");
		return;
	}
	strv_split_words(&words, "klab bisect");
	strv_add(&words, json_get_str(series, "case", ""));
	strv_add(&words, "--source");
	strv_add(&words, json_get_str(bad, "source", ""));
	strv_add(&words, "--good");
	strv_add(&words, from);
	strv_add(&words, "--bad");
	strv_add(&words, to);
	strv_add(&words, "--kconfig");
	strv_add(&words, json_get_str(series, "config", ""));
	strv_split_words(&appended, append);
	for (size_t i = 0; i < appended.count; i++) {
		strv_add(&words, "--append");
		strv_add(&words, appended.items[i]);
	}
	if (title) {
		strv_add(&words, "--only");
		strv_add(&words, title);
	}
	json_object_set_new(alarm, "bisect", json_strv(&words));
}

json_t *history_series_json(sqlite3_stmt *row, int column)
{
	json_t *out = json_object();

	json_set_str(out, "case", database_text(row, column));
	json_set_str(out, "line", database_text(row, column + 1));
	json_set_str(out, "config", database_text(row, column + 2));
	json_set_str(out, "append", database_text(row, column + 3));
	json_set_str(out, "mode", database_text(row, column + 4));
	return out;
}

/* The known bug that accounts for it: of failures, the one of all of them. */
static int add_known(struct history *h, json_t *alarm, const struct subject *s, int64_t first,
		     const struct known_bugs *known, int64_t last, struct err *err)
{
	static const char titles[] =
		"SELECT (SELECT group_concat(title.title, char(10)) FROM report JOIN title ON "
		"title.id = report.title WHERE report.run = run.id AND NOT info) FROM run "
		"WHERE series = ? AND night >= ? AND verdict < 3";
	const char *title = json_get_str(alarm, "title", NULL);
	const struct known_bug *bug = title ? known_bugs_find(known, title) : NULL;
	json_t *out;

	if (s->kind == ALARM_FAILS && known->count) {
		_cleanup_statement_ sqlite3_stmt *row = database_ask(
			&h->db, titles, VALUES(INTEGER(s->series), INTEGER(first)), err);
		int there = row ? 0 : -1;

		while (row && (there = database_step(&h->db, row, err)) > 0) {
			_cleanup_strv_ struct strv of_run = { 0 };
			const struct known_bug *found = NULL;

			strv_split(&of_run, database_text(row, 0), '\n');
			for (size_t i = 0; i < of_run.count && !found; i++)
				found = known_bugs_find(known, of_run.items[i]);
			if (!found)
				return 0;
			bug = !bug || found->until < bug->until ? found : bug;
		}
		if (there < 0)
			return -1;
	}
	if (!bug)
		return 0;
	out = json_object();
	json_set_str(out, "title", bug->title);
	history_set_night(out, "until", bug->until);
	json_set_str(out, "link", bug->link);
	json_set_bool(out, "expired", bug->until < last);
	json_object_set_new(alarm, "known", out);
	return 0;
}

static json_t *alarm_json(sqlite3_stmt *row, const struct subject *s)
{
	json_t *out = json_object();

	json_set_int(out, "id", sqlite3_column_int64(row, 19));
	json_set_str(out, "kind", alarm_kind_name(s->kind));
	json_object_set_new(out, "series", history_series_json(row, 9));
	if (s->title)
		json_set_str(out, "title", database_text(row, 14));
	if (s->quantity) {
		json_set_str(out, "label", database_text(row, 15));
		json_set_str(out, "file", database_text(row, 16));
		json_set_str(out, "key", database_text(row, 17));
	}
	history_set_night(out, "raised", sqlite3_column_int64(row, 4));
	history_set_night(out, "first", sqlite3_column_int64(row, 5));
	if (s->kind != ALARM_NEW_TITLE) {
		json_object_set_new(out, "before", json_real(sqlite3_column_double(row, 7)));
		json_object_set_new(out, "after", json_real(sqlite3_column_double(row, 8)));
	}
	return out;
}

int history_last_alarm(struct history *h, int64_t *id, struct err *err)
{
	return database_get(&h->db, "SELECT max(id) FROM alarm", NULL, 0, id, err);
}

json_t *history_alarms(struct history *h, const struct known_bugs *known, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT alarm.kind, series, alarm.title, quantity, raised, first, ended, before, "
		"after, "
		"case_name, line, config, append, mode, title.title, label, file, key, "
		"(SELECT max(night) FROM series_night), alarm.id FROM alarm "
		"JOIN series ON series.id = alarm.series LEFT JOIN title ON title.id = alarm.title "
		"LEFT JOIN quantity ON quantity.id = alarm.quantity WHERE ended IS NULL "
		"ORDER BY alarm.kind = 4, min(raised) OVER (PARTITION BY alarm.kind, alarm.title, "
		"quantity, first) DESC, alarm.id",
		NULL, err);
	_cleanup_json_ json_t *all = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		struct subject s = { (enum alarm_kind)sqlite3_column_int(row, 0),
				     sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2),
				     sqlite3_column_int64(row, 3) };
		int64_t first = sqlite3_column_int64(row, 5);
		json_t *alarm = alarm_json(row, &s);

		json_array_append_new(all, alarm);
		if (add_range(h, alarm, &s, first, err) < 0 ||
		    add_known(h, alarm, &s, first, known, sqlite3_column_int64(row, 18), err) < 0)
			return NULL;
		add_bisect(alarm, &s);
	}
	return there < 0 ? NULL : alarm_groups(all);
}

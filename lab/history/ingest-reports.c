/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports of a run: their titles, how their traces look, and what a night had of them. */
#include "base/hash.h"
#include "base/json.h"
#include "compare/similarity.h"
#include "history/ingest.h"

enum { MAX_TRACES_KEPT = 16, MAX_OTHER_TITLES = 16, MAX_TIMES = 1000000000 };

/* What similarity and a page of traces read of a frame, and no more. */
static json_t *short_frame(const json_t *frame)
{
	json_t *out = json_object();
	_cleanup_free_ char *symbol = record_text(json_get_str(frame, "symbol", ""));

	json_set_str(out, "symbol", symbol);
	if (!json_get_bool(frame, "reliable", true))
		json_set_bool(out, "reliable", false);
	if (json_get_bool(frame, "inline", false))
		json_set_bool(out, "inline", true);
	return out;
}

static json_t *short_trace(const json_t *trace)
{
	json_t *out = json_object(), *frames = json_array(), *frame;
	_cleanup_free_ char *context = record_text(json_get_str(trace, "context", ""));
	size_t i;

	json_array_foreach (json_get_array(trace, "frames"), i, frame)
		if (i < SIMILARITY_MAX_FRAMES)
			json_array_append_new(frames, short_frame(frame));
	json_set_str(out, "context", context);
	json_object_set_new(out, "frames", frames);
	return out;
}

/* A report as `klab similar` looks at it. */
static json_t *short_report(const json_t *report, const char *title, const char *kind)
{
	json_t *out = json_object(), *traces = json_array(), *trace;
	size_t i;

	json_set_str(out, "title", title);
	json_set_str(out, "kind", kind);
	json_array_foreach (json_get_array(report, "traces"), i, trace)
		if (i < SIMILARITY_MAX_TRACES)
			json_array_append_new(traces, short_trace(trace));
	json_object_set_new(out, "traces", traces);
	return out;
}

static int find_title(struct history *h, const json_t *report, const char *title, const char *kind,
		      const struct run_row *run, int64_t *id, struct err *err)
{
	if (database_run(
		    &h->db,
		    "INSERT INTO title (title, kind, info, runs, times, "
		    "first_started, first_night, first_run, last_started, last_night, last_run) "
		    "VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?4, ?5, ?6) "
		    /* Until now the same run had it, as it was judged before. */
		    "ON CONFLICT (title) DO UPDATE SET kind = excluded.kind, info = excluded.info, "
		    "first_night = excluded.first_night WHERE runs <= 0",
		    VALUES(TEXT(title), TEXT(kind), INTEGER(json_get_bool(report, "info", false)),
			   INTEGER(run->started), INTEGER(run->night), INTEGER(run->id)),
		    err) < 0)
		return -1;
	return database_get(&h->db, "SELECT id FROM title WHERE title = ?", VALUES(TEXT(title)), 0,
			    id, err);
}

static int add_other_titles(struct history *h, int64_t title, const json_t *report, struct err *err)
{
	const json_t *list = json_get_array(report, "alt_titles");

	for (size_t i = 0; i < json_array_size(list) && i < MAX_OTHER_TITLES; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		_cleanup_free_ char *other = text ? record_text(text) : NULL;

		if (other && database_run(&h->db, "INSERT OR IGNORE INTO other_title VALUES (?, ?)",
					  VALUES(INTEGER(title), TEXT(other)), err) < 0)
			return -1;
	}
	return 0;
}

/* The report itself is kept of the first ways that it looks. */
static int find_trace(struct history *h, int64_t title, json_t *shown, int64_t *id, struct err *err)
{
	_cleanup_free_ char *text = json_dumps(shown, JSON_COMPACT);
	char digest[HASH_HEX_SIZE];
	int64_t kept;

	hash_bytes(text, strlen(text), digest);
	digest[RECORD_DIGEST_SIZE - 1] = '\0';
	if (database_get(&h->db, "SELECT id FROM trace WHERE title = ? AND digest = ?",
			 VALUES(INTEGER(title), TEXT(digest)), 0, id, err) < 0)
		return -1;
	if (*id)
		return 0;
	if (database_get(&h->db,
			 "SELECT count(*) FROM trace WHERE title = ? AND report IS NOT NULL",
			 VALUES(INTEGER(title)), 0, &kept, err) < 0 ||
	    database_run(&h->db, "INSERT INTO trace (title, digest, report) VALUES (?, ?, ?)",
			 VALUES(INTEGER(title), TEXT(digest),
				TEXT(kept < MAX_TRACES_KEPT ? text : NULL)),
			 err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(h->db.db);
	return 0;
}

/* The title's own counts and ends, and those of the night. */
static int count_title(struct history *h, int64_t title, const struct run_row *run, bool first,
		       int64_t times, struct err *err)
{
	if (database_run(&h->db,
			 "INSERT INTO title_night VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
			 "runs = runs + excluded.runs, times = times + excluded.times",
			 VALUES(INTEGER(title), INTEGER(run->series), INTEGER(run->night),
				INTEGER(first), INTEGER(times)),
			 err) < 0 ||
	    database_run(&h->db,
			 "INSERT INTO title_series VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
			 "runs = runs + excluded.runs, times = times + excluded.times",
			 VALUES(INTEGER(title), INTEGER(run->series), INTEGER(first),
				INTEGER(times)),
			 err) < 0 ||
	    database_run(&h->db, "UPDATE title SET runs = runs + ?, times = times + ? WHERE id = ?",
			 VALUES(INTEGER(first), INTEGER(times), INTEGER(title)), err) < 0)
		return -1;
	if (database_run(&h->db,
			 "UPDATE title SET first_started = ?1, first_night = ?2, first_run = ?3 "
			 "WHERE id = ?4 AND first_started > ?1",
			 VALUES(INTEGER(run->started), INTEGER(run->night), INTEGER(run->id),
				INTEGER(title)),
			 err) < 0)
		return -1;
	return database_run(&h->db,
			    "UPDATE title SET last_started = ?1, last_night = ?2, last_run = ?3 "
			    "WHERE id = ?4 AND last_started <= ?1",
			    VALUES(INTEGER(run->started), INTEGER(run->night), INTEGER(run->id),
				   INTEGER(title)),
			    err);
}

static int add_report(struct history *h, const json_t *report, const struct run_row *run,
		      struct err *err)
{
	_cleanup_free_ char *name = record_text(json_get_str(report, "title", ""));
	_cleanup_free_ char *kind = record_text(json_get_str(report, "kind", ""));
	_cleanup_json_ json_t *shown = short_report(report, name, kind);
	int64_t times = json_get_int(report, "count", 1), title, trace, first;

	if (!name[0])
		return 0;
	times = times < 1 ? 1 : times > MAX_TIMES ? MAX_TIMES : times;
	if (find_title(h, report, name, kind, run, &title, err) < 0 ||
	    add_other_titles(h, title, report, err) < 0 ||
	    find_trace(h, title, shown, &trace, err) < 0 ||
	    database_get(&h->db,
			 "SELECT NOT EXISTS (SELECT 1 FROM report WHERE title = ? AND run = ?)",
			 VALUES(INTEGER(title), INTEGER(run->id)), 0, &first, err) < 0 ||
	    database_run(&h->db,
			 "INSERT INTO report VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
			 "times = times + excluded.times",
			 VALUES(INTEGER(title), INTEGER(run->id), INTEGER(trace), INTEGER(times),
				INTEGER(json_get_int(report, "start_line", 0))),
			 err) < 0)
		return -1;
	return count_title(h, title, run, first, times, err);
}

int ingest_reports(struct history *h, const struct record *r, const struct run_row *run,
		   struct err *err)
{
	for (size_t i = 0; i < json_array_size(r->facts.reports) && i < RECORD_MAX_REPORTS; i++)
		if (add_report(h, json_array_get(r->facts.reports, i), run, err) < 0)
			return -1;
	return 0;
}

/* What a title says of its first and its last run, without this one. */
static int forget_title(struct history *h, int64_t title, int64_t times, const struct run_row *run,
			struct err *err)
{
	static const char *const statements[] = {
		"DELETE FROM report WHERE title = ?1 AND run = ?2",
		"UPDATE title_night SET runs = runs - 1, times = times - ?3 "
		"WHERE title = ?1 AND series = ?4 AND night = ?5",
		"DELETE FROM title_night WHERE title = ?1 AND series = ?4 AND night = ?5 AND runs "
		"<= 0",
		"UPDATE title_series SET runs = runs - 1, times = times - ?3 "
		"WHERE title = ?1 AND series = ?4",
		"DELETE FROM title_series WHERE title = ?1 AND series = ?4 AND runs <= 0",
		"UPDATE title SET runs = runs - 1, times = times - ?3 WHERE id = ?1",
		"UPDATE title SET (first_started, first_night, first_run) = "
		"(SELECT started, night, run.id FROM report JOIN run ON run.id = run "
		" WHERE title = ?1 ORDER BY started LIMIT 1) WHERE id = ?1 AND first_run = ?2 AND "
		"runs > 0",
		"UPDATE title SET (last_started, last_night, last_run) = "
		"(SELECT started, night, run.id FROM report JOIN run ON run.id = run "
		" WHERE title = ?1 ORDER BY started DESC LIMIT 1) "
		"WHERE id = ?1 AND last_run = ?2 AND runs > 0",
		"DELETE FROM trace WHERE title = ?1 AND NOT EXISTS "
		"(SELECT 1 FROM report WHERE title = ?1)",
		"DELETE FROM other_title WHERE title = ?1 AND NOT EXISTS "
		"(SELECT 1 FROM report WHERE title = ?1)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		_cleanup_statement_ sqlite3_stmt *s =
			database_ask(&h->db, statements[i], NULL, err);
		const int64_t values[] = { title, run->id, times, run->series, run->night };

		if (!s)
			return -1;
		for (int k = 0; k < sqlite3_bind_parameter_count(s); k++)
			sqlite3_bind_int64(s, k + 1, values[k]);
		if (database_step(&h->db, s, err) < 0)
			return -1;
	}
	return 0;
}

int forget_reports(struct history *h, const struct run_row *run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *s = database_ask(
		&h->db, "SELECT title, sum(times) FROM report WHERE run = ? GROUP BY title LIMIT 1",
		VALUES(INTEGER(run->id)), err);
	int there;

	if (!s)
		return -1;
	while ((there = database_step(&h->db, s, err)) > 0) {
		int64_t title = sqlite3_column_int64(s, 0), times = sqlite3_column_int64(s, 1);

		if (forget_title(h, title, times, run, err) < 0 ||
		    database_bind(&h->db, s, NULL, err) < 0)
			return -1;
	}
	return there;
}

int forget_unused_titles(struct history *h, struct err *err)
{
	/* An id is given again: what was said of the old title would be of another. */
	if (database_run(&h->db,
			 "DELETE FROM alarm WHERE title IN (SELECT id FROM title WHERE runs <= 0)",
			 NULL, err) < 0)
		return -1;
	return database_run(&h->db, "DELETE FROM title WHERE runs <= 0", NULL, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run into the history: its series, its kernel, itself; and what else it has. */
#include "history/ingest.h"

#include "base/file.h"
#include "base/json.h"

static int find_series(struct history *h, const struct record *r, int64_t *id, struct err *err)
{
	const struct value *key = VALUES(TEXT(r->case_name), TEXT(r->line), TEXT(r->config),
					 TEXT(r->append), TEXT(r->mode), TEXT(r->bisect));

	if (database_run(&h->db,
			 "INSERT OR IGNORE INTO series (case_name, line, config, append, mode, "
			 "bisect) VALUES (?, ?, ?, ?, ?, ?)",
			 key, err) < 0)
		return -1;
	return database_get(&h->db,
			    "SELECT id FROM series WHERE case_name = ? AND line = ? AND config = ? "
			    "AND append = ? AND mode = ? AND bisect = ?",
			    key, 0, id, err);
}

static char *revision_of(const json_t *source)
{
	const char *commit = json_get_str(source, "commit", NULL);

	return record_text(commit ? commit : json_get_str(source, "tree_hash", ""));
}

/* 0 where the run never had one. */
static int find_kernel(struct history *h, const struct record *r, int64_t *id, struct err *err)
{
	const json_t *kernel = r->facts.kernel, *source = json_object_get(kernel, "source");
	_cleanup_free_ char *key = record_text(json_get_str(kernel, "key", ""));
	_cleanup_free_ char *release = record_text(json_get_str(source, "release", ""));
	_cleanup_free_ char *path = record_text(json_get_str(source, "path", ""));
	_cleanup_free_ char *revision = revision_of(source);
	_cleanup_free_ char *compiler =
		record_text(json_get_str(json_object_get(kernel, "toolchain"), "version", ""));

	*id = 0;
	if (!key[0])
		return 0;
	if (database_run(&h->db,
			 "INSERT OR IGNORE INTO kernel (key, release, source, revision, config, "
			 "compiler, build_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
			 VALUES(TEXT(key), TEXT(release), TEXT(path), TEXT(revision),
				TEXT(r->config), TEXT(compiler),
				INTEGER(json_get_int(kernel, "build_ms", 0))),
			 err) < 0)
		return -1;
	return database_get(&h->db, "SELECT id FROM kernel WHERE key = ?", VALUES(TEXT(key)), 0, id,
			    err);
}

/* A night's count of a verdict, up or down by one. */
static int count_night(struct history *h, const struct run_row *run, int64_t verdict, int by,
		       struct err *err)
{
	if (database_run(&h->db,
			 "INSERT INTO series_night VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
			 "runs = runs + excluded.runs",
			 VALUES(INTEGER(run->series), INTEGER(run->night), INTEGER(verdict),
				INTEGER(by)),
			 err) < 0)
		return -1;
	if (by > 0)
		return 0;
	return database_run(&h->db,
			    "DELETE FROM series_night WHERE series = ? AND night = ? AND runs <= 0",
			    VALUES(INTEGER(run->series), INTEGER(run->night)), err);
}

/* With the id that it had before, where it is known already. */
static int insert_run(struct history *h, const struct record *r, struct run_row *run,
		      int64_t kernel, struct err *err)
{
	const json_t *machine = r->facts.machine;
	const struct value no_value = TEXT(NULL);
	_cleanup_free_ char *host = record_text(json_get_str(r->facts.run, "host", ""));

	if (database_run(
		    &h->db,
		    "INSERT INTO run (id, name, identity, judged, series, kernel, night, started, "
		    "verdict, why, seed, wall_ms, cpu_ms, starved_ms, host, folder) VALUES "
		    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    VALUES(run->id ? INTEGER(run->id) : no_value, TEXT(r->name), TEXT(r->identity),
			   TEXT(r->judged), INTEGER(run->series),
			   kernel ? INTEGER(kernel) : no_value, INTEGER(run->night),
			   INTEGER(run->started), INTEGER(r->verdict), TEXT(r->why),
			   INTEGER(json_get_int(r->facts.run, "seed", 0)),
			   INTEGER(json_get_int(machine, "wall_ms", 0)),
			   INTEGER(json_get_int(machine, "cpu_ms", 0)),
			   INTEGER(json_get_int(machine, "starved_ms", 0)), TEXT(host),
			   TEXT(r->folder)),
		    err) < 0)
		return -1;
	run->id = sqlite3_last_insert_rowid(h->db.db);
	return 0;
}

static int add(struct history *h, const struct record *r, int64_t id, struct err *err)
{
	struct run_row run = { .id = id, .night = r->night, .started = r->started };
	int64_t kernel;

	if (find_series(h, r, &run.series, err) < 0 || find_kernel(h, r, &kernel, err) < 0 ||
	    insert_run(h, r, &run, kernel, err) < 0 ||
	    count_night(h, &run, r->verdict, 1, err) < 0 || ingest_reports(h, r, &run, err) < 0)
		return -1;
	return ingest_numbers(h, r, &run, err);
}

static int forget(struct history *h, const struct run_row *run, int64_t verdict, struct err *err)
{
	if (forget_reports(h, run, err) < 0 || forget_numbers(h, run, err) < 0 ||
	    count_night(h, run, verdict, -1, err) < 0)
		return -1;
	return database_run(&h->db, "DELETE FROM run WHERE id = ?", VALUES(INTEGER(run->id)), err);
}

/* A run that was moved: what leads to it leads there. */
static int follow(struct history *h, const struct record *r, int64_t id, const char *folder,
		  struct err *err)
{
	if (str_eq(folder, r->folder) || path_exists(folder))
		return 0;
	return database_run(&h->db, "UPDATE run SET folder = ? WHERE id = ?",
			    VALUES(TEXT(r->folder), INTEGER(id)), err);
}

static int ingest_record(struct history *h, const struct record *r, enum history_ingested *what,
			 struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *known =
		database_ask(&h->db,
			     "SELECT id, series, night, started, judged, verdict, folder FROM run "
			     "WHERE name = ? AND identity = ?",
			     VALUES(TEXT(r->name), TEXT(r->identity)), err);
	struct run_row run;
	int there = known ? database_step(&h->db, known, err) : -1;

	if (there < 0)
		return -1;
	*what = HISTORY_ADDED;
	if (!there)
		return add(h, r, 0, err);
	*what = HISTORY_KNOWN;
	if (str_eq(database_text(known, 4), r->judged))
		return follow(h, r, sqlite3_column_int64(known, 0), database_text(known, 6), err);
	*what = HISTORY_REJUDGED;
	run = (struct run_row){ sqlite3_column_int64(known, 0), sqlite3_column_int64(known, 1),
				sqlite3_column_int64(known, 2), sqlite3_column_int64(known, 3) };
	if (forget(h, &run, sqlite3_column_int64(known, 5), err) < 0 || add(h, r, run.id, err) < 0)
		return -1;
	return forget_unused_titles(h, err);
}

/* Undone alone, when others of the same transaction stay. */
static int in_savepoint(struct history *h, const struct record *r, enum history_ingested *what,
			struct err *err)
{
	if (database_run(&h->db, "SAVEPOINT run", NULL, err) < 0)
		return -1;
	if (ingest_record(h, r, what, err) == 0)
		return database_run(&h->db, "RELEASE run", NULL, err);
	sqlite3_exec(h->db.db, "ROLLBACK TO run; RELEASE run", NULL, NULL, NULL);
	return -1;
}

int history_ingest(struct history *h, const char *run_dir, enum history_ingested *what,
		   struct err *err)
{
	_cleanup_record_ struct record r = { 0 };

	if (record_read(&r, run_dir, err) < 0)
		return -1;
	*what = HISTORY_GOING_ON;
	if (r.going_on)
		return 0;
	if (database_begin(&h->db, err) < 0)
		return -1;
	if (in_savepoint(h, &r, what, err) < 0) {
		database_abandon(&h->db);
		return err_add(err, "%s", run_dir);
	}
	return database_commit(&h->db, err);
}

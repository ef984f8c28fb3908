/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables, by version: a change of them is a further row, and those that are there stay as they
 * are. docs/formats.md says what is in them.
 */
#include "base/str.h"
#include "history/database.h"

enum { APPLICATION_ID = 0x6b6c6162 }; /* "klab" */

static const char *const migrations[] = {
	/* 1 */
	"CREATE TABLE series ("
	" id INTEGER PRIMARY KEY, case_name TEXT NOT NULL, line TEXT NOT NULL,"
	" config TEXT NOT NULL, append TEXT NOT NULL, mode TEXT NOT NULL, bisect TEXT NOT NULL,"
	" UNIQUE (case_name, line, config, append, mode, bisect)) STRICT;"

	"CREATE TABLE kernel ("
	" id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, release TEXT NOT NULL,"
	" source TEXT NOT NULL, revision TEXT NOT NULL, config TEXT NOT NULL,"
	" compiler TEXT NOT NULL, build_ms INTEGER NOT NULL) STRICT;"
	"CREATE INDEX kernel_of_config ON kernel (config);"

	"CREATE TABLE run ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL, identity TEXT NOT NULL,"
	" judged TEXT NOT NULL, series INTEGER NOT NULL REFERENCES series,"
	" kernel INTEGER REFERENCES kernel, night INTEGER NOT NULL, started INTEGER NOT NULL,"
	" verdict INTEGER NOT NULL, why TEXT NOT NULL, seed INTEGER NOT NULL,"
	" wall_ms INTEGER NOT NULL, cpu_ms INTEGER NOT NULL, starved_ms INTEGER NOT NULL,"
	" host TEXT NOT NULL, folder TEXT NOT NULL, UNIQUE (name, identity)) STRICT;"
	"CREATE INDEX run_of_series ON run (series, night, started);"

	/* What a night came to, so that no page has to count runs. */
	"CREATE TABLE series_night ("
	" series INTEGER NOT NULL REFERENCES series, night INTEGER NOT NULL,"
	" verdict INTEGER NOT NULL, runs INTEGER NOT NULL,"
	" PRIMARY KEY (series, night, verdict)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX series_of_night ON series_night (night, series, verdict, runs);"

	"CREATE TABLE title ("
	" id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
	" info INTEGER NOT NULL, runs INTEGER NOT NULL, times INTEGER NOT NULL,"
	" first_started INTEGER NOT NULL, first_night INTEGER NOT NULL, first_run INTEGER NOT NULL,"
	" last_started INTEGER NOT NULL, last_night INTEGER NOT NULL, last_run INTEGER NOT NULL) "
	"STRICT;"
	"CREATE INDEX title_first ON title (first_night);"
	"CREATE TABLE other_title ("
	" title INTEGER NOT NULL REFERENCES title, other TEXT NOT NULL,"
	" PRIMARY KEY (title, other)) STRICT, WITHOUT ROWID;"

	/* One report of each way that a title's traces looked. */
	"CREATE TABLE trace ("
	" id INTEGER PRIMARY KEY, title INTEGER NOT NULL REFERENCES title, digest TEXT NOT NULL,"
	" report TEXT, UNIQUE (title, digest)) STRICT;"
	"CREATE TABLE report ("
	" title INTEGER NOT NULL REFERENCES title, run INTEGER NOT NULL REFERENCES run,"
	" trace INTEGER NOT NULL REFERENCES trace, times INTEGER NOT NULL,"
	" line INTEGER NOT NULL, PRIMARY KEY (title, run, trace)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX report_of_run ON report (run);"
	"CREATE TABLE title_night ("
	" title INTEGER NOT NULL REFERENCES title, series INTEGER NOT NULL REFERENCES series,"
	" night INTEGER NOT NULL, runs INTEGER NOT NULL, times INTEGER NOT NULL,"
	" PRIMARY KEY (title, series, night)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX title_of_series ON title_night (series, night);"

	"CREATE TABLE injection ("
	" run INTEGER NOT NULL REFERENCES run, step INTEGER NOT NULL, fault TEXT NOT NULL,"
	" device TEXT NOT NULL, asked INTEGER, fired INTEGER,"
	" PRIMARY KEY (run, step, fault, device)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE quantity ("
	" id INTEGER PRIMARY KEY, label TEXT NOT NULL, file TEXT NOT NULL, key TEXT NOT NULL,"
	" UNIQUE (label, file, key)) STRICT;"
	"CREATE TABLE series_quantity ("
	" series INTEGER NOT NULL REFERENCES series, quantity INTEGER NOT NULL REFERENCES quantity,"
	" runs INTEGER NOT NULL, PRIMARY KEY (series, quantity)) STRICT, WITHOUT ROWID;"
	/* In the order in which a trend reads them. */
	"CREATE TABLE number ("
	" series INTEGER NOT NULL REFERENCES series, quantity INTEGER NOT NULL REFERENCES quantity,"
	" night INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES run, value REAL NOT NULL,"
	" PRIMARY KEY (series, quantity, night, run)) STRICT, WITHOUT ROWID;",
	/* 2 */
	"CREATE TABLE alarm ("
	" id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series,"
	" title INTEGER NOT NULL, quantity INTEGER NOT NULL, raised INTEGER NOT NULL,"
	" first INTEGER NOT NULL, ended INTEGER, before REAL NOT NULL, after REAL NOT NULL,"
	" evidence REAL NOT NULL) STRICT;"
	"CREATE INDEX alarm_of ON alarm (series, kind, title, quantity, id);"
	"CREATE INDEX alarm_of_title ON alarm (title, ended);"
	"CREATE TABLE look (night INTEGER NOT NULL) STRICT;",
	/* 3: a title that each run has is in 180 000 rows of nights after a year. */
	"CREATE TABLE title_series ("
	" title INTEGER NOT NULL REFERENCES title, series INTEGER NOT NULL REFERENCES series,"
	" runs INTEGER NOT NULL, times INTEGER NOT NULL,"
	" PRIMARY KEY (title, series)) STRICT, WITHOUT ROWID;"
	"INSERT INTO title_series SELECT title, series, sum(runs), sum(times) FROM title_night "
	"GROUP BY title, series;",
};

int schema_check(struct database *d, int64_t *version, struct err *err)
{
	int64_t application, tables, is;

	if (database_get(d, "PRAGMA application_id", NULL, 0, &application, err) < 0 ||
	    database_get(d, "PRAGMA user_version", NULL, 0, &is, err) < 0 ||
	    database_get(d, "SELECT count(*) FROM sqlite_schema", NULL, 0, &tables, err) < 0)
		return -1;
	if (application != APPLICATION_ID && (application || is || tables))
		return err_set(err, ERR_INPUT, "%s: a database, but no history of klab", d->path);
	if (is > (int64_t)ARRAY_SIZE(migrations))
		return err_set(err, ERR_INPUT,
			       "%s: a newer klab wrote it (version %lld, this one knows %zu)",
			       d->path, (long long)is, ARRAY_SIZE(migrations));
	if (version)
		*version = is;
	return 0;
}

static int migrate_one(struct database *d, size_t version, struct err *err)
{
	_cleanup_free_ char *set = xasprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = %zu", APPLICATION_ID, version);

	if (sqlite3_exec(d->db, migrations[version - 1], NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(d->db, set, NULL, NULL, NULL) != SQLITE_OK)
		return database_fail(d, err);
	return 0;
}

int schema_migrate(struct database *d, struct err *err)
{
	int64_t version;

	if (schema_check(d, &version, err) < 0)
		return -1;
	if (version == (int64_t)ARRAY_SIZE(migrations))
		return 0;
	/* Another klab may have come first: what counts is the version once it is ours to write. */
	if (database_begin(d, err) < 0 || schema_check(d, &version, err) < 0)
		goto fail;
	while (version < (int64_t)ARRAY_SIZE(migrations))
		if (migrate_one(d, (size_t)++version, err) < 0)
			goto fail;
	if (database_commit(d, err) == 0)
		return 0;
fail:
	database_rollback(d);
	return -1;
}

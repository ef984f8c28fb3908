/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/database.h"

#include <stdlib.h>

#include "base/str.h"

enum { BUSY_TIMEOUT_MS = 60 * 1000 };

int database_fail(struct database *d, struct err *err)
{
	int code = sqlite3_errcode(d->db) & 0xff;

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return err_set(err, ERR_INPUT, "%s: no history of klab, or damaged: %s", d->path,
			       sqlite3_errmsg(d->db));
	if (code == SQLITE_BUSY)
		return err_set(err, ERR_HOST, "%s: another klab has been writing to it for %d s",
			       d->path, BUSY_TIMEOUT_MS / 1000);
	return err_set(err, ERR_HOST, "%s: %s", d->path, sqlite3_errmsg(d->db));
}

static int configure(struct database *d, struct err *err)
{
	/* A power cut may cost the last transactions, never the file: the run directories are
	 * there. */
	static const char settings[] = "PRAGMA journal_mode = WAL;"
				       "PRAGMA synchronous = NORMAL;"
				       "PRAGMA foreign_keys = ON;"
				       "PRAGMA trusted_schema = OFF;"
				       "PRAGMA cell_size_check = ON;"
				       "PRAGMA cache_size = -65536;"
				       "PRAGMA mmap_size = 1073741824;";

	sqlite3_busy_timeout(d->db, BUSY_TIMEOUT_MS);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* What is somebody else's is left as it is. */
	if (schema_check(d, NULL, err) < 0)
		return -1;
	if (sqlite3_exec(d->db, settings, NULL, NULL, NULL) != SQLITE_OK)
		return database_fail(d, err);
	return schema_migrate(d, err);
}

int database_open(struct database *d, const char *path, struct err *err)
{
	*d = (struct database){ .path = xstrdup(path) };
	if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK)
		err_set(err, ERR_HOST, "%s: %s", path, sqlite3_errmsg(d->db));
	else if (configure(d, err) == 0)
		return 0;
	database_close(d);
	return -1;
}

void database_close(struct database *d)
{
	if (!d)
		return;
	sqlite3_close_v2(d->db);
	free(d->path);
	*d = (struct database){ 0 };
}

int database_begin(struct database *d, struct err *err)
{
	if (d->depth == 0 && database_run(d, "BEGIN IMMEDIATE", NULL, err) < 0)
		return -1;
	d->depth++;
	return 0;
}

int database_commit(struct database *d, struct err *err)
{
	if (d->depth == 1 && database_run(d, "COMMIT", NULL, err) < 0)
		return -1;
	d->depth--;
	return 0;
}

void database_rollback(struct database *d)
{
	if (d->depth)
		sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
	d->depth = 0;
}

void database_abandon(struct database *d)
{
	if (d->depth > 1)
		d->depth--;
	else
		database_rollback(d);
}

int database_bind(struct database *d, sqlite3_stmt *statement, const struct value *values,
		  struct err *err)
{
	int code = SQLITE_OK;

	sqlite3_reset(statement);
	for (int i = 0; values && values[i].type != VALUE_END && code == SQLITE_OK; i++) {
		const struct value *v = &values[i];

		if (v->type == VALUE_INTEGER)
			code = sqlite3_bind_int64(statement, i + 1, v->integer);
		else if (v->type == VALUE_REAL)
			code = sqlite3_bind_double(statement, i + 1, v->real);
		else
			code = sqlite3_bind_text(statement, i + 1, v->text, -1, SQLITE_TRANSIENT);
	}
	return code == SQLITE_OK ? 0 : database_fail(d, err);
}

sqlite3_stmt *database_ask(struct database *d, const char *sql, const struct value *values,
			   struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(d->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		database_fail(d, err);
		return NULL;
	}
	if (database_bind(d, statement, values, err) < 0)
		return NULL;
	return take_ptr(&statement);
}

int database_step(struct database *d, sqlite3_stmt *statement, struct err *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : database_fail(d, err);
}

int database_run(struct database *d, const char *sql, const struct value *values, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *statement = database_ask(d, sql, values, err);

	if (!statement || database_step(d, statement, err) < 0)
		return -1;
	return 0;
}

int database_get(struct database *d, const char *sql, const struct value *values, int64_t otherwise,
		 int64_t *out, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *statement = database_ask(d, sql, values, err);
	int there = statement ? database_step(d, statement, err) : -1;

	*out = otherwise;
	if (there > 0 && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		*out = sqlite3_column_int64(statement, 0);
	return there < 0 ? -1 : 0;
}

const char *database_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? (const char *)text : "";
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite, as the files of this folder use it: statements whose values have types, errors
 * that name the file. Every error is ERR_HOST, but of a file that is no history of ours:
 * that is ERR_INPUT.
 */
#ifndef KLAB_HISTORY_DATABASE_H
#define KLAB_HISTORY_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

struct database {
	sqlite3 *db;
	char *path;
	int depth; /* of nested database_begin() */
};

/* Values of a statement's ?, in their order. TEXT(NULL) is NULL; text is copied. */
enum value_type { VALUE_END, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT };
struct value {
	enum value_type type;
	int64_t integer;
	double real;
	const char *text;
};
#define INTEGER(x) ((struct value){ .type = VALUE_INTEGER, .integer = (int64_t)(x) })
#define REAL(x)	   ((struct value){ .type = VALUE_REAL, .real = (x) })
#define TEXT(x)	   ((struct value){ .type = VALUE_TEXT, .text = (x) })
#define VALUES(...) ((const struct value[]){ __VA_ARGS__ __VA_OPT__(,) { VALUE_END } })

/* Opens it, made when missing, in WAL mode and at the newest version (schema.c). */
int database_open(struct database *d, const char *path, struct err *err);
void database_close(struct database *d); /* NULL-safe; what was begun is undone */

/*
 * A transaction that may write from its beginning on (others wait for it, at most a minute).
 * Those within another one are part of it.
 */
int database_begin(struct database *d, struct err *err);
int database_commit(struct database *d, struct err *err);
void database_rollback(struct database *d); /* all of them */
/* What stands within another one leaves the rest to that; else as database_rollback(). */
void database_abandon(struct database *d);

/* A statement with its values, to be stepped; NULL on error. */
sqlite3_stmt *database_ask(struct database *d, const char *sql, const struct value *values,
			   struct err *err);
/* 1: there is a row, 0: there is none further, -1. */
int database_step(struct database *d, sqlite3_stmt *statement, struct err *err);
/* Runs a statement that gives no row, or of which none is wanted. */
int database_run(struct database *d, const char *sql, const struct value *values, struct err *err);
/* The integer that the statement's first row begins with; `otherwise` where there is none or it is NULL. -1: err. */
int database_get(struct database *d, const char *sql, const struct value *values, int64_t otherwise,
		 int64_t *out, struct err *err);
/* Sets the values again, of a statement that was stepped to its end. */
int database_bind(struct database *d, sqlite3_stmt *statement, const struct value *values,
		  struct err *err);
/* A text of a row; "" for NULL. Borrowed until the next step. */
const char *database_text(sqlite3_stmt *statement, int column);

/* What went wrong last. Returns -1. */
int database_fail(struct database *d, struct err *err);

/* schema.c: ERR_INPUT: it is newer than we are, or none of ours. *version (may be NULL) is its. */
int schema_check(struct database *d, int64_t *version, struct err *err);
/* Brings it to the newest version. */
int schema_migrate(struct database *d, struct err *err);

static inline void statement_end(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}
#define _cleanup_statement_ _cleanup_(statement_end)

#endif

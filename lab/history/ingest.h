/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a run becomes rows, by part. All within the transaction of history_ingest(). */
#ifndef KLAB_HISTORY_INGEST_H
#define KLAB_HISTORY_INGEST_H

#include "history/database.h"
#include "history/history.h"
#include "history/record.h"

struct history {
	struct database db;
};

struct run_row {
	int64_t id, series, night, started;
};

/* The newest night with a run, but none to come, as older klabs took in; -1: there is none. */
int history_newest_night(struct history *h, int64_t *night, struct err *err);

/* ingest-reports.c, ingest-numbers.c: adds what the run has. */
int ingest_reports(struct history *h, const struct record *r, const struct run_row *run,
		   struct err *err);
int ingest_numbers(struct history *h, const struct record *r, const struct run_row *run,
		   struct err *err);
/* Takes it out again, with what the tables of nights have of it. */
int forget_reports(struct history *h, const struct run_row *run, struct err *err);
int forget_numbers(struct history *h, const struct run_row *run, struct err *err);
/* And then the titles that no run has any more, with their alarms. */
int forget_unused_titles(struct history *h, struct err *err);

/* alarms-json.c: {case, line, config, append, mode} of five columns. New reference. */
json_t *history_series_json(sqlite3_stmt *row, int column);
/* As "2026-11-28". */
void history_set_night(json_t *out, const char *key, int64_t night);

#endif

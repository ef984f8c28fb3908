/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/history.h"

#include "base/file.h"
#include "base/str.h"
#include "history/ingest.h"

char *history_default_path(struct err *err)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *folder = NULL;

	/* The XDG rules: a relative path there counts as none. */
	if (base && base[0] == '/')
		folder = path_join(base, "klab");
	else if (home && home[0] == '/')
		folder = path_join(home, ".local/state/klab");
	if (!folder) {
		err_set(err, ERR_INPUT,
			"no place for the history: neither XDG_STATE_HOME nor HOME is set");
		return NULL;
	}
	if (file_mkdir_p(folder, err) < 0) {
		err_add(err, "folder of the history");
		return NULL;
	}
	return path_join(folder, "history.db");
}

struct history *history_open(const char *path, struct err *err)
{
	_cleanup_free_ char *own = path ? xstrdup(path) : history_default_path(err);
	_cleanup_free_ struct history *h = xcalloc(1, sizeof(*h));

	if (!own || database_open(&h->db, own, err) < 0)
		return NULL;
	return take_ptr(&h);
}

void history_close(struct history *h)
{
	if (!h)
		return;
	database_close(&h->db);
	free(h);
}

int history_begin(struct history *h, struct err *err)
{
	return database_begin(&h->db, err);
}

int history_commit(struct history *h, struct err *err)
{
	return database_commit(&h->db, err);
}

int history_newest_night(struct history *h, int64_t *night, struct err *err)
{
	return database_get(&h->db, "SELECT max(night) FROM series_night WHERE night <= ?",
			    VALUES(INTEGER(record_latest_night())), -1, night, err);
}

int history_last_night(struct history *h, int64_t *night, struct err *err)
{
	if (history_newest_night(h, night, err) < 0)
		return -1;
	if (*night < 0)
		return err_set(err, ERR_INPUT, "%s: no run in it yet; `klab ingest` takes them in",
			       h->db.path);
	return 0;
}

int history_count_runs(struct history *h, int64_t *runs, struct err *err)
{
	return database_get(&h->db, "SELECT coalesce(sum(runs), 0) FROM series_night", NULL, 0,
			    runs, err);
}

int history_has_run(struct history *h, const char *id, struct err *err)
{
	int64_t there;

	if (database_get(&h->db, "SELECT EXISTS (SELECT 1 FROM run WHERE name = ?)",
			 VALUES(TEXT(id)), 0, &there, err) < 0)
		return -1;
	return there != 0;
}

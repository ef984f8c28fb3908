/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of a run, and the faults that it injected. */
#include <math.h>

#include "base/json.h"
#include "compare/observations.h"
#include "history/ingest.h"

static int find_quantity(struct history *h, const char *name, int64_t *id, struct err *err)
{
	struct name_parts parts = name_split(name);
	_cleanup_free_ char *label = xstrndup(parts.first, parts.first_length);
	_cleanup_free_ char *file = xstrndup(parts.second, parts.second_length);
	const struct value *key = VALUES(TEXT(label), TEXT(file), TEXT(parts.third));

	if (database_get(&h->db, "SELECT id FROM quantity WHERE label = ? AND file = ? AND key = ?",
			 key, 0, id, err) < 0)
		return -1;
	if (*id)
		return 0;
	if (database_run(&h->db, "INSERT INTO quantity (label, file, key) VALUES (?, ?, ?)", key,
			 err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(h->db.db);
	return 0;
}

static int add_number(struct history *h, const char *name, double value, const struct run_row *run,
		      struct err *err)
{
	int64_t quantity;

	if (find_quantity(h, name, &quantity, err) < 0 ||
	    database_run(&h->db,
			 "INSERT INTO series_quantity VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET "
			 "runs = runs + 1",
			 VALUES(INTEGER(run->series), INTEGER(quantity)), err) < 0)
		return -1;
	return database_run(&h->db, "INSERT INTO number VALUES (?, ?, ?, ?, ?)",
			    VALUES(INTEGER(run->series), INTEGER(quantity), INTEGER(run->night),
				   INTEGER(run->id), REAL(value)),
			    err);
}

static int add_injections(struct history *h, const json_t *frames, const struct run_row *run,
			  struct err *err)
{
	size_t i, count = 0;
	json_t *frame;

	/* The last word of an account counts. */
	json_array_foreach (frames, i, frame) {
		const struct value none = TEXT(NULL);
		const json_t *asked = json_object_get(frame, "asked");
		const json_t *fired = json_object_get(frame, "fired");
		_cleanup_free_ char *fault = record_text(json_get_str(frame, "fault", ""));
		_cleanup_free_ char *device = record_text(json_get_str(frame, "device", ""));

		if (!str_eq(json_get_str(frame, "k", ""), "fault"))
			continue;
		if (count++ == RECORD_MAX_INJECTIONS)
			break;
		if (database_run(&h->db,
				 "INSERT OR REPLACE INTO injection VALUES (?, ?, ?, ?, ?, ?)",
				 VALUES(INTEGER(run->id), INTEGER(json_get_int(frame, "i", 0)),
					TEXT(fault), TEXT(device),
					json_is_integer(asked) ? INTEGER(json_integer_value(asked))
							       : none,
					json_is_integer(fired) ? INTEGER(json_integer_value(fired))
							       : none),
				 err) < 0)
			return -1;
	}
	return 0;
}

int ingest_numbers(struct history *h, const struct record *r, const struct run_row *run,
		   struct err *err)
{
	_cleanup_json_ json_t *numbers = compare_run_numbers(&r->facts);
	size_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach (numbers, name, value) {
		if (strlen(name) > RECORD_MAX_TEXT || !isfinite(json_number_value(value)))
			continue;
		if (count++ == RECORD_MAX_NUMBERS)
			break;
		if (add_number(h, name, json_number_value(value), run, err) < 0)
			return -1;
	}
	return add_injections(h, r->facts.frames, run, err);
}

int forget_numbers(struct history *h, const struct run_row *run, struct err *err)
{
	const struct value *key =
		VALUES(INTEGER(run->series), INTEGER(run->night), INTEGER(run->id));

	if (database_run(&h->db,
			 "UPDATE series_quantity SET runs = runs - 1 WHERE series = ?1 AND EXISTS "
			 "(SELECT 1 FROM number n WHERE n.series = ?1 AND "
			 "n.quantity = series_quantity.quantity AND n.night = ?2 AND n.run = ?3)",
			 key, err) < 0 ||
	    database_run(&h->db,
			 "DELETE FROM number WHERE series = ?1 AND night = ?2 AND run = ?3 AND "
			 "quantity IN (SELECT quantity FROM series_quantity WHERE series = ?1)",
			 key, err) < 0 ||
	    database_run(&h->db, "DELETE FROM series_quantity WHERE series = ? AND runs <= 0",
			 VALUES(INTEGER(run->series)), err) < 0)
		return -1;
	return database_run(&h->db, "DELETE FROM injection WHERE run = ?", VALUES(INTEGER(run->id)),
			    err);
}

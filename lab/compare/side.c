// SPDX-License-Identifier: GPL-2.0-or-later
/* What the runs of a side came to, and the tables of tasks, reports and injections across sides. */
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare-internal.h"
#include "verdict/expect.h"
#include "verdict/fault-accounts.h"
#include "verdict/verdict.h"

#define MAX_ROWS 256 /* tasks, titles, faults: a run has a handful */

enum verdict compare_run_word(const struct run_facts *run)
{
	if (!str_eq(json_get_str(run->run, "state", ""), "done"))
		return VERDICT_INCOMPLETE;
	return verdict_parse(json_get_str(run->verdict, "verdict", NULL));
}

bool compare_is_unjudged(enum verdict word)
{
	return word == VERDICT_BROKEN || word == VERDICT_INCOMPLETE || word == VERDICT_SKIP;
}

char *compare_task_end(const struct frames *frames, const char *name)
{
	const json_t *end = frames_find(frames, "task-end", "name", name);

	return end ? expect_task_end_text(end) : xstrdup("never ended");
}

static void add_count(json_t *counts, const char *key)
{
	json_set_int(counts, key, json_get_int(counts, key, 0) + 1);
}

/* The runs learned nothing: then neither did the comparison. */
static void look_at_word(struct compare_sides *c, const struct compare_side *side,
			 const struct run_facts *run, enum verdict word)
{
	const json_t *reason = json_array_get(json_object_get(run->verdict, "reasons"), 0);

	if (compare_is_unjudged(word) && !c->statistics)
		compare_reason(c, "broken", run->dir, "%s is %s%s%s", side->name,
			       verdict_name(word), reason ? ": " : "",
			       json_get_str(reason, "what", ""));
}

/* Counts a run that did not pass by the first reason that it has for its word: an expectation that
 * was not met, a report's title. */
static void count_cause(json_t *causes, const struct run_facts *run, enum verdict word)
{
	const char *name = verdict_name(word), *what = "nobody said why";
	json_t *reason, *cause;
	size_t i;

	if (word == VERDICT_PASS)
		return;
	json_array_foreach (json_object_get(run->verdict, "reasons"), i, reason)
		if (str_eq(json_get_str(reason, "verdict", ""), name)) {
			what = json_get_str(reason, "what", what);
			break;
		}
	json_array_foreach (causes, i, cause)
		if (str_eq(json_get_str(cause, "verdict", ""), name) &&
		    str_eq(json_get_str(cause, "what", ""), what)) {
			json_set_int(cause, "runs", json_get_int(cause, "runs", 0) + 1);
			return;
		}
	json_array_append_new(causes,
			      json_pack("{s:s,s:s,s:i}", "verdict", name, "what", what, "runs", 1));
}

json_t *compare_side_summary(struct compare_sides *c, const struct compare_side *side)
{
	const struct run_facts *first = &side->runs[0];
	json_t *out = json_object(), *runs = json_array(), *words = json_object();
	json_t *causes = json_array();
	enum verdict worst = VERDICT_PASS;
	size_t worst_run = 0;

	for (size_t i = 0; i < side->run_count; i++) {
		const struct run_facts *run = &side->runs[i];
		enum verdict word = compare_run_word(run);
		json_t *entry = json_object();

		json_set_str(entry, "id", json_get_str(run->run, "id", path_base(run->dir)));
		json_set_str(entry, "dir", run->dir);
		json_set_str(entry, "verdict", verdict_name(word));
		json_array_append_new(runs, entry);
		add_count(words, verdict_name(word));
		count_cause(causes, run, word);
		look_at_word(c, side, run, word);
		if (!str_eq(json_get_str(run->kernel, "key", ""),
			    json_get_str(first->kernel, "key", "")))
			compare_reason(c, "broken", run->dir,
				       "the runs of %s are of several kernels", side->name);
		if (word < worst) {
			worst = word;
			worst_run = i;
		}
	}
	json_set_str(out, "name", side->name);
	if (side->axes[0] && side->axes[1])
		json_object_set_new(out, "axes", json_pack("[s,s]", side->axes[0], side->axes[1]));
	json_set_str(out, "case", json_get_str(first->run, "case", ""));
	json_set_str(out, "verdict", verdict_name(worst));
	json_object_set_new(out, "verdicts", words);
	json_object_set_new(out, "causes", causes);
	json_object_set(out, "reasons", json_object_get(side->runs[worst_run].verdict, "reasons"));
	json_object_set(out, "kconfig", json_object_get(first->plan, "kconfig"));
	json_object_set(out, "append", json_object_get(first->plan, "append"));
	json_set_str(out, "kernel", json_get_str(first->kernel, "key", NULL));
	json_set_str(out, "release",
		     json_get_str(json_object_get(first->kernel, "source"), "release", NULL));
	json_object_set_new(out, "runs", runs);
	return out;
}

/*
 * The row of a table whose `key` is `value`, made when missing. NULL: the table is full, and what
 * is left out may be just what differs.
 */
static json_t *table_row(struct compare_sides *c, json_t *table, const char *key, const char *value,
			 const char *key2, const char *value2)
{
	json_t *row;
	size_t i;

	json_array_foreach (table, i, row)
		if (str_eq(json_get_str(row, key, ""), value) &&
		    (!key2 || str_eq(json_get_str(row, key2, ""), value2)))
			return row;
	if (json_array_size(table) >= MAX_ROWS) {
		if (!c->left_out++)
			compare_reason(c, "broken", NULL,
				       "more than %d rows of one kind (%s \"%s\" was the next): "
				       "not all of them were compared",
				       MAX_ROWS, key, value);
		return NULL;
	}
	row = json_object();
	json_set_str(row, key, value);
	if (key2)
		json_set_str(row, key2, value2);
	json_object_set_new(row, "sides", json_array());
	for (i = 0; i < c->count; i++)
		json_array_append_new(json_object_get(row, "sides"), json_object());
	json_array_append_new(table, row);
	return row;
}

static json_t *row_cell(json_t *row, size_t side)
{
	return json_array_get(json_object_get(row, "sides"), side);
}

/* How a task that was started ended, in each run: {text: runs}. */
static void collect_tasks(struct compare_sides *c, json_t *table, size_t side,
			  const struct run_facts *run)
{
	struct frames frames = { .list = run->frames };
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		const char *name = json_get_str(frame, "name", "");
		_cleanup_free_ char *text = NULL;
		json_t *row;

		if (!str_eq(json_get_str(frame, "k", ""), "task"))
			continue;
		row = table_row(c, table, "name", name, NULL, NULL);
		text = compare_task_end(&frames, name);
		if (row)
			add_count(row_cell(row, side), text);
	}
}

/* The ends that were seen on a side, without how often: that is chance. Sorted. Yours. */
static char *ends_of(const json_t *cell)
{
	_cleanup_strv_ struct strv ends = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)cell, key, value)
		strv_add(&ends, key);
	strv_sort(&ends);
	return ends.count ? strv_join(&ends, " or ") : xstrdup("never started");
}

/* In how many runs of a side an end was seen is chance, so the tests decide where there are
 * several; of one run a side what was seen is all there is. */
static void look_at_task(struct compare_sides *c, json_t *row)
{
	const char *name = json_get_str(row, "name", "?");
	char *said[COMPARE_MAX_SIDES];
	_cleanup_free_ char *all = NULL;
	bool differs = false;

	if (c->statistics) {
		json_set_bool(row, "differs",
			      compare_rate_differs(c->statistics, "task", name, NULL));
		return;
	}
	for (size_t s = 0; s < c->count; s++) {
		said[s] = ends_of(row_cell(row, s));
		differs |= !str_eq(said[s], said[0]);
	}
	all = compare_by_side(c, said);
	json_set_bool(row, "differs", differs);
	if (differs)
		compare_reason(c, compare_difference_word(c), NULL, "task %s %s", name, all);
	for (size_t s = 0; s < c->count; s++)
		free(said[s]);
}

json_t *compare_tasks(struct compare_sides *c)
{
	json_t *table = json_array(), *row;
	size_t i;

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++)
			collect_tasks(c, table, s, &c->sides[s].runs[r]);
	json_array_foreach (table, i, row)
		look_at_task(c, row);
	return table;
}

/* A side's cell: counts of each run, in the order of the runs. */
static void set_count(json_t *row, size_t side, size_t run, int64_t count)
{
	json_t *cell = row_cell(row, side);
	json_t *counts = json_object_get(cell, "counts");

	if (!counts) {
		counts = json_array();
		json_object_set_new(cell, "counts", counts);
	}
	while (json_array_size(counts) <= run)
		json_array_append_new(counts, json_integer(0));
	if (__builtin_add_overflow(count, json_integer_value(json_array_get(counts, run)), &count))
		count = INT64_MAX;
	json_array_set_new(counts, run, json_integer(count));
}

/* Puts the arrays of counts in the cells' place, a zero for each run that has none; where a side
 * cannot have any, null. */
static void finish_counts(const struct compare_sides *c, json_t *table, bool may_lack)
{
	json_t *row;
	size_t i;

	json_array_foreach (table, i, row)
		for (size_t s = 0; s < c->count; s++) {
			if (may_lack && !json_object_size(row_cell(row, s))) {
				json_array_set_new(json_object_get(row, "sides"), s, json_null());
				continue;
			}
			set_count(row, s, c->sides[s].run_count - 1, 0);
			json_array_set(json_object_get(row, "sides"), s,
				       json_object_get(row_cell(row, s), "counts"));
		}
}

static int64_t row_sum(json_t *row, size_t side)
{
	int64_t sum = 0;
	json_t *n;
	size_t i;

	json_array_foreach (row_cell(row, side), i, n)
		if (__builtin_add_overflow(sum, json_integer_value(n), &sum))
			return INT64_MAX;
	return sum;
}

static void look_at_report(struct compare_sides *c, json_t *row)
{
	const char *title = json_get_str(row, "title", "");
	bool has[COMPARE_MAX_SIDES], lacks[COMPARE_MAX_SIDES], some = false, none = false;
	bool differs;

	for (size_t s = 0; s < c->count; s++) {
		has[s] = row_sum(row, s) > 0;
		lacks[s] = !has[s];
		some |= has[s];
		none |= lacks[s];
	}
	/* Which of the asked-for faults left a dump in a rate-limited log is chance. */
	differs = some && none && !str_eq(json_get_str(row, "kind", ""), "fault-injection");
	if (c->statistics)
		differs = compare_rate_differs(c->statistics, "report", NULL, title);
	json_set_bool(row, "differs", differs);
	if (differs && !c->statistics) {
		_cleanup_free_ char *with = compare_names(c, has);
		_cleanup_free_ char *without = compare_names(c, lacks);

		compare_reason(c, compare_difference_word(c), NULL,
			       "\"%s\" is reported on %s and not on %s", title, with, without);
	}
}

json_t *compare_reports(struct compare_sides *c)
{
	json_t *table = json_array(), *row, *report;
	size_t i;

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++)
			json_array_foreach (c->sides[s].runs[r].reports, i, report) {
				row = table_row(c, table, "title",
						json_get_str(report, "title", ""), "kind",
						json_get_str(report, "kind", ""));
				if (!row)
					break;
				json_set_bool(row, "info", json_get_bool(report, "info", false));
				set_count(row, s, r, json_get_int(report, "count", 1));
			}
	finish_counts(c, table, false);
	json_array_foreach (table, i, row)
		look_at_report(c, row);
	return table;
}

/* Counts of a free run are chance; that a fault fired at all is the verdict's business. */
json_t *compare_injections(struct compare_sides *c)
{
	json_t *table = json_array(), *row, *fault;
	size_t i;

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++) {
			struct frames frames = { .list = c->sides[s].runs[r].frames };
			_cleanup_json_ json_t *faults =
				fault_accounts(&frames, c->sides[s].runs[r].machine);

			json_array_foreach (faults, i, fault) {
				if (!json_get_bool(fault, "armed", false))
					continue;
				row = table_row(c, table, "fault", json_get_str(fault, "fault", ""),
						"device", json_get_str(fault, "device", ""));
				if (row)
					set_count(row, s, r, json_get_int(fault, "fired", 0));
			}
		}
	/* Another case injects other faults. */
	finish_counts(c, table, c->cases);
	return table;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers of snapshots, results and task ends, by name; those that are not the same everywhere.
 */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/observations.h"
#include "verdict/snapshot.h"

#define MAX_NAMES 65536 /* read from all files of all runs */
#define MAX_SHOWN 200	/* in the comparison, most different first */

#define REPORT_FILE "report "

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

struct collect {
	json_t *numbers; /* of one run: {name: number}, the last word counts */
	const char *label, *file;
};

static int collect_number(void *ctx, const char *key, double value)
{
	struct collect *c = ctx;
	_cleanup_free_ char *name = NULL;

	if (json_object_size(c->numbers) >= MAX_NAMES)
		return 1;
	name = xasprintf("%s" PART "%s" PART "%s", c->label, c->file, key);
	json_object_set_new(c->numbers, name, json_real(value));
	return 0;
}

static void collect_object(struct collect *c, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value)
		if (json_is_number(value))
			collect_number(c, key, json_number_value(value));
}

static void collect_task_end(struct collect *c, json_t *frame)
{
	static const char *const keys[] = { "utime_us", "stime_us", "maxrss_kib", "minflt",
					    "majflt" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(frame, keys[i]);

		if (json_is_number(value))
			collect_number(c, keys[i], json_number_value(value));
	}
}

/* What an OOM kill says of memory, swap and the group: the numbers of the moment that counts. */
static void collect_report(struct collect *c, const json_t *report)
{
	static const char *const parts[] = { "memory", "swap", "kmem", "stats", "killed" };
	const json_t *details = json_object_get(report, "details");
	const char *key;
	json_t *value;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		json_object_foreach (json_object_get(details, parts[i]), key, value) {
			_cleanup_free_ char *name = xasprintf("%s %s", parts[i], key);

			/* Who it was is no quantity, and a limit of "max" is none. */
			if (json_is_number(value) && !str_eq(key, "pid") && !str_eq(key, "uid") &&
			    json_number_value(value) < 0x1p50)
				collect_number(c, name, json_number_value(value));
		}
}

static void collect_reports(struct collect *c, const json_t *reports)
{
	json_t *report;
	size_t i;

	/* Backwards, so that of several with one title the first one counts. */
	for (i = json_array_size(reports); i-- > 0;) {
		_cleanup_free_ char *file = NULL;

		report = json_array_get(reports, i);
		if (!str_eq(json_get_str(report, "kind", ""), "oom-kill"))
			continue;
		file = xasprintf(REPORT_FILE "%s", json_get_str(report, "title", ""));
		c->file = file;
		collect_report(c, report);
	}
}

/* Of a task that was waited for in vain (guest-init/stuck.c): addresses and pids, no quantities. */
static bool is_of_stuck(const json_t *frame)
{
	return str_ends(json_get_str(frame, "label", ""), " still runs");
}

json_t *compare_run_numbers(const struct run_facts *run)
{
	struct collect c = { .numbers = json_object() };
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		const char *k = json_get_str(frame, "k", "");
		const char *name = json_get_str(frame, "name", NULL);
		_cleanup_free_ char *task = name ? xasprintf("task %s", name) : xstrdup("task");

		c.label = "";
		c.file = task;
		if (str_eq(k, "snapshot") && !is_of_stuck(frame)) {
			c.label = json_get_str(frame, "label", "");
			c.file = json_get_str(frame, "file", "");
			if (snapshot_is_of_numbers(c.file))
				snapshot_numbers(json_get_str(frame, "data", ""), collect_number,
						 &c);
		} else if (str_eq(k, "result")) {
			collect_object(&c, json_object_get(frame, "data"));
		} else if (str_eq(k, "task-end")) {
			collect_task_end(&c, frame);
		}
	}
	c.label = "";
	collect_reports(&c, run->reports);
	return c.numbers;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double compare_median(double *values, size_t count)
{
	if (!count)
		return NAN;
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Of the values of a side's runs. New reference. */
static json_t *summary_of(const json_t *list)
{
	size_t count = json_array_size(list);
	_cleanup_free_ double *values = xcalloc(count + 1, sizeof(*values));
	json_t *out = json_object();
	double middle;

	for (size_t i = 0; i < count; i++)
		values[i] = json_number_value(json_array_get(list, i));
	middle = compare_median(values, count);
	json_set_int(out, "n", (int64_t)count);
	json_object_set_new(out, "min", json_real(values[0]));
	json_object_set_new(out, "median", json_real(middle));
	json_object_set_new(out, "max", json_real(values[count - 1]));
	return out;
}

/* {name: {n, min, median, max}} over the runs of a side. New reference. */
static json_t *side_numbers(const struct compare_side *side)
{
	json_t *out = json_object(), *list, *value;
	const char *name;

	for (size_t r = 0; r < side->run_count; r++) {
		_cleanup_json_ json_t *numbers = compare_run_numbers(&side->runs[r]);

		json_object_foreach (numbers, name, value) {
			if (!json_object_get(out, name))
				json_object_set_new(out, name, json_array());
			json_array_append(json_object_get(out, name), value);
		}
	}
	json_object_foreach (out, name, list)
		json_object_set_new(out, name, summary_of(list));
	return out;
}

struct difference {
	const char *name;
	double relative; /* of the largest median; 2: not on every side at all */
};

static int by_relative(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	if (x->relative != y->relative)
		return x->relative < y->relative ? 1 : -1;
	return strcmp(x->name, y->name);
}

static double relative_difference(json_t *const *sides, size_t count, const char *name)
{
	double least = INFINITY, most = -INFINITY, largest = 0;

	for (size_t s = 0; s < count; s++) {
		json_t *n = json_object_get(sides[s], name);
		double typical = json_get_num(n, "median", 0);

		if (!n)
			return 2;
		least = smaller(least, typical);
		most = larger(most, typical);
		largest = larger(largest, fabs(typical));
	}
	return most > least && largest > 0 ? (most - least) / largest : 0;
}

static bool is_of_report(const char *name)
{
	return str_starts(name, PART REPORT_FILE);
}

static json_t *number_row(json_t *const *sides, size_t count, const struct difference *d)
{
	json_t *row = json_object(), *values = compare_row(count);
	struct name_parts name = name_split(d->name);

	json_set_strn(row, "label", name.first, name.first_length);
	json_set_strn(row, "file", name.second, name.second_length);
	json_set_str(row, "key", name.third);
	for (size_t s = 0; s < count; s++)
		if (json_object_get(sides[s], d->name))
			json_array_set(values, s, json_object_get(sides[s], d->name));
	json_object_set_new(row, "sides", values);
	if (d->relative < 2)
		json_object_set_new(row, "relative", json_real(d->relative));
	return row;
}

void compare_numbers(const struct compare_sides *c, json_t *out)
{
	json_t *sides[COMPARE_MAX_SIDES], *rows = json_array(), *value;
	_cleanup_json_ json_t *all = json_object();
	_cleanup_free_ struct difference *differ = NULL;
	size_t count = 0, same = 0;
	const char *name;

	for (size_t s = 0; s < c->count; s++) {
		sides[s] = side_numbers(&c->sides[s]);
		json_object_update(all, sides[s]);
	}
	differ = xcalloc(json_object_size(all) + 1, sizeof(*differ));
	json_object_foreach (all, name, value) {
		differ[count].name = name;
		differ[count].relative = relative_difference(sides, c->count, name);
		/* That a report is on one side only is said where the reports are; what one case
		 * has and another has not is told with its steps. */
		if (differ[count].relative == 2 && (c->cases || is_of_report(name)))
			continue;
		if (differ[count].relative > 0)
			count++;
		else
			same++;
	}
	qsort(differ, count, sizeof(*differ), by_relative);
	for (size_t i = 0; i < count && i < MAX_SHOWN; i++)
		json_array_append_new(rows, number_row(sides, c->count, &differ[i]));
	json_object_set_new(out, "numbers", rows);
	json_set_int(out, "numbers_same", (int64_t)same);
	json_set_int(out, "numbers_left_out", count > MAX_SHOWN ? (int64_t)(count - MAX_SHOWN) : 0);
	for (size_t s = 0; s < c->count; s++)
		json_decref(sides[s]);
}

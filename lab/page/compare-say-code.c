// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pages say of the kernels' code, and of what the case ran of it. */
#include <inttypes.h>

#include "base/json.h"
#include "compare/compare.h"
#include "page/compare-say.h"

/* How much code there is. Yours. */
static char *say_code_size(const json_t *row)
{
	const json_t *bytes = json_object_get(row, "code_bytes");
	int64_t first = json_integer_value(json_array_get(bytes, 0));
	int64_t second = json_integer_value(json_array_get(bytes, 1));

	if (first == second)
		return xasprintf("%" PRId64 " bytes of code", first);
	return xasprintf("%" PRId64 " bytes of code became %" PRId64 " (%+" PRId64 ")", first,
			 second, second - first);
}

char *compare_say_code(const json_t *row)
{
	const char *unknown = json_get_str(row, "unknown", NULL);
	int64_t added = json_get_int(row, "added", 0), removed = json_get_int(row, "removed", 0);
	int64_t changed = json_get_int(row, "changed", 0), same = json_get_int(row, "same", 0);
	int64_t all = added + removed + changed;
	_cleanup_free_ char *size = say_code_size(row);

	if (unknown)
		return xasprintf("not compared: %s", unknown);
	if (!all)
		return xasprintf("the kernels have the same code in all %" PRId64 " functions",
				 same);
	return xasprintf("the kernels differ in %" PRId64 " function%s: %" PRId64 " added, %" PRId64
			 " removed, %" PRId64 " changed; %" PRId64 " the same; %s",
			 all, all == 1 ? "" : "s", added, removed, changed, same, size);
}

/* ", in 1 run a side": in how many it was looked; empty where nobody noted that. Yours. */
static char *say_runs(const json_t *comparison, const json_t *row)
{
	int64_t runs[2];

	for (size_t i = 0; i < 2; i++)
		runs[i] = compare_coverage_runs(compare_say_side(
			comparison, (size_t)json_integer_value(compare_say_cell(row, i))));
	if (!runs[0] || !runs[1])
		return xstrdup("");
	if (runs[0] == runs[1])
		return xasprintf(", in %" PRId64 " run%s a side", runs[0], runs[0] == 1 ? "" : "s");
	return xasprintf(", in %" PRId64 " and %" PRId64 " runs", runs[0], runs[1]);
}

char *compare_say_ran(const json_t *comparison, const json_t *row)
{
	const json_t *ran = json_get_object(row, "ran");
	int64_t in_case = json_get_int(ran, "case", 0), boot = json_get_int(ran, "boot", 0);
	_cleanup_free_ char *runs = say_runs(comparison, row);

	if (!ran)
		return NULL;
	if (in_case)
		return xasprintf("the case ran %" PRId64 " of them%s", in_case, runs);
	if (boot)
		return xasprintf("the case ran none of them%s, though the boot ran %" PRId64, runs,
				 boot);
	return xasprintf("the case ran none of them%s", runs);
}

/* The runs that were looked at on a side of the row, which have a verdict of their own. */
static void say_runs_of(const json_t *comparison, const json_t *row, size_t at, struct strv *out)
{
	const json_t *side =
		compare_say_side(comparison, (size_t)json_integer_value(compare_say_cell(row, at)));
	const char *name = json_get_str(side, "name", "?");
	bool known = json_get_object(row, "ran") != NULL;
	json_t *run;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(side, "coverage"), "runs"), i, run) {
		const char *verdict = json_get_str(run, "verdict", "");
		const char *dir = json_get_str(run, "dir", "?");
		bool says = json_get_bool(run, "says", false);

		if (!says && !known)
			strv_addf(out,
				  "what the case runs on %s is not known: the run for it was %s: "
				  "%s",
				  name, verdict, dir);
		/* It went another way than the runs that are compared: so may what it ran. */
		if (says && !json_object_get(json_object_get(side, "verdicts"), verdict))
			strv_addf(out, "a run of %s that says so was a %s, as no other: %s", name,
				  verdict, dir);
	}
}

void compare_say_ran_doubts(const json_t *comparison, const json_t *row, struct strv *out)
{
	const json_t *missing = json_object_get(row, "not_compared");
	_cleanup_strv_ struct strv tables = { 0 };
	_cleanup_free_ char *names = NULL;

	if (json_is_array(missing))
		json_to_strv(missing, &tables);
	names = strv_join(&tables, ", ");
	if (tables.count)
		strv_addf(out, "without the tables %s", names);
	for (size_t at = 0; at < 2; at++)
		say_runs_of(comparison, row, at, out);
}

bool compare_say_ran_unasked(const json_t *comparison, const json_t *row)
{
	for (size_t at = 0; at < 2; at++)
		if (json_object_get(
			    compare_say_side(comparison,
					     (size_t)json_integer_value(compare_say_cell(row, at))),
			    "coverage"))
			return false;
	return !json_get_object(row, "ran") &&
	       json_array_size(json_object_get(row, "functions")) > 0;
}

bool compare_say_case_ran(const json_t *function)
{
	json_t *when;
	size_t i;

	json_array_foreach (json_object_get(function, "ran"), i, when)
		if (str_eq(json_string_value(when), "case"))
			return true;
	return false;
}

/* ---- of crossed sides several have one kernel ---- */

char *compare_say_code_pair(const json_t *comparison, const json_t *row)
{
	if (json_array_size(json_object_get(comparison, "sides")) <= 2)
		return xstrdup("");
	return xasprintf("%s against %s", compare_say_name_of(comparison, row, 0),
			 compare_say_name_of(comparison, row, 1));
}

static bool same_kernels(const json_t *comparison, const json_t *a, const json_t *b)
{
	for (size_t at = 0; at < 2; at++) {
		const json_t *x = compare_say_side(
			comparison, (size_t)json_integer_value(compare_say_cell(a, at)));
		const json_t *y = compare_say_side(
			comparison, (size_t)json_integer_value(compare_say_cell(b, at)));
		const char *key = json_get_str(x, "kernel", "");

		if (!*key || !str_eq(key, json_get_str(y, "kernel", "")))
			return false;
	}
	return true;
}

char *compare_say_code_again(const json_t *comparison, const json_t *row)
{
	_cleanup_free_ char *ran = compare_say_ran(comparison, row);
	json_t *other;
	size_t i;

	json_array_foreach (json_object_get(comparison, "code"), i, other) {
		_cleanup_free_ char *pair = NULL;

		if (other == row)
			return NULL;
		if (json_get_str(other, "unknown", NULL) || !same_kernels(comparison, other, row))
			continue;
		pair = compare_say_code_pair(comparison, other);
		return xasprintf("the same two kernels as %s, above%s%s", pair, ran ? "; " : "",
				 ran ? ran : "");
	}
	return NULL;
}

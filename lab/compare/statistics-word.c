// SPDX-License-Identifier: GPL-2.0-or-later
/* What a comparison's statistics mean for its word, and how they are told in a sentence. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/pairs.h"

static json_t *cell_of(const json_t *row, size_t side)
{
	return json_array_get(json_object_get(row, "sides"), side);
}

bool compare_rate_differs(const json_t *statistics, const char *kind, const char *task,
			  const char *what)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(statistics, "rates"), i, row)
		if (str_eq(json_get_str(row, "kind", ""), kind) &&
		    (!task || str_eq(json_get_str(row, "task", ""), task)) &&
		    (!what || str_eq(json_get_str(row, "what", ""), what)) &&
		    json_get_bool(row, "different", false))
			return true;
	return false;
}

static double smallest_adjusted(const struct compare_sides *c, const json_t *row)
{
	double p = 1;
	json_t *cell;
	size_t i;

	for (size_t s = 1; s < c->count; s++)
		p = fmin(p, json_get_num(cell_of(row, s), "adjusted", 1));
	json_array_foreach (json_object_get(row, "crossed"), i, cell)
		p = fmin(p, json_get_num(cell, "adjusted", 1));
	return p;
}

/* `crash`, `task hog: killed by SIGKILL`, `"BUG: ..."`. Yours. */
static char *rate_name(const json_t *row)
{
	const char *kind = json_get_str(row, "kind", "");
	const char *what = json_get_str(row, "what", "?");

	if (str_eq(kind, "task"))
		return xasprintf("task %s %s", json_get_str(row, "task", "?"), what);
	return str_eq(kind, "report") ? xasprintf("\"%s\"", what) : xstrdup(what);
}

/* "0 of 20 runs on a, 9 of 20 on b". Yours. */
static char *hits_text(const struct compare_sides *c, const json_t *row)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	for (size_t s = 0; s < c->count; s++)
		strbuf_addf(&out, "%s%" PRId64 " of %" PRId64 "%s on %s", s ? ", " : "",
			    json_get_int(cell_of(row, s), "hits", 0),
			    json_get_int(cell_of(row, s), "runs", 0), s ? "" : " runs",
			    c->sides[s].name);
	return strbuf_take(&out);
}

/* A difference in what could not be judged is none of the kernels': nobody knows what it hides.
 * That is so of the sides that differ, and leaves the others. */
static void look_at_unjudged(struct compare_sides *c, const json_t *row)
{
	struct fact_pair pairs[COMPARE_MAX_PAIRS];
	size_t count = compare_pairs(c->sides, c->count, pairs);

	for (size_t i = 0; i < count; i++) {
		const json_t *test = compare_pair_test(row, &pairs[i]);
		const json_t *a = cell_of(row, pairs[i].base), *b = cell_of(row, pairs[i].side);

		if (!json_get_bool(test, "different", false))
			continue;
		compare_about_pair(c, pairs[i].base, pairs[i].side);
		compare_reason(c, "broken", NULL,
			       "could not be judged: %" PRId64 " of %" PRId64
			       " runs on %s, %" PRId64 " of %" PRId64 " on %s (p %.2g)",
			       json_get_int(a, "hits", 0), json_get_int(a, "runs", 0),
			       c->sides[pairs[i].base].name, json_get_int(b, "hits", 0),
			       json_get_int(b, "runs", 0), c->sides[pairs[i].side].name,
			       json_get_num(test, "adjusted", 1));
	}
	compare_about_all(c);
}

static void look_at_rate(struct compare_sides *c, const json_t *row)
{
	_cleanup_free_ char *name = rate_name(row), *hits = hits_text(c, row);

	if (str_eq(json_get_str(row, "kind", ""), "unjudged"))
		look_at_unjudged(c, row);
	/* What goes with another is told by that. */
	else if (json_get_bool(row, "different", false) && !json_object_get(row, "same_as"))
		compare_reason(c, compare_difference_word(c), NULL, "%s: %s (p %.2g)", name, hits,
			       smallest_adjusted(c, row));
}

/* The surest one, and how many more. */
static void look_at_numbers(struct compare_sides *c)
{
	const json_t *rows = json_object_get(c->statistics, "numbers");
	const json_t *row = json_array_get(rows, 0);
	int64_t count = json_get_int(json_object_get(c->statistics, "different"), "numbers", 0);
	_cleanup_strbuf_ struct strbuf values = { 0 };

	if (!count || !row)
		return;
	for (size_t s = 0; s < c->count; s++)
		strbuf_addf(&values, "%s%.8g on %s", s ? ", " : "median ",
			    json_get_num(cell_of(row, s), "median", 0), c->sides[s].name);
	compare_reason(c, compare_difference_word(c), NULL,
		       "%" PRId64 " number%s; most surely %s%s%s: %s (p %.2g)", count,
		       count == 1 ? " differs" : "s differ", json_get_str(row, "file", ""),
		       *json_get_str(row, "key", "") ? " " : "", json_get_str(row, "key", ""),
		       values.data, smallest_adjusted(c, row));
}

static const json_t *first_unjudged(const struct compare_side *side, size_t *count)
{
	const json_t *reason = NULL;

	*count = 0;
	for (size_t r = 0; r < side->run_count; r++)
		if (compare_is_unjudged(compare_run_word(&side->runs[r])) && !(*count)++)
			reason = json_array_get(json_object_get(side->runs[r].verdict, "reasons"),
						0);
	return reason;
}

static void tell_unjudged(struct compare_sides *c, const char *word, bool all)
{
	for (size_t s = 0; s < c->count; s++) {
		const struct compare_side *side = &c->sides[s];
		size_t count;
		const json_t *reason = first_unjudged(side, &count);

		compare_about_side(c, side);
		if (count && (count == side->run_count) == all)
			compare_reason(c, word, NULL,
				       "%zu of %zu runs of %s could not be judged; the first: %s",
				       count, side->run_count, side->name,
				       json_get_str(reason, "what", "it was never done"));
	}
	compare_about_all(c);
}

/* Runs from one snapshot share a boot: what it happened to be is on all runs of a side, and no
 * test can tell it from what the kernel is. */
static void look_at_boots(struct compare_sides *c)
{
	const char *first = json_get_str(c->sides[0].runs[0].run, "snapshot", "");

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++) {
			const struct run_facts *run = &c->sides[s].runs[r];

			if (str_eq(json_get_str(run->run, "snapshot", ""), first))
				continue;
			compare_reason(c, "broken", run->dir,
				       "runs of %s and %s go on from snapshots, and not from the "
				       "same: what differs may be of those boots",
				       c->sides[0].name, c->sides[s].name);
			return;
		}
}

void compare_look_at_statistics(struct compare_sides *c)
{
	json_t *row;
	size_t i;

	if (!c->statistics)
		return;
	tell_unjudged(c, "broken", true);
	look_at_boots(c);
	json_array_foreach (json_object_get(c->statistics, "rates"), i, row)
		look_at_rate(c, row);
	look_at_numbers(c);
}

void compare_note_unjudged(struct compare_sides *c)
{
	if (c->statistics)
		tell_unjudged(c, "note", false);
}

/* "20 runs a side", "20 and 18 runs". Yours. */
static char *runs_text(const json_t *statistics)
{
	const json_t *runs = json_object_get(statistics, "runs");
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t count = json_array_size(runs), i;
	bool alike = true;
	json_t *n;

	json_array_foreach (runs, i, n)
		alike &= json_equal(n, json_array_get(runs, 0));
	if (alike)
		return xasprintf("%" JSON_INTEGER_FORMAT " runs a side",
				 json_integer_value(json_array_get(runs, 0)));
	json_array_foreach (runs, i, n)
		strbuf_addf(&out, "%s%" JSON_INTEGER_FORMAT,
			    !i		     ? ""
			    : i + 1 == count ? " and "
					     : ", ",
			    json_integer_value(n));
	strbuf_adds(&out, " runs");
	return strbuf_take(&out);
}

/* What it would take to be sure, where the runs were too few: "; to rule out one of 0.5 takes 20
 * runs a side or more". Yours. */
static char *needed_text(const json_t *statistics)
{
	int64_t needed = json_get_int(statistics, "runs_needed", 0);
	json_t *n;
	size_t i;

	json_array_foreach (json_object_get(statistics, "runs"), i, n)
		if (needed > json_integer_value(n))
			return xasprintf("; to rule out one of %.2g takes %" PRId64
					 " runs a side or more",
					 json_get_num(statistics, "rate_wanted", 0), needed);
	return xstrdup("");
}

char *compare_say_no_difference(const struct compare_sides *c)
{
	_cleanup_free_ char *runs = runs_text(c->statistics), *needed = needed_text(c->statistics);
	double missed = json_get_num(c->statistics, "rate_missed", NAN);
	double power = json_get_num(c->statistics, "power", 0) * 100;

	if (isnan(missed))
		return xasprintf("no difference seen in %s, which cannot rule out even a large one "
				 "in the rate of every outcome%s",
				 runs, needed);
	return xasprintf("no difference seen in %s; one larger than %.2f in the rate of any "
			 "outcome would have been (%g %%)%s",
			 runs, missed, power, needed);
}

bool compare_side_says_nothing(const json_t *statistics, size_t side)
{
	return json_equal(json_array_get(json_object_get(statistics, "runs"), side),
			  json_array_get(json_object_get(statistics, "unjudged"), side));
}

/* Does a rate differ of what was judged? */
static bool any_outcome_differs(const json_t *statistics)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(statistics, "rates"), i, row)
		if (json_get_bool(row, "different", false) &&
		    !str_eq(json_get_str(row, "kind", ""), "unjudged"))
			return true;
	return false;
}

bool compare_goes_on(const json_t *statistics)
{
	const char *word = json_get_str(statistics, "word", "");
	size_t sides = json_array_size(json_object_get(statistics, "runs")), saying = 0;
	int64_t looks = (int64_t)json_array_size(json_object_get(statistics, "looks"));

	for (size_t s = 0; s < sides; s++)
		saying += !compare_side_says_nothing(statistics, s);
	if (saying < 2 || compare_side_says_nothing(statistics, 0))
		return false;
	/* That one side cannot be judged is sure, and says nothing of the others. */
	if (str_eq(word, "different"))
		return saying < sides && !any_outcome_differs(statistics) &&
		       json_get_int(statistics, "look", 0) + 1 < looks;
	return str_eq(word, "go-on");
}

/* "crash 0 of 8, 3 of 8 (p 0.2)". */
static void add_rate(struct strbuf *out, const json_t *row)
{
	_cleanup_free_ char *name = rate_name(row);
	double p = 1;
	json_t *cell;
	size_t s;

	strbuf_addf(out, "%s", name);
	json_array_foreach (json_object_get(row, "sides"), s, cell) {
		strbuf_addf(out, "%s %" PRId64 " of %" PRId64, s ? "," : "",
			    json_get_int(cell, "hits", 0), json_get_int(cell, "runs", 0));
		p = fmin(p, json_get_num(cell, "adjusted", 1));
	}
	json_array_foreach (json_object_get(row, "crossed"), s, cell)
		p = fmin(p, json_get_num(cell, "adjusted", 1));
	strbuf_addf(out, " (p %.2g)", p);
}

char *compare_look_text(const json_t *statistics)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "go-on", "not sure yet" },
		{ "different", "they differ" },
		{ "no-difference", "no difference" },
		{ "budget-ended", "no difference seen, and not sure" },
	};
	const json_t *row = json_array_get(json_object_get(statistics, "rates"), 0);
	int64_t numbers = json_get_int(json_object_get(statistics, "different"), "numbers", 0);
	_cleanup_strbuf_ struct strbuf out = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(texts[i].word, json_get_str(statistics, "word", "")))
			strbuf_adds(&out, texts[i].text);
	if (row) {
		strbuf_adds(&out, "; ");
		add_rate(&out, row);
	}
	if (numbers)
		strbuf_addf(&out, "; %" PRId64 " number%s", numbers,
			    numbers == 1 ? " differs" : "s differ");
	return strbuf_take(&out);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pages say of rates and numbers, and of what was tested of them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "page/compare-say.h"

static double figure(const json_t *object, const char *key)
{
	return json_get_num(object, key, NAN);
}

static double bound(const json_t *object, const char *key, size_t end)
{
	const json_t *value = json_array_get(json_object_get(object, key), end);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

void compare_say_number(double v, char out[32])
{
	if (!isfinite(v))
		snprintf(out, 32, "-");
	else if (v >= -0x1p53 && v <= 0x1p53 && v == (double)(int64_t)v)
		snprintf(out, 32, "%" PRId64, (int64_t)v);
	else
		snprintf(out, 32, fabs(v) >= 1000 && fabs(v) < 1e15 ? "%.0f" : "%.4g", v);
}

char *compare_say_value(const json_t *value)
{
	double middle = figure(value, "median"), min = figure(value, "min");
	char median[32], least[32], most[32];

	compare_say_number(middle, median);
	/* Of what was tested the shift has the spread. */
	if (isnan(min) || min == figure(value, "max"))
		return xstrdup(median);
	compare_say_number(min, least);
	compare_say_number(figure(value, "max"), most);
	return xasprintf("%s (%s..%s)", median, least, most);
}

static char *say_percent(double percent)
{
	double size = fabs(percent);

	return xasprintf(size < 0.1   ? "%+.2f %%"
			 : size < 10  ? "%+.1f %%"
			 : size < 1e5 ? "%+.0f %%"
				      : "%+.2g %%",
			 percent);
}

char *compare_say_change(const json_t *row)
{
	const json_t *a = compare_say_cell(row, 0), *b = compare_say_cell(row, 1);
	double from = figure(a, "median"), to = figure(b, "median");
	double percent = (to - from) / fabs(from) * 100;

	if (isnan(from) || isnan(to))
		return xstrdup("one side");
	if (from == 0)
		return xstrdup("from 0");
	return fabs(percent) > 9999 ? xasprintf("×%.3g", to / from) : say_percent(percent);
}

/* ---- what was tested ---- */

static const json_t *statistics_of(const json_t *comparison)
{
	return json_get_object(comparison, "statistics");
}

/* Their comparison was to end when they had shown something; they were looked at by no plan. */
static bool is_not_tested(const json_t *s)
{
	return str_eq(json_get_str(s, "word", ""), "not-tested");
}

/* "looked at after 3, 5 of at most 20 runs a side; ". */
static void say_looks(struct strbuf *out, const json_t *s)
{
	const json_t *looks = json_object_get(s, "looks");
	size_t planned = json_array_size(looks), done = (size_t)json_get_int(s, "look", 0) + 1;

	if (planned < 2)
		return;
	for (size_t i = 0; i < done && i < planned; i++)
		strbuf_addf(out, "%s%" JSON_INTEGER_FORMAT, i ? ", " : "looked at after ",
			    json_integer_value(json_array_get(looks, i)));
	strbuf_addf(out, " of at most %" JSON_INTEGER_FORMAT " runs a side; ",
		    json_integer_value(json_array_get(looks, planned - 1)));
}

static void say_differ(struct strbuf *out, const json_t *s, const char *kind, const char *name)
{
	int64_t tests = json_get_int(json_object_get(s, "tests"), kind, 0);

	strbuf_addf(out, "%" PRId64 " of %" PRId64 " %s%s",
		    json_get_int(json_object_get(s, "different"), kind, 0), tests, name,
		    tests == 1 ? "" : "s");
}

char *compare_say_sureness(const json_t *comparison)
{
	const json_t *s = statistics_of(comparison);
	double missed = figure(s, "rate_missed");
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (is_not_tested(s))
		return xstrdup("nothing was tested: the runs are of what ends when they have shown "
			       "something, and intervals of such runs say less than they seem to");
	say_looks(&out, s);
	say_differ(&out, s, "rates", "rate");
	strbuf_adds(&out, " and ");
	say_differ(&out, s, "numbers", "number");
	strbuf_addf(&out,
		    " differ; of equal kernels at most %g %% of such comparisons say that "
		    "anything does",
		    figure(s, "error") * 100);
	if (!isnan(missed))
		strbuf_addf(&out,
			    "; a rate that differs by more than %.0f points would have been seen "
			    "(%g %%)",
			    missed * 100, figure(s, "power") * 100);
	return strbuf_take(&out);
}

char *compare_say_rate_name(const json_t *row)
{
	const char *task = json_get_str(row, "task", NULL);

	return task ? xasprintf("task %s: %s", task, json_get_str(row, "what", "?"))
		    : xstrdup(json_get_str(row, "what", "?"));
}

char *compare_say_rate(const json_t *cell)
{
	return xasprintf("%" PRId64 "/%" PRId64 "  %.0f..%.0f %%", json_get_int(cell, "hits", 0),
			 json_get_int(cell, "runs", 0), bound(cell, "interval", 0) * 100,
			 bound(cell, "interval", 1) * 100);
}

/* ", p 0.0012: they differ", ", p 1; one of 46 points would have been seen". */
static void say_p(struct strbuf *out, const json_t *cell, const char *detectable)
{
	double p = figure(cell, "adjusted");

	strbuf_addf(out, p < 0.0001 ? "p < 0.0001" : "p %.2g", p);
	if (json_get_bool(cell, "different", false))
		strbuf_adds(out, ": they differ");
	else if (!isnan(figure(cell, "detectable")))
		strbuf_addf(out, "; %s would have been seen", detectable);
}

char *compare_say_rate_test(const json_t *cell)
{
	double difference = figure(cell, "difference");
	_cleanup_free_ char *detectable =
		xasprintf("%.0f points", figure(cell, "detectable") * 100);
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (isnan(figure(cell, "p")))
		return NULL;
	if (!isnan(difference))
		strbuf_addf(&out, "%+.0f points (%+.0f..%+.0f), ", difference * 100,
			    bound(cell, "difference_interval", 0) * 100,
			    bound(cell, "difference_interval", 1) * 100);
	say_p(&out, cell, detectable);
	return strbuf_take(&out);
}

/* The same with its sign, for a change. */
static void say_signed(double v, char out[33])
{
	out[0] = '+';
	compare_say_number(v, v > 0 ? out + 1 : out);
}

static char *say_number_test(const json_t *row, const struct compare_test *test)
{
	const json_t *cell = test->cell;
	double from = figure(compare_say_cell(row, test->base), "median");
	double shift = figure(cell, "shift");
	char middle[33], low[33], high[33], detectable[32];
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (isnan(figure(cell, "p")))
		return NULL;
	say_signed(shift, middle);
	say_signed(bound(cell, "shift_interval", 0), low);
	say_signed(bound(cell, "shift_interval", 1), high);
	compare_say_number(figure(cell, "detectable"), detectable);
	strbuf_addf(&out, "%s (%s..%s), ", middle, low, high);
	if (from != 0 && !isnan(shift)) {
		_cleanup_free_ char *percent = say_percent(shift / fabs(from) * 100);

		strbuf_addf(&out, "%s, ", percent);
	}
	say_p(&out, cell, detectable);
	return strbuf_take(&out);
}

size_t compare_say_tests(const json_t *row, struct compare_test out[COMPARE_SAY_MAX_TESTS])
{
	size_t sides = json_array_size(json_object_get(row, "sides")), count = 0, i;
	json_t *cell;

	for (size_t s = 1; s < sides && count < COMPARE_SAY_MAX_TESTS; s++)
		out[count++] = (struct compare_test){ compare_say_cell(row, s), 0, s };
	json_array_foreach (json_object_get(row, "crossed"), i, cell)
		if (count < COMPARE_SAY_MAX_TESTS)
			out[count++] = (struct compare_test){
				cell, (size_t)json_integer_value(compare_say_cell(cell, 0)),
				(size_t)json_integer_value(compare_say_cell(cell, 1))
			};
	return count;
}

char *compare_say_test(const json_t *row, const struct compare_test *test, bool of_rate)
{
	return of_rate ? compare_say_rate_test(test->cell) : say_number_test(row, test);
}

char *compare_say_test_name(const json_t *comparison, const struct compare_test *test)
{
	const char *side = compare_say_name(comparison, test->side);

	if (json_array_size(json_object_get(comparison, "sides")) <= 2)
		return xstrdup("");
	return test->base
		       ? xasprintf("%s against %s", side, compare_say_name(comparison, test->base))
		       : xstrdup(side);
}

/* ---- which numbers ---- */

const json_t *compare_say_numbers(const json_t *comparison)
{
	const json_t *tested = json_get_array(statistics_of(comparison), "numbers");

	return tested ? tested : json_get_array(comparison, "numbers");
}

/* Is the same figure of the same file there of another snapshot? */
static bool has_twin(const json_t *rows, const json_t *row)
{
	json_t *other;
	size_t i;

	json_array_foreach (rows, i, other)
		if (other != row &&
		    json_equal(json_object_get(other, "file"), json_object_get(row, "file")) &&
		    json_equal(json_object_get(other, "key"), json_object_get(row, "key")))
			return true;
	return false;
}

char *compare_say_number_name(const json_t *comparison, const json_t *row)
{
	const char *key = json_get_str(row, "key", "");
	bool twin = has_twin(compare_say_numbers(comparison), row);

	return xasprintf("%s%s%s%s%s", json_get_str(row, "file", "?"), *key ? " " : "", key,
			 twin ? " snapshot " : "", twin ? json_get_str(row, "label", "") : "");
}

static bool any_side_repeats(const json_t *comparison)
{
	json_t *side;
	size_t i;

	json_array_foreach (json_object_get(comparison, "sides"), i, side)
		if (json_array_size(json_object_get(side, "runs")) > 1)
			return true;
	return false;
}

char *compare_say_numbers_sum(const json_t *comparison)
{
	const json_t *s = statistics_of(comparison), *from = s ? s : comparison;
	int64_t listed = (int64_t)json_array_size(json_object_get(from, "numbers"));
	int64_t all = listed + json_get_int(from, "numbers_left_out", 0);
	int64_t same = json_get_int(from, "numbers_same", 0);
	int64_t differ = s ? json_get_int(json_object_get(s, "different"), "numbers", 0) : all;
	bool several = any_side_repeats(comparison);

	if (!all)
		return xasprintf("all %" PRId64 " are the same%s", same,
				 several ? " in all runs" : "");
	if (!s)
		return xasprintf("%" PRId64 " differ%s, %" PRId64 " do%s not%s", all,
				 all == 1 ? "s" : "", same, same == 1 ? "es" : "",
				 several ? "; medians (least..most)" : "");
	if (is_not_tested(s))
		return xasprintf("%" PRId64 " var%s, %" PRId64 " are the same in all runs; medians",
				 all, all == 1 ? "ies" : "y", same);
	return xasprintf("%" PRId64 " surely differ%s; %" PRId64
			 " var%s, with no sure difference; %" PRId64
			 " are the same in all runs; medians",
			 differ, differ == 1 ? "s" : "", all - differ,
			 all - differ == 1 ? "ies" : "y", same);
}

char *compare_say_numbers_rest(const json_t *comparison, size_t shown, const char *where)
{
	const json_t *s = statistics_of(comparison), *rows = json_object_get(s, "numbers");
	size_t listed = json_array_size(rows), rest = 0, i;
	size_t left_out = (size_t)json_get_int(s, "numbers_left_out", 0);
	json_t *row;

	json_array_foreach (rows, i, row)
		rest += i >= shown && !json_get_bool(row, "different", false);
	if (!rest && !left_out)
		return NULL;
	if (!rest)
		return xasprintf("%zu more vary, with no sure difference, and are nowhere listed",
				 left_out);
	if (!left_out)
		return xasprintf("%zu %s not listed here: %s has %s", rest,
				 rest == 1 ? "varies and is" : "vary and are", where,
				 rest == 1 ? "it" : "them");
	return xasprintf("%zu vary and are not listed here: %s has the %zu that are nearest to a "
			 "difference",
			 rest + left_out, where, listed);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What was tested of runs that differ by themselves: how sure it is, the rates, the numbers. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "page/compare-text.h"

#define MAX_NUMBERS  24 /* that do not fit a page are in --json */
#define RATE_COLUMNS 18 /* "20/20  83..100 %" */
#define NUMBER_CELL  14

static const json_t *statistics_of(const struct compare_page *c)
{
	return json_get_object(c->comparison, "statistics");
}

/* ---- how sure --------------------------------------------------------------------------- */

static void add_how_sure(struct compare_page *c)
{
	const json_t *s = statistics_of(c);
	const json_t *looks = json_object_get(s, "looks");
	size_t planned = json_array_size(looks), done = (size_t)json_get_int(s, "look", 0) + 1;
	int64_t rates = (int64_t)json_array_size(json_object_get(s, "rates"));
	int64_t numbers = (int64_t)json_array_size(json_object_get(s, "numbers")) +
			  json_get_int(s, "numbers_left_out", 0);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (size_t i = 0; planned > 1 && i < done && i < planned; i++)
		strbuf_addf(&text, "%s%" JSON_INTEGER_FORMAT, i ? ", " : "looked at after ",
			    json_integer_value(json_array_get(looks, i)));
	if (planned > 1)
		strbuf_addf(&text, " of at most %" JSON_INTEGER_FORMAT " runs a side; ",
			    json_integer_value(json_array_get(looks, planned - 1)));
	strbuf_addf(&text,
		    "%" PRId64 " rate%s and %" PRId64 " number%s tested; of equal kernels at most "
		    "%g %% of such comparisons say that they differ",
		    rates, rates == 1 ? "" : "s", numbers, numbers == 1 ? "" : "s",
		    json_get_num(s, "error", 0) * 100);
	compare_page_section(c, "how sure");
	page_wrap(&c->p, TONE_PLAIN, text.data, PAGE_LABEL);
	page_line(&c->p);
}

/* ---- rates ------------------------------------------------------------------------------ */

static double bound(const json_t *interval, size_t end)
{
	const json_t *value = json_array_get(interval, end);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* "9/20  26..66 %". Yours. */
static char *rate_text(const json_t *cell)
{
	const json_t *interval = json_object_get(cell, "interval");

	return xasprintf("%" PRId64 "/%" PRId64 "  %.0f..%.0f %%", json_get_int(cell, "hits", 0),
			 json_get_int(cell, "runs", 0), bound(interval, 0) * 100,
			 bound(interval, 1) * 100);
}

/* Of the event itself, or as a part of a sentence. Yours. */
static char *rate_name(const json_t *row)
{
	const char *task = json_get_str(row, "task", NULL);

	return task ? xasprintf("task %s: %s", task, json_get_str(row, "what", "?"))
		    : xstrdup(json_get_str(row, "what", "?"));
}

static bool is_constant(const json_t *row)
{
	int64_t hits = 0, runs = 0;
	json_t *cell;
	size_t s;

	json_array_foreach (json_object_get(row, "sides"), s, cell) {
		hits += json_get_int(cell, "hits", 0);
		runs += json_get_int(cell, "runs", 0);
	}
	return !hits || hits == runs;
}

/* Those that are the same event: "with it" where the runs have both, "else" where they have one. */
static void add_companions(struct compare_page *c, const json_t *rates, size_t at)
{
	const json_t *first = compare_say_cell(json_array_get(rates, at), 0);
	json_t *row;
	size_t i;

	json_array_foreach (rates, i, row) {
		_cleanup_free_ char *name = NULL;
		const json_t *cell = compare_say_cell(row, 0);

		if (json_get_int(row, "same_as", -1) != (int64_t)at)
			continue;
		name = rate_name(row);
		page_to(&c->p, 4);
		page_add(&c->p, TONE_DIM,
			 json_equal(json_object_get(cell, "values"),
				    json_object_get(first, "values"))
				 ? "with it "
				 : "else ");
		page_wrap(&c->p, TONE_PLAIN, name, 6);
		page_line(&c->p);
	}
}

/* "+45 points (+19..+66), p 0.0012: they differ": p as it is held against the error. */
static void add_rate_test(struct compare_page *c, const json_t *row, size_t side)
{
	const json_t *cell = compare_say_cell(row, side);
	const json_t *interval = json_object_get(cell, "difference_interval");
	bool differs = json_get_bool(cell, "different", false);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (c->count > 2)
		strbuf_addf(&text, "%s: ", compare_say_name(c->comparison, side));
	strbuf_addf(&text, "%+.0f points (%+.0f..%+.0f), p %.2g%s",
		    json_get_num(cell, "difference", 0) * 100, bound(interval, 0) * 100,
		    bound(interval, 1) * 100, json_get_num(cell, "adjusted", 1),
		    differs ? ": they differ" : "");
	page_to(&c->p, 4);
	page_wrap(&c->p, differs ? TONE_BAD : TONE_DIM, text.data, 6);
	page_line(&c->p);
}

static int rates_end(const struct compare_page *c)
{
	return c->p.style.width - (int)(c->end - c->first) * RATE_COLUMNS;
}

static void add_rate(struct compare_page *c, const json_t *rates, size_t at)
{
	const json_t *row = json_array_get(rates, at);
	bool differs = json_get_bool(row, "different", false);
	_cleanup_free_ char *name = rate_name(row);

	page_to(&c->p, 2);
	compare_page_name(c, differs ? TONE_BAD : TONE_PLAIN, name, rates_end(c) - 3);
	for (size_t s = c->first; s < c->end; s++) {
		_cleanup_free_ char *text = rate_text(compare_say_cell(row, s));

		page_right(&c->p, differs ? TONE_BAD : TONE_PLAIN, text,
			   c->p.style.width - (int)(c->end - 1 - s) * RATE_COLUMNS);
	}
	page_line(&c->p);
	if (c->end < c->count)
		return;
	for (size_t s = 1; s < c->count; s++)
		add_rate_test(c, row, s);
	add_companions(c, rates, at);
}

static void add_rates(struct compare_page *c)
{
	const json_t *rates = json_object_get(statistics_of(c), "rates");
	json_t *row;
	size_t i;

	compare_page_figure_heads(c, c->p.style.width, RATE_COLUMNS);
	json_array_foreach (rates, i, row)
		if (!is_constant(row) && !json_object_get(row, "same_as"))
			add_rate(c, rates, i);
}

/* "in all runs of all sides: pass, task hog: killed by SIGKILL". */
static void add_constant_rates(struct compare_page *c)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(statistics_of(c), "rates"), i, row) {
		_cleanup_free_ char *name = rate_name(row);

		if (is_constant(row))
			strbuf_addf(&text, "%s%s", text.length ? "; " : "in all runs: ", name);
	}
	if (!text.length)
		return;
	page_to(&c->p, 2);
	page_wrap(&c->p, TONE_PLAIN, text.data, 4);
	page_line(&c->p);
}

static bool any_rate_varies(const json_t *rates)
{
	json_t *row;
	size_t i;

	json_array_foreach (rates, i, row)
		if (!is_constant(row))
			return true;
	return false;
}

static void add_all_rates(struct compare_page *c)
{
	bool any = any_rate_varies(json_object_get(statistics_of(c), "rates"));
	const char *text = any ? "in how many runs, 95 % interval" : "";
	int heads = c->p.style.width - (int)c->count * RATE_COLUMNS;

	compare_page_section(c, "rates");
	page_add(&c->p, TONE_DIM, text);
	/* The heads of the columns stand beside that where there is room. */
	if (!any || PAGE_LABEL + page_columns(text) >= heads)
		page_line(&c->p);
	if (any)
		compare_page_bands(c, (c->p.style.width - 24) / RATE_COLUMNS, add_rates);
	add_constant_rates(c);
}

/* ---- numbers ---------------------------------------------------------------------------- */

static void format_number(double v, char out[31])
{
	if (isnan(v))
		snprintf(out, 31, "-");
	else if (v == rint(v) && fabs(v) < 1e15)
		snprintf(out, 31, "%.0f", v);
	else
		snprintf(out, 31, "%.7g", v);
}

/* The same with its sign, for a change. */
static void format_change(double v, char out[32])
{
	out[0] = '+';
	format_number(v, v > 0 ? out + 1 : out);
}

static void add_percent(struct strbuf *out, double percent)
{
	double size = fabs(percent);

	strbuf_addf(out,
		    size < 0.1	 ? ", %+.2f %%"
		    : size < 10	 ? ", %+.1f %%"
		    : size < 1e5 ? ", %+.0f %%"
				 : ", %+.2g %%",
		    percent);
}

/* "+24480 (+12000..+31000), +1.1 %, p 0.003: they differ". */
static void add_number_test(struct compare_page *c, const json_t *row, size_t side)
{
	const json_t *cell = compare_say_cell(row, side);
	const json_t *interval = json_object_get(cell, "shift_interval");
	double from = json_get_num(compare_say_cell(row, 0), "median", 0);
	double shift = json_get_num(cell, "shift", NAN);
	bool differs = json_get_bool(cell, "different", false);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	char middle[32], low[32], high[32];

	format_change(shift, middle);
	format_change(bound(interval, 0), low);
	format_change(bound(interval, 1), high);
	if (c->count > 2)
		strbuf_addf(&text, "%s: ", compare_say_name(c->comparison, side));
	strbuf_addf(&text, "%s (%s..%s)", middle, low, high);
	if (from != 0 && !isnan(shift))
		add_percent(&text, shift / fabs(from) * 100);
	strbuf_addf(&text, ", p %.2g%s", json_get_num(cell, "adjusted", 1),
		    differs ? ": they differ" : "");
	page_to(&c->p, 4);
	page_wrap(&c->p, differs ? TONE_WARN : TONE_DIM, text.data, 6);
	page_line(&c->p);
}

/* Is the same figure of the same file there of another snapshot? */
static bool has_twin(const struct compare_page *c, const json_t *row)
{
	const json_t *rows = json_object_get(statistics_of(c), "numbers");
	json_t *other;
	size_t i;

	json_array_foreach (rows, i, other)
		if (other != row &&
		    json_equal(json_object_get(other, "file"), json_object_get(row, "file")) &&
		    json_equal(json_object_get(other, "key"), json_object_get(row, "key")))
			return true;
	return false;
}

static void add_number(struct compare_page *c, const json_t *row)
{
	const char *key = json_get_str(row, "key", ""), *label = json_get_str(row, "label", "");
	bool twin = has_twin(c, row);
	_cleanup_free_ char *name =
		xasprintf("%s%s%s%s%s", json_get_str(row, "file", "?"), *key ? " " : "", key,
			  twin ? " snapshot " : "", twin ? label : "");
	int end = c->p.style.width - (int)(c->end - c->first) * NUMBER_CELL;

	page_to(&c->p, 2);
	/* The figure's name is at the end. */
	if (page_is_narrow(&c->p))
		compare_page_name(c, TONE_PLAIN, name, end - 3);
	else
		page_fit_tail(&c->p, TONE_PLAIN, name, end - 3);
	for (size_t s = c->first; s < c->end; s++) {
		char text[32];

		format_number(json_get_num(compare_say_cell(row, s), "median", NAN), text);
		page_right(&c->p, TONE_PLAIN, text,
			   c->p.style.width - (int)(c->end - 1 - s) * NUMBER_CELL);
	}
	page_line(&c->p);
	for (size_t s = 1; s < c->count && c->end == c->count; s++)
		add_number_test(c, row, s);
}

/* Is it shown? All that were listed when verbose, else those that surely differ. */
static bool is_shown(const struct compare_page *c, const json_t *row, size_t index)
{
	return c->p.style.verbose ||
	       (index < MAX_NUMBERS && json_get_bool(row, "different", false));
}

static void add_numbers(struct compare_page *c)
{
	json_t *row;
	size_t i;

	compare_page_figure_heads(c, c->p.style.width, NUMBER_CELL);
	json_array_foreach (json_object_get(statistics_of(c), "numbers"), i, row)
		if (is_shown(c, row, i))
			add_number(c, row);
}

/* "2 differ, 29 vary and may not; 74 are the same in all runs". Yours. */
static char *numbers_text(const json_t *s, size_t differ)
{
	int64_t listed = (int64_t)json_array_size(json_object_get(s, "numbers"));
	int64_t vary = listed - (int64_t)differ + json_get_int(s, "numbers_left_out", 0);
	int64_t same = json_get_int(s, "numbers_same", 0);

	if (!differ && !vary)
		return xasprintf("all %" PRId64 " are the same in all runs", same);
	return xasprintf("%zu surely differ%s; %" PRId64 " vary, with no sure difference; %" PRId64
			 " are the same in all runs",
			 differ, differ == 1 ? "s" : "", vary, same);
}

static void add_all_numbers(struct compare_page *c)
{
	const json_t *s = statistics_of(c), *rows = json_object_get(s, "numbers");
	size_t shown = 0, differ = 0, i;
	_cleanup_free_ char *text = NULL;
	json_t *row;

	json_array_foreach (rows, i, row) {
		differ += json_get_bool(row, "different", false);
		shown += is_shown(c, row, i);
	}
	text = numbers_text(s, differ);
	compare_page_section(c, "numbers");
	page_wrap(&c->p, TONE_DIM, text, PAGE_LABEL);
	page_line(&c->p);
	if (shown)
		compare_page_bands(c, (c->p.style.width - 24) / NUMBER_CELL, add_numbers);
	if (differ > shown) {
		page_to(&c->p, 2);
		page_addf(&c->p, TONE_DIM, "… %zu more differ (-v lists them)", differ - shown);
		page_line(&c->p);
	}
}

void compare_page_statistics(struct compare_page *c)
{
	add_how_sure(c);
	add_all_rates(c);
	add_all_numbers(c);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What was tested of runs that differ by themselves: how sure it is, the rates, the numbers. */

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
	_cleanup_free_ char *text = compare_say_sureness(c->comparison);

	compare_page_section(c, "how sure");
	page_wrap(&c->p, TONE_PLAIN, text, PAGE_LABEL);
	page_line(&c->p);
}

/* ---- rates ------------------------------------------------------------------------------ */

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
		name = compare_say_rate_name(row);
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

static void add_test(struct compare_page *c, const json_t *row, const struct compare_test *test,
		     bool of_rate)
{
	bool different = json_get_bool(test->cell, "different", false);
	_cleanup_free_ char *text = compare_say_test(row, test, of_rate);
	_cleanup_free_ char *name = compare_say_test_name(c->comparison, test);

	if (!text)
		return;
	page_to(&c->p, 4);
	if (*name) {
		page_wrap(&c->p, TONE_PLAIN, name, 4);
		page_add(&c->p, TONE_PLAIN, ": ");
	}
	page_wrap(&c->p, !different ? TONE_DIM : of_rate ? TONE_BAD : TONE_WARN, text, 6);
	page_line(&c->p);
}

static void add_tests(struct compare_page *c, const json_t *row, bool of_rate)
{
	struct compare_test tests[COMPARE_SAY_MAX_TESTS];
	size_t count = compare_say_tests(row, tests);

	for (size_t i = 0; i < count; i++)
		add_test(c, row, &tests[i], of_rate);
}

static int rates_end(const struct compare_page *c)
{
	return c->p.style.width - (int)(c->end - c->first) * RATE_COLUMNS;
}

static void add_rate(struct compare_page *c, const json_t *rates, size_t at)
{
	const json_t *row = json_array_get(rates, at);
	bool differs = json_get_bool(row, "different", false);
	_cleanup_free_ char *name = compare_say_rate_name(row);

	page_to(&c->p, 2);
	compare_page_name(c, differs ? TONE_BAD : TONE_PLAIN, name, rates_end(c) - 3);
	for (size_t s = c->first; s < c->end; s++) {
		_cleanup_free_ char *text = compare_say_rate(compare_say_cell(row, s));

		page_right(&c->p, differs ? TONE_BAD : TONE_PLAIN, text,
			   c->p.style.width - (int)(c->end - 1 - s) * RATE_COLUMNS);
	}
	page_line(&c->p);
	if (c->end < c->count)
		return;
	add_tests(c, row, true);
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
		_cleanup_free_ char *name = compare_say_rate_name(row);

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

static void add_number(struct compare_page *c, const json_t *row)
{
	_cleanup_free_ char *name = compare_say_number_name(c->comparison, row);
	int end = c->p.style.width - (int)(c->end - c->first) * NUMBER_CELL;

	page_to(&c->p, 2);
	/* The figure's name is at the end. */
	if (page_is_narrow(&c->p))
		compare_page_name(c, TONE_PLAIN, name, end - 3);
	else
		page_fit_tail(&c->p, TONE_PLAIN, name, end - 3);
	for (size_t s = c->first; s < c->end; s++) {
		_cleanup_free_ char *text = compare_say_value(compare_say_cell(row, s));

		page_right(&c->p, TONE_PLAIN, text,
			   c->p.style.width - (int)(c->end - 1 - s) * NUMBER_CELL);
	}
	page_line(&c->p);
	if (c->end == c->count)
		add_tests(c, row, false);
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

static void add_rest(struct compare_page *c, size_t shown)
{
	_cleanup_free_ char *rest =
		compare_say_numbers_rest(c->comparison, shown, "this page with -v");

	if (!rest)
		return;
	page_to(&c->p, 2);
	page_add(&c->p, TONE_DIM, "… ");
	page_wrap(&c->p, TONE_DIM, rest, 4);
	page_line(&c->p);
}

static void add_all_numbers(struct compare_page *c)
{
	const json_t *rows = compare_say_numbers(c->comparison);
	size_t shown = 0, differ = 0, i;
	_cleanup_free_ char *text = NULL;
	json_t *row;

	json_array_foreach (rows, i, row) {
		differ += json_get_bool(row, "different", false);
		shown += is_shown(c, row, i);
	}
	text = compare_say_numbers_sum(c->comparison);
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
	add_rest(c, shown);
}

void compare_page_statistics(struct compare_page *c)
{
	add_how_sure(c);
	add_all_rates(c);
	add_all_numbers(c);
}

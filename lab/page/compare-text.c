// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison on a terminal: the word and why, then a column a side. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "page/compare-names.h"
#include "page/compare-text.h"
#include "page/layout.h"

#define MIN_CELL   12
#define OWN_CELL   20 /* on a narrow page, where few sides stand beside each other */
#define MIN_NAME   28 /* in front of figures, lest the names be cut to nothing */
#define MAX_FIGURE 13
#define MAX_RUNS   3 /* of a side that are all listed */

void compare_page_bands(struct compare_page *c, int most, void (*show)(struct compare_page *c))
{
	size_t bands = (c->count - 1) / (size_t)(most < 1 ? 1 : most) + 1;
	size_t each = (c->count - 1) / bands + 1; /* 6 sides of which 5 fit are 3 and 3 */

	for (c->first = 0; c->first < c->count; c->first = c->end) {
		c->end = c->first + each < c->count ? c->first + each : c->count;
		show(c);
	}
}

int compare_page_cell_columns(const struct compare_page *c)
{
	return (c->p.style.width - PAGE_LABEL) / (int)(c->end - c->first) - 1;
}

void compare_page_cell(struct compare_page *c, size_t side, enum tone tone, const char *text)
{
	int columns = compare_page_cell_columns(c);

	page_to(&c->p, PAGE_LABEL + (int)(side - c->first) * (columns + 1));
	page_fit(&c->p, tone, text, columns);
}

void compare_page_name(struct compare_page *c, enum tone tone, const char *text, int columns)
{
	_cleanup_free_ char *safe = page_safe(text);

	if (!page_is_narrow(&c->p) || page_columns(safe) <= columns) {
		page_fit(&c->p, tone, text, columns);
		return;
	}
	page_wrap(&c->p, tone, text, c->p.column + c->p.pending + 2);
	page_line(&c->p);
}

void compare_page_names(const struct compare_page *c, int columns, struct strv *out)
{
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t s = 0; s < c->count; s++)
		strv_add(&names, compare_say_name(c->comparison, s));
	compare_names_fit(&names, columns, out);
}

void compare_page_section(struct compare_page *c, const char *title)
{
	page_line(&c->p);
	page_label(&c->p, title);
}

/* Of more than two sides the word is that of the worst pair. */
static void add_pairs(struct compare_page *c)
{
	_cleanup_strv_ struct strv pairs = { 0 };

	compare_say_pairs(c->comparison, &pairs);
	for (size_t i = 0; i < pairs.count; i++) {
		const char *text = pairs.items[i];
		_cleanup_free_ char *word = xstrndup(text, strcspn(text, ":"));

		page_label(&c->p, i ? "" : "pairs");
		page_add(&c->p, page_tone_of(word), word);
		page_wrap(&c->p, TONE_PLAIN, text + strlen(word), PAGE_LABEL + 2);
		page_line(&c->p);
	}
}

static void add_head(struct compare_page *c)
{
	const char *word = json_get_str(c->comparison, "verdict", "broken");
	const char *question = json_get_str(c->comparison, "question", NULL);
	_cleanup_free_ char *upper = xstrdup(word);
	json_t *reason;
	size_t i;

	for (char *u = upper; *u; u++)
		*u = (char)toupper((unsigned char)*u);
	page_add(&c->p, page_tone_of(word), upper);
	page_to(&c->p, PAGE_LABEL);
	page_add(&c->p, TONE_STRONG, json_get_str(c->comparison, "case", "?"));
	page_line(&c->p);
	if (question) {
		page_to(&c->p, PAGE_LABEL);
		page_wrap(&c->p, TONE_PLAIN, question, PAGE_LABEL);
		page_line(&c->p);
	}
	json_array_foreach (json_object_get(c->comparison, "reasons"), i, reason) {
		const char *its = json_get_str(reason, "verdict", "?");

		page_label(&c->p, i ? "" : "why");
		if (!str_eq(its, word)) {
			page_add(&c->p, page_tone_of(its), its);
			page_add(&c->p, TONE_PLAIN, " ");
		}
		page_wrap(&c->p, TONE_PLAIN, json_get_str(reason, "what", ""), PAGE_LABEL + 2);
		page_line(&c->p);
	}
	add_pairs(c);
}

static void add_verdicts(struct compare_page *c)
{
	_cleanup_strv_ struct strv names = { 0 };

	compare_page_section(c, "");
	compare_page_names(c, compare_page_cell_columns(c), &names);
	for (size_t s = c->first; s < c->end; s++)
		compare_page_cell(c, s, TONE_STRONG, names.items[s]);
	page_line(&c->p);
	page_label(&c->p, "verdict");
	for (size_t s = c->first; s < c->end; s++) {
		const json_t *side = compare_say_side(c->comparison, s);
		_cleanup_free_ char *text = compare_say_verdicts(side);

		compare_page_cell(c, s, page_tone_of(json_get_str(side, "verdict", "")), text);
	}
	page_line(&c->p);
}

static void add_kernels(struct compare_page *c)
{
	_cleanup_strv_ struct strv kernels = { 0 }, fitting = { 0 };

	for (size_t s = 0; s < c->count; s++)
		strv_add_take(&kernels, compare_say_kernel(compare_say_side(c->comparison, s)));
	compare_names_fit(&kernels, compare_page_cell_columns(c), &fitting);
	page_label(&c->p, "kernel");
	for (size_t s = c->first; s < c->end; s++)
		compare_page_cell(c, s, TONE_PLAIN, fitting.items[s]);
	page_line(&c->p);
}

static void add_tasks(struct compare_page *c)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(c->comparison, "tasks"), i, row) {
		_cleanup_free_ char *label = xasprintf("task %s", json_get_str(row, "name", "?"));

		page_add(&c->p, TONE_DIM, label);
		/* Two tasks may begin alike. */
		if (page_columns(label) >= PAGE_LABEL)
			page_line(&c->p);
		for (size_t s = c->first; s < c->end; s++) {
			_cleanup_free_ char *text = compare_say_ends(
				compare_say_side(c->comparison, s), compare_say_cell(row, s));

			compare_page_cell(
				c, s, json_get_bool(row, "differs", false) ? TONE_BAD : TONE_PLAIN,
				text);
		}
		page_line(&c->p);
	}
}

/* A verdict that is none is explained, of each side that has one. */
static void add_causes(struct compare_page *c)
{
	bool first = true;

	for (size_t s = 0; s < c->count; s++) {
		const json_t *side = compare_say_side(c->comparison, s);
		_cleanup_strv_ struct strv causes = { 0 };

		compare_say_causes(side, &causes);
		for (size_t i = 0; i < causes.count; i++) {
			_cleanup_free_ char *text = xasprintf(
				"%s: %s", compare_say_name(c->comparison, s), causes.items[i]);

			if (first)
				page_line(&c->p);
			page_label(&c->p, first ? "because" : "");
			page_wrap(&c->p, page_tone_of(json_get_str(side, "verdict", "")), text,
				  PAGE_LABEL + 2);
			page_line(&c->p);
			first = false;
		}
	}
}

static void add_summary(struct compare_page *c)
{
	add_verdicts(c);
	add_kernels(c);
	add_tasks(c);
}

int compare_page_figure_columns(const struct compare_page *c)
{
	static const char *const tables[] = { "injections", "reports" };
	int widest = (int)strlen(COMPARE_ABSENT);
	json_t *row;
	size_t i;

	for (size_t s = 0; s < c->count; s++) {
		_cleanup_free_ char *name = page_safe(compare_say_name(c->comparison, s));
		int columns = page_columns(name);

		widest = columns > widest ? columns : widest;
		for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
			json_array_foreach (json_object_get(c->comparison, tables[t]), i, row) {
				_cleanup_free_ char *text =
					compare_say_counts(compare_say_cell(row, s));

				columns = page_columns(text);
				widest = columns > widest ? columns : widest;
			}
	}
	return (widest < MAX_FIGURE ? widest : MAX_FIGURE) + 2;
}

static void add_figures(struct compare_page *c, const json_t *row, bool differs)
{
	int columns = compare_page_figure_columns(c), end = c->p.style.width;

	for (size_t s = c->first; s < c->end; s++) {
		_cleanup_free_ char *text = compare_say_counts(compare_say_cell(row, s));

		page_right(&c->p, differs ? TONE_BAD : TONE_PLAIN, text,
			   end - (int)(c->end - 1 - s) * columns);
	}
	page_line(&c->p);
}

void compare_page_figure_heads(struct compare_page *c, int end, int columns)
{
	_cleanup_strv_ struct strv names = { 0 };

	compare_page_names(c, columns - 1, &names);
	for (size_t s = c->first; s < c->end; s++)
		page_right(&c->p, TONE_STRONG, names.items[s],
			   end - (int)(c->end - 1 - s) * columns);
	page_line(&c->p);
}

int compare_page_names_end(const struct compare_page *c)
{
	return c->p.style.width - (int)(c->end - c->first) * compare_page_figure_columns(c);
}

int compare_page_most_figures(const struct compare_page *c)
{
	return (c->p.style.width - PAGE_LABEL - MIN_NAME) / compare_page_figure_columns(c);
}

static void add_injections(struct compare_page *c)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(c->comparison, "injections"), i, row) {
		_cleanup_free_ char *text = compare_say_injection(row);

		page_label(&c->p, i ? "" : "injected");
		compare_page_name(c, TONE_PLAIN, text, compare_page_names_end(c) - PAGE_LABEL);
		add_figures(c, row, false);
	}
}

static void add_counts(struct compare_page *c)
{
	const json_t *reports = json_object_get(c->comparison, "reports");
	json_t *row;
	size_t i;

	compare_page_section(c, "");
	compare_page_figure_heads(c, c->p.style.width, compare_page_figure_columns(c));
	add_injections(c);
	json_array_foreach (reports, i, row) {
		bool differs = json_get_bool(row, "differs", false);

		page_label(&c->p, i ? "" : "reports");
		compare_page_name(
			c, differs || !json_get_bool(row, "info", false) ? TONE_BAD : TONE_PLAIN,
			json_get_str(row, "title", "?"), compare_page_names_end(c) - PAGE_LABEL);
		add_figures(c, row, differs);
	}
	if (!json_array_size(reports)) {
		page_label(&c->p, "reports");
		page_add(&c->p, TONE_DIM, "none on any side");
		page_line(&c->p);
	}
}

/* How many runs of a side have this verdict, before this one and in all. */
static size_t alike(const json_t *runs, const json_t *run, size_t before)
{
	size_t count = 0, i;
	json_t *other;

	json_array_foreach (runs, i, other)
		count += i < before && json_equal(json_object_get(other, "verdict"),
						  json_object_get(run, "verdict"));
	return count;
}

/* " pass 4×" behind a run, or below it. */
static void add_times(struct compare_page *c, const char *word, size_t count)
{
	_cleanup_free_ char *text = xasprintf("%s %zu×", word, count);

	if (c->p.column + 1 + page_columns(text) > c->p.style.width)
		page_line(&c->p);
	page_to(&c->p, c->p.column ? c->p.column + 1 : PAGE_LABEL);
	page_add(&c->p, TONE_PLAIN, text);
}

/* Of many runs of one verdict the first stands for all. */
static void add_runs_of(struct compare_page *c, const json_t *runs)
{
	bool all = c->p.style.verbose || json_array_size(runs) <= MAX_RUNS;
	json_t *run;
	size_t i;

	json_array_foreach (runs, i, run) {
		size_t count = alike(runs, run, SIZE_MAX);

		if (!all && alike(runs, run, i))
			continue;
		page_to(&c->p, PAGE_LABEL);
		page_wrap(&c->p, TONE_DIM, json_get_str(run, "dir", "?"), PAGE_LABEL);
		if (!all && count > 1)
			add_times(c, json_get_str(run, "verdict", "?"), count);
		page_line(&c->p);
	}
}

static void add_runs(struct compare_page *c)
{
	compare_page_section(c, "runs");
	for (size_t s = 0; s < c->count; s++)
		add_runs_of(c, json_object_get(compare_say_side(c->comparison, s), "runs"));
}

char *page_compare_text(const json_t *comparison, const struct page_style *style)
{
	struct compare_page c = {
		.comparison = comparison,
		.count = json_array_size(json_object_get(comparison, "sides")),
	};
	int cell;

	page_init(&c.p, style);
	add_head(&c);
	if (!c.count)
		return page_take(&c.p);
	cell = page_is_narrow(&c.p) ? OWN_CELL : MIN_CELL;
	compare_page_bands(&c, (c.p.style.width - PAGE_LABEL) / cell, add_summary);
	add_causes(&c);
	compare_page_bands(&c, compare_page_most_figures(&c), add_counts);
	compare_page_plans(&c);
	compare_page_toggle(&c);
	if (json_get_object(comparison, "statistics"))
		compare_page_statistics(&c);
	else
		compare_page_numbers(&c);
	compare_page_traces(&c);
	compare_page_divergence(&c);
	add_runs(&c);
	return page_take(&c.p);
}

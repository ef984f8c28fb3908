// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison on a terminal: the word and why, then a column a side. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "page/compare-text.h"
#include "page/layout.h"

#define MIN_CELL   12
#define MAX_FIGURE 13
#define ABSENT	   "absent" /* a symbol that a .config does not have at all */

/* Where the columns of the sides begin, and how wide each is. */
static int cell_columns(const struct compare_page *c, int label)
{
	int columns = (c->p.style.width - label) / (int)c->count;

	return columns < MIN_CELL ? MIN_CELL : columns;
}

static void add_cell(struct compare_page *c, int label, size_t side, enum tone tone,
		     const char *text)
{
	int columns = cell_columns(c, label);

	page_to(&c->p, label + (int)side * columns);
	page_fit(&c->p, tone, text, columns - 1);
}

void compare_page_section(struct compare_page *c, const char *title)
{
	page_line(&c->p);
	page_label(&c->p, title);
}

static json_t *side_of(const struct compare_page *c, size_t side)
{
	return json_array_get(json_object_get(c->comparison, "sides"), side);
}

static json_t *cell_of(const json_t *row, size_t side)
{
	return json_array_get(json_object_get(row, "sides"), side);
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
}

static void add_verdicts(struct compare_page *c)
{
	compare_page_section(c, "");
	for (size_t s = 0; s < c->count; s++) {
		int columns = cell_columns(c, PAGE_LABEL);

		page_to(&c->p, PAGE_LABEL + (int)s * columns);
		page_fit_tail(&c->p, TONE_STRONG, json_get_str(side_of(c, s), "name", "?"),
			      columns - 1);
	}
	page_line(&c->p);
	page_label(&c->p, "verdict");
	for (size_t s = 0; s < c->count; s++) {
		json_t *words = json_object_get(side_of(c, s), "verdicts"), *n;
		_cleanup_strbuf_ struct strbuf text = { 0 };
		const char *word;

		json_object_foreach (words, word, n) {
			strbuf_addf(&text, "%s%s", text.length ? ", " : "", word);
			if (json_array_size(json_object_get(side_of(c, s), "runs")) > 1)
				strbuf_addf(&text, " %" JSON_INTEGER_FORMAT "×",
					    json_integer_value(n));
		}
		add_cell(c, PAGE_LABEL, s, page_tone_of(json_get_str(side_of(c, s), "verdict", "")),
			 text.data);
	}
	page_line(&c->p);
}

static void add_kernels(struct compare_page *c)
{
	page_label(&c->p, "kernel");
	for (size_t s = 0; s < c->count; s++) {
		_cleanup_strv_ struct strv kconfig = { 0 };
		_cleanup_free_ char *names = NULL, *text = NULL;
		const json_t *side = side_of(c, s), *list = json_object_get(side, "kconfig");

		if (json_is_array(list))
			json_to_strv(list, &kconfig);
		names = strv_join(&kconfig, "+");
		text = xasprintf("%s %s", json_get_str(side, "release", "?"), names);
		add_cell(c, PAGE_LABEL, s, TONE_PLAIN, text);
	}
	page_line(&c->p);
}

static void add_tasks(struct compare_page *c)
{
	json_t *row, *n;
	size_t i;

	json_array_foreach (json_object_get(c->comparison, "tasks"), i, row) {
		_cleanup_free_ char *label = xasprintf("task %s", json_get_str(row, "name", "?"));

		page_fit(&c->p, TONE_DIM, label, PAGE_LABEL - 1);
		for (size_t s = 0; s < c->count; s++) {
			_cleanup_strbuf_ struct strbuf text = { 0 };
			const char *end;

			json_object_foreach (cell_of(row, s), end, n) {
				strbuf_addf(&text, "%s%s", text.length ? ", " : "", end);
				if (json_array_size(json_object_get(side_of(c, s), "runs")) > 1)
					strbuf_addf(&text, " %" JSON_INTEGER_FORMAT "×",
						    json_integer_value(n));
			}
			add_cell(c, PAGE_LABEL, s,
				 json_get_bool(row, "differs", false) ? TONE_BAD : TONE_PLAIN,
				 text.data ? text.data : "never started");
		}
		page_line(&c->p);
	}
}

/* "7", "3..9" over the runs of a side. */
static char *counts_text(const json_t *counts)
{
	int64_t least = INT64_MAX, most = 0;
	json_t *n;
	size_t i;

	json_array_foreach (counts, i, n) {
		int64_t v = json_integer_value(n);

		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	if (!json_array_size(counts))
		return xstrdup("-");
	if (least == most)
		return xasprintf("%" PRId64, most);
	return xasprintf("%" PRId64 "..%" PRId64, least, most);
}

/* Columns of a right-aligned figure: what the widest of counts and names takes, and two blanks. */
static int figure_columns(const struct compare_page *c)
{
	static const char *const tables[] = { "injections", "reports" };
	int widest = (int)strlen(ABSENT);
	json_t *row;
	size_t i;

	for (size_t s = 0; s < c->count; s++) {
		_cleanup_free_ char *name = page_safe(json_get_str(side_of(c, s), "name", "?"));
		int columns = page_columns(name);

		widest = columns > widest ? columns : widest;
		for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
			json_array_foreach (json_object_get(c->comparison, tables[t]), i, row) {
				_cleanup_free_ char *text = counts_text(cell_of(row, s));

				columns = page_columns(text);
				widest = columns > widest ? columns : widest;
			}
	}
	return (widest < MAX_FIGURE ? widest : MAX_FIGURE) + 2;
}

static void add_figures(struct compare_page *c, const json_t *row, bool differs)
{
	int columns = figure_columns(c), end = c->p.style.width;

	for (size_t s = 0; s < c->count; s++) {
		_cleanup_free_ char *text = counts_text(cell_of(row, s));

		page_right(&c->p, differs ? TONE_BAD : TONE_PLAIN, text,
			   end - (int)(c->count - 1 - s) * columns);
	}
	page_line(&c->p);
}

void compare_page_figure_heads(struct compare_page *c, int end, int columns)
{
	for (size_t s = 0; s < c->count; s++)
		page_right_tail(&c->p, TONE_STRONG, json_get_str(side_of(c, s), "name", "?"),
				end - (int)(c->count - 1 - s) * columns, columns - 1);
	page_line(&c->p);
}

/* Where the names in front of the figures end. */
static int names_end(const struct compare_page *c)
{
	return c->p.style.width - (int)c->count * figure_columns(c);
}

static void add_counts(struct compare_page *c)
{
	const json_t *injections = json_object_get(c->comparison, "injections");
	const json_t *reports = json_object_get(c->comparison, "reports");
	json_t *row;
	size_t i;

	compare_page_section(c, "");
	compare_page_figure_heads(c, c->p.style.width, figure_columns(c));
	json_array_foreach (injections, i, row) {
		const char *device = json_get_str(row, "device", "");
		_cleanup_free_ char *text = xasprintf("%s%s%s", json_get_str(row, "fault", "?"),
						      *device ? " on " : "", device);

		page_label(&c->p, i ? "" : "injected");
		page_fit(&c->p, TONE_PLAIN, text, names_end(c) - PAGE_LABEL);
		add_figures(c, row, false);
	}
	json_array_foreach (reports, i, row) {
		bool differs = json_get_bool(row, "differs", false);

		page_label(&c->p, i ? "" : "reports");
		page_fit(&c->p,
			 differs || !json_get_bool(row, "info", false) ? TONE_BAD : TONE_PLAIN,
			 json_get_str(row, "title", "?"), names_end(c) - PAGE_LABEL);
		add_figures(c, row, differs);
	}
	if (!json_array_size(reports)) {
		page_label(&c->p, "reports");
		page_add(&c->p, TONE_DIM, "none on any side");
		page_line(&c->p);
	}
}

static void add_config_row(struct compare_page *c, const json_t *row)
{
	_cleanup_free_ char *symbol = xasprintf("CONFIG_%s", json_get_str(row, "symbol", "?"));

	page_fit(&c->p, TONE_PLAIN, symbol, names_end(c) - PAGE_LABEL);
	for (size_t s = 0; s < c->count; s++) {
		const char *value = json_string_value(cell_of(row, s));

		page_right(&c->p, value ? TONE_STRONG : TONE_DIM, value ? value : ABSENT,
			   c->p.style.width - (int)(c->count - 1 - s) * figure_columns(c));
	}
	page_line(&c->p);
}

static void add_fact_cell(struct compare_page *c, json_t *fact, size_t side)
{
	const char *promise = json_get_str(fact, "fact", "");
	bool holds = json_get_bool(fact, "holds", false);
	_cleanup_free_ char *text = NULL;

	if (json_is_object(fact))
		text = xasprintf("%.*s%s: %s", (int)strcspn(promise, " "), promise,
				 holds ? "" : " does not hold", json_get_str(fact, "found", ""));
	add_cell(c, PAGE_LABEL, side,
		 !fact || json_is_null(fact) ? TONE_DIM
		 : holds		     ? TONE_STRONG
					     : TONE_BAD,
		 text ? text : "nobody looked");
}

static void add_fact_row(struct compare_page *c, const json_t *row)
{
	bool differs = json_get_bool(row, "differs", false);

	page_add(&c->p, differs ? TONE_GOOD : TONE_BAD, differs ? "✓ " : "✗ ");
	page_wrap(&c->p, TONE_PLAIN, json_get_str(row, "path", "?"), PAGE_LABEL + 2);
	page_line(&c->p);
	for (size_t s = 0; s < c->count; s++)
		add_fact_cell(c, cell_of(row, s), s);
	page_line(&c->p);
}

static void add_toggle(struct compare_page *c)
{
	static const struct {
		const char *real, *text;
		enum tone tone;
	} words[] = {
		{ "yes", "real: the running kernels showed it", TONE_GOOD },
		{ "config only", "no runtime fact tells the sides apart; only the .config differs",
		  TONE_WARN },
		{ "no", "NOT REAL: see above", TONE_BAD },
		{ "nothing toggled", "none: the sides have one kernel", TONE_DIM },
	};
	const char *real = json_get_str(c->comparison, "toggle_real", "no");
	const json_t *config = json_object_get(c->comparison, "config");
	const json_t *facts = json_object_get(c->comparison, "facts");
	size_t i, shown = 0, max = c->p.style.verbose ? SIZE_MAX : 12;
	json_t *row;

	compare_page_section(c, "toggle");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(real, words[i].real))
			page_add(&c->p, words[i].tone, words[i].text);
	page_line(&c->p);
	json_array_foreach (config, i, row) {
		if (i == max)
			break;
		page_label(&c->p, i ? "" : ".config");
		add_config_row(c, row);
	}
	if (json_array_size(config) > max) {
		page_to(&c->p, PAGE_LABEL);
		page_addf(&c->p, TONE_DIM, "… %zu more lines of .config differ",
			  json_array_size(config) - max);
		page_line(&c->p);
	}
	json_array_foreach (facts, i, row) {
		/* What all sides promise alike proves nothing here. */
		if (!json_get_bool(row, "toggle", false) && !c->p.style.verbose)
			continue;
		page_label(&c->p, shown++ ? "" : "running");
		add_fact_row(c, row);
	}
}

static void add_runs(struct compare_page *c)
{
	json_t *run;
	size_t i;

	compare_page_section(c, "runs");
	for (size_t s = 0; s < c->count; s++)
		json_array_foreach (json_object_get(side_of(c, s), "runs"), i, run) {
			page_to(&c->p, PAGE_LABEL);
			page_wrap(&c->p, TONE_DIM, json_get_str(run, "dir", "?"), PAGE_LABEL);
			page_line(&c->p);
		}
}

char *page_compare_text(const json_t *comparison, const struct page_style *style)
{
	struct compare_page c = {
		.comparison = comparison,
		.count = json_array_size(json_object_get(comparison, "sides")),
	};

	page_init(&c.p, style);
	add_head(&c);
	if (!c.count)
		return page_take(&c.p);
	add_verdicts(&c);
	add_kernels(&c);
	add_tasks(&c);
	add_counts(&c);
	add_toggle(&c);
	compare_page_numbers(&c);
	compare_page_traces(&c);
	add_runs(&c);
	return page_take(&c.p);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison to paste into a mail or an issue: what it came to, not all that it found. */
#include "base/file.h"
#include "base/json.h"
#include "page/compare-markdown.h"
#include "page/page.h"

#define MAX_CONFIG 12
#define MAX_NAMES  12

struct markdown_table markdown_sides_table(const struct markdown *m, const char *head, bool figures)
{
	struct markdown_table t = { .columns = m->sides + 1, .figures = figures };

	markdown_table_text(&t, head);
	for (size_t s = 0; s < m->sides; s++)
		markdown_table_code(&t, compare_say_name(m->comparison, s));
	return t;
}

void markdown_add_more(struct markdown *m, size_t more, const char *what)
{
	if (more)
		strbuf_addf(&m->out, "… %zu more %s.\n\n", more, what);
}

void markdown_add_label(struct markdown *m, const char *label)
{
	strbuf_addf(&m->out, "**%s** ", label);
}

static void add_head(struct markdown *m)
{
	const char *question = json_get_str(m->comparison, "question", NULL);
	_cleanup_strv_ struct strv pairs = { 0 };
	json_t *reason;
	size_t i;

	strbuf_adds(&m->out, "### ");
	markdown_add_text(&m->out, json_get_str(m->comparison, "verdict", "broken"));
	strbuf_adds(&m->out, ": ");
	markdown_add_code(&m->out, json_get_str(m->comparison, "case", "?"));
	strbuf_adds(&m->out, "\n\n");
	if (question) {
		markdown_add_text(&m->out, question);
		strbuf_adds(&m->out, "\n\n");
	}
	json_array_foreach (json_object_get(m->comparison, "reasons"), i, reason) {
		strbuf_adds(&m->out, "- ");
		markdown_add_text(&m->out, json_get_str(reason, "verdict", "?"));
		strbuf_adds(&m->out, ": ");
		markdown_add_text(&m->out, json_get_str(reason, "what", ""));
		strbuf_addc(&m->out, '\n');
	}
	compare_say_pairs(m->comparison, &pairs);
	for (i = 0; i < pairs.count; i++) {
		strbuf_adds(&m->out, "- pairs that are ");
		markdown_add_text(&m->out, pairs.items[i]);
		strbuf_addc(&m->out, '\n');
	}
	strbuf_addc(&m->out, '\n');
}

/* ---- what the sides came to ---- */

static void add_rows_of_sides(const struct markdown *m, struct markdown_table *t)
{
	markdown_table_text(t, "verdict");
	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_free_ char *text =
			compare_say_verdicts(compare_say_side(m->comparison, s));

		markdown_table_text(t, text);
	}
	markdown_table_text(t, "kernel");
	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_free_ char *text = compare_say_kernel(compare_say_side(m->comparison, s));

		markdown_table_code(t, text);
	}
}

/* A row of the table: its name behind a word of ours, and whether it differs. */
static void add_row_name(struct markdown_table *t, const char *word, const char *name, bool differs)
{
	_cleanup_free_ char *text = xasprintf("%s%s %s", differs ? "≠ " : "", word, name);

	markdown_table_text(t, text);
}

static void add_outcomes(struct markdown *m)
{
	_cleanup_markdown_table_ struct markdown_table t = markdown_sides_table(m, "", false);
	json_t *row;
	size_t i;

	add_rows_of_sides(m, &t);
	json_array_foreach (json_object_get(m->comparison, "tasks"), i, row) {
		add_row_name(&t, "task", json_get_str(row, "name", "?"),
			     json_get_bool(row, "differs", false));
		for (size_t s = 0; s < m->sides; s++) {
			_cleanup_free_ char *text = compare_say_ends(
				compare_say_side(m->comparison, s), compare_say_cell(row, s));

			markdown_table_text(&t, text);
		}
	}
	markdown_add_table(&m->out, &t);
}

/* Why runs that did not pass did not. */
static void add_causes(struct markdown *m)
{
	size_t told = 0;

	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_strv_ struct strv causes = { 0 };

		compare_say_causes(compare_say_side(m->comparison, s), &causes);
		for (size_t i = 0; i < causes.count; i++) {
			strbuf_adds(&m->out, "- ");
			markdown_add_code(&m->out, compare_say_name(m->comparison, s));
			strbuf_adds(&m->out, ": ");
			markdown_add_text(&m->out, causes.items[i]);
			strbuf_addc(&m->out, '\n');
			told++;
		}
	}
	strbuf_adds(&m->out, told ? "\n" : "");
}

static void add_counts(struct markdown *m)
{
	_cleanup_markdown_table_ struct markdown_table t =
		markdown_sides_table(m, "how often", true);
	static const char *const tables[] = { "injections", "reports" };
	json_t *row;
	size_t i;

	for (size_t k = 0; k < ARRAY_SIZE(tables); k++)
		json_array_foreach (json_object_get(m->comparison, tables[k]), i, row) {
			_cleanup_free_ char *fault = k ? NULL : compare_say_injection(row);

			add_row_name(&t, k ? "report:" : "injected",
				     k ? json_get_str(row, "title", "?") : fault,
				     json_get_bool(row, "differs", false));
			for (size_t s = 0; s < m->sides; s++) {
				_cleanup_free_ char *text =
					compare_say_counts(compare_say_cell(row, s));

				markdown_table_figure(&t, text);
			}
		}
	markdown_add_table(&m->out, &t);
}

/* ---- the toggle ---- */

static void add_facts(const struct markdown *m, struct markdown_table *t)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(m->comparison, "facts"), i, row) {
		if (!json_get_bool(row, "toggle", false))
			continue;
		markdown_table_code(t, json_get_str(row, "path", "?"));
		for (size_t s = 0; s < m->sides; s++) {
			enum tone tone;
			_cleanup_free_ char *text =
				compare_say_fact(compare_say_cell(row, s), &tone);

			markdown_table_text(t, text);
		}
	}
}

static void add_config(struct markdown *m)
{
	const json_t *config = json_object_get(m->comparison, "config");
	_cleanup_markdown_table_ struct markdown_table t =
		markdown_sides_table(m, ".config, and what the kernels showed", false);
	size_t count = json_array_size(config);

	for (size_t i = 0; i < count && i < MAX_CONFIG; i++) {
		const json_t *row = json_array_get(config, i);
		_cleanup_free_ char *symbol =
			xasprintf("CONFIG_%s", json_get_str(row, "symbol", "?"));

		markdown_table_code(&t, symbol);
		for (size_t s = 0; s < m->sides; s++) {
			const char *value = json_string_value(compare_say_cell(row, s));

			markdown_table_text(&t, value ? value : COMPARE_ABSENT);
		}
	}
	add_facts(m, &t);
	markdown_add_table(&m->out, &t);
	markdown_add_more(m, count > MAX_CONFIG ? count - MAX_CONFIG : 0,
			  "lines of .config differ");
}

/* Of a kind those that the case ran, or the others: all, where nobody knows. */
static void add_functions(struct markdown *m, const json_t *row, const char *status, bool ran)
{
	_cleanup_strbuf_ struct strbuf names = { 0 };
	size_t i, n = 0;
	json_t *f;

	json_array_foreach (json_object_get(row, "functions"), i, f)
		if (str_eq(json_get_str(f, "status", ""), status) &&
		    compare_say_case_ran(f) == ran && n++ < MAX_NAMES) {
			strbuf_adds(&names, n > 1 ? ", " : "");
			markdown_add_code(&names, json_get_str(f, "name", "?"));
		}
	if (!n)
		return;
	strbuf_addf(&m->out, "- %s%s: %s", status, ran ? ", and run by the case" : "", names.data);
	if (n > MAX_NAMES)
		strbuf_addf(&m->out, " and %zu more", n - MAX_NAMES);
	strbuf_addc(&m->out, '\n');
}

static void add_code_sum(struct markdown *m, const json_t *row, const char *again)
{
	_cleanup_free_ char *sum = again ? xstrdup(again) : compare_say_code(row);
	_cleanup_free_ char *ran = again ? NULL : compare_say_ran(m->comparison, row);

	markdown_add_label(m, "Code");
	if (m->sides > 2) {
		markdown_add_code(&m->out, compare_say_name_of(m->comparison, row, 0));
		strbuf_adds(&m->out, " against ");
		markdown_add_code(&m->out, compare_say_name_of(m->comparison, row, 1));
		strbuf_adds(&m->out, ": ");
	}
	markdown_add_text(&m->out, sum);
	if (ran) {
		strbuf_adds(&m->out, "; ");
		markdown_add_text(&m->out, ran);
	}
	strbuf_adds(&m->out, ".\n\n");
}

static void add_code(struct markdown *m)
{
	static const char *const kinds[] = { "added", "removed", "changed" };
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(m->comparison, "code"), i, row) {
		_cleanup_free_ char *again = compare_say_code_again(m->comparison, row);
		_cleanup_strv_ struct strv doubts = { 0 };

		add_code_sum(m, row, again);
		if (again)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			add_functions(m, row, kinds[k], true);
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			add_functions(m, row, kinds[k], false);
		compare_say_ran_doubts(m->comparison, row, &doubts);
		for (size_t k = 0; k < doubts.count; k++) {
			strbuf_adds(&m->out, "- ");
			markdown_add_text(&m->out, doubts.items[k]);
			strbuf_addc(&m->out, '\n');
		}
		if (m->out.data[m->out.length - 2] != '\n')
			strbuf_addc(&m->out, '\n');
	}
}

static void add_toggle(struct markdown *m)
{
	enum tone tone;

	markdown_add_label(m, "Toggle");
	markdown_add_text(&m->out, compare_say_toggle(m->comparison, &tone));
	strbuf_adds(&m->out, ".\n\n");
	add_config(m);
	add_code(m);
}

/* By their ids: the folders are of one machine. */
static void add_runs(struct markdown *m)
{
	json_t *run;
	size_t i;

	markdown_add_label(m, "Runs");
	for (size_t s = 0; s < m->sides; s++) {
		const json_t *runs = json_object_get(compare_say_side(m->comparison, s), "runs");

		strbuf_adds(&m->out, s ? "; " : "");
		markdown_add_code(&m->out, compare_say_name(m->comparison, s));
		strbuf_adds(&m->out, ": ");
		json_array_foreach (runs, i, run) {
			if (i == MAX_NAMES)
				break;
			strbuf_adds(&m->out, i ? ", " : "");
			markdown_add_code(&m->out, json_get_str(run, "id", "?"));
		}
		if (json_array_size(runs) > MAX_NAMES)
			strbuf_addf(&m->out, " and %zu more", json_array_size(runs) - MAX_NAMES);
	}
	strbuf_addc(&m->out, '\n');
}

char *page_compare_markdown(const json_t *comparison)
{
	struct markdown m = {
		.comparison = comparison,
		.sides = json_array_size(json_object_get(comparison, "sides")),
	};

	add_head(&m);
	if (!m.sides)
		return strbuf_take(&m.out);
	add_outcomes(&m);
	add_causes(&m);
	add_counts(&m);
	markdown_add_plans(&m);
	add_toggle(&m);
	markdown_add_statistics(&m);
	markdown_add_numbers(&m);
	markdown_add_traces(&m);
	markdown_add_exact(&m);
	add_runs(&m);
	return strbuf_take(&m.out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/comparison.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison-html.h"
#include "cmd/kernel-code.h"
#include "cmd/side-coverage.h"
#include "cmd/output.h"
#include "compare/compare.h"
#include "page/layout.h"
#include "page/page.h"

struct loaded {
	struct compare_side *sides;
	struct run_facts **runs; /* one array a side */
	size_t count;
};

static void loaded_clear(struct loaded *l)
{
	for (size_t i = 0; i < l->count; i++) {
		for (size_t j = 0; l->runs[i] && j < l->sides[i].run_count; j++)
			run_facts_clear(&l->runs[i][j]);
		free(l->runs[i]);
	}
	free(l->sides);
	free(l->runs);
}

static int load(struct loaded *l, const struct comparison_side *sides, struct err *err)
{
	l->sides = xcalloc(l->count, sizeof(*l->sides));
	l->runs = xcalloc(l->count, sizeof(*l->runs));
	for (size_t i = 0; i < l->count; i++) {
		const struct strv *dirs = sides[i].run_dirs;

		l->runs[i] = xcalloc(dirs->count, sizeof(*l->runs[i]));
		l->sides[i] =
			(struct compare_side){ .name = sides[i].name,
					       .runs = l->runs[i],
					       .axes = { sides[i].axes[0], sides[i].axes[1] } };
		for (size_t j = 0; j < dirs->count; j++) {
			if (run_facts_load(&l->runs[i][j], dirs->items[j], err) < 0)
				return -1;
			l->sides[i].run_count++;
		}
	}
	return 0;
}

/* What of the kernels' code the toggle changed, and what of that the case runs. */
static int find_code(struct compare_code *code, const struct comparison_side *sides,
		     const struct compare_side *loaded, size_t count, struct err *err)
{
	struct coverage ran[COMPARE_MAX_SIDES] = { 0 };
	const struct coverage *known[COMPARE_MAX_SIDES] = { NULL };
	int ret = 0;

	code->coverage = json_array();
	for (size_t i = 0; i < count && ret >= 0; i++) {
		json_t *its = NULL;

		ret = side_coverage_load(&loaded[i], sides[i].coverage_dir, &its, &ran[i], err);
		known[i] = ret > 0 ? &ran[i] : NULL;
		json_array_append_new(code->coverage, its ? its : json_null());
	}
	if (ret >= 0)
		code->rows = kernel_code_rows(loaded, count, known);
	for (size_t i = 0; i < count; i++)
		coverage_clear(&ran[i]);
	return ret < 0 ? -1 : 0;
}

json_t *comparison_make(const struct comparison_side *sides, size_t count,
			const struct compare_look *look, struct err *err)
{
	_cleanup_(loaded_clear)
	struct loaded l = { .count = count };
	struct compare_code code = { NULL, NULL };
	json_t *comparison = NULL;

	if (load(&l, sides, err) == 0 && find_code(&code, sides, l.sides, count, err) == 0)
		comparison = compare_sides_at(l.sides, count, look, &code, err);
	json_decref(code.rows);
	json_decref(code.coverage);
	return comparison;
}

json_t *comparison_statistics(const struct comparison_side *sides, size_t count,
			      const struct compare_look *look, struct err *err)
{
	_cleanup_(loaded_clear)
	struct loaded l = { .count = count };

	return load(&l, sides, err) < 0 ? NULL : compare_statistics(l.sides, count, look);
}

void comparison_plan(struct sequential_plan *plan, const struct options *opt, unsigned runs_max)
{
	sequential_plan_init(plan, runs_max);
	plan->error = opt->error;
	plan->power = opt->power;
	plan->rate_wanted = opt->difference;
}

void comparison_plan_one_look(struct sequential_plan *plan, const struct options *opt)
{
	comparison_plan(plan, opt, 2);
	plan->look_count = 0;
}

static void print_text(const json_t *comparison, const char *dir, const struct options *opt)
{
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *page = NULL;
	const char *kept;

	style.verbose = opt->verbose;
	text = page_compare_text(comparison, &style);
	fputs(text, stdout);
	if (!dir)
		return;
	page = path_join(dir, COMPARISON_PAGE);
	kept = path_exists(page) ? page : dir;
	/* A path that does not fit beside the label has a line of its own, and is not broken. */
	printf("kept in%s%s\n", PAGE_LABEL + page_columns(kept) > style.width ? "\n  " : "    ",
	       kept);
}

int comparison_keep(const json_t *comparison, const char *dir, struct err *err)
{
	_cleanup_free_ char *json = path_join(dir, "compare.json");
	_cleanup_free_ char *page = path_join(dir, COMPARISON_PAGE);
	_cleanup_free_ char *html = NULL;

	if (json_write_file(json, comparison, err) < 0)
		return -1;
	html = comparison_html(comparison, dir);
	return file_write_atomic(page, html, strlen(html), err);
}

int comparison_print(const json_t *comparison, const char *dir, const struct options *opt)
{
	_cleanup_free_ char *text = NULL;

	switch (opt->format) {
	case FORMAT_TEXT:
		print_text(comparison, dir, opt);
		break;
	case FORMAT_JSON:
		output_json(comparison);
		break;
	case FORMAT_MARKDOWN:
		text = page_compare_markdown(comparison);
		fputs(text, stdout);
		break;
	case FORMAT_HTML:
		text = comparison_html(comparison, dir);
		fputs(text, stdout);
		break;
	}
	return compare_exit_code(comparison);
}

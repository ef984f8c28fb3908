// SPDX-License-Identifier: GPL-2.0-or-later
/* Was it real: lines of .config, and what the running kernels showed. */
#include "base/json.h"
#include "page/compare-text.h"

#define MAX_CONFIG     12 /* lines, unless verbose */
#define MAX_FACT_CELLS 3  /* sides whose facts stand beside each other */

static size_t most_config(const struct compare_page *c)
{
	return c->p.style.verbose ? SIZE_MAX : MAX_CONFIG;
}

static void add_config_row(struct compare_page *c, const json_t *row)
{
	_cleanup_free_ char *symbol = xasprintf("CONFIG_%s", json_get_str(row, "symbol", "?"));
	int columns = compare_page_figure_columns(c);

	compare_page_name(c, TONE_PLAIN, symbol, compare_page_names_end(c) - PAGE_LABEL);
	for (size_t s = c->first; s < c->end; s++) {
		const char *value = json_string_value(compare_say_cell(row, s));

		page_right(&c->p, value ? TONE_STRONG : TONE_DIM, value ? value : COMPARE_ABSENT,
			   c->p.style.width - (int)(c->end - 1 - s) * columns);
	}
	page_line(&c->p);
}

/* Those that were asked for, or the others; how many were shown before. Gives that anew. */
static size_t add_config_rows(struct compare_page *c, bool dragged, size_t shown)
{
	size_t i, before = shown;
	json_t *row;

	json_array_foreach (json_object_get(c->comparison, "config"), i, row) {
		if (shown >= most_config(c) || json_get_bool(row, "dragged", false) != dragged)
			continue;
		if (dragged && shown == before) {
			page_label(&c->p, shown ? "" : ".config");
			page_add(&c->p, TONE_DIM,
				 shown ? "and what that drags along:"
				       : "no fragment asks for these:");
			page_line(&c->p);
		}
		page_label(&c->p, shown || dragged ? "" : ".config");
		add_config_row(c, row);
		shown++;
	}
	return shown;
}

/* Their heads are those of the counts above, but where there are several bands. */
static void add_config(struct compare_page *c)
{
	if (c->end - c->first < c->count &&
	    json_array_size(json_object_get(c->comparison, "config")))
		compare_page_figure_heads(c, c->p.style.width, compare_page_figure_columns(c));
	add_config_rows(c, true, add_config_rows(c, false, 0));
}

static void add_fact(struct compare_page *c, const json_t *row)
{
	bool differs = json_get_bool(row, "differs", false);
	bool beside = c->count <= MAX_FACT_CELLS && !page_is_narrow(&c->p);

	page_add(&c->p, differs ? TONE_GOOD : TONE_BAD, differs ? "✓ " : "✗ ");
	page_wrap(&c->p, TONE_PLAIN, json_get_str(row, "path", "?"), PAGE_LABEL + 2);
	page_line(&c->p);
	c->first = 0;
	c->end = c->count;
	for (size_t s = 0; s < c->count; s++) {
		enum tone tone;
		_cleanup_free_ char *text = compare_say_fact(compare_say_cell(row, s), &tone);

		if (beside) {
			compare_page_cell(c, s, tone, text);
			continue;
		}
		page_to(&c->p, PAGE_LABEL + 2);
		page_fit(&c->p, TONE_PLAIN, compare_say_name(c->comparison, s),
			 c->p.style.width / 2);
		page_add(&c->p, TONE_PLAIN, "  ");
		page_wrap(&c->p, tone, text, PAGE_LABEL + 4);
		page_line(&c->p);
	}
	if (beside)
		page_line(&c->p);
}

static void add_word(struct compare_page *c)
{
	enum tone tone;
	const char *text = compare_say_toggle(c->comparison, &tone);

	page_wrap(&c->p, tone, text, PAGE_LABEL);
	page_line(&c->p);
}

void compare_page_toggle(struct compare_page *c)
{
	size_t lines = json_array_size(json_object_get(c->comparison, "config"));
	size_t i, shown = 0, max = most_config(c);
	json_t *row;

	compare_page_section(c, "toggle");
	add_word(c);
	compare_page_bands(c, compare_page_most_figures(c), add_config);
	if (lines > max) {
		page_to(&c->p, PAGE_LABEL);
		page_addf(&c->p, TONE_DIM, "… %zu more lines of .config differ", lines - max);
		page_line(&c->p);
	}
	json_array_foreach (json_object_get(c->comparison, "facts"), i, row) {
		/* What all sides promise alike proves nothing here. */
		if (!json_get_bool(row, "toggle", false) && !c->p.style.verbose)
			continue;
		page_label(&c->p, shown++ ? "" : "running");
		add_fact(c, row);
	}
	compare_page_code(c);
}

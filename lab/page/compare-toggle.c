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
		const char *value = json_string_value(compare_page_cell_of(row, s));

		page_right(&c->p, value ? TONE_STRONG : TONE_DIM, value ? value : COMPARE_ABSENT,
			   c->p.style.width - (int)(c->end - 1 - s) * columns);
	}
	page_line(&c->p);
}

/* Their heads are those of the counts above, but where there are several bands. */
static void add_config(struct compare_page *c)
{
	const json_t *config = json_object_get(c->comparison, "config");
	size_t i, max = most_config(c);
	json_t *row;

	if (c->end - c->first < c->count && json_array_size(config))
		compare_page_figure_heads(c, c->p.style.width, compare_page_figure_columns(c));
	json_array_foreach (config, i, row) {
		if (i == max)
			break;
		page_label(&c->p, i ? "" : ".config");
		add_config_row(c, row);
	}
}

/* "readable: 75000". Yours. */
static char *fact_text(json_t *fact, enum tone *tone)
{
	const char *promise = json_get_str(fact, "fact", "");
	bool holds = json_get_bool(fact, "holds", false);
	const char *found = json_get_str(fact, "found", "");
	bool looked = json_is_object(fact) && !json_get_bool(fact, "unchecked", false);

	*tone = !looked ? TONE_DIM : holds ? TONE_STRONG : TONE_BAD;
	if (!looked)
		return xasprintf("nobody looked%s%s", json_is_object(fact) ? ": " : "", found);
	return xasprintf("%.*s%s%s%s", (int)strcspn(promise, " "), promise,
			 holds ? "" : " does not hold", found[0] ? ": " : "", found);
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
		_cleanup_free_ char *text = fact_text(compare_page_cell_of(row, s), &tone);

		if (beside) {
			compare_page_cell(c, s, tone, text, page_fit);
			continue;
		}
		page_to(&c->p, PAGE_LABEL + 2);
		page_fit(&c->p, TONE_PLAIN, json_get_str(compare_page_side(c, s), "name", "?"),
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
	static const struct {
		const char *real, *text, *of_many;
		enum tone tone;
	} words[] = {
		{ "yes", "real: the running kernels showed it",
		  "real: the running kernels showed it", TONE_GOOD },
		{ "config only", "no runtime fact tells the sides apart; only the .config differs",
		  "no runtime fact tells all sides apart; of some, only the .config differs",
		  TONE_WARN },
		{ "no", "NOT REAL: see above", "NOT REAL: see above", TONE_BAD },
		{ "nothing toggled", "none: the sides have one kernel",
		  "none: the sides have one kernel", TONE_DIM },
	};
	const char *real = json_get_str(c->comparison, "toggle_real", "no");

	if (str_eq(real, "config only") &&
	    !json_array_size(json_object_get(c->comparison, "config"))) {
		page_wrap(&c->p, TONE_WARN,
			  "not of the .config: another compiler or other flags built the kernels",
			  PAGE_LABEL);
		page_line(&c->p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(real, words[i].real))
			page_wrap(&c->p, words[i].tone,
				  c->count > 2 ? words[i].of_many : words[i].text, PAGE_LABEL);
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

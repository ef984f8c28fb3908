// SPDX-License-Identifier: GPL-2.0-or-later
/* The runs of a comparison: which of them the page shows in full, and their files. */
#include <stdint.h>

#include "base/file.h"
#include "base/json.h"
#include "page/compare-html.h"
#include "page/page.h"

static const json_t *runs_of(const json_t *comparison, size_t side)
{
	return json_object_get(compare_say_side(comparison, side), "runs");
}

/* The index of a side's first run among all. */
static size_t first_run(const json_t *comparison, size_t side)
{
	size_t index = 0;

	for (size_t s = 0; s < side; s++)
		index += json_array_size(runs_of(comparison, s));
	return index;
}

/* The side's run with that value; SIZE_MAX: none. */
static size_t find_run(const json_t *comparison, size_t side, const char *key, const char *value)
{
	json_t *run;
	size_t i;

	json_array_foreach (runs_of(comparison, side), i, run)
		if (str_eq(json_get_str(run, key, ""), value))
			return first_run(comparison, side) + i;
	return SIZE_MAX;
}

size_t compare_html_find_run(const json_t *comparison, size_t side, const char *id)
{
	return find_run(comparison, side, "id", id);
}

static bool parts(const json_t *row)
{
	const json_t *only = json_object_get(json_get_object(row, "console"), "only");

	return json_integer_value(json_array_get(only, 0)) ||
	       json_integer_value(json_array_get(only, 1));
}

/* How much there is to see in a row: 2: the consoles part, 1: something else does, 0: nothing. */
static int parting(const json_t *row)
{
	return parts(row) ? 2 : json_get_bool(row, "differs", false);
}

/* The side's row of `exact` in which most is to be seen, the first of them; NULL: none. */
static const json_t *exact_of(const json_t *comparison, size_t side)
{
	const json_t *best = NULL;
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(comparison, "exact"), i, row) {
		if (json_get_int(row, "side", -1) != (json_int_t)side ||
		    json_get_int(row, "against", 0))
			continue;
		if (!best || parting(row) > parting(best))
			best = row;
	}
	return best;
}

bool compare_html_pair(const json_t *comparison, size_t side, struct html_pair *out)
{
	const size_t sides[] = { 0, side };

	*out = (struct html_pair){ .side = side, .exact = exact_of(comparison, side) };
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const json_t *its = compare_say_side(comparison, sides[i]);

		if (out->exact)
			out->runs[i] = find_run(comparison, sides[i], "id",
						json_string_value(json_array_get(
							json_object_get(out->exact, "runs"), i)));
		else
			out->runs[i] = find_run(comparison, sides[i], "verdict",
						json_get_str(its, "verdict", ""));
		if (out->runs[i] == SIZE_MAX)
			return false;
	}
	return true;
}

/* Of runs without a row in `exact` those of other verdicts have most to show. */
static int pair_parting(const json_t *comparison, const struct html_pair *pair)
{
	if (pair->exact)
		return parting(pair->exact);
	return !str_eq(json_get_str(compare_say_side(comparison, 0), "verdict", ""),
		       json_get_str(compare_say_side(comparison, pair->side), "verdict", ""));
}

size_t compare_html_pairs(const json_t *comparison, struct html_pair *out, size_t most)
{
	size_t sides = json_array_size(json_object_get(comparison, "sides")), count = 0;

	for (int rank = 2; rank >= 0; rank--)
		for (size_t s = 1; s < sides && count < most; s++)
			if (compare_html_pair(comparison, s, &out[count]) &&
			    pair_parting(comparison, &out[count]) == rank)
				count++;
	return count;
}

static void want(size_t run, size_t *wanted, size_t *count, size_t most)
{
	for (size_t i = 0; i < *count; i++)
		if (wanted[i] == run)
			return;
	if (run != SIZE_MAX && *count < most)
		wanted[(*count)++] = run;
}

size_t page_compare_wanted_runs(const json_t *comparison, size_t *wanted, size_t most)
{
	size_t sides = json_array_size(json_object_get(comparison, "sides"));
	size_t count = 0;

	for (size_t s = 1; s < sides; s++) {
		struct html_pair pair;

		if (!compare_html_pair(comparison, s, &pair))
			continue;
		want(pair.runs[0], wanted, &count, most);
		want(pair.runs[1], wanted, &count, most);
	}
	return count;
}

/* ---- files ---- */

static void add_run(struct html_page *h, const json_t *run, const struct page_run *files)
{
	const char *word = json_get_str(run, "verdict", "?");

	strbuf_adds(&h->out, "<li>");
	html_element(&h->out, "b", NULL, json_get_str(run, "id", "?"));
	html_elementf(&h->out, "span", compare_html_class(page_tone_of(word)), " %s ", word);
	if (!files || !files->link) {
		html_element(&h->out, "span", "warn", "is not there");
		strbuf_adds(&h->out, "</li>");
		return;
	}
	for (size_t i = 0; i < files->files->count; i++) {
		_cleanup_free_ char *path = path_join(files->link, files->files->items[i]);

		strbuf_addc(&h->out, ' ');
		html_link(&h->out, path, files->files->items[i]);
	}
	strbuf_adds(&h->out, "</li>");
}

void compare_html_files(struct html_page *h)
{
	size_t at = 0, i;
	json_t *run;

	compare_html_begin(h, "files", "Files");
	if (h->kept) {
		strbuf_adds(&h->out, "<p>");
		html_link(&h->out, "compare.json", "compare.json");
		strbuf_adds(&h->out,
			    " <span class=\"dim\">holds all figures of this page.</span></p>");
	}
	strbuf_adds(&h->out, "<p class=\"dim\">A run's rerun.sh repeats it.</p>");
	for (size_t s = 0; s < h->sides; s++) {
		const json_t *runs = runs_of(h->comparison, s);

		strbuf_adds(&h->out, "<h3>");
		compare_html_side(h, "span", s);
		strbuf_adds(&h->out, "</h3><ul class=\"files\">");
		json_array_foreach (runs, i, run) {
			add_run(h, run, at < h->run_count ? &h->runs[at] : NULL);
			at++;
		}
		strbuf_adds(&h->out, "</ul>");
	}
	compare_html_end(h);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernels said on two sides, line beside line in one table, so that both scroll
 * together by themselves. Of a long console what is around the differences is shown.
 */
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare.h"
#include "compare/lines.h"
#include "console/console-file.h"
#include "page/compare-html.h"
#include "page/page.h"

#define MAX_PAIRS 3	 /* consoles of further sides are links */
#define MAX_ROWS  1200	 /* of a pair */
#define MAX_BYTES 600000 /* of a pair, as HTML */
#define CONTEXT	  20	 /* rows around a difference, where not all fit */
#define ENDS	  40	 /* rows at the front and at the end that always stay */

struct view {
	struct html_page *h;
	const struct line_pairs *pairs;
	bool *shown; /* of each pair */
	size_t pair_number;
	bool met; /* the first difference was added */
};

static bool differs(const struct line_pair *p)
{
	return !p->text[0] || !p->text[1];
}

/* ---- what is shown ---- */

static void show_range(struct view *v, size_t from, size_t to, size_t *left)
{
	for (size_t i = from; i < to && i < v->pairs->count && *left; i++) {
		*left -= !v->shown[i];
		v->shown[i] = true;
	}
}

/* The ends, then each difference in turn with what is around it, as long as there is room. */
static void choose_rows(struct view *v)
{
	size_t count = v->pairs->count, left = MAX_ROWS;

	if (count <= MAX_ROWS) {
		show_range(v, 0, count, &left);
		return;
	}
	show_range(v, 0, ENDS, &left);
	show_range(v, count - ENDS, count, &left);
	for (size_t i = 0; i < count && left; i++)
		if (differs(&v->pairs->items[i]))
			show_range(v, i < CONTEXT ? 0 : i - CONTEXT, i + CONTEXT, &left);
}

/* ---- rows ---- */

static void add_line(struct view *v, const struct line_pair *p, size_t side)
{
	if (!p || !p->text[side]) {
		strbuf_adds(&v->h->out, "<td></td><td></td>");
		return;
	}
	strbuf_addf(&v->h->out, "<td>%zu</td><td>", p->number[side]);
	html_line(&v->h->out, p->text[side], p->length[side]);
	strbuf_adds(&v->h->out, "</td>");
}

/* Two items may be one row: a line of the first side, and one of the other that stands for it. */
static void add_row(struct view *v, const struct line_pair *left, const struct line_pair *right,
		    const char *class, bool begins)
{
	strbuf_addf(&v->h->out, "<tr%s%s%s", *class ? " class=\"" : "", class, *class ? "\"" : "");
	if (begins) {
		strbuf_adds(&v->h->out, " data-d=\"\" tabindex=\"-1\"");
		if (!v->met)
			strbuf_addf(&v->h->out, " id=\"first-%zu\"", v->pair_number);
		v->met = true;
	}
	strbuf_addc(&v->h->out, '>');
	add_line(v, left, 0);
	add_line(v, right, 1);
	strbuf_adds(&v->h->out, "</tr>\n");
}

static void add_note(struct view *v, const char *text)
{
	strbuf_adds(&v->h->out, "<tr class=\"gap\"><td colspan=\"4\">");
	html_text(&v->h->out, text);
	strbuf_adds(&v->h->out, "</td></tr>\n");
}

/* From `at` on, lines of the first side, then lines of the other: how many of each. */
static void count_block(const struct view *v, size_t at, size_t *left, size_t *right)
{
	const struct line_pair *items = v->pairs->items;
	size_t i = at, count = v->pairs->count, gap = v->pairs->gap_at;

	for (; i < count && !items[i].text[1] && v->shown[i] && (i == at || i != gap); i++)
		;
	*left = i - at;
	for (; i < count && !items[i].text[0] && v->shown[i] && (i == at || i != gap); i++)
		;
	*right = i - at - *left;
}

/* A block of lines that only one of the sides has; as many as both have stand beside each other. */
static size_t add_block(struct view *v, size_t at, bool begins)
{
	const struct line_pair *items = &v->pairs->items[at];
	size_t left, right, both;

	count_block(v, at, &left, &right);
	both = left < right ? left : right;
	for (size_t i = 0; i < left || i < right; i++)
		add_row(v, i < left ? &items[i] : NULL, i < right ? &items[left + i] : NULL,
			i < both   ? "changed"
			: i < left ? "removed"
				   : "added",
			begins && i == 0);
	return left + right;
}

static void add_gap(struct view *v)
{
	const size_t *gap = v->pairs->gap;
	_cleanup_free_ char *text = NULL;

	if (!gap[0] && !gap[1])
		return;
	text = xasprintf("… %zu lines of the first and %zu of the other were not laid beside each "
			 "other",
			 gap[0], gap[1]);
	add_note(v, text);
}

static size_t add_hidden(struct view *v, size_t at)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0, differing = 0;

	for (; at + n < v->pairs->count && !v->shown[at + n] && (!n || at + n != v->pairs->gap_at);
	     n++)
		differing += differs(&v->pairs->items[at + n]);
	text = differing ? xasprintf("… %zu lines, %zu of them on one side only", n, differing)
			 : xasprintf("… %zu lines that say the same", n);
	add_note(v, text);
	return n;
}

static void add_rows(struct view *v)
{
	size_t start = v->h->out.length;
	bool before = false; /* the row before differs */

	for (size_t i = 0; i < v->pairs->count;) {
		const struct line_pair *p = &v->pairs->items[i];

		if (i == v->pairs->gap_at)
			add_gap(v);
		if (v->h->out.length - start > MAX_BYTES)
			v->shown[i] = false;
		if (!v->shown[i]) {
			i += add_hidden(v, i);
			before = false;
		} else if (differs(p)) {
			i += add_block(v, i, !before);
			before = true;
		} else {
			add_row(v, p, p, "", false);
			before = false;
			i++;
		}
	}
	if (v->pairs->gap_at == v->pairs->count)
		add_gap(v);
	if (v->pairs->cut)
		add_note(v, "… there is more, which was not compared");
}

/* ---- pairs ---- */

static void add_counts(struct view *v)
{
	size_t only[2] = { 0 };

	for (size_t i = 0; i < v->pairs->count; i++) {
		only[0] += !v->pairs->items[i].text[1];
		only[1] += !v->pairs->items[i].text[0];
	}
	if (only[0] || only[1])
		strbuf_addf(&v->h->out,
			    "<p>Lines that one has for itself: %zu on the first, %zu on the other. "
			    "<a href=\"#first-%zu\">The first of them</a></p>",
			    only[0], only[1], v->pair_number);
	else
		strbuf_adds(&v->h->out, "<p class=\"good\">They say the same.</p>");
}

static void add_heads(struct html_page *h, const struct html_pair *pair)
{
	const size_t sides[] = { 0, pair->side };

	strbuf_adds(&h->out, "<table class=\"lines\"><colgroup><col class=\"number\"/><col/>"
			     "<col class=\"number\"/><col/></colgroup><thead><tr>");
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		const struct page_run *run = &h->runs[pair->runs[s]];

		strbuf_adds(&h->out, "<th colspan=\"2\">");
		compare_html_side(h, "span", sides[s]);
		strbuf_addc(&h->out, ' ');
		if (run->link) {
			const char *name = strv_has(run->files, CONSOLE_FILE_PACKED)
						   ? CONSOLE_FILE_PACKED
						   : CONSOLE_FILE;
			_cleanup_free_ char *path = path_join(run->link, name);

			html_link(&h->out, path, name);
		}
		strbuf_adds(&h->out, "</th>");
	}
	strbuf_adds(&h->out, "</tr></thead><tbody>\n");
}

/* Addresses and times are set aside as where deterministic runs are laid beside each other. */
static enum line_masks masks_of(const struct run_facts *a, const struct run_facts *b)
{
	const char *key = json_get_str(a->kernel, "key", "");

	return *key && str_eq(key, json_get_str(b->kernel, "key", "")) ? MASK_TIMES : MASK_RELINK;
}

static bool add_pair(struct html_page *h, const struct html_pair *pair)
{
	const struct run_facts *a = h->runs[pair->runs[0]].facts;
	const struct run_facts *b = h->runs[pair->runs[1]].facts;
	size_t a_length = 0, b_length = 0;
	_cleanup_free_ char *left = a ? run_facts_console(a, &a_length) : NULL;
	_cleanup_free_ char *right = b ? run_facts_console(b, &b_length) : NULL;
	_cleanup_(line_pairs_clear)
	struct line_pairs pairs = { 0 };
	_cleanup_free_ bool *shown = NULL;
	struct view v = { .h = h, .pairs = &pairs, .pair_number = pair->side };

	if (!left || !right)
		return false;
	lines_pair(left, a_length, right, b_length, masks_of(a, b), &pairs);
	v.shown = shown = xcalloc(pairs.count + 1, sizeof(*shown));
	choose_rows(&v);
	if (pair->exact)
		html_elementf(&h->out, "h3", NULL, "seed %" PRId64 ", deterministic",
			      json_get_int(pair->exact, "seed", 0));
	add_counts(&v);
	strbuf_addf(&h->out,
		    "<div class=\"console\" id=\"console-%zu\" tabindex=\"0\" role=\"region\" "
		    "aria-label=\"consoles beside each other\">",
		    pair->side);
	add_heads(h, pair);
	add_rows(&v);
	strbuf_adds(&h->out, "</tbody></table></div>");
	return true;
}

void compare_html_consoles(struct html_page *h)
{
	struct html_pair pairs[COMPARE_MAX_SIDES];
	size_t count = compare_html_pairs(h->comparison, pairs, ARRAY_SIZE(pairs)), shown = 0;

	compare_html_begin(h, "console", "Console");
	strbuf_adds(&h->out,
		    "<p class=\"dim\">Times, pids and what a relink moves are set aside.</p>");
	for (size_t i = 0; i < count && shown < MAX_PAIRS; i++)
		if (pairs[i].runs[0] < h->run_count && pairs[i].runs[1] < h->run_count)
			shown += add_pair(h, &pairs[i]);
	if (!shown)
		strbuf_adds(&h->out, "<p class=\"warn\">The runs' consoles are not there.</p>");
	else if (h->sides - 1 > shown)
		html_elementf(&h->out, "p", "dim", "Of %zu more sides: see their files.",
			      h->sides - 1 - shown);
	compare_html_end(h);
}

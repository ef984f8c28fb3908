// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as one HTML file that loads nothing: its frame, and what it came to. */
#include "page/compare-html.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "base/file.h"
#include "base/json.h"
#include "page/assets.h"
#include "page/page.h"
#include "page/svg.h"

const char *compare_html_class(enum tone tone)
{
	static const char *const classes[] = {
		[TONE_PLAIN] = "",    [TONE_STRONG] = "strong", [TONE_DIM] = "dim",
		[TONE_GOOD] = "good", [TONE_BAD] = "bad",	[TONE_WARN] = "warn",
		[TONE_INFO] = "info",
	};

	return classes[tone];
}

void compare_html_begin(struct html_page *h, const char *id, const char *title)
{
	strbuf_addf(&h->out, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">",
		    id, id, id);
	html_text(&h->out, title);
	strbuf_adds(&h->out, "</h2>\n");
}

void compare_html_end(struct html_page *h)
{
	strbuf_adds(&h->out, "</section>\n");
}

void compare_html_key(struct html_page *h, size_t side)
{
	svg_open(&h->out, "key", 12, 12, "");
	svg_mark(&h->out, side, 6, 6, 5);
	svg_close(&h->out);
}

void compare_html_side(struct html_page *h, const char *tag, size_t side)
{
	strbuf_addf(&h->out, "<%s class=\"side\"%s>", tag,
		    str_eq(tag, "th") ? " scope=\"col\"" : "");
	compare_html_key(h, side);
	html_text(&h->out, compare_say_name(h->comparison, side));
	strbuf_addf(&h->out, "</%s>", tag);
}

/* ---- what it came to ---- */

/* Of more than two sides the word is that of the worst pair. */
static void add_pairs(struct html_page *h)
{
	_cleanup_strv_ struct strv pairs = { 0 };

	compare_say_pairs(h->comparison, &pairs);
	for (size_t i = 0; i < pairs.count; i++) {
		const char *text = pairs.items[i];
		_cleanup_free_ char *word = xstrndup(text, strcspn(text, ":"));

		strbuf_adds(&h->out, "<p>");
		html_element(&h->out, "b", compare_html_class(page_tone_of(word)), word);
		html_text(&h->out, text + strlen(word));
		strbuf_adds(&h->out, "</p>");
	}
}

static void add_verdict(struct html_page *h)
{
	const char *word = json_get_str(h->comparison, "verdict", "broken");
	const char *question = json_get_str(h->comparison, "question", NULL);
	json_t *reason;
	size_t i;

	strbuf_adds(&h->out, "<header>");
	html_elementf(&h->out, "p", "eyebrow", "klab compare");
	strbuf_adds(&h->out, "<h1>");
	html_element(&h->out, "span", compare_html_class(page_tone_of(word)), word);
	html_elementf(&h->out, "code", NULL, "%s", json_get_str(h->comparison, "case", "?"));
	strbuf_adds(&h->out, "</h1>");
	if (question)
		html_element(&h->out, "p", "question", question);
	strbuf_adds(&h->out, "<ul class=\"why\">");
	json_array_foreach (json_object_get(h->comparison, "reasons"), i, reason) {
		const char *its = json_get_str(reason, "verdict", "?");

		strbuf_adds(&h->out, "<li>");
		if (!str_eq(its, word))
			html_elementf(&h->out, "b", compare_html_class(page_tone_of(its)), "%s ",
				      its);
		html_text(&h->out, json_get_str(reason, "what", ""));
		if (json_get_str(reason, "where", NULL))
			html_elementf(&h->out, "small", "dim", " %s",
				      path_base(json_get_str(reason, "where", "")));
		strbuf_adds(&h->out, "</li>");
	}
	strbuf_adds(&h->out, "</ul>");
	add_pairs(h);
	strbuf_adds(&h->out, "</header>\n");
}

static void begin_row(struct html_page *h, bool differs, const char *kind, const char *name)
{
	strbuf_adds(&h->out,
		    differs ? "<tr class=\"differs\" data-d=\"\" tabindex=\"-1\">" : "<tr>");
	strbuf_adds(&h->out, "<th scope=\"row\">");
	html_elementf(&h->out, "span", "dim", "%s ", kind);
	html_text(&h->out, name);
	strbuf_adds(&h->out, "</th>");
}

static void add_summary_rows(struct html_page *h)
{
	begin_row(h, false, "verdict", "");
	for (size_t s = 0; s < h->sides; s++) {
		const json_t *side = compare_say_side(h->comparison, s);
		_cleanup_free_ char *text = compare_say_verdicts(side);

		html_element(&h->out, "td",
			     compare_html_class(page_tone_of(json_get_str(side, "verdict", ""))),
			     text);
	}
	strbuf_adds(&h->out, "</tr>");
	begin_row(h, false, "kernel", "");
	for (size_t s = 0; s < h->sides; s++) {
		_cleanup_free_ char *text = compare_say_kernel(compare_say_side(h->comparison, s));

		html_element(&h->out, "td", NULL, text);
	}
	strbuf_adds(&h->out, "</tr>");
}

/* Why a side's runs that did not pass did not; no row where all did. */
static void add_cause_row(struct html_page *h)
{
	size_t told = 0;

	for (size_t s = 0; s < h->sides; s++)
		told += json_array_size(
			json_object_get(compare_say_side(h->comparison, s), "causes"));
	if (!told)
		return;
	begin_row(h, false, "because", "");
	for (size_t s = 0; s < h->sides; s++) {
		_cleanup_strv_ struct strv causes = { 0 };

		compare_say_causes(compare_say_side(h->comparison, s), &causes);
		strbuf_adds(&h->out, "<td>");
		for (size_t i = 0; i < causes.count; i++)
			html_element(&h->out, "div", NULL, causes.items[i]);
		strbuf_adds(&h->out, "</td>");
	}
	strbuf_adds(&h->out, "</tr>");
}

static void add_task_rows(struct html_page *h)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(h->comparison, "tasks"), i, row) {
		begin_row(h, json_get_bool(row, "differs", false), "task",
			  json_get_str(row, "name", "?"));
		for (size_t s = 0; s < h->sides; s++) {
			_cleanup_free_ char *text = compare_say_ends(
				compare_say_side(h->comparison, s), compare_say_cell(row, s));

			html_element(&h->out, "td", NULL, text);
		}
		strbuf_adds(&h->out, "</tr>");
	}
}

static void add_count_rows(struct html_page *h, const char *table)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(h->comparison, table), i, row) {
		bool report = str_eq(table, "reports");
		_cleanup_free_ char *fault = report ? NULL : compare_say_injection(row);

		begin_row(h, json_get_bool(row, "differs", false), report ? "report" : "injected",
			  report ? json_get_str(row, "title", "?") : fault);
		for (size_t s = 0; s < h->sides; s++) {
			_cleanup_free_ char *text = compare_say_counts(compare_say_cell(row, s));

			html_element(&h->out, "td", "figure", text);
		}
		strbuf_adds(&h->out, "</tr>");
	}
}

void compare_html_begin_table(struct html_page *h)
{
	strbuf_adds(&h->out, "<div class=\"wide\"><table class=\"sides\"><thead><tr><th></th>");
	for (size_t s = 0; s < h->sides; s++)
		compare_html_side(h, "th", s);
	strbuf_adds(&h->out, "</tr></thead><tbody>");
}

void compare_html_end_table(struct html_page *h)
{
	strbuf_adds(&h->out, "</tbody></table></div>\n");
}

static void add_summary(struct html_page *h)
{
	compare_html_begin(h, "verdicts", "Verdicts");
	compare_html_begin_table(h);
	add_summary_rows(h);
	add_cause_row(h);
	add_task_rows(h);
	add_count_rows(h, "injections");
	add_count_rows(h, "reports");
	compare_html_end_table(h);
	compare_html_end(h);
}

/* ---- the frame ---- */

/* The one script that may run, by its hash: whatever else came in, would not. Yours. */
static char *script_hash(const char *script)
{
	char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1];
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, strlen(script), (const uint8_t *)script);
	sha256_digest(&ctx, sizeof(digest), digest);
	base64_encode_raw(text, sizeof(digest), digest);
	text[sizeof(text) - 1] = '\0';
	return xstrdup(text);
}

static void add_head(struct html_page *h)
{
	_cleanup_free_ char *hash = script_hash(page_asset_js);

	strbuf_adds(&h->out, "<!DOCTYPE html>\n<html lang=\"en\">"
			     "<head><meta charset=\"utf-8\"/>\n");
	strbuf_addf(&h->out,
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'; script-src 'sha256-%s'\"/>\n",
		    hash);
	strbuf_adds(&h->out,
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		    "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		    "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
	html_textf(&h->out, "%s: %s", json_get_str(h->comparison, "verdict", "broken"),
		   json_get_str(h->comparison, "case", "?"));
	strbuf_adds(&h->out, "</title>\n<style>");
	strbuf_adds(&h->out, page_asset_colours_css);
	strbuf_adds(&h->out, page_asset_css);
	strbuf_adds(&h->out, "</style></head>\n<body>\n");
}

static void add_navigation(struct html_page *h, const char *body)
{
	static const char *const sections[][2] = {
		{ "verdicts", "Verdicts" }, { "steps", "Steps" },     { "toggle", "Toggle" },
		{ "rates", "Rates" },	    { "numbers", "Numbers" }, { "time", "Over time" },
		{ "traces", "Traces" },	    { "exact", "By seed" },   { "console", "Console" },
		{ "files", "Files" },
	};

	strbuf_adds(&h->out, "<a class=\"skip\" href=\"#verdicts\">Skip to the verdicts</a>\n"
			     "<a class=\"skip\" href=\"#console\">Skip to the console</a>\n"
			     "<nav aria-label=\"Sections\">");
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		_cleanup_free_ char *there = xasprintf("<section id=\"%s\"", sections[i][0]);

		if (strstr(body, there))
			strbuf_addf(&h->out, "<a href=\"#%s\">%s</a> ", sections[i][0],
				    sections[i][1]);
	}
	strbuf_adds(&h->out, "<span id=\"keys\" hidden=\"hidden\"><output id=\"at\"></output>: "
			     "<kbd>n</kbd> next "
			     "<kbd>p</kbd> previous</span></nav>\n");
}

char *page_compare_html(const json_t *comparison, const struct page_run *runs, size_t run_count,
			bool kept)
{
	struct html_page h = {
		.comparison = comparison,
		.sides = json_array_size(json_object_get(comparison, "sides")),
		.runs = runs,
		.run_count = run_count,
		.kept = kept,
	};
	_cleanup_strbuf_ struct strbuf body = { 0 };

	add_verdict(&h);
	if (h.sides) {
		add_summary(&h);
		compare_html_plans(&h);
		compare_html_toggle(&h);
		compare_html_rates(&h);
		compare_html_numbers(&h);
		compare_html_charts(&h);
		compare_html_traces(&h);
		compare_html_exact(&h);
		compare_html_consoles(&h);
		compare_html_files(&h);
	}
	body = h.out;
	h.out = (struct strbuf){ 0 };
	add_head(&h);
	add_navigation(&h, body.data);
	strbuf_adds(&h.out, "<main>\n");
	strbuf_add(&h.out, body.data, body.length);
	strbuf_adds(&h.out, "</main>\n<script>");
	strbuf_adds(&h.out, page_asset_js);
	strbuf_adds(&h.out, "</script>\n</body></html>\n");
	return strbuf_take(&h.out);
}

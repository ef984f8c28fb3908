// SPDX-License-Identifier: GPL-2.0-or-later
/* What came of a search for the config options behind a bug. */
#include <inttypes.h>

#include "base/json.h"
#include "page/layout.h"

enum { FOLLOWERS_SHOWN = 12 };

static const char *value_of(const json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "n";
}

static bool is_minimized(const json_t *result)
{
	return str_eq(json_get_str(result, "kind", ""), "minimize-config");
}

/* ---- options ---- */

/* Where it is defined, and what is known of the bug without it. */
static void add_left_out(struct page *p, const json_t *option)
{
	const char *word = json_get_str(option, "left_out", "");
	const char *why = json_get_str(option, "why", NULL);
	struct strbuf text = { 0 };
	_cleanup_free_ char *all = NULL;

	strbuf_addf(&text, "%s:%" PRId64 "; ", json_get_str(option, "file", "?"),
		    json_get_int(option, "line", 0));
	if (str_eq(word, "absent"))
		strbuf_addf(&text, "without it the bug is in %" PRId64 " of %" PRId64 " runs",
			    json_get_int(option, "hits", 0), json_get_int(option, "runs", 0));
	else if (str_eq(word, "comes-back"))
		strbuf_adds(&text, "goes with the others: they need it, or bring it along");
	else
		strbuf_adds(&text, "without it nobody can tell");
	if (why)
		strbuf_addf(&text, ": %s", why);
	all = strbuf_take(&text);
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_DIM, all, PAGE_LABEL);
	page_line(p);
}

/* "CONFIG_BLK_WBT  n -> y", and its prompt below. */
static void add_option(struct page *p, const json_t *option, const char *label)
{
	page_label(p, label);
	page_addf(p, TONE_STRONG, "CONFIG_%s", json_get_str(option, "symbol", "?"));
	page_addf(p, TONE_PLAIN, "  %s -> %s", value_of(json_object_get(option, "good")),
		  value_of(json_object_get(option, "bad")));
	page_line(p);
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_PLAIN, json_get_str(option, "prompt", ""), PAGE_LABEL);
	page_line(p);
	add_left_out(p, option);
}

/* What else is another line of the .config. */
static void add_followers(struct page *p, const json_t *result)
{
	const json_t *all = json_get_array(result, "followers"), *line;
	size_t i, count = json_array_size(all);

	json_array_foreach (all, i, line) {
		const json_t *sides = json_get_array(line, "sides");

		if (i == FOLLOWERS_SHOWN && !p->style.verbose)
			break;
		page_label(p, i ? "" : "and so");
		page_addf(p, TONE_PLAIN, "CONFIG_%s  %s -> %s", json_get_str(line, "symbol", "?"),
			  value_of(json_array_get(sides, 0)), value_of(json_array_get(sides, 1)));
		page_line(p);
	}
	if (i < count) {
		page_label(p, "");
		page_addf(p, TONE_DIM, "and %zu more lines of the .config", count - i);
		page_line(p);
	}
}

/* ---- the head ---- */

static const char *summary_of(const json_t *result)
{
	const char *word = json_get_str(result, "word", "");

	if (str_eq(word, "not-shown"))
		return "the bad config does not show a bug; --repeat N boots it more often";
	if (str_eq(word, "good-shows"))
		return "the good config shows the bug too";
	if (str_eq(word, "no-end"))
		return "one of the configs cannot be tested";
	if (str_eq(word, "unsure"))
		return "no run that can be done would make it surer";
	return NULL;
}

/* What the others only need or bring along is not what does it; *first: one that is. */
static size_t count_causes(const json_t *options, const char **first)
{
	const json_t *option;
	size_t i, count = 0;

	*first = json_get_str(json_array_get(options, 0), "symbol", "?");
	json_array_foreach (options, i, option) {
		if (str_eq(json_get_str(option, "left_out", ""), "comes-back"))
			continue;
		if (!count++)
			*first = json_get_str(option, "symbol", "?");
	}
	return count ? count : json_array_size(options);
}

/* What was not searched: "base", "base+fault"; yours. */
static char *kept_name(const json_t *result)
{
	struct strbuf name = { 0 };
	const json_t *part;
	size_t i;

	json_array_foreach (json_get_array(result, "kept"), i, part)
		strbuf_addf(&name, "%s%s", i ? "+" : "", json_string_value(part));
	return strbuf_take(&name);
}

static void add_head(struct page *p, const json_t *result)
{
	_cleanup_free_ char *kept = kept_name(result);
	const json_t *options = json_get_array(result, "options");
	const char *word = json_get_str(result, "word", "?"), *first;
	size_t count = count_causes(options, &first);

	if (!str_eq(word, "found"))
		page_add(p, TONE_WARN, str_eq(word, "unsure") ? "NOT SURE" : "NOT FOUND");
	else if (is_minimized(result))
		page_addf(p, TONE_STRONG, "needed: %zu of the %" PRId64 " options beyond %s",
			  json_array_size(options), json_get_int(result, "candidates", 0), kept);
	else if (count == 1)
		page_addf(p, TONE_STRONG, "CONFIG_%s brings the bug in", first);
	else
		page_addf(p, TONE_STRONG, "%zu options bring the bug in, together", count);
	page_line(p);
}

static void add_why(struct page *p, const json_t *result)
{
	const char *summary = summary_of(result), *why = json_get_str(result, "why", NULL);

	if (!summary)
		return;
	page_label(p, "why");
	page_wrap(p, TONE_PLAIN, summary, PAGE_LABEL);
	if (why) {
		page_add(p, TONE_PLAIN, ": ");
		page_wrap(p, TONE_PLAIN, why, PAGE_LABEL);
	}
	page_line(p);
}

static void add_kept(struct page *p, const json_t *result)
{
	_cleanup_free_ char *kept = kept_name(result);
	_cleanup_free_ char *text = xasprintf(
		"%s, whole: none of what it sets was left out; --good CONFIG keeps less", kept);

	if (!is_minimized(result))
		return;
	page_label(p, "kept");
	page_wrap(p, TONE_PLAIN, text, PAGE_LABEL);
	page_line(p);
}

static void add_command(struct page *p, const char *label, const char *command, const char *what)
{
	if (!what)
		return;
	page_label(p, label);
	page_addf(p, TONE_PLAIN, "%s%s", command, what);
	page_line(p);
}

char *page_config_text(const json_t *result, const struct page_style *style)
{
	const json_t *options = json_get_array(result, "options"), *option;
	const char *run = json_get_str(result, "bad_run", NULL);
	_cleanup_free_ char *rerun = run ? xasprintf("%s/rerun.sh", run) : NULL;
	struct page p;
	size_t i;

	page_init(&p, style);
	add_head(&p, result);
	add_why(&p, result);
	json_array_foreach (options, i, option)
		add_option(&p, option, i ? "" : "options");
	add_followers(&p, result);
	add_kept(&p, result);
	if (*json_get_str(result, "target", "")) {
		page_label(&p, "the bug");
		page_wrap(&p, TONE_PLAIN, json_get_str(result, "target", "?"), PAGE_LABEL);
		page_line(&p);
	}
	if (json_get_str(result, "config", NULL)) {
		page_label(&p, "sure");
		page_addf(&p, TONE_PLAIN, "%.1f %%", 100 * json_get_num(result, "probability", 0));
		page_line(&p);
	}
	page_label(&p, "cost");
	page_addf(&p, TONE_PLAIN,
		  "%" PRId64 " builds and %" PRId64 " runs for %" PRId64 " option%s; %" PRId64
		  " others only follow",
		  json_get_int(result, "builds", 0), json_get_int(result, "runs", 0),
		  json_get_int(result, "candidates", 0),
		  json_get_int(result, "candidates", 0) == 1 ? " that differs" : "s that differ",
		  json_get_int(result, "follow", 0));
	page_line(&p);
	add_command(&p, "config", "", json_get_str(result, "minimal", NULL));
	add_command(&p, "again", "sh ", rerun);
	add_command(&p, "compared", "klab show ", json_get_str(result, "comparison", NULL));
	return page_take(&p);
}

/* ---- one that is going on ---- */

static size_t count_tests(const json_t *tests, const char *key)
{
	const json_t *test;
	size_t i, count = 0;

	json_array_foreach (tests, i, test)
		count += json_object_get(test, key) != NULL;
	return count;
}

char *page_config_going_on_text(const json_t *record, const struct page_style *style)
{
	const json_t *request = json_get_object(record, "request");
	const json_t *tests = json_get_array(record, "tests");
	const json_t *names = json_get_array(json_get_object(record, "target"), "names");
	struct page p;

	page_init(&p, style);
	page_add(&p, TONE_WARN, "GOING ON");
	page_addf(&p, TONE_PLAIN, "   %s of %s, or stopped: the same command goes on with it",
		  json_get_str(request, "kind", "?"), json_get_str(request, "case", "?"));
	page_line(&p);
	page_label(&p, "the bug");
	page_wrap(&p, TONE_PLAIN, json_string_value(json_array_get(names, 0)) ?: "not seen yet",
		  PAGE_LABEL);
	page_line(&p);
	page_label(&p, "done");
	page_addf(&p, TONE_PLAIN, "%zu sets resolved, %zu kernels built, %zu runs",
		  count_tests(tests, "options"), count_tests(tests, "image"),
		  count_tests(tests, "run"));
	page_line(&p);
	return page_take(&p);
}

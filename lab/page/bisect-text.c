// SPDX-License-Identifier: GPL-2.0-or-later
/* What came of a bisect. */
#include <inttypes.h>

#include "base/json.h"
#include "page/bisect-text.h"

static void add_commit(struct page *p, const json_t *commit, const char *label)
{
	page_label(p, label);
	page_addf(p, TONE_STRONG, "%5.1f %%  ", 100 * json_get_num(commit, "probability", 0));
	page_wrap(p, TONE_PLAIN, json_get_str(commit, "line", "?"), PAGE_LABEL + 9);
	page_line(p);
	page_to(p, PAGE_LABEL + 9);
	if (json_get_int(commit, "runs", 0))
		page_addf(p, TONE_DIM, "the bug in %" PRId64 " of %" PRId64 " runs",
			  json_get_int(commit, "hits", 0), json_get_int(commit, "runs", 0));
	else
		page_add(p, TONE_DIM, "no run of it told anything");
	page_line(p);
}

/* As git shows it, each line harmless. */
static void add_shown(struct page *p, const char *shown)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, shown, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		page_add(p, TONE_PLAIN, lines.items[i]);
		page_line(p);
	}
}

/* What was in the way. */
static void add_beside(struct page *p, const json_t *beside)
{
	const json_t *other;
	size_t i;

	json_array_foreach (beside, i, other) {
		page_label(p, i ? "" : "no answer");
		page_addf(p, TONE_PLAIN,
			  "%" PRId64 " times, first at %.12s: ", json_get_int(other, "count", 0),
			  json_get_str(other, "commit", ""));
		page_wrap(p, TONE_DIM, json_get_str(other, "what", ""), PAGE_LABEL);
		page_line(p);
	}
}

/* Runs that cannot tell are no evidence, and are not counted as if they were. */
static void add_fresh(struct page *p, const json_t *fresh, const char *label, const char *what)
{
	int64_t silent = json_get_int(fresh, "cannot_tell", 0);
	int64_t told = json_get_int(fresh, "runs", 0) - silent;
	struct strbuf text = { 0 };
	_cleanup_free_ char *all = NULL;

	strbuf_addf(&text, "%s: ", what);
	if (told)
		strbuf_addf(&text, "the bug in %" PRId64 " of %" PRId64 " fresh runs",
			    json_get_int(fresh, "hits", 0), told);
	else
		strbuf_adds(&text, "no fresh run told anything");
	if (silent)
		strbuf_addf(&text, "; %" PRId64 " cannot tell", silent);
	all = strbuf_take(&text);
	page_label(p, label);
	page_wrap(p, TONE_PLAIN, all, PAGE_LABEL);
	page_line(p);
}

static void add_verified(struct page *p, const json_t *verified)
{
	const json_t *reverted = json_get_object(verified, "reverted"), *parent;
	const char *why = json_get_str(reverted, "why", NULL);
	size_t i;

	if (!verified)
		return;
	add_fresh(p, json_get_object(verified, "culprit"), "verified", "the culprit");
	json_array_foreach (json_get_array(verified, "parents"), i, parent)
		add_fresh(p, parent, "",
			  json_get_bool(parent, "older_parent", false)
				  ? "the good revision, than which its parent is older"
				  : "its parent");
	if (why) {
		page_label(p, "");
		page_wrap(p, TONE_DIM, "not reverted on the bad revision: ", PAGE_LABEL);
		page_wrap(p, TONE_DIM, why, PAGE_LABEL);
		page_line(p);
	} else if (reverted) {
		add_fresh(p, reverted, "", "reverted on the bad revision");
	}
}

static const char *summary_of(const json_t *result)
{
	const char *word = json_get_str(result, "word", "");

	if (str_eq(word, "not-shown") && *json_get_str(result, "target", ""))
		return "no run of the bad revision shows this bug; --repeat N boots it more often";
	if (str_eq(word, "not-shown"))
		return "the bad revision does not show a bug; --repeat N boots it more often";
	if (str_eq(word, "older"))
		return "the good revision has the bug already: expected an older one";
	if (str_eq(word, "same-kernel"))
		return "no commit between them changes the kernel in a way that fits what was "
		       "seen";
	if (str_eq(word, "unsure"))
		return "no commit that can be tested would tell more";
	if (str_eq(word, "limit"))
		return "1024 commits were tested, and no bisect takes in more: expected ends that "
		       "are "
		       "nearer, or a --fixup for what does not build";
	return NULL;
}

/* What makes the answer less than it seems. */
static void add_doubts(struct page *p, const json_t *result)
{
	_cleanup_strv_ struct strv doubts = { 0 };
	const json_t *option;
	size_t i;

	if (json_get_bool(result, "begins_range", false))
		strv_add(&doubts, "it begins or ends a range of --fixup or --toolchains, which "
				  "changes the kernel as well");
	json_array_foreach (json_get_array(result, "options_differ"), i, option)
		strv_addf(&doubts,
			  "only one of it and its parent has an option that is asked for, which "
			  "changes the kernel as well: %s",
			  json_string_value(option));
	for (i = 0; i < doubts.count; i++) {
		page_label(p, i ? "" : "but");
		page_wrap(p, TONE_WARN, doubts.items[i], PAGE_LABEL);
		page_line(p);
	}
}

static void add_head(struct page *p, const json_t *result)
{
	const json_t *commits = json_get_array(result, "commits");
	const char *word = json_get_str(result, "word", "?");
	const char *first = json_get_str(json_array_get(commits, 0), "commit", "");

	if (!str_eq(word, "found")) {
		page_add(p, TONE_WARN, "NOT FOUND");
	} else if (json_array_size(commits) == 1) {
		page_add(p, TONE_STRONG, first);
		page_add(p, TONE_PLAIN, " is the first bad commit");
	} else {
		page_addf(p, TONE_STRONG,
			  "one of %zu commits, of which none between can be tested, is the first "
			  "bad one",
			  json_array_size(commits));
	}
	page_line(p);
}

static void add_why(struct page *p, const json_t *result)
{
	const char *line = json_get_str(json_get_object(result, "end"), "line", NULL);
	const char *summary = line ? "this end cannot be tested:" : summary_of(result);

	if (!summary)
		return;
	page_label(p, "why");
	page_wrap(p, TONE_PLAIN, summary, PAGE_LABEL);
	if (line) {
		page_add(p, TONE_PLAIN, " ");
		page_wrap(p, TONE_PLAIN, line, PAGE_LABEL);
	}
	page_line(p);
}

static void add_culprits(struct page *p, const json_t *result)
{
	const json_t *commit;
	size_t i;

	json_array_foreach (json_get_array(result, "commits"), i, commit)
		add_commit(p, commit, i ? "" : "culprit");
}

void page_add_bisect_answer(struct page *p, const json_t *result)
{
	add_why(p, result);
	add_culprits(p, result);
}

char *page_bisect_text(const json_t *result, const struct page_style *style)
{
	const char *shown = json_get_str(result, "shown", NULL);
	const char *run = json_get_str(result, "bad_run", NULL);
	const json_t *commit;
	struct page p;
	size_t i;

	page_init(&p, style);
	add_head(&p, result);
	if (shown)
		add_shown(&p, shown);
	add_why(&p, result);
	if (*json_get_str(result, "target", "")) {
		page_label(&p, "the bug");
		page_wrap(&p, TONE_PLAIN, json_get_str(result, "target", "?"), PAGE_LABEL);
		page_line(&p);
	}
	page_label(&p, "cost");
	page_addf(&p, TONE_PLAIN, "%" PRId64 " builds and %" PRId64 " runs for %" PRId64 " commits",
		  json_get_int(result, "builds", 0), json_get_int(result, "runs", 0),
		  json_get_int(result, "candidates", 0));
	page_line(&p);
	add_culprits(&p, result);
	add_doubts(&p, result);
	json_array_foreach (json_get_array(result, "runners_up"), i, commit)
		add_commit(&p, commit, i ? "" : "others");
	add_verified(&p, json_get_object(result, "verified"));
	add_beside(&p, json_get_array(result, "beside"));
	if (run) {
		page_label(&p, "again");
		page_addf(&p, TONE_PLAIN, "sh %s/rerun.sh", run);
		page_line(&p);
		page_label(&p, "compared");
		page_addf(&p, TONE_PLAIN, "klab show %s", json_get_str(result, "comparison", "?"));
		page_line(&p);
	}
	return page_take(&p);
}

/* ---- one that is going on ---- */

/* By commit, in the order they were first looked at: [{commit, runs, hits, silent, why}]. */
static json_t *sum_up(const json_t *tests)
{
	json_t *index = json_object(), *list = json_array();
	const json_t *test;
	size_t i;

	json_array_foreach (tests, i, test) {
		const char *commit = json_get_str(test, "commit", "");
		const char *answer = json_get_str(test, "answer", "");
		json_t *sum = json_object_get(index, commit);

		if (!sum) {
			sum = json_object();
			json_set_str(sum, "commit", commit);
			json_object_set(index, commit, sum);
			json_array_append_new(list, sum);
		}
		if (json_object_get(test, "run"))
			json_set_int(sum, "runs", json_get_int(sum, "runs", 0) + 1);
		if (str_eq(answer, "shown"))
			json_set_int(sum, "hits", json_get_int(sum, "hits", 0) + 1);
		if (json_object_get(test, "why"))
			json_set_str(sum, "why", json_get_str(test, "why", ""));
	}
	json_decref(index);
	return list;
}

static void add_sums(struct page *p, const json_t *tests)
{
	_cleanup_json_ json_t *sums = sum_up(tests);
	const json_t *sum;
	size_t i;

	json_array_foreach (sums, i, sum) {
		const char *why = json_get_str(sum, "why", NULL);

		page_label(p, i ? "" : "seen");
		page_addf(p, TONE_STRONG, "%.12s", json_get_str(sum, "commit", ""));
		page_addf(p, TONE_PLAIN, "  the bug in %" PRId64 " of %" PRId64 " runs  ",
			  json_get_int(sum, "hits", 0), json_get_int(sum, "runs", 0));
		if (why)
			page_wrap(p, TONE_DIM, why, PAGE_LABEL + 14);
		page_line(p);
	}
}

char *page_bisect_going_on_text(const json_t *record, const struct page_style *style)
{
	const json_t *request = json_get_object(record, "request");
	struct page p;

	page_init(&p, style);
	page_add(&p, TONE_WARN, "GOING ON");
	page_addf(&p, TONE_PLAIN, "   %s, or stopped: the same command goes on with it",
		  json_get_str(request, "case", "?"));
	page_line(&p);
	page_label(&p, "between");
	page_addf(&p, TONE_PLAIN, "%.12s and %.12s of ", json_get_str(request, "good", ""),
		  json_get_str(request, "bad", ""));
	page_wrap(&p, TONE_PLAIN, json_get_str(request, "repository", ""), PAGE_LABEL);
	page_line(&p);
	page_label(&p, "the bug");
	page_wrap(&p, TONE_PLAIN,
		  json_string_value(json_array_get(
			  json_get_array(json_get_object(record, "target"), "names"), 0))
			  ?: "not seen yet",
		  PAGE_LABEL);
	page_line(&p);
	add_sums(&p, json_get_array(record, "tests"));
	return page_take(&p);
}

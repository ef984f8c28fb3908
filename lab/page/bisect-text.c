// SPDX-License-Identifier: GPL-2.0-or-later
/* What came of a bisect. */
#include <inttypes.h>

#include "base/json.h"
#include "page/layout.h"

static void add_commit(struct page *p, const json_t *commit, const char *label)
{
	page_label(p, label);
	page_addf(p, TONE_STRONG, "%5.1f %%  ", 100 * json_get_num(commit, "probability", 0));
	page_wrap(p, TONE_PLAIN, json_get_str(commit, "line", "?"), PAGE_LABEL + 9);
	page_line(p);
	page_to(p, PAGE_LABEL + 9);
	page_addf(p, TONE_DIM, "the bug in %" PRId64 " of %" PRId64 " runs",
		  json_get_int(commit, "hits", 0), json_get_int(commit, "runs", 0));
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

static const char *summary_of(const json_t *result)
{
	const char *word = json_get_str(result, "word", "");

	if (str_eq(word, "not-shown"))
		return "the bad revision does not show a bug; --repeat N boots it more often";
	if (str_eq(word, "no-end"))
		return "an end cannot be tested";
	if (str_eq(word, "same-kernel"))
		return "no commit between them changes the kernel in a way that fits what was "
		       "seen";
	if (str_eq(word, "unsure"))
		return "no commit that can be tested would tell more";
	return NULL;
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

char *page_bisect_text(const json_t *result, const struct page_style *style)
{
	const char *summary = summary_of(result), *shown = json_get_str(result, "shown", NULL);
	const char *run = json_get_str(result, "bad_run", NULL);
	const json_t *commit;
	struct page p;
	size_t i;

	page_init(&p, style);
	add_head(&p, result);
	if (shown)
		add_shown(&p, shown);
	if (summary) {
		page_label(&p, "why");
		page_wrap(&p, TONE_PLAIN, summary, PAGE_LABEL);
		page_line(&p);
	}
	page_label(&p, "the bug");
	page_wrap(&p, TONE_PLAIN, json_get_str(result, "target", "?"), PAGE_LABEL);
	page_line(&p);
	page_label(&p, "cost");
	page_addf(&p, TONE_PLAIN, "%" PRId64 " builds and %" PRId64 " runs for %" PRId64 " commits",
		  json_get_int(result, "builds", 0), json_get_int(result, "runs", 0),
		  json_get_int(result, "candidates", 0));
	page_line(&p);
	json_array_foreach (json_get_array(result, "commits"), i, commit)
		add_commit(&p, commit, i ? "" : "culprit");
	json_array_foreach (json_get_array(result, "runners_up"), i, commit)
		add_commit(&p, commit, i ? "" : "others");
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

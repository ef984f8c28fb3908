// SPDX-License-Identifier: GPL-2.0-or-later
/* Many runs of a case, in few lines. */
#include <inttypes.h>

#include "base/json.h"
#include "page/layout.h"
#include "verdict/verdict.h"

enum { MAX_NAMED = 20 };

static size_t count_of(const json_t *runs, const char *word)
{
	size_t i, count = 0;
	json_t *run;

	json_array_foreach (runs, i, run)
		count += str_eq(json_get_str(run, "verdict", ""), word);
	return count;
}

/* The others first, the passes last: "50: 2 fail, 1 crash, 47 pass". */
static void add_counts(struct page *p, const json_t *runs)
{
	bool any = false;

	page_label(p, "runs");
	page_addf(p, TONE_STRONG, "%zu", json_array_size(runs));
	page_add(p, TONE_PLAIN, ":");
	for (enum verdict v = VERDICT_CRASH; v <= VERDICT_PASS; v++) {
		const char *word = verdict_name(v);
		size_t count = count_of(runs, word);

		if (!count)
			continue;
		page_addf(p, TONE_PLAIN, "%s %zu ", any ? "," : "", count);
		page_add(p, page_tone_of(word), word);
		any = true;
	}
	page_line(p);
}

char *page_runs_text(const json_t *runs, bool exact, const struct page_style *style)
{
	size_t i, named = 0, left = 0;
	struct page p;
	json_t *run;

	page_init(&p, style);
	add_counts(&p, runs);
	json_array_foreach (runs, i, run) {
		const char *word = json_get_str(run, "verdict", "?");

		if (str_eq(word, "pass"))
			continue;
		if (named == MAX_NAMED && !p.style.verbose) {
			left++;
			continue;
		}
		named++;
		page_to(&p, PAGE_LABEL);
		page_add(&p, page_tone_of(word), word);
		page_addf(&p, TONE_PLAIN, " with seed %" PRId64 "  ", json_get_int(run, "seed", 0));
		page_wrap(&p, TONE_DIM, json_get_str(run, "dir", "?"), PAGE_LABEL + 2);
		page_line(&p);
	}
	if (left) {
		page_to(&p, PAGE_LABEL);
		page_addf(&p, TONE_DIM, "… %zu more", left);
		page_line(&p);
	}
	if (named) {
		page_to(&p, PAGE_LABEL);
		page_wrap(&p, TONE_DIM,
			  exact ? "rerun.sh in each repeats it to the byte"
				: "rerun.sh in each runs it again; in free mode a seed does not "
				  "decide all, with --mode deterministic it does",
			  PAGE_LABEL);
		page_line(&p);
	}
	return page_take(&p);
}

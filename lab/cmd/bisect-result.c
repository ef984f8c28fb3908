/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/bisect-result.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison.h"
#include "cmd/runs.h"
#include "cmd/search-show.h"
#include "page/page.h"

enum { RUNNERS_UP = 5 };

static const char *const words[] = {
	[BISECT_FOUND] = "found", [BISECT_NOT_SHOWN] = "not-shown", [BISECT_NO_END] = "no-end",
	[BISECT_OLDER] = "older", [BISECT_UNSURE] = "unsure",	    [BISECT_NONE] = "same-kernel",
	[BISECT_LIMIT] = "limit",
};

/* {commit, line, probability, runs, hits} */
static json_t *commit_json(const struct bisect *b, const struct git_history *h, size_t vertex,
			   double probability)
{
	const struct tested_commit *seen = posterior_tested(&b->posterior, vertex);
	_cleanup_free_ char *line = git_history_line(h, vertex, NULL);
	json_t *commit = json_object();

	json_set_str(commit, "commit", h->commits.items[vertex]);
	json_set_str(commit, "line", line ? line : "");
	json_object_set_new(commit, "probability", json_real(probability));
	json_set_int(commit, "runs", seen ? seen->runs : 0);
	json_set_int(commit, "hits", seen ? seen->hits : 0);
	return commit;
}

static void add_commits(json_t *result, const struct bisect *b, const struct git_history *h)
{
	json_t *commits = json_array(), *others = json_array(), *other;
	_cleanup_json_ json_t *runners = bisect_runners_up(b, RUNNERS_UP);
	size_t i;

	for (i = 0; i < b->answer.count; i++) {
		size_t v = b->answer.commits[i];

		json_array_append_new(
			commits, commit_json(b, h, v, posterior_probability(&b->posterior, v)));
	}
	json_array_foreach (runners, i, other)
		json_array_append_new(others,
				      commit_json(b, h, (size_t)json_get_int(other, "vertex", 0),
						  json_get_num(other, "probability", 0)));
	json_object_set_new(result, "commits", commits);
	json_object_set_new(result, "runners_up", others);
}

/* The culprit's run beside its parent's, kept as any comparison. */
static int add_comparison(json_t *result, const struct bisect *b, const struct git_history *h,
			  const char *out_dir, struct err *err)
{
	size_t culprit = b->answer.commits[0];
	size_t parent = culprit ? h->graph.parents[h->graph.first[culprit]] : 0;
	const char *bad = bisect_run_of(b, culprit, TARGET_SHOWN);
	const char *good = bisect_run_of(b, parent, TARGET_ABSENT);
	_cleanup_strv_ struct strv good_dirs = { 0 }, bad_dirs = { 0 };
	const struct comparison_side sides[] = { { parent ? "parent" : "good", &good_dirs },
						 { "culprit", &bad_dirs } };
	_cleanup_json_ json_t *comparison = NULL;
	_cleanup_free_ char *dir = NULL;
	_cleanup_free_ char *path = NULL;

	if (!bad || !good)
		return 0;
	strv_addf(&good_dirs, "%s/%s", out_dir, good);
	strv_addf(&bad_dirs, "%s/%s", out_dir, bad);
	comparison = comparison_make(sides, 2, NULL, err);
	if (!comparison)
		return -1;
	dir = runs_make_folder(out_dir, json_get_str(comparison, "case", "bisect"), "compare", err);
	if (!dir)
		return -1;
	path = path_join(dir, "compare.json");
	json_set_str(result, "comparison", dir);
	json_set_str(result, "good_run", good_dirs.items[0]);
	json_set_str(result, "bad_run", bad_dirs.items[0]);
	return json_write_file(path, comparison, err);
}

/* What kept runs and builds from telling: [{what, commit (the first), count}]. */
static json_t *beside_json(const struct bisect *b)
{
	const json_t *tests = json_get_array(b->record, "tests"), *test;
	json_t *list = json_array();
	size_t i, k;

	json_array_foreach (tests, i, test) {
		const char *why = json_get_str(test, "why", NULL);
		json_t *other = NULL;

		if (!why)
			continue;
		json_array_foreach (list, k, other)
			if (str_eq(json_get_str(other, "what", ""), why))
				break;
		if (k == json_array_size(list)) {
			other = json_object();
			json_set_str(other, "what", why);
			json_set_str(other, "commit", json_get_str(test, "commit", ""));
			json_array_append_new(list, other);
		}
		json_set_int(other, "count", json_get_int(other, "count", 0) + 1);
	}
	return list;
}

/* By its name. */
static void name_vertex(json_t *fresh, const struct git_history *h)
{
	json_set_str(fresh, "commit", h->commits.items[json_get_int(fresh, "vertex", 0)]);
	json_object_del(fresh, "vertex");
}

static json_t *verified_json(const struct bisect *b, const struct git_history *h)
{
	json_t *verified = bisect_verified(b), *parent;
	size_t i;

	name_vertex(json_get_object(verified, "culprit"), h);
	json_array_foreach (json_get_array(verified, "parents"), i, parent) {
		name_vertex(parent, h);
		/* What it is for: docs/formats.md. */
		if (h->is_root[b->answer.commits[0]])
			json_set_bool(parent, "older_parent", true);
	}
	return verified;
}

static void add_those_not_in(json_t *list, const json_t *options, const json_t *others)
{
	const json_t *option, *other;
	size_t i, k;

	json_array_foreach (options, i, option) {
		json_array_foreach (others, k, other)
			if (json_equal(option, other))
				break;
		if (k == json_array_size(others))
			json_array_append(list, (json_t *)option);
	}
}

/* Options that the fragments ask for, and that only one of a culprit and its parent has: they may
 * be all that it changes. */
static void add_options(json_t *result, const struct bisect *b)
{
	const struct commit_graph *g = b->graph;
	json_t *list = json_array();
	size_t last = b->answer.commits[b->answer.count - 1], first = b->answer.commits[0];

	for (size_t i = g->first[first]; first && i < g->first[first + 1]; i++) {
		size_t parent = g->parents[i];

		if (!b->built[last] || !b->built[parent])
			continue;
		add_those_not_in(list, bisect_left_out(b, parent), bisect_left_out(b, last));
		add_those_not_in(list, bisect_left_out(b, last), bisect_left_out(b, parent));
	}
	if (json_array_size(list))
		json_object_set(result, "options_differ", list);
	json_decref(list);
}

json_t *bisect_result_make(const struct bisect *b, const struct git_history *h,
			   const struct bisect_step *step, const char *out_dir, struct err *err)
{
	_cleanup_json_ json_t *result = json_object();

	json_set_str(result, "word", words[step->what]);
	json_object_set_new(result, "probability", json_real(b->answer.probability));
	json_set_str(result, "target", target_name(&b->target));
	json_set_int(result, "candidates", (int64_t)h->graph.count - 1);
	json_set_int(result, "builds", b->builds);
	json_set_int(result, "runs", b->runs);
	add_commits(result, b, h);
	json_object_set_new(result, "beside", beside_json(b));
	if (step->what == BISECT_NO_END)
		json_object_set_new(result, "end", commit_json(b, h, step->vertex, 0));
	if (step->what == BISECT_FOUND)
		add_options(result, b);
	if (step->what == BISECT_FOUND && b->answer.count == 1) {
		_cleanup_free_ char *shown = git_history_show(h, b->answer.commits[0], NULL);

		json_set_str(result, "shown", shown);
		json_object_set_new(result, "verified", verified_json(b, h));
		if (add_comparison(result, b, h, out_dir, err) < 0)
			return NULL;
	}
	return take_ptr(&result);
}

/* ---- for git ---- */

/* What git may be told of a commit: what does not contradict the answer. */
static const char *git_word(const struct tested_commit *t, bool has_bug)
{
	if (!t->runs)
		return "skip";
	if (t->hits)
		return has_bug ? "bad" : NULL;
	return has_bug ? NULL : "good";
}

static void log_commit(struct strbuf *log, const struct git_history *h,
		       const struct tested_commit *t, const char *word)
{
	const char *commit = h->commits.items[t->vertex];
	_cleanup_free_ char *line = git_history_line(h, t->vertex, NULL);
	const char *subject = line ? strchr(line, ' ') : NULL;

	strbuf_addf(log, "# %s: [%s]%s (the bug in %u of %u runs)\n",
		    word ? word : "not told to git", commit, subject ? subject : "", t->hits,
		    t->runs);
	if (word)
		strbuf_addf(log, "git bisect %s %s\n", word, commit);
}

/* A commit that no line is about, as its kernel is that of another one. */
static void log_like(struct strbuf *log, const struct bisect *b, const struct git_history *h,
		     size_t vertex, bool has_bug)
{
	const struct tested_commit *t = posterior_tested(&b->posterior, vertex);
	const char *word;

	if (!t || t->vertex == vertex)
		return;
	word = git_word(t, has_bug);
	strbuf_addf(log, "# %s: [%s] its kernel is that of %.12s\n",
		    word ? word : "not told to git", h->commits.items[vertex],
		    h->commits.items[t->vertex]);
	if (word)
		strbuf_addf(log, "git bisect %s %s\n", word, h->commits.items[vertex]);
}

static int latest_first(const void *a, const void *b)
{
	const struct tested_commit *x = a, *y = b;

	return x->vertex > y->vertex ? -1 : x->vertex < y->vertex;
}

/* Git has one bad commit, the last it was told of: so the earliest comes last, and good ones after.
 */
static void log_tested(struct strbuf *log, const struct bisect *b, const struct git_history *h,
		       const bool *bug)
{
	size_t count = b->posterior.tested_count;
	_cleanup_free_ struct tested_commit *sorted = xcalloc(count, sizeof(*sorted));

	memcpy(sorted, b->posterior.tested, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), latest_first);
	for (int bad = 1; bad >= 0; bad--)
		for (size_t i = 0; i < count; i++) {
			const char *word = git_word(&sorted[i], bug[sorted[i].vertex]);

			if (str_eq(word, "bad") == bad)
				log_commit(log, h, &sorted[i], word);
		}
}

int bisect_result_write_log(const struct bisect *b, const struct git_history *h,
			    const struct bisect_step *step, const char *dir, struct err *err)
{
	_cleanup_free_ bool *bug = xcalloc(h->graph.count, sizeof(*bug));
	_cleanup_free_ char *path = path_join(dir, "bisect.log");
	_cleanup_strbuf_ struct strbuf log = { 0 };
	size_t bad = h->graph.count - 1;

	/* Who has the bug, by the answer. */
	if (b->answer.count)
		bug[b->answer.commits[0]] = true;
	for (size_t v = 1; v < h->graph.count; v++)
		for (size_t i = h->graph.first[v]; i < h->graph.first[v + 1]; i++)
			bug[v] |= bug[h->graph.parents[i]];
	bug[bad] = true;
	strbuf_addf(&log, "git bisect start\n");
	for (size_t i = 0; i < h->trusted.count; i++)
		strbuf_addf(&log, "# good: [%s] by --good, was not run\ngit bisect good %s\n",
			    h->trusted.items[i], h->trusted.items[i]);
	log_tested(&log, b, h, bug);
	if (step->what == BISECT_FOUND && b->answer.count == 1) {
		size_t culprit = b->answer.commits[0];
		_cleanup_free_ char *line = git_history_line(h, culprit, NULL);
		const char *subject = line ? strchr(line, ' ') : NULL;

		for (size_t i = h->graph.first[culprit]; i < h->graph.first[culprit + 1]; i++)
			log_like(&log, b, h, h->graph.parents[i], false);
		log_like(&log, b, h, culprit, true);
		strbuf_addf(&log, "# first bad commit: [%s]%s\n", h->commits.items[culprit],
			    subject ? subject : "");
	}
	return file_write_atomic(path, log.data, log.length, err);
}

static const struct search_pages pages = {
	.record = "bisect.json",
	.what = "a bisect",
	.result = page_bisect_text,
	.going_on = page_bisect_going_on_text,
};

void bisect_result_print(const json_t *result, const char *dir)
{
	search_print_result(&pages, result, dir);
}

int bisect_result_show(const char *dir, const struct options *opt, struct err *err)
{
	return search_show(&pages, dir, opt, err);
}

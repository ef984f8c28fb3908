// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/git-history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "build/git.h"

enum { LIST_MAX_BYTES = 512 << 20, SHOW_MAX_BYTES = 4 << 20, PARENTS_MAX = 256 };

/* A commit's full name -> its vertex. */
struct place {
	const char *commit; /* borrowed */
	size_t vertex;
};

static int by_commit(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->commit, ((const struct place *)b)->commit);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The full name of a commit; yours. */
static char *resolve(const char *repo, const char *rev, struct err *err)
{
	_cleanup_free_ char *commit = xasprintf("%s^{commit}", rev);
	const char *words[] = { "rev-parse", "--verify", "--quiet", commit, NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (!*rev || *rev == '-') {
		err_set(err, ERR_INPUT, "%s has no revision %s", repo, rev);
		return NULL;
	}
	if (git_read(repo, words, SHOW_MAX_BYTES, &out, err) < 0) {
		/* Or one that git will not read. */
		if (err && strstr(err->msg, "not a git repository"))
			err_set(err, ERR_INPUT, "%s: no git repository", repo);
		else if (err && !strstr(err->msg, "fatal: "))
			err_set(err, ERR_INPUT, "%s has no revision %s", repo, rev);
		return NULL;
	}
	out.data[strcspn(out.data, "\n")] = '\0';
	return strbuf_take(&out);
}

/* What to add to an error that may come of that; it has only the newest commits then. */
static const char *shallow_hint(const char *repo)
{
	const char *words[] = { "rev-parse", "--is-shallow-repository", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (git_read(repo, words, SHOW_MAX_BYTES, &out, NULL) < 0 || !str_starts(out.data, "true"))
		return "";
	return "; this clone is shallow: `git fetch --unshallow` gets the rest";
}

/* What is good has to be before what is bad: else nothing between them can be the first bad one. */
static int check_ancestor(const char *repo, const char *good, const char *bad, struct err *err)
{
	const char *words[] = { "merge-base", good, bad, NULL };
	_cleanup_strbuf_ struct strbuf base = { 0 };

	if (git_read(repo, words, SHOW_MAX_BYTES, &base, NULL) < 0)
		return err_set(err, ERR_INPUT, "%.12s and %.12s have no common ancestor%s", good,
			       bad, shallow_hint(repo));
	base.data[strcspn(base.data, "\n")] = '\0';
	if (str_eq(base.data, good))
		return 0;
	if (str_eq(base.data, bad))
		return err_set(err, ERR_INPUT,
			       "the bad %.12s is an ancestor of the good %.12s: expected the good "
			       "one before the bad one",
			       bad, good);
	return err_set(err, ERR_INPUT,
		       "the good %.12s is no ancestor of the bad %.12s: expected one that it "
		       "descends from, as their merge base %.12s if that is good%s",
		       good, bad, base.data, shallow_hint(repo));
}

/*
 * In a shallow clone a commit may have no parents only because they were not fetched: the first one
 * with the bug may be one of those.
 */
static int check_complete(const struct git_history *h, struct err *err)
{
	const char *words[] = { "rev-parse", "--git-path", "shallow", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_free_ char *text = NULL, *path = NULL;

	if (git_read(h->repo, words, SHOW_MAX_BYTES, &out, err) < 0)
		return err_add(err, "%s", h->repo);
	out.data[strcspn(out.data, "\n")] = '\0';
	path = *out.data == '/' ? xstrdup(out.data) : path_join(h->repo, out.data);
	text = path_exists(path) ? file_read(path, LIST_MAX_BYTES, NULL, err) : xstrdup("");
	if (!text)
		return -1;
	for (size_t v = 1; v < h->commits.count; v++)
		if (strstr(text, h->commits.items[v]))
			return err_set(
				err, ERR_INPUT,
				"the parents of %.12s, which is between good and bad, are not "
				"there%s",
				h->commits.items[v], shallow_hint(h->repo));
	return 0;
}

/* A line of git's is a commit and its parents. Those that are not listed are good ones. */
static void add_commit(struct git_history *h, const struct place *places, size_t count,
		       const char *line)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ size_t *parents = NULL;
	size_t parent_count = 0;

	strv_split_words(&names, line);
	parents = xcalloc(names.count, sizeof(*parents));
	for (size_t i = 1; i < names.count; i++) {
		const struct place key = { .commit = names.items[i] };
		const struct place *found =
			bsearch(&key, places, count, sizeof(*places), by_commit);

		if (found)
			parents[parent_count++] = found->vertex;
	}
	h->is_root[h->graph.count] = !parent_count && !strv_has(&names, h->commits.items[0]);
	commit_graph_add(&h->graph, parents, parent_count);
}

/* Parents come first (--reverse --topo-order). */
static void add_commits(struct git_history *h, const struct strv *lines)
{
	_cleanup_free_ struct place *places = xcalloc(lines->count, sizeof(*places));

	for (size_t i = 0; i < lines->count; i++)
		strv_add_take(&h->commits,
			      xstrndup(lines->items[i], strcspn(lines->items[i], " ")));
	for (size_t i = 0; i < lines->count; i++)
		places[i] = (struct place){ h->commits.items[i + 1], i + 1 };
	qsort(places, lines->count, sizeof(*places), by_commit);
	h->is_root = xcalloc(lines->count + 1, sizeof(*h->is_root));
	commit_graph_init(&h->graph, lines->count + 1);
	for (size_t i = 0; i < lines->count; i++)
		add_commit(h, places, lines->count, lines->items[i]);
}

static int list_commits(struct git_history *h, const struct strv *good, const char *bad,
			struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 }, lines = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	strv_add(&words, "rev-list");
	strv_add(&words, "--topo-order");
	strv_add(&words, "--reverse");
	strv_add(&words, "--parents");
	strv_add(&words, bad);
	for (size_t i = 0; i < good->count; i++)
		strv_addf(&words, "^%s", good->items[i]);
	if (git_read(h->repo, (const char *const *)words.items, LIST_MAX_BYTES, &out, err) < 0)
		return err_add(err, "%s", h->repo);
	if (!out.length)
		return err_set(err, ERR_INPUT, "%.12s is good and bad: there is nothing between",
			       bad);
	out.data[--out.length] = '\0'; /* the last newline */
	strv_split(&lines, out.data, '\n');
	add_commits(h, &lines);
	return 0;
}

int git_history_open(struct git_history *h, const char *repo, const struct strv *good,
		     const char *bad, struct err *err)
{
	_cleanup_strv_ struct strv good_commits = { 0 };
	_cleanup_free_ char *bad_commit = NULL;

	*h = (struct git_history){ .repo = realpath(repo, NULL) };
	if (!h->repo)
		return err_set(err, ERR_INPUT, "%s: no such repository%s", repo,
			       strchr(repo, '@') ? ": expected one without @REV" : "");
	bad_commit = resolve(h->repo, bad, err);
	if (!bad_commit)
		return -1;
	for (size_t i = 0; i < good->count; i++) {
		char *commit = resolve(h->repo, good->items[i], err);

		if (!commit)
			return -1;
		strv_add_take(&good_commits, commit);
		if (check_ancestor(h->repo, commit, bad_commit, err) < 0)
			return -1;
	}
	strv_add(&h->commits, good_commits.items[0]);
	if (list_commits(h, &good_commits, bad_commit, err) < 0)
		return -1;
	for (size_t i = 1; i < good_commits.count; i++)
		strv_add(&h->trusted, good_commits.items[i]);
	return check_complete(h, err);
}

void git_history_clear(struct git_history *h)
{
	if (!h)
		return;
	free(h->repo);
	strv_clear(&h->commits);
	strv_clear(&h->trusted);
	free(h->is_root);
	commit_graph_clear(&h->graph);
	*h = (struct git_history){ 0 };
}

int git_history_mark(const struct git_history *h, const char *range, bool *marks, struct err *err)
{
	bool is_range = strstr(range, "..") != NULL;
	const char *words[] = { "rev-list", is_range ? "--topo-order" : "--max-count=1", range,
				"--", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv names = { 0 };

	if (*range == '-' || git_read(h->repo, words, LIST_MAX_BYTES, &out, err) < 0)
		return err_set(err, ERR_INPUT, "%s has no commits %s: expected one, or A..B",
			       h->repo, range);
	strv_split(&names, out.data ? out.data : "", '\n');
	strv_sort(&names);
	for (size_t v = 0; v < h->commits.count; v++)
		marks[v] = bsearch(&h->commits.items[v], names.items, names.count,
				   sizeof(*names.items), compare_names) != NULL;
	return 0;
}

char *git_history_line(const struct git_history *h, size_t vertex, struct err *err)
{
	const char *words[] = { "log",	       "-1",
				"--no-color",  "--format=%h %s",
				"--abbrev=12", h->commits.items[vertex],
				NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (git_read(h->repo, words, SHOW_MAX_BYTES, &out, err) < 0)
		return NULL;
	strbuf_adds(&out, "");
	out.data[strcspn(out.data, "\n")] = '\0';
	return strbuf_take(&out);
}

char *git_history_revert(const struct git_history *h, size_t vertex, struct err *err)
{
	_cleanup_free_ char *parent = xasprintf("%s^1", h->commits.items[vertex]);
	const char *words[] = { "diff-tree",
				"-p",
				"--binary",
				"--full-index",
				"--no-renames",
				"--no-color",
				"--no-ext-diff",
				"--src-prefix=a/",
				"--dst-prefix=b/",
				h->commits.items[vertex],
				parent,
				NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (git_read(h->repo, words, LIST_MAX_BYTES, &out, err) < 0)
		return NULL;
	strbuf_adds(&out, "");
	return strbuf_take(&out);
}

char *git_history_show(const struct git_history *h, size_t vertex, struct err *err)
{
	const char *words[] = { "show",	     "--no-color",     "--no-ext-diff",		 "--stat",
				"--summary", "--first-parent", h->commits.items[vertex], NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (git_read(h->repo, words, SHOW_MAX_BYTES, &out, err) < 0)
		return NULL;
	return strbuf_take(&out);
}

char *git_history_version(const struct git_history *h, size_t vertex)
{
	_cleanup_free_ char *file = xasprintf("%s:Makefile", h->commits.items[vertex]);
	const char *words[] = { "show", file, NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	int version, patchlevel, sublevel;
	const char *start;

	if (git_read(h->repo, words, SHOW_MAX_BYTES, &out, NULL) < 0 || !out.data)
		return NULL;
	/* They stand at the top of it, a line each, behind a licence. */
	start = strstr(out.data, "VERSION = ");
	if (!start || sscanf(start, "VERSION = %6d PATCHLEVEL = %6d SUBLEVEL = %6d", &version,
			     &patchlevel, &sublevel) != 3)
		return NULL;
	return xasprintf("%d.%d.%d", version, patchlevel, sublevel);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/comparison-html.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "page/page.h"

/* Runs that the page shows in full: a comparison of many sides with many traces names more. */
#define MAX_LOADED 40

#define RUN_JSON_MAX (8u << 20)

struct linked_run {
	char *link; /* owned, as the others are; NULL: the run is not there */
	struct strv files;
	struct run_facts facts;
};

struct linked_runs {
	struct linked_run *items;
	struct page_run *pages; /* of each: what the page is told */
	char **found;		/* its folder, as it can be opened from here; NULL: none */
	size_t count;
};

static void linked_runs_clear(struct linked_runs *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].link);
		free(l->found[i]);
		strv_clear(&l->items[i].files);
		run_facts_clear(&l->items[i].facts);
	}
	free(l->items);
	free(l->pages);
	free(l->found);
}

/* Is it the folder of that run? */
static bool has_run(const char *dir, const char *id)
{
	_cleanup_free_ char *path = path_join(dir, "run.json");
	_cleanup_json_ json_t *run = NULL;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	run = json_read_file(path, RUN_JSON_MAX, NULL);
	return str_eq(json_get_str(run, "id", path_base(dir)), id);
}

/* Beside the comparison's folder `kept`, where both were moved; else where the comparison says.
 * Yours. */
static char *find_run(const char *kept, const json_t *run)
{
	const char *dir = json_get_str(run, "dir", ""), *id = json_get_str(run, "id", "");
	_cleanup_free_ char *up = path_join(kept ? kept : ".", "..");
	_cleanup_free_ char *beside = path_join(up, path_base(dir));

	if (!*path_base(dir))
		return NULL;
	if (kept && has_run(beside, id))
		return xstrdup(beside);
	return has_run(dir, id) ? xstrdup(dir) : NULL;
}

/* Its plain files, and those of folders in it. */
static void list_files(const char *dir, const char *below, struct strv *files)
{
	_cleanup_free_ char *folder = path_join(dir, below);
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *name =
			*below ? path_join(below, names.items[i]) : xstrdup(names.items[i]);
		_cleanup_free_ char *path = path_join(dir, name);
		struct stat st;

		if (lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			strv_add(files, name);
		else if (S_ISDIR(st.st_mode) && !*below)
			list_files(dir, name, files);
	}
}

static void link_run(const char *kept, const json_t *run, struct linked_run *out,
		     struct page_run *page, char **found)
{
	_cleanup_free_ char *from = realpath(kept ? kept : ".", NULL);
	_cleanup_free_ char *to = NULL;

	*found = find_run(kept, run);
	to = *found ? realpath(*found, NULL) : NULL;
	if (!from || !to)
		return;
	page->link = out->link = path_relative(from, to);
	list_files(*found, "", &out->files);
	page->files = &out->files;
}

static void link_runs(struct linked_runs *l, const char *kept, const json_t *comparison)
{
	json_t *side, *run;
	size_t i, k, n = 0;

	json_array_foreach (json_object_get(comparison, "sides"), i, side)
		l->count += json_array_size(json_object_get(side, "runs"));
	l->items = xcalloc(l->count + 1, sizeof(*l->items));
	l->pages = xcalloc(l->count + 1, sizeof(*l->pages));
	l->found = xcalloc(l->count + 1, sizeof(*l->found));
	json_array_foreach (json_object_get(comparison, "sides"), i, side)
		json_array_foreach (json_object_get(side, "runs"), k, run) {
			link_run(kept, run, &l->items[n], &l->pages[n], &l->found[n]);
			n++;
		}
}

char *comparison_html(const json_t *comparison, const char *dir)
{
	_cleanup_(linked_runs_clear)
	struct linked_runs l = { 0 };
	size_t wanted[MAX_LOADED];
	size_t count = page_compare_wanted_runs(comparison, wanted, ARRAY_SIZE(wanted));

	link_runs(&l, dir, comparison);
	for (size_t i = 0; i < count; i++) {
		size_t n = wanted[i];

		/* What cannot be read is not shown; the comparison itself is. */
		if (n < l.count && l.found[n] &&
		    run_facts_load(&l.items[n].facts, l.found[n], NULL) == 0)
			l.pages[n].facts = &l.items[n].facts;
	}
	return page_compare_html(comparison, l.pages, l.count, dir != NULL);
}

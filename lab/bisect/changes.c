// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/changes.h"

#include <stdlib.h>

#include "build/git.h"

#define LIST_MAX_BYTES (1ul << 30)

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const struct strv *sorted, const char *path)
{
	return sorted->count &&
	       bsearch(&path, sorted->items, sorted->count, sizeof(*sorted->items), compare_names);
}

/* Only the compiler reads such files, and says so. */
static bool is_read_by_compiler(const char *path)
{
	static const char *const ends[] = { ".c", ".h", ".S", ".dts", ".dtsi" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends(path, ends[i]))
			return true;
	return false;
}

bool changes_may_matter(const struct strv *inputs, const struct strv *unsteady, const char *path)
{
	if (has(inputs, path))
		return true;
	if (str_starts(path, "Documentation/") || str_ends(path, ".rst"))
		return false;
	return !is_read_by_compiler(path) || has(unsteady, path);
}

/* One commit of git's list: its name, then of each file "M\0path\0". */
struct change {
	const char *commit;
	struct strv files;
};

struct change_list {
	struct change *items;
	size_t count, capacity;
	struct strv unsteady;
};

static void change_list_clear(struct change_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		strv_clear(&l->items[i].files);
	free(l->items);
	strv_clear(&l->unsteady);
}

/*
 * With -z: "COMMIT" of --format=%H, then a newline that opens the list of files, and for each file
 * a word of one letter and a word that is its path.
 */
static int read_list(struct change_list *l, const char *text, size_t length, struct err *err)
{
	struct change *now = NULL;

	for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
		const char *word = text + at;

		while (*word == '\n')
			word++;
		if (strlen(word) == 40 || strlen(word) == 64) {
			now = vec_push(&l->items, &l->count, &l->capacity);
			now->commit = word;
			continue;
		}
		if (!*word)
			continue;
		at += strlen(text + at) + 1;
		if (!now || strlen(word) != 1 || at >= length)
			return err_set(err, ERR_HOST, "git log: \"%s\" where a file was expected",
				       word);
		strv_add(&now->files, text + at);
		if (*word == 'A' || *word == 'D')
			strv_add(&l->unsteady, text + at);
	}
	strv_sort(&l->unsteady);
	return 0;
}

static bool may_matter(const struct change *c, const struct strv *inputs,
		       const struct strv *unsteady)
{
	for (size_t i = 0; i < c->files.count; i++)
		if (changes_may_matter(inputs, unsteady, c->files.items[i]))
			return true;
	return false;
}

static int by_commit(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->commit, ((const struct change *)b)->commit);
}

int changes_find_suspects(const struct git_history *h, const struct strv *inputs, bool *suspects,
			  struct err *err)
{
	_cleanup_free_ char *range =
		xasprintf("%s..%s", h->commits.items[0], h->commits.items[h->commits.count - 1]);
	const char *words[] = {
		"log", "-z", "--no-merges", "--no-renames", "--name-status", "--format=%H",
		range, "--", NULL
	};
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_(change_list_clear)
	struct change_list list = { 0 };

	if (git_read(h->repo, words, LIST_MAX_BYTES, &out, err) < 0 ||
	    read_list(&list, out.data ? out.data : "", out.length, err) < 0)
		return err_add(err, "%s", h->repo);
	qsort(list.items, list.count, sizeof(*list.items), by_commit);
	suspects[0] = true;
	for (size_t v = 1; v < h->commits.count; v++) {
		const struct change key = { .commit = h->commits.items[v] };
		const struct change *found = list.count ? bsearch(&key, list.items, list.count,
								  sizeof(*list.items), by_commit)
							: NULL;

		/* A merge, or one that changes nothing at all; the latter costs no harm. */
		suspects[v] = !found || may_matter(found, inputs, &list.unsteady);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many commands make will run in an object tree, from what kbuild left there. */
#include <ctype.h>
#include <fts.h>

#include "base/file.h"
#include "build/config-diff.h"
#include "build/tree.h"

enum {
	CONFIG_MAX_BYTES = 16 << 20,
	CMD_MAX_BYTES = 4 << 20,
	MAKEFILE_MAX_BYTES = 4 << 20,
	SYMBOL_MAX_BYTES = 128,
	LINK_STEPS = 40,	     /* what follows any change: link, symbol table, compress */
	STEPS_PER_100_OPTIONS = 210, /* measured on small configurations of 6.1 */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* v is sorted. */
static bool has_sorted(const struct strv *v, const char *s)
{
	return v->count && bsearch(&s, v->items, v->count, sizeof(*v->items), compare_names);
}

/* ---- options that change every command line ---- */

static bool file_names_any(const char *path, const struct strv *symbols)
{
	static const char prefix[] = "CONFIG_";
	_cleanup_free_ char *text = file_read(path, MAKEFILE_MAX_BYTES, NULL, NULL);

	for (const char *p = text ? strstr(text, prefix) : NULL; p; p = strstr(p, prefix)) {
		_cleanup_free_ char *name = NULL;
		size_t n;

		p += strlen(prefix);
		n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		name = xstrndup(p, n);
		if (has_sorted(symbols, name))
			return true;
	}
	return false;
}

/*
 * The makefiles that put the compiler's command line together. They name some
 * options that do not: those are taken for dearer than they are.
 */
static bool change_is_global(const struct source *s, const struct strv *symbols)
{
	static const char *const files[] = { "Makefile", "arch/x86/Makefile" };
	_cleanup_free_ char *scripts = path_join(s->dir, "scripts");
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = path_join(s->dir, files[i]);

		if (file_names_any(path, symbols))
			return true;
	}
	file_list_dir(scripts, &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(scripts, names.items[i]);

		if (str_starts(names.items[i], "Makefile.") && file_names_any(path, symbols))
			return true;
	}
	return false;
}

/* ---- objects that depend on options ---- */

/* One "$(wildcard include/config/NAME)"; before 5.12 it was include/config/na/me.h. */
static bool option_changed(const char *p, const struct strv *symbols)
{
	char name[SYMBOL_MAX_BYTES];
	size_t n = strcspn(p, ") \n");

	if (n > 2 && memcmp(p + n - 2, ".h", 2) == 0)
		n -= 2;
	if (n >= sizeof(name))
		return false;
	for (size_t i = 0; i < n; i++)
		name[i] = p[i] == '/' ? '_' : (char)toupper((unsigned char)p[i]);
	name[n] = '\0';
	return has_sorted(symbols, name);
}

static bool command_depends(const char *path, const struct strv *symbols)
{
	static const char prefix[] = "include/config/";
	_cleanup_free_ char *text = file_read(path, CMD_MAX_BYTES, NULL, NULL);

	for (const char *p = text ? strstr(text, prefix) : NULL; p; p = strstr(p, prefix)) {
		p += strlen(prefix);
		if (option_changed(p, symbols))
			return true;
	}
	return false;
}

struct objects {
	uint64_t all, dependent; /* dependent: on one of the symbols */
};

static struct objects count_objects(const char *obj, const struct strv *symbols)
{
	char *paths[] = { (char *)(uintptr_t)obj, NULL };
	FTS *fts = path_exists(obj) ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL)
				    : NULL;
	struct objects count = { 0 };
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		if ((e->fts_info != FTS_F && e->fts_info != FTS_NSOK) ||
		    !str_ends(e->fts_name, ".o.cmd"))
			continue;
		count.all++;
		if (symbols->count && command_depends(e->fts_path, symbols))
			count.dependent++;
	}
	if (fts)
		fts_close(fts);
	return count;
}

/* ---- the sum ---- */

uint64_t tree_estimate_all(const char *config)
{
	uint64_t options = 0;

	for (const char *p = strstr(config, "=y\n"); p; p = strstr(p + 1, "=y\n"))
		options++;
	return LINK_STEPS + options * STEPS_PER_100_OPTIONS / 100;
}

/* Commands for what no object is there of yet: options that are newly on. */
static uint64_t estimate_new(const struct strv *changed, const char *config)
{
	struct config_values after;
	uint64_t options = 0;

	config_parse(&after, config);
	for (size_t i = 0; i < changed->count; i++)
		options += str_eq(config_value(&after, changed->items[i]), "y");
	config_values_clear(&after);
	return options * STEPS_PER_100_OPTIONS / 100;
}

static struct tree_cost estimate(const struct tree *t, const struct source *s, const char *before,
				 bool complete, const char *config)
{
	_cleanup_free_ char *text =
		path_exists(before) ? file_read(before, CONFIG_MAX_BYTES, NULL, NULL) : NULL;
	_cleanup_strv_ struct strv changed = { 0 };
	struct tree_cost cost = { .steps = tree_estimate_all(config), .lost_percent = 100 };
	uint64_t all = cost.steps;
	struct objects objects;

	/* make goes by file times: see tree_clean(). */
	if (!text || s->hidden_change_ns > t->last_build_ns)
		return cost;
	config_changed(text, config, &changed);
	if (change_is_global(s, &changed))
		return cost;
	objects = count_objects(t->obj, &changed);
	cost.lost_percent = objects.all ? (int)(objects.dependent * 100 / objects.all) : 0;
	cost.steps = LINK_STEPS + objects.dependent + estimate_new(&changed, config);
	if (!complete && all + objects.dependent > cost.steps + objects.all)
		cost.steps = all + objects.dependent - objects.all;
	/* Objects of configurations long past are counted too, and not built. */
	if (cost.steps > all)
		cost.steps = all;
	return cost;
}

struct tree_cost tree_cost(const struct tree *t, const struct source *s, const char *config)
{
	_cleanup_free_ char *before = path_join(t->obj, ".config");

	return estimate(t, s, before, t->complete, config);
}

struct tree_cost tree_cost_later(const struct tree *t, const struct source *s, const char *config)
{
	return estimate(t, s, t->wanted_path, true, config);
}

uint64_t tree_estimate(const struct tree *t, const struct source *s, const char *config)
{
	return tree_cost(t, s, config).steps;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/compare-line.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"

struct line {
	struct strbuf out;
	int axes; /* in which the two differ */
};

static void add_option(struct line *l, const char *option, const char *value)
{
	strbuf_addf(&l->out, " --%s ", option);
	strbuf_add_shell(&l->out, value);
}

/* Once where both have it, as a side each where they differ. */
static void add_axis(struct line *l, const char *option, const char *a, const char *b)
{
	if (str_eq(a, b)) {
		if (*a)
			add_option(l, option, a);
		return;
	}
	l->axes++;
	add_option(l, option, a);
	add_option(l, option, b);
}

static void read_list(const json_t *plan, const char *key, struct strv *out)
{
	const json_t *list = json_get_array(plan, key);

	if (list)
		json_to_strv(list, out);
}

/* Those from one place on, with plus signs between. Yours. */
static char *join_from(const struct strv *all, size_t from, size_t to)
{
	_cleanup_strv_ struct strv part = { 0 };

	for (size_t i = from; i < to && i < all->count; i++)
		strv_add(&part, all->items[i]);
	return strv_join(&part, "+");
}

/* What both begin with is the config, the rest of each its side: --with takes no empty one. */
static bool add_kconfig(struct line *l, const struct run_facts *a, const struct run_facts *b)
{
	_cleanup_strv_ struct strv x = { 0 }, y = { 0 };
	_cleanup_free_ char *common = NULL, *x_rest = NULL, *y_rest = NULL;
	size_t shorter, same = 0;

	read_list(a->plan, "kconfig", &x);
	read_list(b->plan, "kconfig", &y);
	shorter = x.count < y.count ? x.count : y.count;
	while (same < shorter && str_eq(x.items[same], y.items[same]))
		same++;
	if (same == shorter && x.count != y.count && same)
		same--;
	common = join_from(&x, 0, same);
	x_rest = join_from(&x, same, SIZE_MAX);
	y_rest = join_from(&y, same, SIZE_MAX);
	if (!*common || (!*x_rest != !*y_rest))
		return false;
	add_option(l, "kconfig", common);
	add_axis(l, "with", x_rest, y_rest);
	return true;
}

/* As --source takes it. Yours; NULL: it is not known, or was patched. */
static char *source_of(const struct run_facts *run)
{
	const json_t *source = json_get_object(run->kernel, "source");
	const char *path = json_get_str(source, "path", NULL);
	const char *rev = json_get_str(source, "commit", json_get_str(source, "rev", NULL));

	if (!path || json_object_get(source, "patches"))
		return NULL;
	return rev ? xasprintf("%s@%s", path, rev) : xstrdup(path);
}

static bool add_source(struct line *l, const struct run_facts *a, const struct run_facts *b)
{
	_cleanup_free_ char *x = source_of(a);
	_cleanup_free_ char *y = source_of(b);

	if (!x || !y)
		return false;
	add_axis(l, "source", x, y);
	return true;
}

/* Only what was asked for: the case has words of its own. */
static bool add_append(struct line *l, const struct run_facts *a, const struct run_facts *b)
{
	_cleanup_strv_ struct strv x = { 0 }, y = { 0 };
	_cleanup_free_ char *x_words = NULL, *y_words = NULL;

	if (!json_get_array(a->plan, "asked_append") || !json_get_array(b->plan, "asked_append"))
		return json_equal(json_object_get(a->plan, "append"),
				  json_object_get(b->plan, "append"));
	read_list(a->plan, "asked_append", &x);
	read_list(b->plan, "asked_append", &y);
	x_words = strv_join(&x, " ");
	y_words = strv_join(&y, " ");
	add_axis(l, "append", x_words, y_words);
	return true;
}

char *compare_line(const struct run_facts *a, const struct run_facts *b, int repeat)
{
	_cleanup_free_ char *path = path_join(a->dir, "case.yaml");
	const char *mode = json_get_str(a->plan, "mode", "");
	struct line l = { .axes = 0 };

	strbuf_adds(&l.out, "klab compare ");
	strbuf_add_shell(&l.out, path);
	if (!path_exists(path) ||
	    !str_eq(json_get_str(a->run, "case", ""), json_get_str(b->run, "case", "")) ||
	    !add_source(&l, a, b) || !add_kconfig(&l, a, b) || !add_append(&l, a, b) ||
	    l.axes != 1) {
		strbuf_clear(&l.out);
		return NULL;
	}
	if (str_eq(mode, "deterministic"))
		strbuf_addf(&l.out, " --mode deterministic --seed %" PRId64,
			    json_get_int(a->run, "seed", 1));
	else
		strbuf_addf(&l.out, "%s --repeat %d",
			    str_eq(mode, "record") ? " --mode record" : "", repeat);
	return strbuf_take(&l.out);
}

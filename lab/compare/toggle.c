// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Was it real? Two kernels that ought to differ are looked at twice: do their
 * files differ (.config, image), and did the running kernels show it (the facts
 * of their fragments, the release, the command line)?
 */
#include "base/json.h"
#include "base/str.h"
#include "compare/compare-internal.h"

/* What a fact says when it holds; of two facts on one path some cannot both be true. */
enum shown {
	SHOWN_NOTHING,
	SHOWN_THERE,
	SHOWN_READABLE,
	SHOWN_VALUE,
	SHOWN_UNREADABLE,
	SHOWN_GONE
};

static const struct {
	const char *word;
	enum shown shown;
} predicates[] = {
	{ "exists ", SHOWN_THERE }, { "readable ", SHOWN_READABLE },
	{ "equals ", SHOWN_VALUE }, { "unreadable ", SHOWN_UNREADABLE },
	{ "absent ", SHOWN_GONE },
};

static enum shown fact_shown(const char *fact, const char **rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(predicates); i++)
		if (str_starts(fact, predicates[i].word)) {
			*rest = fact + strlen(predicates[i].word);
			return predicates[i].shown;
		}
	*rest = fact;
	return SHOWN_NOTHING;
}

/* The path as the fragment has it, {disk} not resolved: devices may be named otherwise on another
 * side. Yours. */
static char *fact_path(const char *fact)
{
	const char *rest;
	enum shown shown = fact_shown(fact, &rest);

	return shown == SHOWN_VALUE ? xstrndup(rest, strcspn(rest, " ")) : xstrdup(rest);
}

/* Can two facts on one path not both hold of one kernel? */
static bool facts_exclude(const char *a, const char *b)
{
	const char *rest_a, *rest_b;
	enum shown x = fact_shown(a, &rest_a), y = fact_shown(b, &rest_b);

	if (x == SHOWN_NOTHING || y == SHOWN_NOTHING)
		return false;
	if (x == SHOWN_VALUE && y == SHOWN_VALUE)
		return !str_eq(rest_a, rest_b);
	if (x > y)
		return facts_exclude(b, a);
	/* There but not readable is possible; gone excludes all that is there. */
	return y == SHOWN_GONE ? x <= SHOWN_VALUE
			       : y == SHOWN_UNREADABLE && (x == SHOWN_READABLE || x == SHOWN_VALUE);
}

/* The fact on a path as the runs of a side have it: in all of them and holding in all. Borrowed. */
static json_t *side_fact(const struct compare_side *side, const char *path)
{
	json_t *kept = NULL, *frame;
	size_t i, seen = 0;
	bool holds = true;

	for (size_t r = 0; r < side->run_count; r++)
		json_array_foreach (side->runs[r].frames, i, frame) {
			const char *fact = json_get_str(frame, "fact", "");
			_cleanup_free_ char *its = NULL;

			if (!str_eq(json_get_str(frame, "k", ""), "fact"))
				continue;
			its = fact_path(fact);
			if (!str_eq(its, path))
				continue;
			seen++;
			holds &= json_get_bool(frame, "holds", false);
			if (!kept || !json_get_bool(frame, "holds", false))
				kept = frame;
		}
	return seen >= side->run_count || !holds ? kept : NULL;
}

static void side_paths(const struct compare_side *side, struct strv *paths)
{
	json_t *frame;
	size_t i;

	json_array_foreach (side->runs[0].frames, i, frame) {
		_cleanup_free_ char *path = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "fact"))
			continue;
		path = fact_path(json_get_str(frame, "fact", ""));
		if (!strv_has(paths, path))
			strv_add(paths, path);
	}
}

static bool fact_holds(const json_t *fact)
{
	return json_get_bool(fact, "holds", false);
}

/* One path: what each side's running kernel showed there. */
static json_t *fact_row(const struct compare_sides *c, const char *path)
{
	static const char *const keys[] = { "fact", "path", "holds", "found", "unchecked" };
	json_t *row = json_object(), *values = compare_row(c->count);
	bool differs = false, declared_alike = true;
	json_t *facts[COMPARE_MAX_SIDES];

	for (size_t s = 0; s < c->count; s++) {
		facts[s] = side_fact(&c->sides[s], path);
		if (facts[s]) {
			json_t *entry = json_object();

			for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
				json_object_set(entry, keys[k], json_object_get(facts[s], keys[k]));
			json_array_set_new(values, s, entry);
		}
		for (size_t o = 0; o < s; o++) {
			const char *a = json_get_str(facts[o], "fact", ""),
				   *b = json_get_str(facts[s], "fact", "");

			declared_alike &= str_eq(a, b);
			differs |= facts[o] && facts[s] && fact_holds(facts[o]) &&
				   fact_holds(facts[s]) && facts_exclude(a, b);
		}
	}
	json_set_str(row, "path", path);
	json_object_set_new(row, "sides", values);
	json_set_bool(row, "differs", differs);
	json_set_bool(row, "toggle", !declared_alike);
	return row;
}

/* ---- two sides ---- */

enum real { REAL_NOT_TOGGLED, REAL_YES, REAL_CODE, REAL_CONFIG_ONLY, REAL_NO };

static const char *const real_names[] = { "nothing toggled", "yes", "code", "config only", "no" };

static const json_t *hello_of(const struct run_facts *run)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "hello"))
			return frame;
	return NULL;
}

static const char *image_hash(const struct run_facts *run)
{
	const json_t *artefacts = json_object_get(run->kernel, "artefacts");

	return json_get_str(json_object_get(artefacts, "bzImage"), "sha256", NULL);
}

static bool same_value(const json_t *a, const json_t *b, const char *key)
{
	json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return (!x && !y) || json_equal(x, y);
}

/* Do the facts that were declared for the toggle tell sides a and b apart? */
static enum real facts_tell(struct compare_sides *c, json_t *facts, size_t a, size_t b)
{
	const char *failed = NULL;
	json_t *row;
	size_t i;

	json_array_foreach (facts, i, row) {
		json_t *sides = json_object_get(row, "sides");
		json_t *x = json_array_get(sides, a), *y = json_array_get(sides, b);

		if (!json_is_object(x) || !json_is_object(y) || same_value(x, y, "fact"))
			continue; /* not said of both, or the same said of both */
		if (json_get_bool(x, "unchecked", false) || json_get_bool(y, "unchecked", false))
			continue; /* nobody could look */
		if (!facts_exclude(json_get_str(x, "fact", ""), json_get_str(y, "fact", "")))
			continue; /* both may be true of one kernel */
		if (fact_holds(x) && fact_holds(y))
			return REAL_YES;
		failed = json_get_str(row, "path", "?");
	}
	if (!failed)
		return REAL_CONFIG_ONLY;
	compare_reason(
		c, "broken", NULL,
		"the toggle had no effect on the running kernel: %s shows no difference between "
		"%s and %s",
		failed, c->sides[a].name, c->sides[b].name);
	return REAL_NO;
}

static bool config_differs(const json_t *config, size_t a, size_t b)
{
	json_t *row;
	size_t i;

	json_array_foreach (config, i, row) {
		const json_t *sides = json_object_get(row, "sides");

		if (!json_equal(json_array_get(sides, a), json_array_get(sides, b)))
			return true;
	}
	return false;
}

static enum real config_real(struct compare_sides *c, const json_t *config, json_t *facts, size_t a,
			     size_t b)
{
	const struct run_facts *x = &c->sides[a].runs[0], *y = &c->sides[b].runs[0];

	if (!x->config || !y->config) {
		compare_reason(c, "broken", x->config ? y->dir : x->dir,
			       "its kernel.config is missing: nobody can say what was toggled");
		return REAL_NO;
	}
	if (!config_differs(config, a, b)) {
		compare_reason(
			c, "broken", NULL,
			"%s and %s have other fragments and the same .config: nothing was toggled",
			c->sides[a].name, c->sides[b].name);
		return REAL_NO;
	}
	return facts_tell(c, facts, a, b);
}

/* The contents of the fragments in order; false: nobody noted them. */
static bool fragment_hashes(const struct run_facts *run, struct strv *hashes)
{
	json_t *list = json_get_array(run->kernel, "fragments"), *fragment;
	size_t i;

	json_array_foreach (list, i, fragment) {
		const char *hash = json_get_str(fragment, "sha256", NULL);

		if (!hash)
			return false;
		strv_add(hashes, hash);
	}
	return i > 0;
}

/* By what is in them: a run and its rerun may have them by other paths. */
static bool same_fragments(const struct run_facts *x, const struct run_facts *y)
{
	_cleanup_strv_ struct strv a = { 0 }, b = { 0 };

	if (!fragment_hashes(x, &a) || !fragment_hashes(y, &b))
		return same_value(x->plan, y->plan, "kconfig");
	for (size_t i = 0; i < a.count && a.count == b.count; i++)
		if (!str_eq(a.items[i], b.items[i]))
			return false;
	return a.count == b.count;
}

static enum real worse(enum real a, enum real b)
{
	return a > b ? a : b;
}

static enum real command_lines_real(struct compare_sides *c, size_t a, size_t b)
{
	const struct run_facts *x = &c->sides[a].runs[0], *y = &c->sides[b].runs[0];
	const json_t *hello_x = hello_of(x), *hello_y = hello_of(y);

	if (!hello_x || !hello_y) {
		compare_reason(c, "broken", hello_x ? y->dir : x->dir,
			       "its guest never said with which command line it booted");
		return REAL_NO;
	}
	if (same_value(hello_x, hello_y, "cmdline")) {
		compare_reason(c, "broken", NULL,
			       "%s and %s were to boot with other command lines and did not",
			       c->sides[a].name, c->sides[b].name);
		return REAL_NO;
	}
	switch (compare_command_lines(x, y)) {
	case COMPARE_WORDS_KNOWN:
		return REAL_YES;
	case COMPARE_WORDS_UNTOLD:
		return REAL_CONFIG_ONLY;
	case COMPARE_WORDS_UNKNOWN:
		break;
	}
	compare_reason(c, "broken", NULL,
		       "the command lines of %s and %s differ in words that the kernel does not "
		       "know: it left those words to init",
		       c->sides[a].name, c->sides[b].name);
	return REAL_NO;
}

/* Sources, command lines and fragments: each axis on which the two sides differ has to be real. */
static enum real pair_real(struct compare_sides *c, const json_t *config, json_t *facts, size_t a,
			   size_t b)
{
	const struct run_facts *x = &c->sides[a].runs[0], *y = &c->sides[b].runs[0];
	const json_t *source_x = json_object_get(x->kernel, "source");
	const json_t *source_y = json_object_get(y->kernel, "source");
	const char *image_x = image_hash(x), *image_y = image_hash(y);
	bool source = !same_value(source_x, source_y, "tree_hash");
	bool kconfig = !same_fragments(x, y);
	bool other_case =
		!str_eq(json_get_str(x->run, "case", ""), json_get_str(y->run, "case", ""));
	enum real real = REAL_NOT_TOGGLED;

	/* Cases may name other fragments for one kernel, and their steps need words of their own.
	 */
	if (other_case && same_value(x->kernel, y->kernel, "key"))
		return REAL_NOT_TOGGLED;
	if (!source && (kconfig || config_differs(config, a, b)))
		real = worse(real, config_real(c, config, facts, a, b));
	/* Of one source and one .config, and not the same: built by others, or otherwise. */
	else if (!source && image_x && image_y && !str_eq(image_x, image_y))
		real = worse(real, REAL_CONFIG_ONLY);
	/* Another source is another kernel: its .config may differ for that alone. */
	if (source)
		real = worse(real, REAL_YES);
	if ((source || kconfig) && image_x && str_eq(image_x, image_y)) {
		compare_reason(c, "broken", NULL,
			       "%s and %s booted the same kernel image, to the byte",
			       c->sides[a].name, c->sides[b].name);
		real = REAL_NO;
	}
	if (!other_case && !same_value(x->plan, y->plan, "append"))
		real = worse(real, command_lines_real(c, a, b));
	return real;
}

static void remember_pair(const struct compare_sides *c, const struct compare_side *pair[2],
			  size_t a, size_t b)
{
	if (pair[0])
		return;
	pair[0] = &c->sides[a];
	pair[1] = &c->sides[b];
}

void compare_toggle(struct compare_sides *c, json_t *out)
{
	const json_t *config = json_object_get(out, "config");
	_cleanup_strv_ struct strv paths = { 0 };
	json_t *facts = json_array();
	enum real real = REAL_NOT_TOGGLED;

	for (size_t s = 0; s < c->count; s++)
		side_paths(&c->sides[s], &paths);
	for (size_t i = 0; i < paths.count; i++)
		json_array_append_new(facts, fact_row(c, paths.items[i]));
	json_object_set_new(out, "facts", facts);
	for (size_t a = 0; a < c->count; a++)
		for (size_t b = a + 1; b < c->count; b++) {
			enum real pair;

			compare_about_pair(c, a, b);
			pair = pair_real(c, config, facts, a, b);
			if (pair == REAL_CONFIG_ONLY && compare_code_differs(c, a, b))
				pair = REAL_CODE;
			if (pair == REAL_CONFIG_ONLY) {
				remember_pair(c, c->unproven, a, b);
				c->unproven_pairs[a][b] = true;
			}
			if (pair == REAL_NOT_TOGGLED)
				remember_pair(c, c->untoggled, a, b);
			real = worse(real, pair);
		}
	compare_about_all(c);
	json_set_str(out, "toggle_real", real_names[real]);
}

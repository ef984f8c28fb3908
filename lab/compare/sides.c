// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison from its parts, and its word. */
#include "compare/compare.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "compare/compare-internal.h"

#define MAX_REASONS 64

void compare_reason(struct compare_sides *c, const char *word, const char *where, const char *fmt,
		    ...)
{
	_cleanup_free_ char *text = NULL;
	json_t *reason;
	va_list ap;

	if (json_array_size(c->reasons) >= MAX_REASONS)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("a reason too long to be told");
	va_end(ap);
	reason = json_object();
	json_set_str(reason, "verdict", word);
	json_set_str(reason, "what", text);
	json_set_str(reason, "where", where);
	/* Broken before different: the word of the first is the word of all. */
	if (str_eq(word, "broken"))
		json_array_insert_new(c->reasons, c->broken++, reason);
	else
		json_array_append_new(c->reasons, reason);
}

json_t *compare_row(size_t count)
{
	json_t *row = json_array();

	while (count--)
		json_array_append_new(row, json_null());
	return row;
}

/* What has to be the same for a difference to mean the toggle. */
static void look_at_plans(struct compare_sides *c)
{
	static const char *const keys[] = { "steps", "memory_bytes", "cpus", "mode" };
	const struct run_facts *first = &c->sides[0].runs[0];

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++) {
			const struct run_facts *run = &c->sides[s].runs[r];

			if (!run->plan) {
				compare_reason(c, "broken", run->dir,
					       "a run of %s has no plan.json: nobody can say what "
					       "it tested",
					       c->sides[s].name);
				continue;
			}
			for (size_t k = 0; first->plan && k < ARRAY_SIZE(keys); k++)
				if (!json_equal(json_object_get(first->plan, keys[k]),
						json_object_get(run->plan, keys[k])))
					compare_reason(
						c, "broken", run->dir,
						"not the same test: %s differs between %s and %s",
						keys[k], c->sides[0].name, c->sides[s].name);
		}
}

static void look_at_words(struct compare_sides *c, const json_t *sides)
{
	const json_t *first = json_array_get(sides, 0);

	for (size_t s = 1; s < c->count; s++) {
		const json_t *side = json_array_get(sides, s);
		json_t *a = json_object_get(first, "verdicts"),
		       *b = json_object_get(side, "verdicts");
		const char *word;
		json_t *n;
		bool differs = json_object_size(a) != json_object_size(b);

		json_object_foreach (a, word, n)
			differs |= !json_object_get(b, word);
		if (differs)
			compare_reason(c, "different", NULL, "verdict: %s is %s, %s is %s",
				       c->sides[0].name, json_get_str(first, "verdict", "?"),
				       c->sides[s].name, json_get_str(side, "verdict", "?"));
	}
}

static bool facts_declared(const struct compare_sides *c)
{
	for (size_t s = 0; s < c->count; s++)
		if (json_array_size(json_object_get(c->sides[s].runs[0].plan, "facts")))
			return true;
	return false;
}

static void set_word(struct compare_sides *c, json_t *out)
{
	const char *real = json_get_str(out, "toggle_real", "no");
	const char *word;

	/* "Same" is a claim about the toggle, so the toggle must be known to have worked. */
	if (!json_array_size(c->reasons) && str_eq(real, "config only"))
		compare_reason(
			c, "broken", NULL,
			"no difference was seen, but %s; only the .config differs, so nobody knows "
			"whether the running kernels did",
			facts_declared(c) ? "no run came as far as the runtime facts"
					  : "no runtime fact is declared");
	if (!json_array_size(c->reasons))
		compare_reason(c, "same", NULL,
			       str_eq(real, "yes") ? "the toggle was real; verdicts, task ends and "
						     "report titles are the same"
						   : "nothing was toggled; verdicts, task ends and "
						     "report titles are the same");
	word = json_get_str(json_array_get(c->reasons, 0), "verdict", "broken");
	json_set_bool(out, "same", str_eq(word, "same"));
	json_set_str(out, "verdict", word);
	json_object_set(out, "reasons", c->reasons);
}

static int check_sides(const struct compare_side *sides, size_t count, struct err *err)
{
	const char *name = NULL;

	if (count < 2)
		return err_set(err, ERR_INPUT, "a comparison needs two sides");
	if (count > COMPARE_MAX_SIDES)
		return err_set(err, ERR_INPUT, "at most %d sides are compared", COMPARE_MAX_SIDES);
	for (size_t s = 0; s < count; s++) {
		if (!sides[s].run_count)
			return err_set(err, ERR_INPUT, "%s has no run", sides[s].name);
		for (size_t r = 0; r < sides[s].run_count; r++) {
			const struct run_facts *run = &sides[s].runs[r];
			const char *its = json_get_str(run->run, "case", "");

			if (name && !str_eq(name, its))
				return err_set(err, ERR_INPUT, "%s is a run of case %s, not of %s",
					       run->dir, its, name);
			name = its;
		}
	}
	return 0;
}

json_t *compare_sides(const struct compare_side *sides, size_t count, struct err *err)
{
	struct compare_sides c = { .sides = sides, .count = count };
	json_t *out, *list;

	if (check_sides(sides, count, err) < 0)
		return NULL;
	out = json_object();
	list = json_array();
	c.reasons = json_array();
	json_set_str(out, "case", json_get_str(sides[0].runs[0].run, "case", ""));
	json_object_set(out, "question", json_object_get(sides[0].runs[0].plan, "question"));
	json_object_set_new(out, "sides", list);
	look_at_plans(&c);
	for (size_t s = 0; s < count; s++)
		json_array_append_new(list, compare_side_summary(&c, &sides[s]));
	look_at_words(&c, list);
	json_object_set_new(out, "tasks", compare_tasks(&c));
	json_object_set_new(out, "reports", compare_reports(&c));
	json_object_set_new(out, "injections", compare_injections(&c));
	json_object_set_new(out, "config", compare_config(&c));
	compare_toggle(&c, out);
	compare_numbers(&c, out);
	compare_traces(&c, out);
	set_word(&c, out);
	json_decref(c.reasons);
	return out;
}

int compare_exit_code(const json_t *comparison)
{
	const char *word = json_get_str(comparison, "verdict", "");

	return str_eq(word, "same") ? 0 : str_eq(word, "different") ? 1 : 3;
}

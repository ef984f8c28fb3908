// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison from its parts, and its word. */
#include "compare/compare.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "verdict/verdict.h"

json_t *compare_row(size_t count)
{
	json_t *row = json_array();

	while (count--)
		json_array_append_new(row, json_null());
	return row;
}

/* A list of the plan without what is of the file and not of the test: places and wording. */
static json_t *bare_list(const json_t *list)
{
	json_t *out = json_deep_copy(list), *item;
	size_t i;

	json_array_foreach (out, i, item) {
		json_object_del(item, "line");
		json_object_del(item, "text");
	}
	return out;
}

static bool same_in_plan(const json_t *a, const json_t *b, const char *key)
{
	_cleanup_json_ json_t *x = bare_list(json_object_get(a, key));
	_cleanup_json_ json_t *y = bare_list(json_object_get(b, key));

	return (!x && !y) || json_equal(x, y);
}

static bool timed_out(const struct run_facts *run)
{
	return str_eq(json_get_str(run->machine, "end", ""), "timeout");
}

/* What of the machine may make a difference that is none of the kernels'. */
static void look_at_machine(struct compare_sides *c, const struct compare_side *side,
			    const struct run_facts *run)
{
	const struct run_facts *first = &c->sides[0].runs[0];
	const struct compare_side *like = compare_same_case(c, side);
	const char *ours = json_get_str(run->machine, "accel", "");
	const char *theirs = json_get_str(first->machine, "accel", "");

	if (*ours && *theirs && !str_eq(ours, theirs))
		compare_reason(
			c, "broken", run->dir,
			"not the same machine: this run of %s was under %s, the first run of "
			"%s under %s",
			side->name, ours, c->sides[0].name, theirs);
	/* A run that was ended later may have come to its end. */
	if ((timed_out(run) || timed_out(&like->runs[0])) &&
	    !same_in_plan(like->runs[0].plan, run->plan, "timeout_ms"))
		compare_reason(
			c, "broken", run->dir,
			"not the same test: the timeout of this run of %s is not that of the "
			"first run of %s, and one of them ran into it",
			side->name, like->name);
}

/* One part of the plan against that of the first run of another side, or of the same. */
static void look_at_part(struct compare_sides *c, const struct compare_side *side,
			 const struct run_facts *run, const struct compare_side *like,
			 const char *key)
{
	const json_t *plan = like->runs[0].plan;

	if (plan && !same_in_plan(plan, run->plan, key))
		compare_reason(c, "broken", run->dir,
			       "not the same test: `%s` of this run of %s is not that of the "
			       "first run of %s",
			       key, side->name, like->name);
}

/* What has to be the same for a difference to mean the toggle. */
static void look_at_plans(struct compare_sides *c)
{
	static const char *const test[] = { "steps", "expect", "probes" };
	static const char *const machine[] = { "memory_bytes", "cpus", "mode" };

	for (size_t s = 0; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++) {
			const struct compare_side *side = &c->sides[s];
			const struct compare_side *like = compare_same_case(c, side);
			const struct run_facts *run = &side->runs[r];

			compare_about_side(c, side);
			if (!run->plan) {
				compare_reason(c, "broken", run->dir,
					       "a run of %s has no plan.json: nobody can say what "
					       "it tested",
					       c->sides[s].name);
				continue;
			}
			for (size_t k = 0; k < ARRAY_SIZE(test); k++)
				look_at_part(c, side, run, like, test[k]);
			for (size_t k = 0; k < ARRAY_SIZE(machine); k++)
				look_at_part(c, side, run, &c->sides[0], machine[k]);
			look_at_machine(c, side, run);
			compare_programs(c, side, run);
		}
	compare_about_all(c);
}

/* A side's words without how often each came: that is chance. Worst first. Yours. */
static char *words_of(const json_t *side)
{
	const json_t *words = json_object_get(side, "verdicts");
	_cleanup_strbuf_ struct strbuf out = { 0 };

	for (enum verdict v = VERDICT_CRASH; v <= VERDICT_PASS; v++)
		if (json_object_get(words, verdict_name(v)))
			strbuf_addf(&out, "%s%s", out.length ? " or " : "", verdict_name(v));
	return strbuf_take(&out);
}

static void look_at_words(struct compare_sides *c, const json_t *sides)
{
	char *said[COMPARE_MAX_SIDES];
	_cleanup_free_ char *all = NULL;
	bool differs = false;

	for (size_t s = 0; s < c->count; s++) {
		said[s] = words_of(json_array_get(sides, s));
		differs |= !str_eq(said[s], said[0]);
	}
	all = compare_by_side(c, said);
	if (differs && !c->statistics)
		compare_reason(c, compare_difference_word(c), NULL, "verdict: %s", all);
	for (size_t s = 0; s < c->count; s++)
		free(said[s]);
}

/* Where nothing speaks against it. */
static void say_nothing_differs(struct compare_sides *c, const json_t *out)
{
	bool paired = json_object_get(out, "exact") && !c->unpaired;
	_cleanup_free_ char *toggle = compare_toggle_text(c, out);
	_cleanup_free_ char *seen = NULL;
	const char *word = json_get_str(c->statistics, "word", "");

	if (!c->statistics && c->cases) {
		compare_reason(c, c->chance ? "undecided" : "alike", NULL,
			       "%s; verdicts, the ends of tasks that all have, and report titles "
			       "are the same",
			       toggle);
		return;
	}
	if (!c->statistics) {
		compare_reason(c, c->chance ? "undecided" : "same", NULL,
			       "%s; verdicts, task ends and report titles are the same%s", toggle,
			       !paired	      ? ""
			       : c->set_aside ? ", and so is each line that the guests said, times "
						"and what a relink moves set aside"
					      : ", and so is each line that the guests said");
		return;
	}
	seen = c->chance ? xstrdup("the rates are told without a test")
			 : compare_say_no_difference(c);
	compare_reason(c, str_eq(word, "no-difference") && !c->chance ? word : "undecided", NULL,
		       "%s; %s", toggle, seen);
}

static void set_word(struct compare_sides *c, json_t *out)
{
	const char *word;

	compare_look_at_proof(c, out);
	if (!json_array_size(c->reasons))
		say_nothing_differs(c, out);
	word = json_get_str(json_array_get(c->reasons, 0), "verdict", "broken");
	if (c->chance && str_eq(word, "undecided"))
		compare_reason_first(c, word, c->chance);
	json_set_bool(out, "same", str_eq(word, "same"));
	json_set_str(out, "verdict", word);
	compare_note_unjudged(c);
	if (c->cases) {
		compare_plans(c, out);
		compare_note_kernels(c);
	}
	json_object_set(out, "reasons", c->reasons);
	compare_pair_words(c, out);
}

/* Of one run a side what was seen, of several what was tested. */
static bool outcomes_are_same(const struct compare_sides *c)
{
	json_t *reason;
	size_t i;

	if (c->statistics)
		return !json_get_int(json_object_get(c->statistics, "different"), "rates", 0);
	json_array_foreach (c->reasons, i, reason)
		if (str_eq(json_get_str(reason, "verdict", ""), compare_difference_word(c)))
			return false;
	return true;
}

static int check_sides(const struct compare_side *sides, size_t count, struct err *err)
{
	if (count < 2)
		return err_set(err, ERR_INPUT, "a comparison needs two sides");
	if (count > COMPARE_MAX_SIDES)
		return err_set(err, ERR_INPUT, "at most %d sides are compared", COMPARE_MAX_SIDES);
	for (size_t s = 0; s < count; s++) {
		if (!sides[s].run_count)
			return err_set(err, ERR_INPUT, "%s has no run", sides[s].name);
		for (size_t r = 1; r < sides[s].run_count; r++) {
			const struct run_facts *run = &sides[s].runs[r];
			const char *its = json_get_str(run->run, "case", "");
			const char *name = json_get_str(sides[s].runs[0].run, "case", "");

			if (!str_eq(name, its))
				return err_set(err, ERR_INPUT, "%s is a run of case %s, not of %s",
					       run->dir, its, name);
		}
	}
	return 0;
}

/* Of several cases their names, and no question but one that all of them ask. */
static void set_case(const struct compare_sides *c, json_t *out)
{
	_cleanup_free_ char *names = compare_case_names(c->sides, c->count);
	json_t *question = json_object_get(c->sides[0].runs[0].plan, "question");

	json_set_str(out, "case", names);
	for (size_t s = 1; s < c->count; s++)
		if (!json_equal(json_object_get(c->sides[s].runs[0].plan, "question"), question))
			question = NULL;
	json_object_set(out, "question", question);
}

/* Runs of one seed in deterministic mode differ by the toggle alone; several others are tested. */
static const char *chance_of(const struct compare_sides *c, const struct compare_look *look)
{
	if (c->statistics && compare_was_stopped(c->sides, c->count, look))
		return "some of these runs were booted by a comparison or a bisect that ends when "
		       "it is sure: what a test found in them now would have no stated error; "
		       "klab diff COMPARISON:SIDE COMPARISON:SIDE has what one that came to its "
		       "end found, and runs of klab run --repeat can be tested";
	if (c->statistics || compare_is_paired(c))
		return NULL;
	if (c->cases)
		return "one run a side cannot tell a difference from chance: klab compare tests "
		       "several, with --repeat 20, or with --seed 1..20 in deterministic mode";
	return "one run a side cannot tell a difference from chance: klab compare tests several "
	       "with --repeat 20, and with --mode deterministic it compares runs of one seed line "
	       "by line";
}

/* The sides as reasons name them: crossed ones have a comma in their names, and would run into each
 * other. The names are owned, the rest is borrowed. */
static struct compare_side *label_sides(const struct compare_side *sides, size_t count)
{
	struct compare_side *out = xcalloc(count, sizeof(*out));

	for (size_t s = 0; s < count; s++) {
		out[s] = sides[s];
		out[s].name = strchr(sides[s].name, ',') ? xasprintf("'%s'", sides[s].name)
							 : xstrdup(sides[s].name);
	}
	return out;
}

static void free_labels(struct compare_side *labelled, size_t count)
{
	for (size_t s = 0; s < count; s++)
		free((char *)labelled[s].name);
	free(labelled);
}

/* Of each side under its own name. New reference. */
static json_t *side_summaries(struct compare_sides *c, const struct compare_side *sides)
{
	json_t *list = json_array();

	for (size_t s = 0; s < c->count; s++) {
		json_t *summary;

		compare_about_side(c, &c->sides[s]);
		summary = compare_side_summary(c, &c->sides[s]);
		json_set_str(summary, "name", sides[s].name);
		json_array_append_new(list, summary);
	}
	compare_about_all(c);
	return list;
}

json_t *compare_sides_at(const struct compare_side *sides, size_t count,
			 const struct compare_look *look, const struct compare_code *code,
			 struct err *err)
{
	struct compare_sides c = { .sides = sides, .count = count, .code = code };
	_cleanup_view_ struct compare_view view = { 0 };
	struct compare_side *labelled;
	json_t *out, *list, *statistics;

	if (check_sides(sides, count, err) < 0)
		return NULL;
	c.cases = compare_cases_differ(sides, count);
	if (c.cases) {
		compare_view_make(&view, sides, count);
		c.sides = view.sides;
	}
	c.sides = labelled = label_sides(c.sides, count);
	c.statistics = statistics = compare_statistics(sides, count, look);
	c.chance = chance_of(&c, look);
	out = json_object();
	c.reasons = json_array();
	set_case(&c, out);
	look_at_plans(&c);
	list = side_summaries(&c, sides);
	json_object_set_new(out, "sides", list);
	look_at_words(&c, list);
	json_object_set_new(out, "tasks", compare_tasks(&c));
	json_object_set_new(out, "reports", compare_reports(&c));
	c.outcomes_same = outcomes_are_same(&c);
	json_set_bool(out, "outcomes_same", c.outcomes_same);
	json_object_set_new(out, "injections", compare_injections(&c));
	json_object_set_new(out, "config", compare_config(&c));
	compare_toggle(&c, out);
	compare_numbers(&c, out);
	compare_traces(&c, out);
	/* A line of one case has no counterpart in another. */
	if (!c.cases)
		compare_divergence(&c, out);
	if (statistics)
		json_object_set_new(out, "statistics", statistics);
	compare_look_at_statistics(&c);
	set_word(&c, out);
	json_decref(c.reasons);
	compare_code_conclude(&c, out);
	free_labels(labelled, count);
	return out;
}

json_t *compare_sides(const struct compare_side *sides, size_t count, struct err *err)
{
	return compare_sides_at(sides, count, NULL, NULL, err);
}

int compare_exit_code(const json_t *comparison)
{
	const char *word = json_get_str(comparison, "verdict", "");

	if (str_eq(word, "same") || str_eq(word, "alike") || str_eq(word, "no-difference"))
		return 0;
	return str_eq(word, "different") ? 1 : 3;
}

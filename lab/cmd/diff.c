/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab diff: compares runs that are there, one with another or many with many, from their files
 * alone. */
#include "base/file.h"
#include "base/json.h"
#include "cmd/compare-line.h"
#include "cmd/comparison.h"
#include "cmd/options.h"
#include "cmd/run-set.h"

/* Sides of two comparisons may have one name; a run is on one side, or it would be compared with
 * itself. */
static int tell_apart(struct run_set *a, struct run_set *b, struct err *err)
{
	for (size_t i = 0; i < a->dirs.count; i++)
		for (size_t k = 0; k < b->dirs.count; k++)
			if (str_eq(path_base(a->dirs.items[i]), path_base(b->dirs.items[k])))
				return err_set(err, ERR_INPUT,
					       "%s: is on both sides; expected different runs",
					       path_base(a->dirs.items[i]));
	if (str_eq(a->name, b->name)) {
		free(b->name);
		b->name = xasprintf("%s (second)", a->name);
	}
	return 0;
}

/* Two sides of one comparison that looked again and again are looked at as it did at its end: its
 * stated error covers that, and no further test. */
static void recorded_plan(const struct run_set *a, const struct run_set *b,
			  struct sequential_plan *plan, struct compare_look *look)
{
	const json_t *s = a->statistics, *looks = json_object_get(s, "looks");
	size_t count = json_array_size(looks), index = (size_t)json_get_int(s, "look", 0);
	struct sequential_plan recorded;

	if (!s || !str_eq(a->comparison, b->comparison) || count < 2 ||
	    count > SEQUENTIAL_MAX_LOOKS)
		return;
	recorded = (struct sequential_plan){ .error = json_get_num(s, "error", 0),
					     .power = json_get_num(s, "power", 0),
					     .rate_wanted = json_get_num(s, "rate_wanted", 0),
					     .look_count = count };
	for (size_t i = 0; i < count; i++)
		recorded.looks[i] = (unsigned)json_integer_value(json_array_get(looks, i));
	if (index >= count || !sequential_plan_is_valid(&recorded))
		return;
	*plan = recorded;
	look->index = index;
}

enum { LEAST_REPEAT = 20 };

/* Enough for what it asks for, with the runs that are needed to rule a difference out. */
static int runs_to_ask_for(const json_t *comparison)
{
	const json_t *statistics = json_object_get(comparison, "statistics");
	int64_t needed = json_get_int(statistics, "runs_needed", 0);

	return needed > LEAST_REPEAT ? (int)needed : LEAST_REPEAT;
}

static bool is_deterministic(const struct run_facts *run)
{
	return str_eq(json_get_str(run->plan, "mode", ""), "deterministic");
}

/* The runs that are there cannot be made more: the line that boots others is the way on. */
static int add_way_on(json_t *comparison, const struct comparison_side sides[2], struct err *err)
{
	struct run_facts runs[2] = { 0 };
	int ret = 0;

	for (int i = 0; i < 2 && ret == 0; i++)
		ret = run_facts_load(&runs[i], sides[i].run_dirs->items[0], err);
	/* A seed gives the same again. */
	if (ret == 0 &&
	    (!is_deterministic(&runs[0]) || json_get_bool(comparison, "other_seeds", false))) {
		_cleanup_free_ char *line =
			compare_line(&runs[0], &runs[1], runs_to_ask_for(comparison));

		if (line)
			compare_add_note(comparison, "to have it tested: %s", line);
	}
	run_facts_clear(&runs[0]);
	run_facts_clear(&runs[1]);
	return ret;
}

/* Of runs that others could tell more than. */
static bool lacks_runs(const json_t *comparison)
{
	return str_eq(json_get_str(comparison, "verdict", ""), "undecided") ||
	       json_get_bool(comparison, "other_seeds", false);
}

static int diff_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_run_set_ struct run_set a = { 0 };
	_cleanup_run_set_ struct run_set b = { 0 };
	_cleanup_json_ json_t *comparison = NULL;
	struct comparison_side sides[2];
	struct sequential_plan plan;
	struct compare_look look = { .plan = &plan };

	if (options_parse(&opt, env, &cmd_diff, argc, argv, 2, 2, err) < 0 ||
	    run_set_find(&a, opt.out_dir, opt.args.items[0], err) < 0 ||
	    run_set_find(&b, opt.out_dir, opt.args.items[1], err) < 0 ||
	    tell_apart(&a, &b, err) < 0)
		return -1;
	sides[0] = (struct comparison_side){ .name = a.name, .run_dirs = &a.dirs };
	sides[1] = (struct comparison_side){ .name = b.name, .run_dirs = &b.dirs };
	comparison_plan_one_look(&plan, &opt);
	recorded_plan(&a, &b, &plan, &look);
	comparison = comparison_make(sides, 2, &look, err);
	if (!comparison || (lacks_runs(comparison) && add_way_on(comparison, sides, err) < 0))
		return -1;
	return comparison_print(comparison, NULL, &opt);
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "RUNS RUNS",
	.summary = "Says what differs between runs, from their files alone",
	.main = diff_main,
	.options = OPT_OUT | OPT_JSON | OPT_FORMAT | OPT_VERBOSE | OPT_CHANCE,
	.details =
		"RUNS is a run (its directory, id, its unique start, or `last`), a folder of runs, "
		"a\n"
		"pattern in quotes, several of these with commas between, or COMPARISON:SIDE, all\n"
		"runs of one side of a comparison. Of several runs a side the rates are tested, "
		"once;\n"
		"two sides of one comparison as that did, with its --error, --power and "
		"--difference.\n"
		"Deterministic runs are laid beside each other by their seeds: those of other "
		"seeds\n"
		"are no comparison. Where runs are too few it names the klab compare that boots\n"
		"enough.\n"
		"Exit 0: the same, or no difference; 1: they differ; 3: no comparison.\n",
};

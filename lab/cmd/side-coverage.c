// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/side-coverage.h"

#include "base/json.h"
#include "cmd/coverage.h"
#include "cmd/pipeline.h"

int sides_run_coverage(struct sides *sides, const struct cmd_env *env,
		       const struct machine_ops *machine, struct err *err)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *side = &sides->list[i];
		_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
		struct pipeline_request req = side_request(side, machine);

		req.coverage = true;
		if (pipeline_run(env, &req, &outcome, err) < 0)
			return err_add(err, "%s", side->name);
		progress_note(env->progress, "%s: %s, for its coverage", side->name,
			      verdict_name(outcome.verdict));
		side->coverage_dir = take_ptr(&outcome.run_dir);
	}
	return 0;
}

/* What a run did not execute is known only where its case ran, and as far as it was to. */
static bool says_something(const struct run_facts *run, const struct coverage *ran)
{
	return ran->in_case && !compare_is_unjudged(compare_run_word(run));
}

static json_t *describe(const struct run_facts *run, bool says)
{
	json_t *row = json_object();

	json_set_str(row, "id", json_get_str(run->run, "id", ""));
	json_set_str(row, "dir", run->dir);
	json_set_str(row, "verdict", verdict_name(compare_run_word(run)));
	json_set_bool(row, "says", says);
	return row;
}

static int read_run(const struct run_facts *run, const struct compare_side *side, json_t *runs,
		    struct coverage *ran, struct err *err)
{
	const char *its = json_get_str(run->kernel, "key", "");
	_cleanup_coverage_ struct coverage c = { 0 };
	bool says;

	/* Of another kernel the addresses say nothing. */
	if (!run->coverage || !str_eq(its, json_get_str(side->runs[0].kernel, "key", "")))
		return 0;
	if (coverage_read(&c, run->coverage, err) < 0)
		return err_add(err, "%s/" COVERAGE_JSON, run->dir);
	says = says_something(run, &c);
	json_array_append_new(runs, describe(run, says));
	if (says)
		coverage_merge(ran, &c);
	return 0;
}

static int read_all(const struct compare_side *side, const char *dir, json_t *runs,
		    struct coverage *ran, struct err *err)
{
	_cleanup_(run_facts_clear)
	struct run_facts own = { 0 };

	if (dir && (run_facts_load(&own, dir, err) < 0 || read_run(&own, side, runs, ran, err) < 0))
		return -1;
	for (size_t r = 0; r < side->run_count; r++)
		if (read_run(&side->runs[r], side, runs, ran, err) < 0)
			return -1;
	return 0;
}

int side_coverage_load(const struct compare_side *side, const char *dir, json_t **json,
		       struct coverage *ran, struct err *err)
{
	_cleanup_json_ json_t *runs = json_array();

	*json = NULL;
	if (read_all(side, dir, runs, ran, err) < 0) {
		coverage_clear(ran);
		return -1;
	}
	if (json_array_size(runs)) {
		*json = json_object();
		json_object_set(*json, "runs", runs);
		json_set_int(*json, "case", (int64_t)ran->in_case);
		json_set_int(*json, "boot", (int64_t)ran->boot);
	}
	return ran->count > 0;
}

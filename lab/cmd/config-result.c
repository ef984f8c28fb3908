/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/config-result.h"

#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison.h"
#include "cmd/runs.h"
#include "cmd/search-show.h"
#include "page/page.h"

static const char *const words[] = {
	[CONFIG_FOUND] = "found",	    [CONFIG_NOT_SHOWN] = "not-shown",
	[CONFIG_GOOD_SHOWS] = "good-shows", [CONFIG_NO_END] = "no-end",
	[CONFIG_UNSURE] = "unsure",
};

/* ---- what an option is needed for ---- */

/* What is known of the answer without this option. */
struct left_out {
	enum delta_answer answer;
	const struct config_try *try; /* NULL: none */
	const char *why;
	bool comes_back; /* the others bring it along, or need it */
};

static struct left_out leave_out(const struct config_search *s, size_t option)
{
	const struct config_bisect *b = &s->bisect;
	_cleanup_free_ bool *set = xcalloc(s->mix.count, sizeof(*set));
	struct left_out out = { 0 };

	memcpy(set, b->answer, s->mix.count * sizeof(*set));
	set[option] = false;
	out.answer = config_bisect_look(b, set, &out.try);
	out.why = config_bisect_why(b, set);
	out.comes_back = out.try && out.try->set[option];
	return out;
}

static const char *left_out_word(const struct left_out *out)
{
	if (out->comes_back)
		return "comes-back";
	return out->answer == DELTA_ABSENT ? "absent" : "cannot-tell";
}

static json_t *value_json(const char *value)
{
	return value ? json_string(value) : json_null();
}

static json_t *option_json(const struct config_search *s, size_t index)
{
	const struct config_option *o = &s->mix.options[index];
	struct left_out out = leave_out(s, index);
	json_t *option = json_object();

	json_set_str(option, "symbol", o->symbol);
	json_set_str(option, "prompt", o->prompt);
	json_set_str(option, "file", o->file);
	json_set_int(option, "line", o->line);
	json_object_set_new(option, "good", value_json(o->values[0]));
	json_object_set_new(option, "bad", value_json(o->values[1]));
	json_set_str(option, "left_out", left_out_word(&out));
	if (out.try && !out.comes_back) {
		const struct config_try *counts = config_bisect_counts(&s->bisect, out.try);

		json_set_int(option, "runs", counts->runs);
		json_set_int(option, "hits", counts->hits);
	}
	if (out.answer == DELTA_CANNOT_TELL)
		json_set_str(option, "why", out.why);
	return option;
}

/* ---- the answer ---- */

static const struct config_try *answer_try(const struct config_search *s)
{
	const struct config_try *try;

	config_bisect_look(&s->bisect, s->bisect.answer, &try);
	return try;
}

/* Lines of the .config that differ though they are no option of the answer. */
static int add_followers(const struct config_search *s, json_t *result, struct err *err)
{
	const struct config_try *good = config_bisect_end(&s->bisect, false);
	const struct config_try *answer = answer_try(s);
	_cleanup_json_ json_t *diff = NULL;
	json_t *followers = json_array(), *line;
	size_t i;

	json_object_set_new(result, "followers", followers);
	if (!good || !answer)
		return 0;
	{
		_cleanup_free_ char *from = config_search_path(s, good);
		_cleanup_free_ char *to = config_search_path(s, answer);

		diff = build_config_diff((const char *const[]){ from, to }, 2, err);
		json_set_str(result, "good_config", from);
		json_set_str(result, "config", to);
	}
	if (!diff)
		return -1;
	json_array_foreach (diff, i, line) {
		const char *symbol = json_get_str(line, "symbol", "");
		bool is_answer = false;

		for (size_t k = 0; k < s->mix.count; k++)
			is_answer = is_answer || (s->bisect.answer[k] &&
						  str_eq(s->mix.options[k].symbol, symbol));
		if (!is_answer)
			json_array_append(followers, line);
	}
	return 0;
}

/* The nearest configuration without the bug that was booted. */
static const char *good_run(const struct config_search *s)
{
	const struct config_try *good = config_bisect_end(&s->bisect, false);

	for (size_t i = 0; i < s->mix.count; i++) {
		struct left_out out = { 0 };
		const char *run;

		if (!s->bisect.answer[i])
			continue;
		out = leave_out(s, i);
		run = out.answer == DELTA_ABSENT
			      ? config_bisect_run_of(&s->bisect, out.try, TARGET_ABSENT)
			      : NULL;
		if (run)
			return run;
	}
	return good ? config_bisect_run_of(&s->bisect, good, TARGET_ABSENT) : NULL;
}

static int add_comparison(const struct config_search *s, json_t *result, struct err *err)
{
	const struct config_try *answer = answer_try(s);
	const char *bad = answer ? config_bisect_run_of(&s->bisect, answer, TARGET_SHOWN) : NULL;
	const char *good = good_run(s);
	_cleanup_strv_ struct strv good_dirs = { 0 }, bad_dirs = { 0 };
	const struct comparison_side sides[] = { { "without", &good_dirs }, { "with", &bad_dirs } };
	_cleanup_json_ json_t *comparison = NULL;
	_cleanup_free_ char *dir = NULL, *path = NULL;

	if (bad) {
		strv_addf(&bad_dirs, "%s/%s", s->opt.out_dir, bad);
		json_set_str(result, "bad_run", bad_dirs.items[0]);
	}
	if (!bad || !good)
		return 0;
	strv_addf(&good_dirs, "%s/%s", s->opt.out_dir, good);
	json_set_str(result, "good_run", good_dirs.items[0]);
	comparison = comparison_make(sides, 2, NULL, err);
	if (!comparison)
		return -1;
	dir = runs_make_folder(s->opt.out_dir, s->test->name, "compare", err);
	if (!dir)
		return -1;
	path = path_join(dir, "compare.json");
	json_set_str(result, "comparison", dir);
	return json_write_file(path, comparison, err);
}

/* What is left, as a file that --kconfig takes. */
static int write_minimal(const struct config_search *s, json_t *result, struct err *err)
{
	_cleanup_free_ char *path = path_join(s->dir, "minimal.config");
	const char *config = json_get_str(result, "config", NULL);

	if (!s->minimize || !config)
		return 0;
	json_set_str(result, "minimal", path);
	return file_copy(config, path, err);
}

json_t *config_result_make(const struct config_search *s, const struct config_step *step,
			   struct err *err)
{
	_cleanup_json_ json_t *result = json_object();
	json_t *options = json_array();

	json_set_str(result, "kind", s->kind);
	json_set_str(result, "word", words[step->what]);
	if (s->minimize)
		json_object_set_new(result, "kept", json_strv(&s->good));
	json_set_str(result, "why", step->why);
	json_set_str(result, "target", target_name(&s->bisect.target));
	json_object_set_new(result, "probability", json_real(s->bisect.probability));
	json_set_int(result, "candidates", (int64_t)s->mix.count);
	json_set_int(result, "follow", (int64_t)s->mix.follow_count);
	json_set_int(result, "builds", s->bisect.builds);
	json_set_int(result, "runs", s->bisect.runs);
	json_object_set_new(result, "options", options);
	if (step->what != CONFIG_FOUND && step->what != CONFIG_UNSURE)
		return take_ptr(&result);
	for (size_t i = 0; i < s->mix.count; i++)
		if (s->bisect.answer[i])
			json_array_append_new(options, option_json(s, i));
	if (add_followers(s, result, err) < 0 || add_comparison(s, result, err) < 0 ||
	    write_minimal(s, result, err) < 0)
		return NULL;
	return take_ptr(&result);
}

static const struct search_pages pages = {
	.record = "config.json",
	.what = "a search of configs",
	.result = page_config_text,
	.going_on = page_config_going_on_text,
};

void config_result_print(const json_t *result, const char *dir)
{
	search_print_result(&pages, result, dir);
}

int config_result_show(const char *dir, const struct options *opt, struct err *err)
{
	return search_show(&pages, dir, opt, err);
}

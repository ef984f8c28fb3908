/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab list: cases, kconfigs, steps, runs, kernels. */
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "build/build.h"
#include "case/case.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/runs.h"
#include "page/layout.h"

#define FRAGMENT_MAX (1u << 20)
#define RUN_JSON_MAX (64u << 20)
#define RECORD_MAX   (1024u << 20)

struct list_kind {
	const char *name;
	/* Fills an array of objects; the first two strings of each are what the text shows. */
	int (*collect)(const struct cmd_env *env, const struct options *opt, json_t *all,
		       struct err *err);
	const char *keys[5]; /* columns of the text, ended by NULL; the last one folds */
	int indent;	     /* column of the last one */
};

static int collect_case(const char *path, json_t *all, struct err *err)
{
	struct case_file *test = case_read(path, NULL, err);
	_cleanup_free_ char *folder = NULL;
	json_t *one;

	if (!test)
		return -1;
	folder = xstrndup(path, strlen(path) - strlen(path_base(path)) - 1);
	one = json_object();
	json_set_str(one, "name", test->name);
	json_set_str(one, "question", test->question);
	json_set_str(one, "group", path_base(folder));
	json_set_str(one, "path", path);
	json_object_set_new(one, "fragments", json_strv(&test->fragments));
	if (test->answer)
		json_set_str(one, "answer", test->answer);
	json_array_append_new(all, one);
	case_free(test);
	return 0;
}

static int collect_cases(const struct cmd_env *env, const struct options *opt, json_t *all,
			 struct err *err)
{
	_cleanup_strv_ struct strv paths = { 0 };

	if (case_list(env->data_dir, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.count; i++)
		if (collect_case(paths.items[i], all, err) < 0)
			return -1;
	return 0;
}

/* The first paragraph of the comment that a fragment opens with. */
static char *opening_comment(const char *text)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	while (*text == '#') {
		const char *line = text + 1;
		size_t length = strcspn(line, "\n");

		text = line + length + (line[length] ? 1 : 0);
		while (length && *line == ' ') {
			line++;
			length--;
		}
		if (str_starts(line, "SPDX-") || (!length && !out.length))
			continue;
		if (!length || str_starts(line, "fact:") || str_starts(line, "CONFIG_"))
			break;
		if (out.length)
			strbuf_addc(&out, ' ');
		strbuf_add(&out, line, length);
	}
	return strbuf_take(&out);
}

static int collect_kconfigs(const struct cmd_env *env, const struct options *opt, json_t *all,
			    struct err *err)
{
	_cleanup_free_ char *dir = path_join(env->data_dir, "kconfigs");
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);
		_cleanup_free_ char *text = NULL;
		_cleanup_free_ char *why = NULL;
		_cleanup_free_ char *name = NULL;
		json_t *one;

		if (!str_ends(path, ".config"))
			continue;
		text = file_read(path, FRAGMENT_MAX, NULL, err);
		if (!text)
			return -1;
		why = opening_comment(text);
		name = xstrndup(names.items[i], strlen(names.items[i]) - strlen(".config"));
		one = json_object();
		json_set_str(one, "name", name);
		json_set_str(one, "why", why);
		json_set_str(one, "path", path);
		json_array_append_new(all, one);
	}
	return 0;
}

static int collect_steps(const struct cmd_env *env, const struct options *opt, json_t *all,
			 struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++) {
		json_t *one = json_object();

		json_set_str(one, "name", step_table[i].verb);
		json_set_str(one, "summary", step_table[i].summary);
		json_array_append_new(all, one);
	}
	return 0;
}

/* Of commits or configs; one that is going on has no word yet. */
static void describe_bisect(json_t *one, const json_t *record)
{
	json_set_str(one, "verdict",
		     json_get_str(json_get_object(record, "result"), "word", "going on"));
	json_set_str(one, "case", json_get_str(json_get_object(record, "request"), "case", ""));
}

static void describe_night(json_t *one, const json_t *record)
{
	json_set_str(one, "verdict", json_get_str(record, "state", ""));
	json_set_str(one, "plan", json_get_str(json_get_object(record, "plan"), "name", ""));
}

/* Folders that are no runs, by their records. */
static int collect_records(const char *out_dir, enum runs_kind kind, const char *name,
			   void (*describe)(json_t *one, const json_t *record), json_t *all,
			   struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(out_dir, kind, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++) {
		_cleanup_free_ char *path = path_join(dirs.items[i], name);
		_cleanup_json_ json_t *record = json_read_file(path, RECORD_MAX, err);
		json_t *one;

		if (!record)
			return -1;
		one = json_object();
		json_set_str(one, "id", path_base(dirs.items[i]));
		json_set_str(one, "state", json_get_str(record, "state", ""));
		describe(one, record);
		json_set_str(one, "dir", dirs.items[i]);
		json_array_append_new(all, one);
	}
	return 0;
}

static int collect_runs(const struct cmd_env *env, const struct options *opt, json_t *all,
			struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(opt->out_dir, RUNS_RUN, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++) {
		_cleanup_free_ char *path = path_join(dirs.items[i], "run.json");
		json_t *run = json_read_file(path, RUN_JSON_MAX, err);

		if (!run)
			return -1;
		json_set_str(run, "dir", dirs.items[i]);
		/* A killed runner never came to a verdict. */
		if (!json_object_get(run, "verdict"))
			json_set_str(run, "verdict",
				     runs_is_going_on(dirs.items[i]) ? "going on" : "incomplete");
		json_array_append_new(all, run);
	}
	if (collect_records(opt->out_dir, RUNS_BISECT, "bisect.json", describe_bisect, all, err) <
		    0 ||
	    collect_records(opt->out_dir, RUNS_CONFIG_SEARCH, "config.json", describe_bisect, all,
			    err) < 0)
		return -1;
	return collect_records(opt->out_dir, RUNS_NIGHT, "nightly.json", describe_night, all, err);
}

static int collect_kernels(const struct cmd_env *env, const struct options *opt, json_t *all,
			   struct err *err)
{
	_cleanup_json_ json_t *entries = build_store_list(env->cache_dir, err);
	json_t *entry;
	size_t i;

	if (!entries)
		return -1;
	json_array_foreach (entries, i, entry) {
		_cleanup_strv_ struct strv names = { 0 };
		_cleanup_free_ char *joined = NULL;
		json_t *fragment;
		size_t j;

		json_array_foreach (json_get_array(entry, "fragments"), j, fragment)
			strv_add(&names, json_get_str(fragment, "name", "?"));
		joined = strv_join(&names, "+");
		json_set_str(entry, "release",
			     json_get_str(json_get_object(entry, "source"), "release", "?"));
		json_set_str(entry, "kconfig", joined);
	}
	return json_array_extend(all, entries);
}

static const struct list_kind list_kinds[] = {
	{ "cases", collect_cases, { "name", "question" }, 26 },
	{ "kconfigs", collect_kconfigs, { "name", "why" }, 16 },
	{ "steps", collect_steps, { "name", "summary" }, 20 },
	{ "runs", collect_runs, { "id", "verdict" }, 60 },
	{ "kernels", collect_kernels, { "key", "release", "last_used", "kconfig" }, 52 },
};

static void print_text(const struct list_kind *kind, const json_t *all)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		_cleanup_strbuf_ struct strbuf head = { 0 };
		_cleanup_free_ char *last = NULL;
		size_t k = 0;

		for (; kind->keys[k + 1]; k++) {
			/* Sixteen digits of a key tell kernels apart. */
			_cleanup_free_ char *value =
				page_safe(json_get_str(one, kind->keys[k], ""));

			strbuf_addf(&head, "%s%.*s", k ? "  " : "",
				    str_eq(kind->keys[k], "key") ? 16 : 200, value);
		}
		last = page_safe(json_get_str(one, kind->keys[k], ""));
		strbuf_addc(&head, ' ');
		help_format_row(&out, head.data, kind->indent, last);
	}
	fputs(out.data ? out.data : "", stdout);
}

static int list_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *all = json_array();

	if (options_parse(&opt, env, &cmd_list, argc, argv, 1, 1, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(list_kinds); i++) {
		if (!str_eq(opt.args.items[0], list_kinds[i].name))
			continue;
		if (list_kinds[i].collect(env, &opt, all, err) < 0)
			return -1;
		if (opt.json)
			return output_json(all);
		print_text(&list_kinds[i], all);
		return 0;
	}
	return err_set(err, ERR_INPUT, "'%s': expected %s", opt.args.items[0], cmd_list.args);
}

const struct cmd cmd_list = {
	.name = "list",
	.args = "cases | kconfigs | steps | runs | kernels",
	.summary = "Lists what there is",
	.main = list_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_OUT | OPT_JSON,
};

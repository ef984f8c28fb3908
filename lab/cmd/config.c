/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab config: why a symbol has its value; what differs between two configs. */
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "build/config-diff.h"
#include "cmd/output.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"
#include "page/layout.h"

enum { CONFIG_MAX_BYTES = 16 << 20 };

static int config_why(const struct cmd_env *env, const struct options *opt, struct err *err)
{
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_free_ char *text = NULL;
	struct build_request req = {
		.source = opt->source,
		.patches = &opt->patches,
		.fragments = &fragments,
		.data_dir = env->data_dir,
		.cache_dir = env->cache_dir,
		.jobs = opt->jobs,
	};

	if (opt->args.count != 2)
		return err_set(err, ERR_INPUT, "expected: klab config why SYMBOL");
	if (prepare_fragments(env, opt, NULL, opt->with.items, opt->with.count, &fragments, err) <
	    0)
		return -1;
	text = build_config_why(&req, opt->args.items[1], opt->json, env->progress, err);
	progress_end(env->progress);
	if (!text)
		return -1;
	fputs(text, stdout);
	if (!str_ends(text, "\n"))
		putchar('\n');
	return 0;
}

/* A .config itself, or a run's. */
static char *find_config(const struct options *opt, const char *name, struct err *err)
{
	_cleanup_free_ char *inside = path_join(name, "kernel.config");
	_cleanup_free_ char *run_dir = NULL;

	if (path_exists(inside))
		return take_ptr(&inside);
	if (path_exists(name))
		return xstrdup(name);
	run_dir = runs_find(opt->out_dir, name, RUNS_RUN, NULL);
	if (run_dir)
		return path_join(run_dir, "kernel.config");
	err_set(err, ERR_INPUT, "%s: neither a config file nor a run in %s", name, opt->out_dir);
	return NULL;
}

/* Two files that are no configs would be alike. */
static int check_config(const char *path, struct err *err)
{
	_cleanup_free_ char *text = file_read(path, CONFIG_MAX_BYTES, NULL, err);
	struct config_values values;
	size_t count;

	if (!text)
		return -1;
	config_parse(&values, text);
	count = values.count;
	config_values_clear(&values);
	if (!count)
		return err_set(err, ERR_INPUT,
			       "%s: no line of it sets an option; expected a .config", path);
	return 0;
}

static void print_side(const json_t *value)
{
	_cleanup_free_ char *text =
		page_safe(json_is_string(value) ? json_string_value(value) : "absent");

	printf("%-24s", text);
}

static int config_diff(const struct cmd_env *env, const struct options *opt, struct err *err)
{
	_cleanup_free_ char *a = NULL;
	_cleanup_free_ char *b = NULL;
	_cleanup_json_ json_t *diff = NULL;
	json_t *line;
	size_t i;

	if (opt->args.count != 3)
		return err_set(err, ERR_INPUT, "expected: klab config diff A B");
	a = find_config(opt, opt->args.items[1], err);
	b = a ? find_config(opt, opt->args.items[2], err) : NULL;
	if (!b || check_config(a, err) < 0 || check_config(b, err) < 0)
		return -1;
	diff = build_config_diff((const char *const[]){ a, b }, 2, err);
	if (!diff)
		return -1;
	if (opt->json) {
		output_json(diff);
		return json_array_size(diff) ? 1 : 0;
	}
	json_array_foreach (diff, i, line) {
		const json_t *sides = json_get_array(line, "sides");

		printf("%-32s ", json_get_str(line, "symbol", "?"));
		print_side(json_array_get(sides, 0));
		print_side(json_array_get(sides, 1));
		putchar('\n');
	}
	return json_array_size(diff) ? 1 : 0;
}

static int config_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };

	if (options_parse(&opt, env, &cmd_config, argc, argv, 1, 3, err) < 0)
		return -1;
	if (str_eq(opt.args.items[0], "why"))
		return config_why(env, &opt, err);
	if (str_eq(opt.args.items[0], "diff"))
		return config_diff(env, &opt, err);
	return err_set(err, ERR_INPUT, "'%s': expected why or diff", opt.args.items[0]);
}

const struct cmd cmd_config = {
	.name = "config",
	.args = "why SYMBOL [--kconfig A+B] | diff A B",
	.summary = "Says why a config symbol has its value, or what differs between two configs",
	.main = config_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BUILD | OPT_OUT,
	.details = "why: a symbol that the source has not is bad input, exit 2.\n"
		   "diff: A and B are .config files or runs; exit 1 when they differ. `n` is \"is "
		   "not\n"
		   "set\", `absent` is a symbol that the file does not name.\n",
};

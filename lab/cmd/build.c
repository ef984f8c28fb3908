/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab build: a kernel in the store, and where its files are. */
#include <stdio.h>

#include "base/json.h"
#include "cmd/output.h"
#include "cmd/prepare.h"

static json_t *kernel_to_json(const struct kernel *k)
{
	json_t *j = json_object();

	json_set_str(j, "key", k->key);
	json_set_str(j, "dir", k->dir);
	json_set_str(j, "image", k->image);
	json_set_str(j, "vmlinux", k->vmlinux_zst);
	json_set_str(j, "config", k->config);
	json_set_str(j, "system_map", k->system_map);
	json_set_bool(j, "was_stored", k->was_stored);
	json_object_set(j, "kernel", k->manifest);
	return j;
}

static void print_kernel(const struct kernel *k, bool dry_run)
{
	const json_t *source = json_get_object(k->manifest, "source");

	printf("kernel      %s  %s\n", json_get_str(source, "release", ""),
	       k->was_stored ? "(was in the store)"
	       : dry_run     ? "(to be built)"
			     : "(built now)");
	printf("key         %s\n", k->key);
	printf("image       %s\n", k->image);
	printf("vmlinux     %s\n", k->vmlinux_zst);
	printf("config      %s\n", k->config);
	printf("System.map  %s\n", k->system_map);
}

static int build_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_case_ struct case_file *test = NULL;
	_cleanup_kernel_ struct kernel *kernel = NULL;
	_cleanup_json_ json_t *json = NULL;
	struct prepare_request wanted = { .opt = &opt, .fragments = &fragments };

	if (options_parse(&opt, env, &cmd_build, argc, argv, 0, 1, err) < 0)
		return -1;
	if (opt.args.count) {
		test = prepare_case(env, &opt, opt.args.items[0], err);
		if (!test)
			return -1;
	}
	if (prepare_fragments(env, &opt, test, opt.with.items, opt.with.count, &fragments, err) < 0)
		return -1;
	wanted.test = test;
	wanted.check_only = opt.dry_run;
	kernel = prepare_kernel(env, &wanted, NULL, err);
	if (!kernel)
		return -1;
	if (opt.json) {
		json = kernel_to_json(kernel);
		return output_json(json);
	}
	print_kernel(kernel, opt.dry_run);
	return 0;
}

const struct cmd cmd_build = {
	.name = "build",
	.args = "[CASE] [--kconfig A+B] [--with FRAGMENT...]",
	.summary = "Builds a kernel from fragments, or finds it in the store, and says where it is",
	.main = build_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BUILD | OPT_MISSING_OK | OPT_DRY_RUN,
	.details =
		"Every line of every fragment has to hold in the resolved .config; where one does\n"
		"not, nothing is built and each lost option is listed with the reason.\n",
};

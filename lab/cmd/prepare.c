/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/prepare.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "build/initramfs.h"
#include "cmd/functions.h"
#include "cmd/lost-options.h"
#include "plan/plan.h"

void prepare_tell_mistakes(const struct strv *mistakes, const char *path, const char *nothing,
			   struct err *err)
{
	if (mistakes->count < 2)
		return;
	for (size_t i = 0; i < mistakes->count; i++)
		fprintf(stderr, "%s\n", mistakes->items[i]);
	err_set(err, ERR_INPUT, "%s: %zu mistakes, nothing was %s", path, mistakes->count, nothing);
}

/* Those of the command line after the case's own; options_parse() has found them good. */
static void add_probes(struct case_file *test, const struct strv *probes)
{
	for (size_t i = 0; i < probes->count; i++)
		case_probe_parse(vec_push(&test->probes, &test->probe_count, &test->probe_capacity),
				 probes->items[i], NULL);
	if (probes->count)
		case_require(test, "DEBUG_INFO", (struct case_place){ 0, 0 }, "--probe");
}

/* Runs and tables go by the name inside: that of the file is what people look for. */
static void tell_other_name(const struct case_file *test)
{
	const char *file = path_base(test->path);
	size_t length = strcspn(file, ".");

	/* That of a run directory, whatever its name. */
	if (str_eq(file, "case.yaml") ||
	    (strlen(test->name) == length && strncmp(file, test->name, length) == 0))
		return;
	fprintf(stderr,
		"%s: its `name` is `%s`, which its runs go by; expected `%.*s`, as the file\n",
		test->path, test->name, (int)length, file);
}

/* What is left to check of one that was read, if it was; takes it. */
static struct case_file *check_case(const struct cmd_env *env, const struct options *opt,
				    const char *path, struct case_file *test, struct strv *mistakes,
				    struct err *err)
{
	if (test && case_check_fragments(test, env->data_dir, mistakes, err) < 0) {
		case_free(test);
		test = NULL;
	}
	if (!test)
		prepare_tell_mistakes(mistakes, path, "built", err);
	if (test) {
		tell_other_name(test);
		add_probes(test, &opt->probes);
	}
	if (test && plan_check_mode(test, opt->mode, err) < 0) {
		case_free(test);
		return NULL;
	}
	return test;
}

struct case_file *prepare_case(const struct cmd_env *env, const struct options *opt,
			       const char *name, struct err *err)
{
	_cleanup_strv_ struct strv mistakes = { 0 };
	_cleanup_free_ char *path = case_find(name, env->data_dir, err);

	if (!path)
		return NULL;
	return check_case(env, opt, path, case_read(path, &mistakes, err), &mistakes, err);
}

struct case_file *prepare_case_text(const struct cmd_env *env, const struct options *opt,
				    const char *path, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv mistakes = { 0 };

	return check_case(env, opt, path, case_read_bytes(path, text, strlen(text), &mistakes, err),
			  &mistakes, err);
}

int prepare_machine(const struct options *opt, const struct machine_ops **machine, struct err *err)
{
	_cleanup_json_ json_t *facts = json_object();

	*machine = machine_find(opt->machine, err);
	return *machine ? (*machine)->probe(facts, err) : -1;
}

int prepare_boot(const struct cmd_env *env, const struct options *opt, const struct case_file *test,
		 struct err *err)
{
	if (initramfs_check(test, env->data_dir, err) < 0)
		return -1;
	if (!opt->dry_run && plan_run_dir_check(opt->out_dir, err) < 0)
		return err_add(err, "--out");
	return 0;
}

int prepare_fragments(const struct cmd_env *env, const struct options *opt,
		      const struct case_file *test, char *const *with, size_t with_count,
		      struct strv *fragments, struct err *err)
{
	if (opt->kconfig.count)
		strv_add_strv(fragments, &opt->kconfig);
	else if (test)
		strv_add_strv(fragments, &test->fragments);
	else
		strv_add(fragments, "base");
	for (size_t i = 0; i < with_count; i++)
		if (case_split_fragments(with[i], fragments, err) < 0)
			return -1;
	/* Each is looked for now: a typo in the last side must not cost the build of the first. */
	for (size_t i = 0; i < fragments->count; i++) {
		_cleanup_free_ char *path = case_fragment_path(fragments->items[i], env->data_dir);

		if (!path_exists(path))
			return err_set(err, ERR_INPUT,
				       "%s: no such config fragment; expected a path, or a name "
				       "of `klab list kconfigs`",
				       fragments->items[i]);
	}
	return 0;
}

/* Does the kernel have the functions that the case names? */
static int check_fits(const struct prepare_request *wanted, const struct kernel *kernel,
		      bool *unfit, struct err *err)
{
	_cleanup_strv_ struct strv mistakes = { 0 };

	/* One that is still to be built has no functions yet. */
	if (!wanted->test || (wanted->check_only && !kernel->was_stored))
		return 0;
	if (functions_check(wanted->test, kernel, &mistakes, err) == 0)
		return 0;
	if (unfit)
		*unfit = mistakes.count > 0;
	prepare_tell_mistakes(&mistakes, wanted->test->path, "booted", err);
	return -1;
}

struct kernel *prepare_kernel(const struct cmd_env *env, const struct prepare_request *wanted,
			      bool *unfit, struct err *err)
{
	const struct build_request req = {
		.source = wanted->opt->source,
		.patches = &wanted->opt->patches,
		.fragments = wanted->fragments,
		.require = wanted->test ? &wanted->test->require : NULL,
		.require_by = wanted->test ? &wanted->test->require_by : NULL,
		.data_dir = env->data_dir,
		.cache_dir = env->cache_dir,
		.jobs = wanted->opt->jobs,
		.check_only = wanted->check_only,
		.missing_ok = wanted->opt->missing_ok,
	};
	struct kconfig_lost *lost = NULL;
	size_t lost_count = 0;
	struct kernel *kernel = build_kernel(&req, env->progress, &lost, &lost_count, err);

	progress_end(env->progress);
	if (unfit)
		*unfit = !kernel && lost_count > 0;
	if (!kernel && lost_count > 0)
		lost_options_tell(&req, lost, lost_count, err);
	kconfig_lost_free(lost, lost_count);
	if (kernel && check_fits(wanted, kernel, unfit, err) < 0) {
		kernel_free(kernel);
		return NULL;
	}
	return kernel;
}

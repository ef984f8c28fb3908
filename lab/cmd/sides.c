/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/sides.h"

#include "base/file.h"
#include "cmd/prepare.h"
#include "compare/compare.h"

enum { MAX_AXES = 2 };

/* Of each axis the value of one side; NULL: it is none, and all that was given holds. */
struct choice {
	const char *with, *source, *append, *path;
	const struct case_file *test;
};

struct axis {
	const char *option;
	size_t values; /* where in struct options its list is */
	size_t chosen; /* where in struct choice its value is */
	bool is_path;
};

static const struct axis axes[] = {
	{ "--case", offsetof(struct options, cases), offsetof(struct choice, path), true },
	{ "--with", offsetof(struct options, with), offsetof(struct choice, with), false },
	{ "--source", offsetof(struct options, sources), offsetof(struct choice, source), true },
	{ "--append", offsetof(struct options, append), offsetof(struct choice, append), false },
};

static const struct strv *axis_values(const struct axis *axis, const struct options *opt)
{
	return (const struct strv *)((const char *)opt + axis->values);
}

/* A path goes by its last part where no other value has the same. */
static const char *value_name(const struct axis *axis, const struct strv *values, size_t index)
{
	const char *value = values->items[index];

	if (!value[strspn(value, " ")])
		return "nothing appended";
	/* One that ends in a slash has no last part. */
	if (!axis->is_path || !*path_base(value))
		return value;
	for (size_t i = 0; i < values->count; i++)
		if (i != index && str_eq(path_base(values->items[i]), path_base(value)))
			return value;
	return path_base(value);
}

/* ---- making them ---- */

static int check_axis(const struct axis *axis, const struct strv *values, struct err *err)
{
	for (size_t i = 0; i < values->count; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(values->items[i], values->items[j]))
				return err_set(err, ERR_INPUT, "%s %s: is a side already",
					       axis->option, values->items[i]);
	return 0;
}

/* Fills used[], NULL behind the last; the number of sides that they make, or -1. */
static int find_axes(const struct options *opt, const struct axis *used[MAX_AXES + 1],
		     struct err *err)
{
	size_t count = 0, sides = 1;

	for (size_t i = 0; i < ARRAY_SIZE(axes); i++) {
		const struct strv *values = axis_values(&axes[i], opt);

		if (values->count < 2)
			continue;
		if (check_axis(&axes[i], values, err) < 0)
			return -1;
		if (count == MAX_AXES)
			return err_set(err, ERR_INPUT,
				       "%s, %s and %s are given twice or more each: expected at "
				       "most two of them, which are crossed",
				       used[0]->option, used[1]->option, axes[i].option);
		used[count++] = &axes[i];
		sides *= values->count;
	}
	used[count] = NULL;
	if (!count)
		return err_set(err, ERR_INPUT,
			       "expected two or more --with, --source, --append or --case: each "
			       "value is a side");
	if (sides > COMPARE_MAX_SIDES)
		return err_set(err, ERR_INPUT, "%zu sides: expected at most %d", sides,
			       COMPARE_MAX_SIDES);
	return (int)sides;
}

/* The values of side `index`, also into its_axes[]; the last axis changes fastest. Its name is the
 * caller's to free. */
static char *choose(const struct options *opt, const struct axis *const used[],
		    struct case_file *const *tests, size_t index, struct choice *choice,
		    const char *its_axes[MAX_AXES])
{
	_cleanup_strv_ struct strv names = { 0 };
	const struct strv *second = used[1] ? axis_values(used[1], opt) : NULL;
	size_t at[MAX_AXES] = { second ? index / second->count : index,
				second ? index % second->count : 0 };

	*choice = (struct choice){ .test = tests[0] };
	for (size_t i = 0; used[i]; i++) {
		const struct strv *values = axis_values(used[i], opt);

		*(const char **)((char *)choice + used[i]->chosen) = values->items[at[i]];
		if (choice->path == values->items[at[i]])
			choice->test = tests[at[i]];
		its_axes[i] = choice->path == values->items[at[i]]
				      ? choice->test->name
				      : value_name(used[i], values, at[i]);
		strv_add(&names, its_axes[i]);
	}
	return strv_join(&names, ", ");
}

/* A kernel that fits all cases, so that they can be compared; --kconfig has the last word. */
static void all_fragments(struct strv *all, const struct options *opt,
			  struct case_file *const *tests, size_t test_count)
{
	if (opt->kconfig.count)
		strv_add_strv(all, &opt->kconfig);
	for (size_t t = 0; t < test_count && !opt->kconfig.count; t++)
		for (size_t i = 0; i < tests[t]->fragments.count; i++)
			if (!strv_has(all, tests[t]->fragments.items[i]))
				strv_add(all, tests[t]->fragments.items[i]);
}

/* opt: the comparison's, and its --kconfig for this one. */
static int make_side(struct side *side, const struct cmd_env *env, const struct options *opt,
		     const struct strv *kconfig, const struct choice *choice, struct err *err)
{
	char *with[] = { (char *)choice->with };
	struct options widened = *opt;

	widened.kconfig = *kconfig;
	side->opt = *opt;
	side->test = choice->test;
	side->opt.append = (struct strv){ 0 };
	if (choice->source)
		side->opt.source = choice->source;
	if (!choice->append)
		strv_add_strv(&side->opt.append, &opt->append);
	else if (*choice->append)
		strv_add(&side->opt.append, choice->append);
	return prepare_fragments(env, &widened, side->test, choice->with ? with : opt->with.items,
				 choice->with ? 1 : opt->with.count, &side->fragments, err);
}

int sides_make(struct sides *sides, const struct cmd_env *env, const struct options *opt,
	       struct case_file *const *tests, size_t test_count, struct err *err)
{
	const struct axis *used[MAX_AXES + 1];
	_cleanup_strv_ struct strv kconfig = { 0 };
	int count = find_axes(opt, used, err);

	if (count < 0)
		return -1;
	sides->list = xcalloc((size_t)count, sizeof(*sides->list));
	sides->count = (size_t)count;
	all_fragments(&kconfig, opt, tests, test_count);
	for (size_t i = 0; i < sides->count; i++) {
		struct choice choice;

		sides->list[i].name = choose(opt, used, tests, i, &choice, sides->list[i].axes);
		if (make_side(&sides->list[i], env, opt, &kconfig, &choice, err) < 0)
			return -1;
	}
	return 0;
}

void sides_clear(struct sides *sides)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *side = &sides->list[i];

		free(side->name);
		strv_clear(&side->opt.append);
		strv_clear(&side->fragments);
		strv_clear(&side->run_dirs);
		free(side->coverage_dir);
		kernel_free(side->kernel);
	}
	free(sides->list);
	*sides = (struct sides){ 0 };
}

/* ---- their kernels ---- */

static int prepare_each(struct sides *sides, const struct cmd_env *env, bool check_only,
			struct err *err)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *side = &sides->list[i];
		const struct prepare_request wanted = { .opt = &side->opt,
							.fragments = &side->fragments,
							.test = side->test,
							.check_only = check_only };

		kernel_free(side->kernel);
		side->kernel = prepare_kernel(env, &wanted, NULL, err);
		if (!side->kernel)
			return err_add(err, "%s", side->name);
	}
	return 0;
}

/* The kernel's, whatever stands between them. Yours. */
static char *words_of(const struct strv *append)
{
	_cleanup_strv_ struct strv words = { 0 };

	for (size_t i = 0; i < append->count; i++)
		strv_split_words(&words, append->items[i]);
	return strv_join(&words, " ");
}

static bool boot_alike(const struct side *a, const struct side *b)
{
	_cleanup_free_ char *x = words_of(&a->opt.append);
	_cleanup_free_ char *y = words_of(&b->opt.append);

	return a->test == b->test && str_eq(a->kernel->key, b->kernel->key) && str_eq(x, y);
}

/* No boot makes a comparison of one kernel. */
static int check_toggles(const struct sides *sides, struct err *err)
{
	for (size_t i = 0; i < sides->count; i++)
		for (size_t j = 0; j < i; j++)
			if (boot_alike(&sides->list[j], &sides->list[i]))
				return err_set(
					err, ERR_HOST,
					"%s and %s give the same kernel, with the same "
					".config: nothing is toggled, and nothing was booted",
					sides->list[j].name, sides->list[i].name);
	return 0;
}

int sides_check(struct sides *sides, const struct cmd_env *env, struct err *err)
{
	return prepare_each(sides, env, true, err) < 0 ? -1 : check_toggles(sides, err);
}

int sides_build(struct sides *sides, const struct cmd_env *env, struct err *err)
{
	return prepare_each(sides, env, false, err);
}

struct pipeline_request side_request(const struct side *side, const struct machine_ops *machine)
{
	return (struct pipeline_request){
		.test = side->test,
		.kernel = side->kernel,
		.fragments = &side->fragments,
		.opt = &side->opt,
		.machine = machine,
		.seed = side->opt.seed,
	};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between two configurations, with the stand-in for a kernel tree. */
#include "base/file.h"
#include "base/json.h"
#include "build/config-diff.h"
#include "build/config-mix.h"
#include "tests/build-world.h"

struct mix_world {
	char *cache, *data, *source, *work;
	struct strv require, require_by;
	struct build_request req;
	struct config_mix mix;
};

static void split(struct strv *names, void **state, const char *side)
{
	if (strchr(side, '/'))
		strv_add_take(names, scratch_path(state, side));
	else
		strv_split(names, side, '+');
}

static int mix_init(void **state, struct mix_world *w, const char *first, const char *second,
		    struct err *err)
{
	_cleanup_strv_ struct strv a = { 0 }, b = { 0 };

	w->cache = scratch_path(state, "cache");
	w->data = scratch_path(state, "data");
	w->source = scratch_path(state, "t");
	w->work = scratch_path(state, "work.config");
	w->req = (struct build_request){ .source = w->source,
					 .require = &w->require,
					 .require_by = &w->require_by,
					 .data_dir = w->data,
					 .cache_dir = w->cache };
	split(&a, state, first);
	split(&b, state, second);
	return config_mix_init(&w->mix, &w->req, &a, &b, NULL, err);
}

static void mix_begin(void **state, struct mix_world *w, const char *first, const char *second)
{
	struct err err = ERR_INIT;

	if (mix_init(state, w, first, second, &err) < 0)
		fail_msg("%s", err.msg);
}

static void mix_end(struct mix_world *w)
{
	config_mix_clear(&w->mix);
	strv_clear(&w->require);
	strv_clear(&w->require_by);
	free(w->cache);
	free(w->data);
	free(w->source);
	free(w->work);
}

/* Options that need others, one without a prompt, one that cannot be on. */
static void set_up_mix(void **state)
{
	set_up(state);
	sh(state,
	   "printf '%s\\n' 'A needs B' C 'D hidden' E >> t/Kconfig; sed -i '1i B' t/Kconfig");
	scratch_write(state, "data/kconfigs/all.config",
		      "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_D=y\n# CONFIG_N7 is not set\n");
}

static void test_mix_options_of_the_difference(void **state)
{
	struct mix_world w = { 0 };
	_cleanup_free_ char *names = NULL;

	set_up_mix(state);
	mix_begin(state, &w, "base", "base+all");
	names = strv_join(&w.mix.names, " ");
	/* As the menus have them; D only follows. */
	assert_string_equal(names, "B N7 A C");
	assert_int_equal(w.mix.follow_count, 1);
	assert_string_equal(w.mix.options[2].prompt, "Option A");
	assert_string_equal(w.mix.options[2].file, "Kconfig");
	assert_null(w.mix.options[0].values[0]);
	assert_string_equal(w.mix.options[0].values[1], "y");
	assert_string_equal(w.mix.options[1].values[0], "y");
	assert_string_equal(w.mix.options[1].values[1], "n");
	mix_end(&w);
}

static void test_mix_takes_along_what_is_needed(void **state)
{
	const bool set[4] = { [1] = true, [2] = true };
	struct mix_world w = { 0 };
	_cleanup_free_ char *config = NULL, *why = NULL;
	struct config_values values;
	struct err err = ERR_INIT;
	bool got[4];

	set_up_mix(state);
	mix_begin(state, &w, "base", "base+all");
	assert_int_equal(config_mix_resolve(&w.mix, w.work, set, got, &config, &why, &err), 0);
	assert_null(why);
	assert_true(got[0] && got[1] && got[2] && !got[3]);
	config_parse(&values, config);
	assert_string_equal(config_value(&values, "A"), "y");
	assert_string_equal(config_value(&values, "B"), "y");
	assert_string_equal(config_value(&values, "N7"), "n");
	assert_string_equal(config_value(&values, "N8"), "y");
	assert_null(config_value(&values, "C"));
	config_values_clear(&values);
	mix_end(&w);
}

static void test_mix_of_none_and_of_all_are_the_sides(void **state)
{
	struct mix_world w = { 0 };
	struct err err = ERR_INIT;

	set_up_mix(state);
	mix_begin(state, &w, "base", "base+all");
	for (size_t side = 0; side < 2; side++) {
		const bool set[4] = { side, side, side, side };
		_cleanup_free_ char *config = NULL, *why = NULL;
		_cleanup_strv_ struct strv changed = { 0 };
		bool got[4];

		assert_int_equal(config_mix_resolve(&w.mix, w.work, set, got, &config, &why, &err),
				 0);
		assert_non_null(config);
		config_changed(config, w.mix.sides[side], &changed);
		/* In this tree nothing makes D follow. */
		assert_int_equal(changed.count, side);
		assert_memory_equal(got, set, sizeof(set));
	}
	mix_end(&w);
}

static void test_mix_what_is_not_to_be_had_says_why(void **state)
{
	const bool set[4] = { [3] = true };
	struct mix_world w = { 0 };
	_cleanup_free_ char *config = NULL, *why = NULL;
	struct err err = ERR_INIT;
	bool got[4];

	set_up_mix(state);
	mix_begin(state, &w, "base", "base+all");
	strv_add(&w.require_by, "the case");
	strv_add(&w.require, "E");
	assert_int_equal(config_mix_resolve(&w.mix, w.work, set, got, &config, &why, &err), 0);
	assert_null(config);
	assert_string_equal(why, "E=y does not hold (it is n): never on");
	/* What is required is taken from the second side where that has it. */
	free(why);
	strv_clear(&w.require);
	strv_add(&w.require, "A");
	assert_int_equal(config_mix_resolve(&w.mix, w.work, set, got, &config, &why, &err), 0);
	assert_null(config);
	assert_string_equal(why, "A=y does not hold (it is n): unmet dependency: B");
	mix_end(&w);
}

/* A resolved .config, with lines that nobody can set. */
static void test_mix_of_a_config_file(void **state)
{
	struct mix_world w = { 0 };

	set_up_mix(state);
	sh(state, "sed -i 's/^D hidden/D never hidden/; s/^GONE never/GONE hidden/' t/Kconfig");
	scratch_write(state, "data/x.config",
		      "# Automatically generated file; DO NOT EDIT.\nCONFIG_C=y\nCONFIG_GONE=y\n");
	mix_begin(state, &w, "base", "data/x.config");
	assert_true(strv_has(&w.mix.names, "C"));
	assert_true(strv_has(&w.mix.names, "N1"));
	assert_false(strv_has(&w.mix.names, "GONE"));
	mix_end(&w);
}

static void test_mix_lost_lines_of_a_side(void **state)
{
	struct mix_world w = { 0 };
	struct err err = ERR_INIT;

	set_up_mix(state);
	scratch_write(state, "data/x.config", "CONFIG_A=y\n");
	assert_int_equal(mix_init(state, &w, "base", "data/x.config", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "x.config:1: A=y does not hold (it is n): unmet "
					"dependency: B"));
	mix_end(&w);
}

static void test_mix_of_sides_that_do_not_differ(void **state)
{
	struct mix_world w = { 0 };
	struct err err = ERR_INIT;

	set_up_mix(state);
	assert_int_equal(mix_init(state, &w, "base", "base", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "differ in no option that can be set"));
	mix_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_mix_options_of_the_difference),
		scratch_test(test_mix_takes_along_what_is_needed),
		scratch_test(test_mix_of_none_and_of_all_are_the_sides),
		scratch_test(test_mix_what_is_not_to_be_had_says_why),
		scratch_test(test_mix_of_a_config_file),
		scratch_test(test_mix_lost_lines_of_a_side),
		scratch_test(test_mix_of_sides_that_do_not_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "base/json.h"
#include "build/fragments.h"
#include "tests/scratch.h"

static int add(struct fragment_set *set, const char *name, const char *text, struct err *err)
{
	return fragments_add(set, name, name, text, strlen(text), err);
}

static const struct fragment_line *find(const struct fragment_set *set, const char *symbol)
{
	for (size_t i = 0; i < set->line_count; i++)
		if (str_eq(set->lines[i].symbol, symbol))
			return &set->lines[i];
	return NULL;
}

static void assert_mistake(const char *text, const char *place, const char *expected)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "f", text, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	if (!str_starts(err.msg, place) || !strstr(err.msg, expected))
		fail_msg("\"%s\" is not at %s with \"%s\"", err.msg, place, expected);
}

static void test_fragment_every_kind_of_line(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv facts = { 0 };
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "f",
			     "# why it exists\n"
			     "\n"
			     "CONFIG_A=y\n"
			     "CONFIG_B=m  \r\n"
			     "CONFIG_64BIT=n\n"
			     "# CONFIG_OFF is not set\n"
			     "# CONFIG_PROSE=y is only a comment\n"
			     "# CONFIG_PROSE is not set in stone\n"
			     "CONFIG_NUM=-12\n"
			     "CONFIG_HEX=0xfF\n"
			     "CONFIG_STR=\"a \\\"b\\\" # c\"\n"
			     "# fact: readable /sys/block/{disk}/queue/wbt_lat_usec\n"
			     "# fact: equals /proc/sys/kernel/x two words\n"
			     "CONFIG_LAST=y",
			     &err),
			 0);
	assert_int_equal(set.line_count, 8);
	assert_null(find(&set, "PROSE"));
	assert_string_equal(find(&set, "B")->value, "m");
	assert_string_equal(find(&set, "OFF")->value, "n");
	assert_string_equal(find(&set, "STR")->value, "\"a \\\"b\\\" # c\"");
	assert_int_equal(find(&set, "LAST")->line, 14);
	fragments_facts(&set, &facts);
	assert_int_equal(facts.count, 2);
	assert_string_equal(facts.items[0], "readable /sys/block/{disk}/queue/wbt_lat_usec");
	text = fragments_text(&set);
	assert_non_null(strstr(text, "CONFIG_HEX=0xfF\n"));
	assert_non_null(strstr(text, "# CONFIG_64BIT is not set\n"));
}

static void test_fragment_later_one_overrides(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv facts = { 0 };
	_cleanup_free_ char *origin = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "base", "CONFIG_A=y\nCONFIG_B=y\n", &err), 0);
	assert_int_equal(add(&set, "on", "# fact: exists /on\nCONFIG_WBT=y\n", &err), 0);
	assert_int_equal(add(&set, "off",
			     "# fact: absent /on\n# CONFIG_WBT is not set\nCONFIG_B=y\n", &err),
			 0);
	assert_int_equal(set.line_count, 3);
	assert_string_equal(find(&set, "WBT")->value, "n");
	origin = fragments_origin(&set, find(&set, "WBT"));
	assert_string_equal(origin, "off:2");
	/* `on` no longer holds, so it promises nothing; repeating B=y changed nothing. */
	fragments_facts(&set, &facts);
	assert_int_equal(facts.count, 1);
	assert_string_equal(facts.items[0], "absent /on");
	assert_true(set.items[1].overridden);
	assert_false(set.items[0].overridden);
}

/* What is asked for of a version, as "A=y B=n", and how many lines are not. */
static char *asked(const char *first, const char *second, int version, size_t *left_out)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv out = { 0 }, words = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "one", first, &err), 0);
	assert_int_equal(add(&set, "two", second, &err), 0);
	assert_true(fragments_need_version(&set));
	fragments_for_version(&set, version, &out);
	*left_out = out.count;
	for (size_t i = 0; i < set.line_count; i++)
		strv_addf(&words, "%s=%s", set.lines[i].symbol, set.lines[i].value);
	return strv_join(&words, " ");
}

static void assert_asked(const char *first, const char *second, int version, const char *expected,
			 size_t expected_out)
{
	size_t left_out;
	_cleanup_free_ char *words = asked(first, second, version, &left_out);

	assert_string_equal(words, expected);
	assert_int_equal(left_out, expected_out);
}

static void test_fragment_lines_of_some_versions(void **state)
{
	static const char one[] = "CONFIG_A=y\n# since 6.4: CONFIG_B=y\n# before 6.4: CONFIG_C=y\n";

	assert_asked(one, "", FRAGMENT_VERSION(6, 1), "A=y C=y", 1);
	assert_asked(one, "", FRAGMENT_VERSION(6, 3), "A=y C=y", 1);
	assert_asked(one, "", FRAGMENT_VERSION(6, 4), "A=y B=y", 1);
	assert_asked(one, "", FRAGMENT_VERSION(6, 12), "A=y B=y", 1);
	assert_asked(one, "", FRAGMENT_VERSION(7, 0), "A=y B=y", 1);
	/* The later fragment has the last word, where it says one. */
	assert_asked(one, "CONFIG_B=n\n", FRAGMENT_VERSION(6, 12), "A=y B=n", 1);
	assert_asked("CONFIG_B=n\n", one, FRAGMENT_VERSION(6, 12), "A=y B=y", 1);
	assert_asked("CONFIG_B=n\n", one, FRAGMENT_VERSION(6, 1), "A=y B=n C=y", 1);
	assert_asked("# since 6.4: CONFIG_B=y\n", "# since 6.10: CONFIG_B=n\n",
		     FRAGMENT_VERSION(6, 5), "B=y", 1);
}

static void test_fragment_overridden_in_some_version_promises_nothing(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv facts = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "on", "# fact: exists /on\nCONFIG_WBT=y\n", &err), 0);
	assert_int_equal(add(&set, "off", "# fact: absent /on\n# since 6.4: CONFIG_WBT=n\n", &err),
			 0);
	fragments_facts(&set, &facts);
	assert_int_equal(facts.count, 0);
}

static void test_fragment_left_out_lines_are_told(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv out = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(add(&set, "f", "CONFIG_A=y\n# since 6.4: CONFIG_B=y\n", &err), 0);
	fragments_for_version(&set, FRAGMENT_VERSION(6, 1), &out);
	assert_int_equal(out.count, 1);
	assert_string_equal(out.items[0], "f:2 B=y (since 6.4)");
}

static void test_fragment_prose_about_versions_is_a_comment(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		add(&set, "f", "# since 6.4 all is well\n# before long\nCONFIG_A=y\n", &err), 0);
	assert_int_equal(set.line_count, 1);
	assert_false(fragments_need_version(&set));
}

static void test_fragment_mistakes_have_a_place(void **state)
{
	assert_mistake("CONFIG_A=y\nFOO=y\n", "f:2:1:", "expected CONFIG_NAME=value");
	assert_mistake("# since 6.x: CONFIG_A=y\n", "f:1:9:", "expected a version");
	assert_mistake("# since 6.4 CONFIG_A=y\n", "f:1:9:", "expected a version");
	assert_mistake("# before 6.4: A=y\n", "f:1:15:", "expected CONFIG_NAME=value");
	assert_mistake("# before 6.4: CONFIG_A=x\n", "f:1:24:", "expected y, m, n");
	assert_mistake("# since 6.4: CONFIG_A=y\n# since 6.4: CONFIG_A=n\n", "f:2:1:", "already");
	assert_mistake("CONFIG_=y\n", "f:1:8:", "expected CONFIG_NAME");
	assert_mistake("CONFIG_A = y\n", "f:1:9:", "expected =");
	assert_mistake("CONFIG_A\n", "f:1:9:", "expected =");
	assert_mistake("CONFIG_A=\n", "f:1:10:", "expected y, m, n");
	assert_mistake("CONFIG_A=yes\n", "f:1:10:", "expected y, m, n");
	assert_mistake("CONFIG_A=0x1g\n", "f:1:13:", "hexadecimal");
	assert_mistake("CONFIG_A=\"x\n", "f:1:10:", "does not end");
	assert_mistake("CONFIG_A=\"x\ty\"\n", "f:1:12:", "a control character");
	assert_mistake("CONFIG_A=\"x\" y\n", "f:1:13:", "nothing after");
	assert_mistake("CONFIG_A=1\n\n  CONFIG_B=y\n", "f:3:1:", "expected CONFIG_NAME");
	assert_mistake("# fact: seen /x\n", "f:1:9:", "expected exists");
	assert_mistake("# fact: exists x\n", "f:1:16:", "expected a path");
	assert_mistake("# fact: exists\n", "f:1:16:", "expected a path");
	assert_mistake("# fact: exists /x y\n", "f:1:19:", "nothing after");
	assert_mistake("# fact: equals /x\n", "f:1:19:", "expected the value");
	assert_mistake("CONFIG_A=\"\x01\"\n", "f:1:11:", "control character");
}

static void test_fragment_says_two_things_about_one_symbol(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set twice = { 0 };
	struct err err = ERR_INIT;

	assert_mistake("CONFIG_A=y\nCONFIG_B=y\n# CONFIG_A is not set\n",
		       "f:3:1:", "is y already in line 1");
	/* The same thing twice is untidy, and clear. */
	assert_int_equal(add(&twice, "f", "CONFIG_A=y\nCONFIG_A=y\n", &err), 0);
	assert_int_equal(twice.line_count, 1);
}

static void test_fragment_with_nul_byte_is_no_text(void **state)
{
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(fragments_add(&set, "f", "f", "CONFIG_A=y\nCON\0FIG\n", 19, &err), -1);
	assert_true(str_starts(err.msg, "f:2:4:"));
}

/* ---- by name ---- */

static int read_one(struct fragment_set *set, const char *name, const char *data, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	strv_add(&names, name);
	return fragments_read(set, &names, data, err);
}

static char *data_with(void **state, const char *first, const char *second)
{
	_cleanup_free_ char *dir = scratch_path(state, "kconfigs");
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(dir, &err), 0);
	scratch_write(state, first, "CONFIG_A=y\n");
	scratch_write(state, second, "CONFIG_B=y\n");
	return xstrdup(*state);
}

static void test_fragments_read_by_name_and_by_path(void **state)
{
	_cleanup_free_ char *data = data_with(state, "kconfigs/base.config", "own.frag");
	_cleanup_free_ char *path = scratch_path(state, "own.frag");
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_json_ json_t *j = NULL;
	struct err err = ERR_INIT;
	char hex[HASH_HEX_SIZE];

	strv_add(&names, "base");
	strv_add(&names, path);
	assert_int_equal(fragments_read(&set, &names, data, &err), 0);
	assert_non_null(find(&set, "A"));
	assert_non_null(find(&set, "B"));
	j = fragments_json(&set);
	hash_bytes("CONFIG_A=y\n", 11, hex);
	assert_string_equal(json_get_str(json_array_get(j, 0), "name", ""), "base");
	assert_string_equal(json_get_str(json_array_get(j, 0), "sha256", ""), hex);
	assert_string_equal(json_get_str(json_object_get(json_array_get(j, 0), "asked"), "A", ""),
			    "y");
	assert_null(json_object_get(json_object_get(json_array_get(j, 0), "asked"), "B"));
	assert_non_null(json_object_get(json_object_get(json_array_get(j, 1), "asked"), "B"));
}

static void test_fragments_read_unknown_name_lists_the_near(void **state)
{
	_cleanup_free_ char *data =
		data_with(state, "kconfigs/wbt-on.config", "kconfigs/base.config");
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_one(&set, "wbt-om", data, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "no fragment \"wbt-om\""));
	assert_non_null(strstr(err.msg, "did you mean wbt-on?"));
	assert_int_equal(read_one(&set, "/nowhere/x.config", data, &err), -1);
	assert_non_null(strstr(err.msg, "base, wbt-on"));
}

static void test_fragments_read_a_folder_is_input_error(void **state)
{
	_cleanup_free_ char *data = data_with(state, "kconfigs/a.config", "kconfigs/b.config");
	_cleanup_free_ char *folder = scratch_path(state, "kconfigs");
	_cleanup_(fragments_clear)
	struct fragment_set set = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_one(&set, folder, data, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, folder));
}

/* The fragments that come with klab: they parse, and say why they exist before anything else. */
static void test_fragments_shipped_ones_open_with_a_reason(void **state)
{
	_cleanup_free_ char *data = path_data_dir(NULL);
	_cleanup_free_ char *dir = path_join(data ? data : ".", "kconfigs");
	_cleanup_strv_ struct strv files = { 0 };
	struct err err = ERR_INIT;
	int seen = 0;

	assert_int_equal(file_list_dir(dir, &files, &err), 0);
	for (size_t i = 0; i < files.count; i++) {
		_cleanup_(fragments_clear)
		struct fragment_set set = { 0 };
		_cleanup_free_ char *path = path_join(dir, files.items[i]);
		_cleanup_free_ char *text = NULL;
		size_t length;
		const char *second;

		if (!str_ends(path, ".config"))
			continue;
		if (read_one(&set, path, data, &err) < 0)
			fail_msg("%s", err.msg);
		assert_true(set.line_count > 0);
		text = file_read(path, 1 << 20, &length, &err);
		assert_true(str_starts(text, "# SPDX-License-Identifier: "));
		second = strchr(text, '\n') + 1;
		if (!str_starts(second, "#\n# ") || strlen(second) < 20)
			fail_msg("%s does not open with why it exists", path);
		seen++;
	}
	assert_true(seen >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragment_every_kind_of_line),
		cmocka_unit_test(test_fragment_later_one_overrides),
		cmocka_unit_test(test_fragment_lines_of_some_versions),
		cmocka_unit_test(test_fragment_overridden_in_some_version_promises_nothing),
		cmocka_unit_test(test_fragment_left_out_lines_are_told),
		cmocka_unit_test(test_fragment_prose_about_versions_is_a_comment),
		cmocka_unit_test(test_fragment_mistakes_have_a_place),
		cmocka_unit_test(test_fragment_says_two_things_about_one_symbol),
		cmocka_unit_test(test_fragment_with_nul_byte_is_no_text),
		scratch_test(test_fragments_read_by_name_and_by_path),
		scratch_test(test_fragments_read_unknown_name_lists_the_near),
		scratch_test(test_fragments_read_a_folder_is_input_error),
		scratch_test(test_fragments_shipped_ones_open_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

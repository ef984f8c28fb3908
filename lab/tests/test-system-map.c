/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/scratch.h"

#include "symbols/system-map.h"

static int read_text(void **state, struct system_map *map, const char *text, struct err *err)
{
	_cleanup_free_ char *path = scratch_path(state, "System.map");

	scratch_write(state, "System.map", text);
	return system_map_read(map, path, err);
}

static void test_system_map_names_functions_and_what_may_fail(void **state)
{
	_cleanup_system_map_ struct system_map map = SYSTEM_MAP_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(read_text(state, &map,
				   "0000000000000000 D __per_cpu_start\n"
				   "ffffffff81000000 T schedule\n"
				   "ffffffff81000010 t do_swap_page\n"
				   "ffffffff81000020 W weak_one\n"
				   "ffffffff81000030 t part.constprop.0\n"
				   "ffffffff81000040 t should_fail_bio\n"
				   "ffffffff81000050 T __do_sys_mkdir\n"
				   "ffffffff81000050 T __x64_sys_mkdir\n"
				   "ffffffff82000000 d _eil_addr_should_fail_bio\n"
				   "ffffffff82000010 d _eil_addr___x64_sys_mkdir.12\n"
				   "ffffffff82000020 D jiffies",
				   &err),
			 0);
	assert_int_equal(map.functions.count, 7);
	assert_true(system_map_has(&map.functions, "schedule"));
	assert_true(system_map_has(&map.functions, "do_swap_page"));
	assert_true(system_map_has(&map.functions, "weak_one"));
	assert_true(system_map_has(&map.functions, "part.constprop.0"));
	assert_false(system_map_has(&map.functions, "part"));
	assert_false(system_map_has(&map.functions, "jiffies"));
	assert_false(system_map_has(&map.functions, ""));
	assert_int_equal(map.injectable.count, 3);
	assert_true(system_map_has(&map.injectable, "should_fail_bio"));
	assert_true(system_map_has(&map.injectable, "__x64_sys_mkdir"));
	/* Another name of it, which is the one that the kernel's own list shows. */
	assert_true(system_map_has(&map.injectable, "__do_sys_mkdir"));
	assert_false(system_map_has(&map.injectable, "schedule"));
}

static void test_system_map_of_a_kernel_without_a_list(void **state)
{
	_cleanup_system_map_ struct system_map map = SYSTEM_MAP_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(read_text(state, &map, "ffffffff81000000 T schedule\n", &err), 0);
	assert_int_equal(map.injectable.count, 0);
	assert_false(system_map_has(&map.injectable, "schedule"));
}

static void test_system_map_refuses_what_is_none(void **state)
{
	static const char *const texts[] = { "",
					     "\n\n",
					     "schedule\n",
					     "ffffffff81000000\n",
					     "ffffffff81000000 T \n",
					     "ffffffff81000000 D jiffies\n",
					     "zzzz T schedule\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct system_map map = SYSTEM_MAP_INIT;
		struct err err = ERR_INIT;

		if (read_text(state, &map, texts[i], &err) == 0)
			fail_msg("taken for a System.map: %s", texts[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.msg, "no System.map"));
		assert_null(map.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_system_map_names_functions_and_what_may_fail),
		scratch_test(test_system_map_of_a_kernel_without_a_list),
		scratch_test(test_system_map_refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

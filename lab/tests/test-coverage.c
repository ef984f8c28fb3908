/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions ran: from the bits and the System.map to coverage.json, and read again. */
#include "tests/scratch.h"

#include "base/file.h"
#include "base/json.h"
#include "symbols/coverage.h"

static const char map_text[] = "0000000000001000 T below_the_kernel\n"
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81000000 T startup_64\n"
			       "ffffffff81000100 t only_boot\n"
			       "ffffffff81000200 T __memcpy\n"
			       "ffffffff81000200 W memcpy\n"
			       "ffffffff81000240 t never\n"
			       "ffffffff81000260 D jiffies\n"
			       "ffffffff81000300 t only_case\n"
			       "ffffffff81000400 t never_either\n"
			       "ffffffff81000500 t last\n";

struct world {
	struct system_map map;
	struct machine_coverage bits;
	char *plugin;
};

static void open_world(struct world *w, void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "System.map");
	struct err err = ERR_INIT;
	struct machine_coverage *c = &w->bits;

	*w = (struct world){ SYSTEM_MAP_INIT, MACHINE_COVERAGE_INIT,
			     scratch_path(state, "plugin.so") };
	scratch_write(state, "System.map", map_text);
	scratch_write(state, "plugin.so", "");
	assert_int_equal(system_map_read(&w->map, path, &err), 0);
	assert_int_equal(coverage_text_range(&w->map, &c->text_address, &c->text_bytes, &err), 0);
	assert_int_equal(c->text_address, 0xffffffff81000000);
	assert_in_range(c->text_bytes, 0x501, 0x500 + 65536);
	c->plugin_path = w->plugin;
	assert_int_equal(machine_coverage_open(c, &err), 0);
}

static void close_world(struct world *w)
{
	system_map_clear(&w->map);
	machine_coverage_close(&w->bits);
	free(w->plugin);
}

/* As the plugin does. */
static void mark(struct world *w, enum machine_phase phase, uint64_t at)
{
	size_t length = (w->bits.text_bytes + 7) / 8;

	at -= w->bits.text_address;
	w->bits.bits[(phase == MACHINE_PHASE_CASE ? length : 0) + at / 8] |= 1 << at % 8;
}

static const char *name_at(const json_t *json, const char *part, const char *address)
{
	return json_get_str(json_object_get(json, part), address, "");
}

static void test_coverage_sorts_functions_by_when_they_ran(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	struct world w;

	open_world(&w, state);
	mark(&w, MACHINE_PHASE_BOOT, 0xffffffff810000ff); /* the last byte of startup_64 */
	mark(&w, MACHINE_PHASE_BOOT, 0xffffffff81000100);
	mark(&w, MACHINE_PHASE_BOOT, 0xffffffff81000210);
	mark(&w, MACHINE_PHASE_CASE, 0xffffffff8100023f);
	mark(&w, MACHINE_PHASE_CASE, 0xffffffff81000300);
	mark(&w, MACHINE_PHASE_CASE, 0xffffffff81000510);
	json = coverage_make_json(&w.bits, &w.map, "boot");
	assert_string_equal(json_get_str(json, "from", ""), "boot");
	/* Each function once, whatever names it has; data is none. */
	assert_int_equal(json_get_int(json, "functions", 0), 7);
	assert_int_equal(json_object_size(json_object_get(json, "boot_only")), 2);
	assert_string_equal(name_at(json, "boot_only", "ffffffff81000000"), "startup_64");
	assert_string_equal(name_at(json, "boot_only", "ffffffff81000100"), "only_boot");
	assert_int_equal(json_object_size(json_object_get(json, "both")), 1);
	assert_string_equal(name_at(json, "both", "ffffffff81000200"), "memcpy");
	assert_int_equal(json_object_size(json_object_get(json, "case_only")), 2);
	assert_string_equal(name_at(json, "case_only", "ffffffff81000300"), "only_case");
	assert_string_equal(name_at(json, "case_only", "ffffffff81000500"), "last");
	close_world(&w);
}

static void test_coverage_is_read_as_it_was_made(void **state)
{
	_cleanup_coverage_ struct coverage c = { 0 };
	_cleanup_json_ json_t *json = NULL;
	struct err err = ERR_INIT;
	struct world w;

	open_world(&w, state);
	mark(&w, MACHINE_PHASE_BOOT, 0xffffffff81000100);
	mark(&w, MACHINE_PHASE_BOOT, 0xffffffff81000200);
	mark(&w, MACHINE_PHASE_CASE, 0xffffffff81000200);
	mark(&w, MACHINE_PHASE_CASE, 0xffffffff81000300);
	json = coverage_make_json(&w.bits, &w.map, "boot");
	close_world(&w);
	assert_int_equal(coverage_read(&c, json, &err), 0);
	assert_int_equal(c.in_case, 2);
	assert_int_equal(c.boot, 1);
	assert_int_equal(coverage_find(&c, 0xffffffff81000100, 0x100), COVERAGE_BOOT);
	assert_int_equal(coverage_find(&c, 0xffffffff81000200, 0x40), COVERAGE_CASE);
	assert_int_equal(coverage_find(&c, 0xffffffff81000240, 0xc0), COVERAGE_NEVER);
	/* A label inside of a function counts for it, and no byte behind. */
	assert_int_equal(coverage_find(&c, 0xffffffff81000000, 0x100), COVERAGE_NEVER);
	assert_int_equal(coverage_find(&c, 0xffffffff81000000, 0x101), COVERAGE_BOOT);
	assert_int_equal(coverage_find(&c, 0xffffffff81000000, 0x1000), COVERAGE_CASE);
	assert_int_equal(coverage_find(&c, 0xffffffff81000301, 0x1000), COVERAGE_NEVER);
	assert_int_equal(coverage_find(&c, 0, 0), COVERAGE_NEVER);
}

static void test_coverage_refuses_what_is_none(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"boot_only\": {}, \"case_only\": {}}",
		"{\"boot_only\": {}, \"case_only\": {}, \"both\": []}",
		"{\"boot_only\": {\"81000000\": \"x\"}, \"case_only\": {}, \"both\": {}}",
		"{\"boot_only\": {}, \"case_only\": {\"0xffffffff81000000\": \"x\"}, \"both\": {}}",
		"{\"boot_only\": {}, \"case_only\": {}, \"both\": {\"ffffffff8100000g\": \"x\"}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_json_ json_t *json = json_loads(texts[i], 0, NULL);
		struct err err = ERR_INIT;
		struct coverage c;

		assert_non_null(json);
		assert_int_equal(coverage_read(&c, json, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.msg, "expected"));
		assert_null(c.ran);
	}
}

static void test_coverage_needs_a_plugin_and_a_kernel(void **state)
{
	struct machine_coverage bits = MACHINE_COVERAGE_INIT;
	_cleanup_free_ char *plugin = scratch_path(state, "none.so");
	struct system_map none = SYSTEM_MAP_INIT;
	struct err err = ERR_INIT;
	uint64_t address, bytes;

	bits.plugin_path = plugin;
	bits.text_bytes = 1;
	assert_int_equal(machine_coverage_open(&bits, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "none.so"));
	scratch_write(state, "none.so", "");
	err = (struct err)ERR_INIT;
	bits.text_bytes = UINT64_MAX;
	assert_int_equal(machine_coverage_open(&bits, &err), -1);
	bits.text_bytes = 0;
	assert_int_equal(machine_coverage_open(&bits, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	machine_coverage_close(&bits);
	assert_int_equal(coverage_text_range(&none, &address, &bytes, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_coverage_sorts_functions_by_when_they_ran),
		scratch_test(test_coverage_is_read_as_it_was_made),
		cmocka_unit_test(test_coverage_refuses_what_is_none),
		scratch_test(test_coverage_needs_a_plugin_and_a_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

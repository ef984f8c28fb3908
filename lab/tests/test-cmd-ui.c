/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/scratch.h"

#include "cmd/ui.h"

static void test_ui_bar_known_total(void **state)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };

	ui_format_bar(&line, 79, "build", 250, 1000, 95);
	assert_string_equal(
		line.data,
		"build [##########..............................]  25 % 250/1000 1:35 left");
}

static void test_ui_bar_unknown_total(void **state)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };

	ui_format_bar(&line, 79, "boot", 3, 0, -1);
	assert_string_equal(line.data, "boot ... 3");
	strbuf_reset(&line);
	ui_format_bar(&line, 79, "boot", 0, 0, -1);
	assert_string_equal(line.data, "boot ...");
}

/* A line that wraps would never be erased: whatever the width and the figures, it fits. */
static void test_ui_bar_fits_every_width(void **state)
{
	static const struct {
		uint64_t done, total;
		int eta_s;
	} rows[] = {
		{ 0, 1, -1 }, { 5, 3, 0 },  { UINT64_MAX, UINT64_MAX, 100000 },
		{ 7, 0, 3 },  { 1, 3, 59 },
	};

	for (int columns = 1; columns < 200; columns++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			_cleanup_strbuf_ struct strbuf line = { 0 };

			ui_format_bar(&line, columns, "building linux 6.1 with wbt-off",
				      rows[i].done, rows[i].total, rows[i].eta_s);
			assert_true(line.length <= (size_t)columns);
			assert_int_equal(strlen(line.data), line.length);
		}
	}
}

static void test_ui_line_says_how_far_and_how_long(void **state)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };

	ui_format_line(&line, "build", 250, 1000, 3700);
	assert_string_equal(line.data, "build: 250/1000 (25 %), 1:01:40 left");
	strbuf_reset(&line);
	ui_format_line(&line, "build", 250, 1000, -1);
	assert_string_equal(line.data, "build: 250/1000 (25 %)");
	strbuf_reset(&line);
	ui_format_line(&line, "boot", 1, 0, -1);
	assert_string_equal(line.data, "boot: 1");
	strbuf_reset(&line);
	ui_format_line(&line, "boot", 0, 0, -1);
	assert_string_equal(line.data, "boot");
}

/* On a terminal a message is read where its lines end, not where the terminal breaks them. */
static void test_ui_note_is_folded(void **state)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };

	ui_format_note(&line, 40, "after 3 of 4 runs: not sure yet; crash 0 of 3");
	assert_string_equal(line.data, "after 3 of 4 runs: not sure yet; crash 0\n  of 3");
	strbuf_reset(&line);
	ui_format_note(&line, 40, "wbt-on: pass");
	assert_string_equal(line.data, "wbt-on: pass");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ui_bar_known_total),
		cmocka_unit_test(test_ui_bar_unknown_total),
		cmocka_unit_test(test_ui_bar_fits_every_width),
		cmocka_unit_test(test_ui_line_says_how_far_and_how_long),
		cmocka_unit_test(test_ui_note_is_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/page-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "page/layout.h"

#define RUNS "lab/tests/fixtures/compare/"

void page_world_load(struct run_facts *run, const char *name)
{
	_cleanup_free_ char *dir = path_join(RUNS, name);
	struct err err = ERR_INIT;

	if (run_facts_load(run, dir, &err) < 0)
		fail_msg("%s", err.msg);
}

json_t *page_world_compare(struct run_facts *runs, const char *const *names, size_t count)
{
	struct compare_side sides[16];
	struct err err = ERR_INIT;
	json_t *c;

	for (size_t i = 0; i < count; i++)
		sides[i] = (struct compare_side){ names[i], &runs[i], 1 };
	c = compare_sides(sides, count, &err);
	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

void page_world_assert_fits(const char *text, int columns)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	assert_true(lines.count > 5);
	for (size_t i = 0; i < lines.count; i++) {
		size_t n = strlen(lines.items[i]);

		if (page_columns(lines.items[i]) > columns)
			fail_msg("%d columns: %s", page_columns(lines.items[i]), lines.items[i]);
		if (n && lines.items[i][n - 1] == ' ')
			fail_msg("ends in a blank: \"%s\"", lines.items[i]);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages on terminals of other widths than 80. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "page/page.h"
#include "tests/page-world.h"

/* No blanks and line ends: what is told, however it is laid out. Yours. */
static char *told(const char *text)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	for (; *text; text++)
		if (*text != ' ' && *text != '\n')
			strbuf_addc(&out, *text);
	return strbuf_take(&out);
}

static void assert_tells(const char *text, const char *words)
{
	_cleanup_free_ char *all = told(text);
	_cleanup_free_ char *these = told(words);

	if (!strstr(all, these))
		fail_msg("cut: %s\n%s", words, text);
}

/* What a wide page has beside each other a narrow one has below each other, and not less. */
static void test_page_narrow_fits_and_tells_all(void **state)
{
	static const char *const names[] = { "real-wbt-off", "real-wbt-on" };
	static const char *const in_run[] = {
		"fault injection: fail_make_request in __swap_writepage line",
		"OOM kill of memhog in memory cgroup /t line",
		"hog killed by SIGKILL 40 MiB at most",
		"fail_make_request on disk: fired 4",
	};
	static const char *const in_comparison[] = {
		"real: the running kernels showed it",
		"verdict pass",
		"killed by SIGKILL",
		"CONFIG_BLK_WBT_MQ absent",
		"unreadable: EINVAL: Invalid argument",
		"fail_make_request on disk 4",
		"fault injection: fail_make_request in __swap_writepage 4",
		"OOM kill of memhog in memory cgroup /t same",
		"times and pids left aside",
		"utime_us",
	};
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	for (int width = 40; width < 80; width++) {
		const struct page_style style = { .width = width };
		const struct page_style verbose = { .width = width, .verbose = true };
		_cleanup_free_ char *run = page_run_text(&b, &style);
		_cleanup_free_ char *comparison = page_compare_text(c, &style);
		_cleanup_free_ char *all = page_run_text(&b, &verbose);

		page_world_assert_fits(run, width);
		page_world_assert_fits(comparison, width);
		page_world_assert_fits(all, width);
		for (size_t i = 0; i < ARRAY_SIZE(in_run); i++)
			assert_tells(run, in_run[i]);
		for (size_t i = 0; i < ARRAY_SIZE(in_comparison); i++)
			assert_tells(comparison, in_comparison[i]);
	}
}

static void test_page_columns_are_those_of_the_user(void **state)
{
	static const struct {
		const char *set;
		int width;
	} rows[] = { { "60", 60 }, { "10", 40 }, { "1000", 160 }, { "0", 80 },
		     { "", 80 },   { "6x", 80 }, { NULL, 80 } };
	FILE *f = tmpfile();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].set)
			setenv("COLUMNS", rows[i].set, 1);
		else
			unsetenv("COLUMNS");
		assert_int_equal(page_style_of(fileno(f)).width, rows[i].width);
	}
	fclose(f);
}

/* One of 80 columns or less gets a page that fits; one of more too, to a limit. */
static void test_page_columns_are_those_of_the_terminal(void **state)
{
	static const int rows[][2] = {
		{ 0, 80 }, { 20, 40 }, { 57, 57 }, { 120, 120 }, { 500, 160 }
	};
	int far = posix_openpt(O_RDWR | O_NOCTTY), near;

	assert_return_code(far, errno);
	assert_return_code(unlockpt(far), errno);
	near = open(ptsname(far), O_RDWR | O_NOCTTY);
	assert_return_code(near, errno);
	unsetenv("COLUMNS");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct winsize size = { .ws_col = (unsigned short)rows[i][0] };

		assert_return_code(ioctl(near, TIOCSWINSZ, &size), errno);
		assert_int_equal(page_style_of(near).width, rows[i][1]);
	}
	close(near);
	close(far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_narrow_fits_and_tells_all),
		cmocka_unit_test(test_page_columns_are_those_of_the_user),
		cmocka_unit_test(test_page_columns_are_those_of_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run directory from someone else: whatever stands in its files, the
 * comparison and the pages neither fail nor pass anything on to the terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "page/layout.h"
#include "page/page.h"
#include "tests/page-world.h"

#define RUNS "lab/tests/fixtures/compare/"

/* Title, register of a terminal, right-to-left, C1, no width, and long. */
#define HOSTILE                                                                                    \
	"\033]0;pwned\a\033[2J\u202eevil\xc2\x9b\x33\x31m\u200b%s%n "                              \
	"語語語語語語語語語語語語語語語語語語語語"                             \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxx"

static void load(struct run_facts *run, const char *name)
{
	_cleanup_free_ char *dir = path_join(RUNS, name);
	struct err err = ERR_INIT;

	if (run_facts_load(run, dir, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_no_control(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 && *p != '\n')
			fail_msg("control character %d", *p);
	assert_null(strstr(text, "\u202e"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\u200b"));
}

static void assert_harmless(const char *text)
{
	_cleanup_strv_ struct strv lines = { 0 };

	assert_no_control(text);
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (page_columns(lines.items[i]) > 80)
			fail_msg("%d columns: %s", page_columns(lines.items[i]), lines.items[i]);
}

static void show_html(const json_t *c, const struct run_facts *a, const struct run_facts *b)
{
	const struct run_facts runs[] = { *a, *b };
	_cleanup_free_ char *html = page_world_html(c, runs, 2);
	const char *script = strstr(html, "<script>");
	_cleanup_free_ char *shown = xstrndup(html, (size_t)(script - html));

	page_world_assert_html(html);
	/* The style's own lines are laid out with tabs. */
	assert_no_control(strstr(shown, "</style>"));
}

/* All pages that these two runs appear on. */
static void show_all(struct run_facts *a, struct run_facts *b)
{
	static const struct page_style styles[] = { { .width = 80 },
						    { .width = 80, .verbose = true } };
	struct compare_side sides[] = { { "a", a, 1 }, { "b", b, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		struct err err = ERR_INIT;
		_cleanup_free_ char *run = page_run_text(b, &styles[i]);
		_cleanup_json_ json_t *c = compare_sides(sides, 2, &err);
		_cleanup_free_ char *text = c ? page_compare_text(c, &styles[i]) : NULL;

		_cleanup_free_ char *markdown = c ? page_compare_markdown(c) : NULL;

		assert_harmless(run);
		if (text) {
			assert_harmless(text);
			assert_no_control(markdown);
			if (i == 0)
				show_html(c, a, b);
		} else {
			assert_int_equal(err.kind, ERR_INPUT);
		}
	}
}

static void spoil_strings(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;
	void *next;

	json_array_foreach (value, i, item) {
		if (json_is_string(item))
			json_array_set_new(value, i, json_string(HOSTILE));
		else
			spoil_strings(item);
	}
	json_object_foreach_safe(value, next, key, item)
	{
		/* What decides how a value is read stays, so that it is read. */
		if (json_is_string(item) && !str_eq(key, "k") && !str_eq(key, "state") &&
		    !str_eq(key, "case"))
			json_object_set_new(value, key, json_string(HOSTILE));
		else
			spoil_strings(item);
	}
}

static json_t **parts_of(struct run_facts *run, size_t n)
{
	json_t **parts[] = { &run->run,	    &run->plan,	   &run->kernel, &run->machine,
			     &run->verdict, &run->reports, &run->frames };

	return n < ARRAY_SIZE(parts) ? parts[n] : NULL;
}

static void test_page_every_string_hostile(void **state)
{
	struct run_facts a, b;

	load(&a, "wbt-on");
	load(&b, "wbt-off");
	for (size_t n = 0; parts_of(&b, n); n++)
		spoil_strings(*parts_of(&b, n));
	show_all(&a, &b);
	show_all(&b, &b);
	run_facts_clear(&a);
	run_facts_clear(&b);
}

/* Replaces the value number *countdown (depth first); false: there is none. */
static bool replace_nth(json_t *value, size_t *countdown, json_t *with)
{
	const char *key;
	json_t *item;
	size_t i;
	void *next;

	json_array_foreach (value, i, item) {
		if (!(*countdown)--) {
			json_array_set(value, i, with);
			return true;
		}
		if (replace_nth(item, countdown, with))
			return true;
	}
	json_object_foreach_safe(value, next, key, item)
	{
		if (!(*countdown)--) {
			json_object_set(value, key, with);
			return true;
		}
		if (replace_nth(item, countdown, with))
			return true;
	}
	return false;
}

/* Each value of each file, one at a time, is suddenly something else. */
static void test_page_every_value_of_other_type(void **state)
{
	_cleanup_json_ json_t *others = json_pack("[n,b,i,I,f,[],{},[[]],{s:{}},s]", 1, -1,
						  (json_int_t)INT64_MIN, 1e308, "k", "");
	size_t replaced = 0;
	struct run_facts a, b;

	load(&a, "wbt-on");
	load(&b, "wbt-off");
	for (size_t n = 0; parts_of(&b, n); n++) {
		json_t **part = parts_of(&b, n), *whole = *part;
		bool there = true;

		for (size_t at = 0; there; at++) {
			size_t countdown = at;

			/* One other type for each value: all of them in turn take ten times as
			 * long. */
			*part = json_deep_copy(whole);
			there = replace_nth(*part, &countdown,
					    json_array_get(others, at % json_array_size(others)));
			if (there)
				show_all(&a, &b);
			replaced += there;
			json_decref(*part);
		}
		*part = whole;
	}
	assert_true(replaced > 400);
	run_facts_clear(&a);
	run_facts_clear(&b);
}

/* A file as a whole may be missing: the run was cut short there. */
static void test_page_every_part_missing(void **state)
{
	for (size_t n = 1;; n++) {
		struct run_facts a, b;

		load(&a, "wbt-on");
		load(&b, "wbt-off");
		if (!parts_of(&b, n)) {
			run_facts_clear(&a);
			run_facts_clear(&b);
			break;
		}
		json_decref(*parts_of(&b, n));
		*parts_of(&b, n) = n == 6 ? json_array() : NULL;
		show_all(&a, &b);
		run_facts_clear(&a);
		run_facts_clear(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_every_string_hostile),
		cmocka_unit_test(test_page_every_value_of_other_type),
		cmocka_unit_test(test_page_every_part_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
